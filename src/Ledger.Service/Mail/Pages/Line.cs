using System.Globalization;
using System.Runtime.CompilerServices;
using Ledger.Alerts;
using Ledger.Money;

namespace Ledger.Service.Mail.Pages;

/// <summary>How a run of text is meant.</summary>
internal enum Meant
{
    /// <summary>Our own words.</summary>
    Said,

    /// <summary>Somebody's name for something: isolated, so that it can't reorder what stands beside it.</summary>
    Name,

    /// <summary>What to see first.</summary>
    Strong,

    /// <summary>What can be passed over.</summary>
    Quiet,

    /// <summary>A command.</summary>
    Code,

    /// <summary>A state in one word, in the colour of its tone.</summary>
    Badge,
}

/// <summary>How bad.</summary>
internal enum Tone
{
    Plain,
    Good,
    Info,
    Warning,
    Critical,
}

/// <summary>The mark of a state. A word stands beside it always.</summary>
internal static class Marks
{
    public static string Of(Tone tone) => tone switch
    {
        Tone.Critical => "■",
        Tone.Warning => "▲",
        Tone.Good => "●",
        _ => "○",
    };

    public static Tone ToneOf(Severity severity) => severity switch
    {
        Severity.Critical => Tone.Critical,
        Severity.Warning => Tone.Warning,
        _ => Tone.Info,
    };
}

/// <summary>A piece of a line.</summary>
internal sealed record Run(string Text, Meant Meant, Tone Tone = Tone.Plain, Uri? Link = null)
{
    /// <summary>Our own words, made elsewhere: names in them are harmless already.</summary>
    public static Run Said(string text) => new(text, Meant.Said);

    public static Run Strong(string text) => new(text, Meant.Strong);

    public static Run Quiet(string text) => new(text, Meant.Quiet);

    public static Run Badge(string text, Tone tone) => new(text, Meant.Badge, tone);

    /// <summary>Somebody's name, cut to so many columns.</summary>
    public static Run Name(string? text, int columns = 60) => new(SafeText.Fit(SafeText.Of(text).Trim(), columns), Meant.Name);

    /// <summary>A mission's reference: a link where it is one that can only lead where it says, or names an issue of the forge.</summary>
    /// <param name="reference">As somebody wrote it.</param>
    /// <param name="forge">Where <c>owner/repo#3</c> leads; null: nowhere.</param>
    public static Run Reference(string reference, Uri? forge = null)
    {
        var run = Name(reference, 120);
        if (run.Text != reference) return run;
        return Uri.TryCreate(reference, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 && uri.Host == uri.IdnHost
            ? run with { Link = uri }
            : run with { Link = forge is null ? null : IssueOf(reference, forge) };
    }

    /// <summary><c>owner/repo#3</c> as an issue's address below the forge's; null: it is none.</summary>
    private static Uri? IssueOf(string reference, Uri forge)
    {
        if (reference.Split('#') is not [var place, { Length: > 0 and <= 10 } number] || !number.All(char.IsAsciiDigit)) return null;
        return place.Split('/') is [var owner, var repo] && IsName(owner) && IsName(repo)
            ? new Uri($"{forge.AbsoluteUri.TrimEnd('/')}/{Uri.EscapeDataString(owner)}/{Uri.EscapeDataString(repo)}/issues/{number}")
            : null;

        // Dots alone would lead elsewhere.
        static bool IsName(string part) => part.Length > 0 && part.Any(c => c != '.') && !part.Any(char.IsWhiteSpace);
    }

    /// <summary>A name in plain text brings its own isolation where it needs one.</summary>
    public string InText => Meant == Meant.Name ? SafeText.Name(Text, int.MaxValue) : Text;
}

/// <summary>
/// A line of a page, written as an interpolated string. Literals are ours; a string that is put in is somebody's name and gets washed
/// and isolated, whatever it holds. Words of ours that were made elsewhere say so with <see cref="Run.Said"/>.
/// </summary>
[InterpolatedStringHandler]
internal sealed class Line
{
    private readonly List<Run> runs = [];

    public Line(int literalLength, int formattedCount) => runs.Capacity = formattedCount + Math.Min(literalLength, formattedCount + 1);

    public IReadOnlyList<Run> Runs => runs;

    /// <summary>Nothing at all.</summary>
    public static Line Nothing => new(0, 0);

    public static Line Of(params IEnumerable<Run> runs)
    {
        var line = Nothing;
        line.runs.AddRange(runs);
        return line;
    }

    /// <summary>The line in plain text.</summary>
    public string InText => string.Concat(runs.Select(r => r.InText));

    public void AppendLiteral(string said) => runs.Add(Run.Said(said));

    public void AppendFormatted(string? name) => runs.Add(Run.Name(name));

    public void AppendFormatted(Run? run)
    {
        if (run is not null) runs.Add(run);
    }

    public void AppendFormatted(Line? line)
    {
        if (line is not null) runs.AddRange(line.runs);
    }

    public void AppendFormatted(Usd amount) => runs.Add(Run.Said(Dollars.Show(amount)));

    public void AppendFormatted(Shown amount) => runs.Add(Run.Said(amount.ToString()));

    public void AppendFormatted(long count) => runs.Add(Run.Said(count.ToString("#,0", CultureInfo.InvariantCulture)));
}
