
namespace Ledger.Cli.Tests;

public sealed class ServiceTests
{
    [Fact]
    public void up_becomes_the_service_beside_it_with_every_flag_as_it_came()
    {
        using var desk = new Desk();
        desk.ProgramFolder = Built(desk, "Ledger.Cli") + "/";
        Built(desk, "Ledger.Service");
        var config = Path.Combine(desk.Home, "config");
        File.WriteAllText(config, "LEDGER_POLL_EVERY=1m\nLEDGER_URL=http://file:1\n");
        desk.Variables["LEDGER_CONFIG"] = config;

        Assert.Equal(Exit.Ok, desk.Run("up", "--poll-every", "2m", "--anything", "-x").Exit);
        var (dll, args, variables) = Assert.Single(desk.Became);
        Assert.Equal(Path.Combine(desk.Home, "bin", "Ledger.Service", "release", "Ledger.Service.dll"), dll);
        Assert.Equal(["--poll-every", "2m", "--anything", "-x"], args);
        Assert.Equal("1m", variables["LEDGER_POLL_EVERY"]);
        // The environment already says otherwise.
        Assert.False(variables.ContainsKey("LEDGER_URL"));
    }

    [Fact]
    public void a_demo_is_deaf_to_the_configuration_file()
    {
        using var desk = new Desk();
        desk.ProgramFolder = Built(desk, "Ledger.Cli");
        Built(desk, "Ledger.Demo");
        File.WriteAllText(Path.Combine(desk.Home, "config"), "XAI_MANAGEMENT_KEY=real\n");
        desk.Variables["LEDGER_CONFIG"] = Path.Combine(desk.Home, "config");
        desk.Run("demo", "--once");
        Assert.Equal(["LEDGER_AS", "DOTNET_GCgen0size"], Assert.Single(desk.Became).Variables.Keys);
    }

    [Fact]
    public void what_is_not_built_is_told()
    {
        using var desk = new Desk { ProgramFolder = "/nowhere/bin/Ledger.Cli/release" };
        var ran = desk.Run("up");
        Assert.Equal(Exit.Config, ran.Exit);
        Assert.Contains("./ledger", ran.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void install_links_both_names_once_and_never_over_something_else()
    {
        using var desk = new Desk();
        desk.ProgramFolder = Built(desk, "Ledger.Cli");
        foreach (var name in new[] { "ledger", "mission" }) File.WriteAllText(Path.Combine(desk.Home, name), "#!/bin/sh\n");
        var to = Path.Combine(desk.Home, "on-path");
        desk.Variables["PATH"] = "/usr/bin:" + to;

        Assert.Equal(Exit.Ok, desk.Run("install", "--to", to).Exit);
        Assert.Equal(Path.Combine(desk.Home, "mission"), new FileInfo(Path.Combine(to, "mission")).LinkTarget);
        Assert.True(desk.Run("install", "--to", to, "--json").Json.Flag("onPath"));
        Assert.Contains("not on PATH", desk.Run("install").Out, StringComparison.Ordinal);

        File.Delete(Path.Combine(to, "ledger"));
        File.WriteAllText(Path.Combine(to, "ledger"), "somebody else's");
        Assert.Equal(Exit.Data, desk.Run("install", "--to", to).Exit);
        Assert.Equal("somebody else's", File.ReadAllText(Path.Combine(to, "ledger")));
    }

    private static string Built(Desk desk, string project)
    {
        var folder = Directory.CreateDirectory(Path.Combine(desk.Home, "bin", project, "release")).FullName;
        File.WriteAllText(Path.Combine(folder, project + ".dll"), "");
        return folder;
    }
}
