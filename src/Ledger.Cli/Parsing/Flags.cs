using System.CommandLine;

namespace Ledger.Cli.Parsing;

/// <summary>The flags, each written down once. Properties, so that a command only makes those it has.</summary>
internal static class Flags
{
    public static Option Format => Value("format", "table|json|csv", "how to print the answer (table)");
    public static Option Csv => Switch("csv", "short for --format csv (RFC 4180)");
    public static Option Wide => Switch("wide", "every column, wrapped where the terminal is narrower", "-w");
    public static Option MaxAge => Value("max-age", "DURATION", "exit 69 when the data is older, such as 10m");
    public static Option IdempotencyKey => Value("idempotency-key", "KEY", "repeating a command with the same key writes nothing new");
    public static Option AsOf => Value("as-of", "P|T", "as the books stood at a position (a bare integer) or a time");
    public static Option Since => Value("since", "T", "from here on: 2026-11-01, 20261101, 2w, 7d, 24h, 90m, today, yesterday, week, last-week, month, last-month, RFC 3339");
    public static Option Until => Value("until", "T", "up to here, not included; a bare date covers that day (the end of today, or of a past week, month or day in --since)");
    public static Option By(string groups) => List("by", groups, "one row for each …; several by comma", "-b", "--group-by");
    public static Option Limit(string dflt) => Value("limit", "N", $"at most so many rows ({dflt})", "--top");
    public static Option Order => Value("order", "asc|desc", "rows by amount; leftovers stay last");
    public static Option At => Value("at", "T", "when: RFC 3339, 2026-11-16T10:15 (in the zone of -z), -10m for ten minutes ago (now)");
    public static Option Agents => List("agent", "A,…", "whose mission it is (LEDGER_AGENT, else the only agent)");
    public static Option Ref => Value("ref", "REF", "the issue it is about: a URL or owner/repo#n");
    public static Option Weight => Value("weight", "N", "share of an agent's time beside other open missions, 1 … 1,000,000 (1)");
    public static Option KeyStdin => Switch("key-stdin", "read the credential from standard input; it never goes on the command line");
    public static Option NoWait => Switch("no-wait", "return at once; readings arrive in the background");
    public static Option Provider => Value("provider", "PROVIDER", "only accounts of this provider");
    public static Option AccountOf => Value("account", "LABEL", "the account, where there are several");
    public static Option Idle => Value("idle", "shares|yields", "where spend outside missions goes: (idle) keeps it, or the agent's missions take it (shares)");

    /// <summary>Every command has these, before its name and after it.</summary>
    public static Option[] Common()
    {
        Option[] flags =
        [
            Switch("json", "answer as JSON; problems too, as {\"problem\":{…}} on standard output", "-j"),
            Switch("quiet", "only the answer itself: no notes, footers or progress", "-q"),
            Switch("compact", "no footers; JSON on one line"),
            Switch("no-color", "no colours; NO_COLOR in the environment does the same"),
            Value("timezone", "ZONE", "read and show times in this zone, such as Europe/Berlin (LEDGER_ZONE, else the service's)", "-z"),
            Value("home", "DIR", "data folder (LEDGER_HOME, else ~/.local/share/ledger)"),
            Value("url", "URL", "where the service listens (LEDGER_URL, else http://127.0.0.1:7171)"),
        ];
        foreach (var flag in flags) flag.Recursive = true;
        return flags;
    }

    /// <summary>A flag without a value.</summary>
    public static Option Switch(string name, string help, params string[] aliases) => new Option<bool>("--" + name, aliases) { Description = help, Arity = ArgumentArity.Zero };

    /// <summary>A flag with one value. What comes next may begin with a dash (<c>--at -10m</c>), but be no flag.</summary>
    public static Option Value(string name, string value, string help, params string[] aliases) => Valued(new Option<string>("--" + name, aliases) { Description = help, HelpName = value });

    /// <summary>A flag that may be given several times; the values are joined by commas.</summary>
    public static Option List(string name, string value, string help, params string[] aliases) => Valued(new Option<string[]>("--" + name, aliases) { Description = help, HelpName = value });

    private static Option Valued(Option flag)
    {
        var words = flag.HelpName!.Split('|');
        if (words.Length > 1 && words.All(word => word.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)))) flag.CompletionSources.Add(words);
        flag.Validators.Add(given =>
        {
            foreach (var token in given.Tokens)
            {
                if (token.Value.StartsWith("--", StringComparison.Ordinal) || Common().Any(common => common.Aliases.Contains(token.Value))) given.AddError($"{flag.Name} needs a value: {flag.Name} {flag.HelpName}.");
                else if (string.IsNullOrWhiteSpace(token.Value)) given.AddError($"{flag.Name} was given an empty value; it is {flag.HelpName}.");
            }
        });
        return flag;
    }
}
