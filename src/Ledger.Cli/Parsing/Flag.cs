namespace Ledger.Cli.Parsing;

/// <summary>One flag of a command.</summary>
/// <param name="Name">Without the dashes.</param>
/// <param name="Value">What stands for its value in help; null for a switch.</param>
/// <param name="Help">One line.</param>
internal sealed record Flag(string Name, string? Value, string Help)
{
    public char? Short { get; init; }
    public string? Alias { get; init; }

    /// <summary>May be given several times; the values are joined by commas.</summary>
    public bool Many { get; init; }

    public bool Is(ReadOnlySpan<char> name) => name.SequenceEqual(Name) || (Alias is not null && name.SequenceEqual(Alias));
}

/// <summary>The flags, each written down once. Properties, so that a command only makes those it has.</summary>
internal static class Flags
{
    public static Flag Json => new("json", null, "answer as JSON; problems too, as {\"problem\":{…}} on standard output") { Short = 'j' };
    public static Flag Format => new("format", "table|json|csv", "how to print the answer (table)");
    public static Flag Csv => new("csv", null, "short for --format csv (RFC 4180)");
    public static Flag Quiet => new("quiet", null, "only the answer itself: no notes, footers or progress") { Short = 'q' };
    public static Flag Compact => new("compact", null, "no footers; JSON on one line");
    public static Flag NoColor => new("no-color", null, "no colours; NO_COLOR in the environment does the same");
    public static Flag TimeZone => new("timezone", "ZONE", "read and show times in this zone, such as Europe/Berlin (LEDGER_ZONE, else the service's)") { Short = 'z' };
    public static Flag Home => new("home", "DIR", "data folder (LEDGER_HOME, else ~/.local/share/ledger)");
    public static Flag Url => new("url", "URL", "where the service listens (LEDGER_URL, else http://127.0.0.1:7171)");
    public static Flag Help => new("help", null, "this help") { Short = 'h' };

    public static Flag MaxAge => new("max-age", "DURATION", "exit 69 when the data is older, such as 10m");
    public static Flag IdempotencyKey => new("idempotency-key", "KEY", "repeating a command with the same key writes nothing new");
    public static Flag AsOf => new("as-of", "P|T", "as the books stood at a position (a bare integer) or a time");
    public static Flag Since => new("since", "T", "from here on: 2026-11-01, 20261101, 2w, 7d, 24h, 90m, today, yesterday, week, last-week, month, last-month, RFC 3339");
    public static Flag Until => new("until", "T", "up to here, not included; a bare date covers that day (the end of today, or of a past week, month or day in --since)");
    public static Flag By(string groups) => new("by", groups, "one row for each …; several by comma") { Short = 'b', Alias = "group-by", Many = true };
    public static Flag Limit(string dflt) => new("limit", "N", $"at most so many rows ({dflt})") { Alias = "top" };
    public static Flag Order => new("order", "asc|desc", "rows by amount; leftovers stay last");
    public static Flag At => new("at", "T", "when: RFC 3339, 2026-11-16T10:15 (in the zone of -z), -10m for ten minutes ago (now)");
    public static Flag Agents => new("agent", "A,…", "whose mission it is (LEDGER_AGENT, else the only agent)") { Many = true };
    public static Flag Ref => new("ref", "REF", "the issue it is about: a URL or owner/repo#n");
    public static Flag Weight => new("weight", "N", "share of an agent's time beside other open missions, 1 … 1,000,000 (1)");
    public static Flag KeyStdin => new("key-stdin", null, "read the credential from standard input; it never goes on the command line");
    public static Flag NoWait => new("no-wait", null, "return at once; readings arrive in the background");
    public static Flag Provider => new("provider", "PROVIDER", "only accounts of this provider");
    public static Flag AccountOf => new("account", "LABEL", "the account, where there are several");
    public static Flag Idle => new("idle", "shares|yields", "where spend outside missions goes: (idle) keeps it, or the agent's missions take it (shares)");

    /// <summary>Every command has these.</summary>
    public static Flag[] Common() => [Json, Quiet, Compact, NoColor, TimeZone, Home, Url, Help];
}
