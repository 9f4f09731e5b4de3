using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>ledger mission …</c>, also as <c>mission …</c>.</summary>
internal static class MissionCommands
{
    public static Command[] All() => [Start(), End(), Switch(), List(), Show(), Cost(), Diff(), Cancel(), Reopen(), Edit(), Explain()];

    private static Command Start() => new()
    {
        Noun = "mission",
        Verb = "start",
        Arguments = "TITLE",
        ArgumentsMin = 1,
        ArgumentsMax = 1,
        Summary = "begin a mission: from now on its agents' spend is its cost",
        About = "Asks the provider for a reading at this moment. When the service is away the bookmark is kept with its time and delivered later.",
        Flags = [Flags.Ref, Flags.Agents, Flags.At, Flags.Weight, Flags.IdempotencyKey],
        Examples =
        [
            "mission start \"Budget TUI\" --ref trentuna/token-monitor#3",
            "mission start \"Nightly crawl\" --agent hannibal,ba --weight 3",
            "mission start \"Forgot to say\" --at -10m",
        ],
        Run = Bookmarks.Start,
    };

    private static Command End() => new()
    {
        Noun = "mission",
        Verb = "end",
        Arguments = "[ID|REF]",
        ArgumentsMax = 1,
        Summary = "end a mission; without a name the agent's only open one",
        Flags = [new("agent", "A", "whose open mission, when none is named (LEDGER_AGENT, else the only agent)"), Flags.At, Flags.IdempotencyKey],
        Examples = ["mission end", "mission end trentuna/token-monitor#3", "mission end --agent ba --at 2026-11-16T10:45:00Z"],
        Run = Bookmarks.End,
    };

    private static Command Switch() => new()
    {
        Noun = "mission",
        Verb = "switch",
        Arguments = "TITLE",
        ArgumentsMin = 1,
        ArgumentsMax = 1,
        Summary = "end what is open and start the next, at the same instant",
        Flags = [Flags.Ref, Flags.Agents, Flags.At, Flags.Weight, new("mission", "ID|REF", "the mission to end (the agents' only open one)"), Flags.IdempotencyKey],
        Examples = ["mission switch \"Next: docs\" --ref owner/repo#4", "mission switch \"Hotfix\" --mission owner/repo#3"],
        Run = Bookmarks.Switch,
    };

    private static Command List() => new()
    {
        Noun = "mission",
        Verb = "list",
        Summary = "missions with what they cost, newest first",
        Flags =
        [
            new("state", "open|ended|cancelled|all", "only those (open and ended; with --json and --csv all)"), new("agent", "A", "only those of this agent"),
            Flags.Limit("50"), Flags.AsOf, Flags.MaxAge, Flags.Format, Flags.Csv,
        ],
        Examples = ["mission list", "mission list --state all", "mission list --state open --agent ba", "mission list --csv > missions.csv"],
        Run = MissionReads.List,
    };

    private static Command Show() => new()
    {
        Noun = "mission",
        Verb = "show",
        Arguments = "ID|REF",
        ArgumentsMin = 1,
        ArgumentsMax = 1,
        Summary = "one mission: its windows, agents and weight",
        Flags = [Flags.AsOf, Flags.MaxAge],
        Examples = ["mission show trentuna/token-monitor#3", "mission show trentuna/token-monitor#3 --json"],
        Run = MissionReads.Show,
    };

    private static Command Cost() => new()
    {
        Noun = "mission",
        Verb = "cost",
        Arguments = "ID|REF",
        ArgumentsMin = 1,
        ArgumentsMax = 1,
        Summary = "what a mission really cost, with bounds and how that was found out",
        About = "Billed is the estimate; the truth lies between low and high. A reference that several missions share is summed, and each is listed.",
        Flags = [Flags.By("agent,model,unit,day"), Flags.AsOf, Flags.MaxAge, Flags.Format, Flags.Csv],
        Examples =
        [
            "mission cost trentuna/token-monitor#3",
            "mission cost trentuna/token-monitor#3 --by day,model",
            "mission cost trentuna/token-monitor#3 --as-of 2026-11-16 --json",
        ],
        Run = MissionCost.Run,
    };

    private static Command Diff() => new()
    {
        Noun = "mission",
        Verb = "diff",
        Arguments = "ID|REF",
        ArgumentsMin = 1,
        ArgumentsMax = 1,
        Summary = "why a mission's cost changed between two positions or times",
        About = "Two parts: moved by edits (sums to 0 over all parties) and new or restated by the provider (sums to the change of the bill).",
        Flags = [new("from", "P|T", "the earlier position or time"), new("to", "P|T", "the later one (now)"), Flags.MaxAge],
        Examples = ["mission diff owner/repo#3 --from 1200", "mission diff owner/repo#3 --from yesterday --to today"],
        Run = MissionDiff.Run,
    };

    private static Command Cancel() => new()
    {
        Noun = "mission",
        Verb = "cancel",
        Arguments = "ID|REF",
        ArgumentsMin = 1,
        ArgumentsMax = 1,
        Summary = "as if it had never been: its spend goes back to the others",
        Flags = [Flags.IdempotencyKey],
        Examples = ["mission cancel owner/repo#3"],
        Run = MissionEdits.Cancel,
    };

    private static Command Reopen() => new()
    {
        Noun = "mission",
        Verb = "reopen",
        Arguments = "ID|REF",
        ArgumentsMin = 1,
        ArgumentsMax = 1,
        Summary = "go on with an ended mission: adds a window",
        Flags = [Flags.At, Flags.IdempotencyKey],
        Examples = ["mission reopen owner/repo#3", "mission reopen owner/repo#3 --at -5m"],
        Run = MissionEdits.Reopen,
    };

    private static Command Edit() => new()
    {
        Noun = "mission",
        Verb = "edit",
        Arguments = "ID|REF",
        ArgumentsMin = 1,
        ArgumentsMax = 1,
        Summary = "correct a mission: its first or last edge, agents, title, reference, weight",
        About = "Spend is allocated anew from the same readings; `mission diff` shows what moved.",
        Flags =
        [
            new("start", "T", "its first edge"), new("end", "T", "its last edge"), new("agent", "A,…", "its agents, all of them") { Many = true },
            new("title", "TITLE", "its title"), Flags.Ref, new("weight", "N", "its weight, 1 … 1,000,000"), Flags.IdempotencyKey,
        ],
        Examples = ["mission edit owner/repo#3 --start 2026-11-16T10:00Z --end 2026-11-16T11:00Z", "mission edit owner/repo#3 --agent ba,hannibal"],
        Run = MissionEdits.Edit,
    };

    private static Command Explain() => ExplainCommand.Named("mission", "explain", "ID|REF", "mission explain owner/repo#3");
}
