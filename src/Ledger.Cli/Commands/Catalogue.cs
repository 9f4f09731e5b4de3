using System.CommandLine;
using System.CommandLine.Help;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary>Every command there is.</summary>
internal static class Catalogue
{
    public static readonly string[] Nouns =
        ["up", "down", "logs", "demo", "status", "doctor", "verify", "rebuild", "account", "agent", "key", "mission", "report", "explain", "budget", "alert", "runway", "forecast", "guard", "hold", "digest", "outbox", "token", "completion", "install", "publish", "version", "help"];

    /// <summary>The tree. Only nouns that some word names are made; without any, all.</summary>
    public static RootCommand Root(IReadOnlyList<string> words)
    {
        var root = new RootCommand("What did a mission of our agents really cost, in billed dollars, and does it add up to the bill?") { HelpName = "ledger" };
        root.Options.Clear();
        foreach (var flag in Flags.Common()) root.Add(flag);
        root.Add(new HelpOption("--help", "-h") { Description = "this help", Action = new HelpCommands.Action(), Recursive = true });
        var named = Nouns.Where(words.Contains).ToArray();
        foreach (var noun in named.Length > 0 ? named : Nouns) root.Add(Of(noun)!);
        return root;
    }

    public static Command? Of(string noun) => noun switch
    {
        "mission" => MissionCommands.All(),
        "report" => ReportCommand.Command(),
        "explain" => ExplainCommand.All(),
        "budget" => BudgetCommands.All(),
        "alert" => AlertCommands.All(),
        "runway" => RunwayCommands.Runway(),
        "forecast" => RunwayCommands.ForecastCommand(),
        "guard" => GuardCommand.Command(),
        "hold" => HoldCommands.All(),
        "digest" => DigestCommands.All(),
        "outbox" => OutboxCommands.All(),
        "account" => AccountCommands.All(),
        "agent" => AgentCommands.All(),
        "key" => KeyCommands.All(),
        "status" => StatusCommand.Command(),
        "doctor" => DoctorCommand.Command(),
        "verify" => VerifyCommand.Command(),
        "rebuild" => RebuildCommand.Command(),
        "token" => TokenCommands.All(),
        "up" => ServiceCommands.Up(),
        "down" => ServiceCommands.Down(),
        "logs" => LogsCommand.Command(),
        "demo" => ServiceCommands.Demo(),
        "completion" => CompletionCommand.Command(),
        "install" => InstallCommand.Command(),
        "publish" => PublishCommand.Command(),
        "version" => VersionCommand.Command(),
        "help" => HelpCommands.Command(),
        _ => null,
    };
}
