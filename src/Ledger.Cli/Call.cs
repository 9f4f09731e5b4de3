using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;
using Ledger.Cli.Spooling;

namespace Ledger.Cli;

/// <summary>One run of one command: its arguments, its settings, its ways out.</summary>
internal sealed class Call
{
    private readonly ParseResult parsed;
    private LedgerClient? client;
    private Settings? settings;
    private Spool? spool;

    public Call(Verb verb, ParseResult parsed)
    {
        (Verb, Around, this.parsed) = (verb, ((Invocation)parsed.InvocationConfiguration).Around, parsed);
        Began = Around.Clock.GetUtcNow().ToMicroseconds();
        Printer = new Printer(this);
        Clock = new WallClock(this);
    }

    public Verb Verb { get; }
    public Surroundings Around { get; }

    /// <summary>The words without the command's name, as they came.</summary>
    public IReadOnlyList<string> Words => [.. parsed.Tokens.Where(t => t.Type != TokenType.Command).Select(t => t.Value)];

    /// <summary>When the command was given: the time of a bookmark that has to wait.</summary>
    public DateTimeOffset Began { get; }

    public Printer Printer { get; }
    public WallClock Clock { get; }
    public Settings Settings => settings ??= new(Around.Variable, Given("home"), Given("url"));
    public LedgerClient Client => client ??= new(this);
    public Spool Spool => spool ??= new(Path.Combine(Settings.Home, "spool"), Around.Clock);

    /// <summary>A word beside the flags; null: it was not given.</summary>
    public string? Word(int index) => parsed.GetResult(Verb.Arguments[index]) is { Tokens: [{ } token, ..] } ? token.Value : null;

    public bool Has(string flag) => Find(flag) is not null;

    public string? Text(string flag) => Given(flag)?.Trim();

    /// <summary>A list given by comma or by repeating the flag.</summary>
    public List<string> List(string flag)
    {
        var items = new List<string>();
        foreach (var item in (Given(flag) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (items.Contains(item)) throw Wrong("usage.value", $"--{flag} names '{item}' twice.", flag, item);
            items.Add(item);
        }
        return Has(flag) && items.Count == 0
            ? throw Wrong("usage.value", $"--{flag} needs at least one name.", flag, Given(flag))
            : items;
    }

    public int? Integer(string flag, int min, int max)
    {
        if (Given(flag) is not { } text) return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw Wrong("usage.number", string.Create(CultureInfo.InvariantCulture, $"--{flag} is a whole number from {min:#,0} to {max:#,0}."), flag, text);
    }

    public string? OneOf(string flag, params ReadOnlySpan<string> allowed)
    {
        if (Text(flag) is not { } text) return null;
        foreach (var word in allowed)
            if (word == text) return text;
        throw Wrong("usage.value", $"--{flag} is one of {string.Join(", ", allowed!)}.", flag, text);
    }

    public TimeSpan? Duration(string flag)
    {
        if (Text(flag) is not { } text) return null;
        return Times.TryDuration(text, out var duration) ? duration
            : throw Wrong("usage.duration", $"--{flag} is a length of time such as 90s, 10m, 24h or 7d.", flag, text);
    }

    /// <summary>A time as the service wants it; one without a zone is repeated as it was read.</summary>
    public string? Instant(string flag)
    {
        if (Text(flag) is not { } text) return null;
        if (!Times.TryInstant(text, Began, WallClock.Utc, out var at, out var zoneless)) throw NoTime(flag, text);
        if (!zoneless) return at.ToText();
        var zone = Clock.ZoneOfInput;
        if (!Times.TryInstant(text, Began, zone, out at, out _)) throw NoTime(flag, text);
        Printer.Note($"--{flag} {text} is read as {at.ToText()} ({zone}).");
        return at.ToText();
    }

    /// <summary>A position (a bare integer) or a time.</summary>
    public string? PositionOrTime(string flag)
    {
        if (Text(flag) is not { } text) return null;
        var digits = true;
        foreach (var c in text) digits &= char.IsAsciiDigit(c);
        if (!digits) return Instant(flag);
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var position)
            ? position.ToString(CultureInfo.InvariantCulture)
            : throw Wrong("usage.position", $"--{flag} {text} is no position.", flag, text);
    }

    /// <summary>An edge of a report: the service knows the zone and floors and ceils, so words, dates and times without an offset go there as they are.</summary>
    public string? Edge(string flag)
    {
        if (Text(flag) is not { } text) return null;
        return Times.Edge(text, Began) ?? throw NoTime(flag, text);
    }

    /// <summary>An edge for a part of the service that can't be told a zone: days are cut here, in the zone of this run.</summary>
    /// <param name="flag">The flag.</param>
    /// <param name="isEnd">It ends a range, so that a day it names is in it.</param>
    public string? CutEdge(string flag, bool isEnd = false)
    {
        if (Edge(flag) is not { } text) return null;
        if (!Times.DependsOnZone(text, Began)) return text;
        return Times.Cut(text, Began, Clock.ZoneOfInput, isEnd)?.ToText() ?? throw NoTime(flag, text);
    }

    private Refusal NoTime(string flag, string text) => Wrong("usage.time", $"--{flag} '{text}' is no time between 2015 and 2100: {Times.Forms}.", flag, text);

    public Refusal Wrong(string code, string detail, string? field = null, string? value = null, IReadOnlyList<string>? candidates = null) =>
        Misuse.Wrong(Verb, code, detail, field, value, candidates);

    private string? Given(string flag) => Find(flag) is { } given ? string.Join(',', given.Tokens.Select(t => t.Value)) : null;

    private OptionResult? Find(string flag)
    {
        for (SymbolResult? at = parsed.CommandResult; at is not null; at = at.Parent)
            foreach (var child in ((CommandResult)at).Children)
                if (child is OptionResult { Implicit: false } given && given.Option.Name.AsSpan(2).SequenceEqual(flag)) return given;
        return null;
    }
}
