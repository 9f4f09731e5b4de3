namespace Ledger.Cli.Parsing;

/// <summary>One command: what it is called, what it takes, how it is explained, what it does.</summary>
internal sealed class Command
{
    /// <summary><c>mission</c>, or the whole name of a command without a verb: <c>status</c>.</summary>
    public required string Noun { get; init; }

    /// <summary>Empty where the noun is the command.</summary>
    public string Verb { get; init; } = "";

    /// <summary>Arguments as help writes them: <c>TITLE</c>, <c>[ID|REF]</c>.</summary>
    public string Arguments { get; init; } = "";

    public required string Summary { get; init; }

    /// <summary>A few sentences below the summary.</summary>
    public string About { get; init; } = "";

    public Flag[] Flags { get; init; } = [];

    public required string[] Examples { get; init; }

    public required Func<Call, int> Run { get; init; }

    public int ArgumentsMin { get; init; }

    public int ArgumentsMax { get; init; }

    /// <summary>Everything after the name goes to another program as it stands.</summary>
    public bool HandsThrough { get; init; }

    /// <summary>People paste credentials where they don't belong: this command never repeats a stray argument.</summary>
    public bool KeepsQuietAboutArguments { get; init; }

    /// <summary>Works without home, service or configuration.</summary>
    public bool NeedsNothing { get; init; }

    public string Name => Verb.Length == 0 ? Noun : $"{Noun} {Verb}";

    public Flag[] AllFlags() => [.. Flags, .. Parsing.Flags.Common()];
}
