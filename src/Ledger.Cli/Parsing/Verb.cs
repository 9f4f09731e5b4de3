using System.CommandLine;

namespace Ledger.Cli.Parsing;

/// <summary>A command that does something: what it takes, how it is explained, what it does.</summary>
internal sealed class Verb : Command
{
    public Verb(string name, string summary) : base(name, summary) => SetAction(parsed => Run!(new Call(this, parsed)));

    /// <summary>A few sentences below the summary.</summary>
    public string About { get; init; } = "";

    public required string[] Examples { get; init; }

    public required Func<Call, int> Run { get; init; }

    /// <summary>Everything after the name goes to another program as it stands.</summary>
    public bool HandsThrough
    {
        get => !TreatUnmatchedTokensAsErrors;
        init => TreatUnmatchedTokensAsErrors = !value;
    }

    /// <summary>People paste credentials where they don't belong: this command never repeats a stray argument.</summary>
    public bool KeepsQuietAboutArguments { get; init; }
}

/// <summary>The words a command takes beside its flags.</summary>
internal static class Words
{
    public static Argument One(string name) => new Argument<string>(name);

    public static Argument AtMostOne(string name) => new Argument<string?>(name) { Arity = ArgumentArity.ZeroOrOne };
}
