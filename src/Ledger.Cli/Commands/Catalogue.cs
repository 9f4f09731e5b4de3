using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary>Every command there is. Only the noun that was asked for is made.</summary>
internal static class Catalogue
{
    public static readonly string[] Nouns =
        ["up", "demo", "status", "doctor", "verify", "rebuild", "account", "agent", "key", "mission", "report", "explain", "budget", "alert", "runway", "forecast", "guard", "hold", "digest", "outbox", "token", "install", "version", "help"];

    public static IReadOnlyList<Command>? Of(string noun) => noun switch
    {
        "mission" => MissionCommands.All(),
        "report" => [ReportCommand.Command()],
        "explain" => [ExplainCommand.Command()],
        "budget" => BudgetCommands.All(),
        "alert" => AlertCommands.All(),
        "runway" => [RunwayCommands.Runway()],
        "forecast" => [RunwayCommands.ForecastCommand()],
        "guard" => [GuardCommand.Command()],
        "hold" => HoldCommands.All(),
        "digest" => DigestCommands.All(),
        "outbox" => OutboxCommands.All(),
        "account" => AccountCommands.All(),
        "agent" => AgentCommands.All(),
        "key" => KeyCommands.All(),
        "status" => [StatusCommand.Command()],
        "doctor" => [DoctorCommand.Command()],
        "verify" => [VerifyCommand.Command()],
        "rebuild" => [RebuildCommand.Command()],
        "token" => TokenCommands.All(),
        "up" => [ServiceCommands.Up()],
        "demo" => [ServiceCommands.Demo()],
        "install" => [InstallCommand.Command()],
        "version" => [VersionCommand.Command()],
        "help" => [HelpCommands.Command()],
        _ => null,
    };
}
