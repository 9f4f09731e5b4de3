using Ledger.Service.Channels;
using Wolverine;

namespace Ledger.Service.Tests.Channels;

/// <summary>The operator's own program.</summary>
public sealed class ExecTests : IDisposable
{
    private const UnixFileMode runnable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly string folder = System.IO.Directory.CreateTempSubdirectory("ledger-exec-").FullName;

    public void Dispose() => System.IO.Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task it_reads_json_and_knows_nothing_else()
    {
        Environment.SetEnvironmentVariable("SMTP_PASSWORD", "canary-in-the-environment");
        var program = Write($"cat > {folder}/in; env > {folder}/env; echo $# > {folder}/args");
        await Run(program, """{"event":"budget.threshold_crossed\nX=1","message":"`touch pwned` $(id)"}""");
        Environment.SetEnvironmentVariable("SMTP_PASSWORD", null);
        Assert.Equal("`touch pwned` $(id)", (string?)System.Text.Json.Nodes.JsonNode.Parse(await File.ReadAllTextAsync($"{folder}/in"))!["message"]);
        Assert.Equal("0\n", await File.ReadAllTextAsync($"{folder}/args"));
        var names = (await File.ReadAllLinesAsync($"{folder}/env")).Select(l => l.Split('=')[0]);
        string[] allowed = ["PATH", "HOME", "LANG", "LEDGER_EVENT", "LEDGER_NOTIFICATION", "PWD", "SHLVL", "OLDPWD", "_"];
        Assert.All(names, n => Assert.Contains(n, allowed));
        var environment = await File.ReadAllTextAsync($"{folder}/env");
        Assert.Contains("LEDGER_EVENT=budget.threshold_crossed X=1\n", environment, StringComparison.Ordinal);
        Assert.Contains("LEDGER_NOTIFICATION=a-1\n", environment, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exit 0", "delivered")]
    [InlineData("exit 75", "later")]
    [InlineData("echo nope >&2; exit 1", "refused")]
    [InlineData("kill -9 $$", "refused")]
    [InlineData("exec 0<&-; exit 0", "delivered")]
    public async Task its_exit_code_is_its_answer(string script, string expected)
    {
        var running = Run(Write(script), $$"""{"event":"x","filler":"{{new string('x', 200_000)}}"}""");
        Assert.Equal(expected, await Record.ExceptionAsync(() => running) switch { null => "delivered", DeliveryFailed { IsChannelDown: false, IsUnknown: false } => "later", DeliveryRefused => "refused", var other => other.ToString() });
    }

    [Fact]
    public async Task it_is_killed_with_its_children_when_it_takes_too_long()
    {
        var program = Write($"(sleep 3; touch {folder}/alive) & sleep 60");
        Assert.True((await Assert.ThrowsAsync<DeliveryFailed>(() => RunProgramHandler.Run(program, Given.Program(), TimeSpan.FromSeconds(1), CancellationToken.None))).IsUnknown);
        await Task.Delay(3_000);
        Assert.False(File.Exists($"{folder}/alive"));
    }

    [Fact]
    public async Task it_may_talk_as_much_as_it_likes_and_leave_somebody_behind()
    {
        var began = Environment.TickCount64;
        await Run(Write("head -c 50000000 /dev/zero; sleep 20 & exit 0"));
        Assert.InRange(Environment.TickCount64 - began, 0, 8_000);
        Assert.True((await Assert.ThrowsAsync<DeliveryRefused>(() => Run(Write("head -c 5000000 /dev/zero | tr '\\0' x >&2; exit 3")))).Message.Length <= 300);
    }

    [Fact]
    public void a_file_that_cannot_be_it_is_refused()
    {
        var program = Write("exit 0");
        Assert.Null(RunProgramHandler.WhyNot(program));
        Assert.NotNull(RunProgramHandler.WhyNot("relative/path"));
        Assert.NotNull(RunProgramHandler.WhyNot(Path.Combine(folder, "missing")));
        File.SetUnixFileMode(program, runnable | UnixFileMode.OtherWrite);
        Assert.Equal("everybody may write to it", RunProgramHandler.WhyNot(program));
        File.CreateSymbolicLink(Path.Combine(folder, "link"), program);
        Assert.Equal("everybody may write to it", RunProgramHandler.WhyNot(Path.Combine(folder, "link")));
        File.SetUnixFileMode(program, UnixFileMode.UserRead);
        Assert.Equal("it is not executable", RunProgramHandler.WhyNot(program));
    }

    [Fact]
    public async Task a_program_that_became_unfit_keeps_the_message()
    {
        var program = Write("exit 0");
        File.SetUnixFileMode(program, UnixFileMode.UserRead);
        Assert.True((await Assert.ThrowsAsync<DeliveryFailed>(() => Run(program))).IsChannelDown);
        File.SetUnixFileMode(program, runnable);
        await File.WriteAllTextAsync(program, "no program at all");
        Assert.True((await Assert.ThrowsAsync<DeliveryFailed>(() => Run(program))).IsChannelDown);
    }

    private string Write(string script)
    {
        var path = Path.Combine(folder, "hook");
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, runnable);
        return path;
    }

    private static async Task Run(string program, string payload = """{"event":"x"}""")
    {
        using var given = new Given(new() { MailFolder = "/nowhere", Exec = program });
        await given.Handle(Given.Program(payload), new Envelope { Attempts = 1 });
    }
}
