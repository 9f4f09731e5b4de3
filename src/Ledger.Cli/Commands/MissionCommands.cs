using System.CommandLine;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>ledger mission …</c>, also as <c>mission …</c>.</summary>
internal static class MissionCommands
{
    public static Command All() => new("mission", "missions: what they cost and why") { Start(), End(), Switch(), List(), Show(), Cost(), Diff(), Cancel(), Reopen(), Edit(), Explain() };

    private static Verb Start() => new("start", "begin a mission: from now on its agents' spend is its cost")
    {
        Arguments = { Words.One("TITLE") },
        About = "Asks the provider for a reading at this moment. When the service is away the bookmark is kept with its time and delivered later.",
        Options = { Flags.Ref, Flags.Agents, Flags.At, Flags.Weight, Flags.IdempotencyKey },
        Examples =
        [
            "mission start \"Budget TUI\" --ref trentuna/token-monitor#3",
            "mission start \"Nightly crawl\" --agent hannibal,ba --weight 3",
            "mission start \"Forgot to say\" --at -10m",
        ],
        Run = Bookmarks.Start,
    };

    private static Verb End() => new("end", "end a mission; without a name the agent's only open one")
    {
        Arguments = { Words.AtMostOne("ID|REF") },
        Options = { Flags.Value("agent", "A", "whose open mission, when none is named (LEDGER_AGENT, else the only agent)"), Flags.At, Flags.IdempotencyKey },
        Examples = ["mission end", "mission end trentuna/token-monitor#3", "mission end --agent ba --at 2026-11-16T10:45:00Z"],
        Run = Bookmarks.End,
    };

    private static Verb Switch() => new("switch", "end what is open and start the next, at the same instant")
    {
        Arguments = { Words.One("TITLE") },
        Options = { Flags.Ref, Flags.Agents, Flags.At, Flags.Weight, Flags.Value("mission", "ID|REF", "the mission to end (the agents' only open one)"), Flags.IdempotencyKey },
        Examples = ["mission switch \"Next: docs\" --ref owner/repo#4", "mission switch \"Hotfix\" --mission owner/repo#3"],
        Run = Bookmarks.Switch,
    };

    private static Verb List() => new("list", "missions with what they cost, newest first")
    {
        Options =
        {
            Flags.Value("state", "open|ended|cancelled|all", "only those (open and ended; with --json and --csv all)"), Flags.Value("agent", "A", "only those of this agent"),
            Flags.Limit("50"), Flags.AsOf, Flags.MaxAge, Flags.Format, Flags.Csv, Flags.Wide,
        },
        Examples = ["mission list", "mission list --state all", "mission list --state open --agent ba", "mission list --csv > missions.csv"],
        Run = MissionReads.List,
    };

    private static Verb Show() => new("show", "one mission: its windows, agents and weight")
    {
        Arguments = { Words.One("ID|REF") },
        Options = { Flags.AsOf, Flags.MaxAge },
        Examples = ["mission show trentuna/token-monitor#3", "mission show trentuna/token-monitor#3 --json"],
        Run = MissionReads.Show,
    };

    private static Verb Cost() => new("cost", "what a mission really cost, with bounds and how that was found out")
    {
        Arguments = { Words.One("ID|REF") },
        About = "Billed is the estimate; the truth lies between low and high. A reference that several missions share is summed, and each is listed.",
        Options = { Flags.By("agent,model,unit,day"), Flags.AsOf, Flags.MaxAge, Flags.Format, Flags.Csv, Flags.Wide },
        Examples =
        [
            "mission cost trentuna/token-monitor#3",
            "mission cost trentuna/token-monitor#3 --by day,model",
            "mission cost trentuna/token-monitor#3 --as-of 2026-11-16 --json",
        ],
        Run = MissionCost.Run,
    };

    private static Verb Diff() => new("diff", "why a mission's cost changed between two positions or times")
    {
        Arguments = { Words.One("ID|REF") },
        About = "Two parts: moved by edits (sums to 0 over all parties) and new or restated by the provider (sums to the change of the bill).",
        Options = { Flags.Value("from", "P|T", "the earlier position or time"), Flags.Value("to", "P|T", "the later one (now)"), Flags.MaxAge },
        Examples = ["mission diff owner/repo#3 --from 1200", "mission diff owner/repo#3 --from yesterday --to today"],
        Run = MissionDiff.Run,
    };

    private static Verb Cancel() => new("cancel", "as if it had never been: its spend goes back to the others")
    {
        Arguments = { Words.One("ID|REF") },
        Options = { Flags.IdempotencyKey },
        Examples = ["mission cancel owner/repo#3"],
        Run = MissionEdits.Cancel,
    };

    private static Verb Reopen() => new("reopen", "go on with an ended mission: adds a window")
    {
        Arguments = { Words.One("ID|REF") },
        Options = { Flags.At, Flags.IdempotencyKey },
        Examples = ["mission reopen owner/repo#3", "mission reopen owner/repo#3 --at -5m"],
        Run = MissionEdits.Reopen,
    };

    private static Verb Edit() => new("edit", "correct a mission: its first or last edge, agents, title, reference, weight")
    {
        Arguments = { Words.One("ID|REF") },
        About = "Spend is allocated anew from the same readings; `mission diff` shows what moved.",
        Options =
        {
            Flags.Value("start", "T", "its first edge"), Flags.Value("end", "T", "its last edge"), Flags.List("agent", "A,…", "its agents, all of them"),
            Flags.Value("title", "TITLE", "its title"), Flags.Ref, Flags.Value("weight", "N", "its weight, 1 … 1,000,000"), Flags.IdempotencyKey,
        },
        Examples = ["mission edit owner/repo#3 --start 2026-11-16T10:00Z --end 2026-11-16T11:00Z", "mission edit owner/repo#3 --agent ba,hannibal"],
        Run = MissionEdits.Edit,
    };

    private static Verb Explain() => ExplainCommand.Named("explain", "mission explain owner/repo#3");
}
