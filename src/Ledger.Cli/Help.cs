using System.CommandLine;
using System.Globalization;
using System.Text;
using Ledger.Cli.Commands;
using Ledger.Cli.Parsing;

namespace Ledger.Cli;

/// <summary>What the commands say of themselves: usage, the overview, and <c>docs/reference/cli.md</c>.</summary>
internal static class Help
{
    private const int FlagColumn = 30;
    private const int UsageWidth = 108;

    /// <summary>What one types: <c>mission start</c>.</summary>
    public static string NameOf(Command command) => command.Parents.OfType<Command>().FirstOrDefault(c => c is not RootCommand) is { } group ? $"{group.Name} {command.Name}" : command.Name;

    /// <summary>The words it takes: <c>TITLE</c>, <c>[ID|REF]</c>.</summary>
    public static string ArgumentsOf(Command command) => string.Join(' ', command.Arguments.Select(a => a.Arity.MinimumNumberOfValues == 0 ? $"[{a.Name}]" : a.Name));

    public static string Usage(Command command)
    {
        var usage = new StringBuilder("usage:");
        var column = usage.Length;
        string[] words = ["ledger", .. NameOf(command).Split(' '), .. ArgumentsOf(command).Split(' ', StringSplitOptions.RemoveEmptyEntries), .. command.Options.Where(o => !o.Recursive).Select(o => $"[{o.Name}{(o.HelpName is null ? "" : " " + o.HelpName)}]")];
        foreach (var word in words)
        {
            if (column + word.Length > UsageWidth)
            {
                usage.Append("\n      ");
                column = 6;
            }
            usage.Append(' ').Append(word);
            column += word.Length + 1;
        }
        return usage.ToString();
    }

    /// <summary>The verbs of a noun, a line each.</summary>
    public static string Verbs(Command group) => string.Join('\n', group.Subcommands.Select(c => Row($"ledger {NameOf(c)} {ArgumentsOf(c)}".TrimEnd(), c.Description!)));

    public static string Overview()
    {
        var text = new StringBuilder();
        text.AppendLine("ledger: what did a mission of our agents really cost, in billed dollars, and does it add up to the bill?");
        text.AppendLine().AppendLine("Begin here:");
        text.AppendLine("  ./ledger demo                                    the whole story on a simulated team, in a minute");
        text.AppendLine("  ./ledger up                                      the real thing: PostgreSQL and the service");
        text.AppendLine("  ledger account add xai --label prod --key-stdin < key.txt");
        text.AppendLine("  ledger agent add --from-keys                     an agent for each key");
        text.AppendLine("  mission start \"Budget TUI\" --ref owner/repo#3    … work …");
        text.AppendLine("  mission end");
        text.AppendLine("  mission cost owner/repo#3");
        text.AppendLine().AppendLine("Commands:");
        foreach (var noun in Catalogue.Nouns)
        {
            var command = Catalogue.Of(noun)!;
            text.AppendLine(command is Verb ? Row($"{noun} {ArgumentsOf(command)}".TrimEnd(), command.Description!) : Row(noun, string.Join(" | ", command.Subcommands.Select(c => c.Name))));
        }
        text.AppendLine().AppendLine("`ledger help mission` and `ledger mission start --help` teach by example. `mission` alone is `ledger mission`.");
        return text.ToString();
    }

    /// <summary>The page that documents the command line; a test holds the file to it.</summary>
    public static string Markdown()
    {
        var text = new StringBuilder();
        text.AppendLine("# Command line").AppendLine();
        text.AppendLine("Written from the code by `ledger help --markdown`; a test fails when this page drifts.").AppendLine();
        text.AppendLine("`ledger NOUN VERB`. Started under the name `mission` it is `ledger mission …`. It is a thin client of the service: it sends,");
        text.AppendLine("prints, and keeps bookmarks while the service is away. Standard output carries the answer and nothing else; notes, progress");
        text.AppendLine("and problems go to standard error. With `--json` a problem is printed on standard output as `{\"problem\":{…}}`, so that one");
        text.AppendLine("JSON document always stands there, and the exit code is set as without it.").AppendLine();
        text.AppendLine("## Exit codes").AppendLine().AppendLine("| code | meaning |").AppendLine("|---|---|");
        foreach (var (code, meaning) in Exit.All) text.Append(CultureInfo.InvariantCulture, $"| {code} | {meaning} |").AppendLine();
        text.AppendLine().AppendLine("## Settings").AppendLine();
        text.AppendLine("By flag, then environment, then file, then default. The file is `$XDG_CONFIG_HOME/ledger/config` (`~/.config/ledger/config`), or");
        text.AppendLine("what `LEDGER_CONFIG` names: lines of `NAME=VALUE` with the names of the environment.").AppendLine();
        text.AppendLine("| setting | flag | default | meaning |").AppendLine("|---|---|---|---|");
        text.AppendLine("| `LEDGER_HOME` | `--home` | `$XDG_DATA_HOME/ledger`, else `~/.local/share/ledger` | data folder: token, spool, last position |");
        text.AppendLine("| `LEDGER_URL` | `--url` | `http://127.0.0.1:7171` | where the service listens |");
        text.AppendLine("| `LEDGER_TOKEN` | | the file `token` in the data folder | what the service knows us by |");
        text.AppendLine("| `LEDGER_AGENT` | `--agent` | the only agent | the agent that missions are started for, and that `guard` is asked for |");
        text.AppendLine("| `LEDGER_ZONE` | `-z`, `--timezone` | the service's own `LEDGER_ZONE` | time zone in which times are read and shown |");
        text.AppendLine("| `XAI_MANAGEMENT_KEY`, `XAI_MANAGEMENT_API_KEY`, each also with `_FILE` | `--key-stdin` | asked for on a terminal | credential for `account add` and `rotate` |");
        text.AppendLine("| `XAI_TEAM_ID` | `--team` | found out from the key | the team of that credential |");
        text.AppendLine("| `NO_COLOR` | `--no-color` | | no colours |");
        text.AppendLine().AppendLine("## Times").AppendLine();
        text.AppendLine("RFC 3339 (`2026-11-16T10:15:00Z`), a date (`2026-11-16`, `20261116`), a length of time before now (`7d`, `24h`, `-10m`), `today`,");
        text.AppendLine("`yesterday`, `week`, `last-week`, `month`, `last-month`. Windows are half-open; a bare date in");
        text.AppendLine("`--until` covers that day. In `--as-of` and in `diff --from`/`--to` a bare integer is a position.").AppendLine();
        text.AppendLine("Days, and times without an offset, are those of a time zone: that of `-z`, else of `LEDGER_ZONE`, else of the service. Such a time is repeated as it was");
        text.AppendLine("read; while the service is away and nobody names a zone it is UTC. People are shown times in the same zone, and so is CSV, with the offset. JSON is UTC.").AppendLine();
        text.AppendLine("## While the service is away").AppendLine();
        text.AppendLine("`mission start`, `end` and `switch` keep the bookmark with its time and an idempotency key as one file in `spool/` in the data folder, print");
        text.AppendLine("`queued (spooled)` (JSON: `\"queued\": true`, no id, no position) and exit 0. Any later command that reaches the service delivers first, in");
        text.AppendLine("order. What the service refuses moves to `spool/refused/` with the reason and stays listed in `ledger status` until the file is removed.").AppendLine();
        text.AppendLine("## Flags of every command").AppendLine();
        MarkdownFlags(text, Flags.Common());
        foreach (var verb in All()) MarkdownOf(text, verb);
        return text.Replace("\r\n", "\n").ToString();
    }

    /// <summary>Every command that does something.</summary>
    public static IEnumerable<Verb> All() => Catalogue.Nouns.Select(n => Catalogue.Of(n)!).SelectMany(c => c is Verb verb ? [verb] : c.Subcommands.Cast<Verb>());

    private static void MarkdownOf(StringBuilder text, Verb verb)
    {
        text.AppendLine().Append("## ").AppendLine(NameOf(verb)).AppendLine();
        text.Append(char.ToUpperInvariant(verb.Description![0])).Append(verb.Description.AsSpan(1)).AppendLine(".");
        if (verb.About.Length > 0) text.AppendLine().AppendLine(verb.About);
        text.AppendLine().AppendLine("```").AppendLine(Usage(verb)).AppendLine("```").AppendLine();
        if (verb.Options.Count > 0)
        {
            MarkdownFlags(text, verb.Options);
            text.AppendLine();
        }
        text.AppendLine("```sh");
        foreach (var example in verb.Examples) text.AppendLine(example);
        text.AppendLine("```");
    }

    private static void MarkdownFlags(StringBuilder text, IEnumerable<Option> flags)
    {
        text.AppendLine("| flag | meaning |").AppendLine("|---|---|");
        foreach (var flag in flags)
            text.Append(CultureInfo.InvariantCulture, $"| `{Spelled(flag).Replace("|", "\\|", StringComparison.Ordinal)}` | {flag.Description!.Replace("|", "\\|", StringComparison.Ordinal)} |").AppendLine();
    }

    private static string Spelled(Option flag) => string.Join(", ", flag.Aliases.OrderByDescending(a => a.Length).Prepend(flag.Name)) + (flag.HelpName is { } value ? " " + value : "");

    private static string Row(string left, string right) =>
        left.Length < FlagColumn ? $"  {left.PadRight(FlagColumn)} {right}" : $"  {left}\n  {new string(' ', FlagColumn)} {right}";
}
