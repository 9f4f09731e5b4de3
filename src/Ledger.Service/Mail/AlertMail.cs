using System.Globalization;
using Ledger.Service.Mail.Pages;
using Ledger.Alerts;

namespace Ledger.Service.Mail;

/// <summary>What one mail about alerts tells.</summary>
/// <param name="Team">Whose money.</param>
/// <param name="Zone">The time zone it reads times in.</param>
/// <param name="Notices">Worst first.</param>
/// <param name="Recoveries">Good news.</param>
/// <param name="HeldBack">Alerts that nobody was mailed of since the last mail, because there had been too many.</param>
/// <param name="At">When it is composed.</param>
/// <param name="Forge">Where references such as <c>owner/repo#3</c> lead; null: nowhere.</param>
public sealed record AlertNews(string Team, string Zone, IReadOnlyList<Notice> Notices, IReadOnlyList<IRecovery> Recoveries, long HeldBack, DateTimeOffset At, Uri? Forge = null);

/// <summary>
/// The mail about alerts: what happened, until when, what drives it, what to do first, and only then the details. Several alerts
/// of one pass are one mail, worst first.
/// </summary>
public static class AlertMail
{
    /// <summary>Notices told in detail; more are counted.</summary>
    public const int NoticesMax = 20;

    private const int recoveriesMax = 20;
    private const int preheaderMax = 110;

    /// <summary>Renders it.</summary>
    public static async Task<MailContent> Render(AlertNews news)
    {
        var subject = SubjectOf(news);
        var page = new Page(subject, [new Masthead($"{Run.Strong("Ledger")}  {news.Team}", $"{Run.Said(Moments.Of(news.At, news.Zone, news.At))}"), .. Blocks(news), new Facts([("Why you", $"a budget or LEDGER_MAIL_TO of the service names you; who runs it can take you out")])], Preheader(news));
        return new(subject, TextPage.Render(page), await HtmlPage.Render(page));
    }

    /// <summary>What, when and how much come first: <c>Credit ends Mon 17:20: $3.19 left [a-team]</c>. Too long: the team goes first, then a name is cut; the amount never.</summary>
    private static string SubjectOf(AlertNews news)
    {
        var team = $" [{SafeText.Name(news.Team, 20)}]";
        var ((who, what), more) = news.Notices switch
        {
            [var only] => (Headline.Parts(only.Alert, news.Zone, news.At, isSubject: true), ""),
            [var worst, ..] => (Headline.Parts(worst.Alert, news.Zone, news.At, isSubject: true), string.Create(CultureInfo.InvariantCulture, $", and {news.Notices.Count - 1:#,0} more")),
            _ when news.Recoveries is [var one] => (("Resolved: ", Headline.Brief(one)), ""),
            _ => (("Resolved: ", Wording.Count(news.Recoveries.Count, "alert")), ""),
        };
        // Several at once: what the worst is, without its amount.
        if (more.Length > 0 && !Subject.Fits(who + what + more) && what.IndexOf(": ", StringComparison.Ordinal) is >= 0 and var colon) what = what[..colon];
        return Subject.Fits(who + what + more + team) ? Subject.Cut(who + what + more + team) : Subject.Cut(who, what + more);
    }

    /// <summary>What the subject left out: the cause, else until when.</summary>
    private static string? Preheader(AlertNews news) => news.Notices is [var worst, ..] && (Headline.Driver(worst.Alert) ?? Headline.Rest(worst.Alert, news.Zone, news.At)) is { Length: > 0 } said ? SafeText.Fit(said, preheaderMax) : null;

    private static IEnumerable<Block> Blocks(AlertNews news)
    {
        var told = new Told(news.At, news.Zone, news.Forge);
        if (news.Notices is [var only])
        {
            yield return new Lead(Badge(only.Alert), $"{Run.Said(Short(only, news))}");
            foreach (var block in Rest(only, news)) yield return block;
            foreach (var block in AlertDetails.Of(only, told)) yield return block;
        }
        else if (news.Notices.Count > 1)
        {
            var (worst, rest) = (news.Notices[0], news.Notices.Skip(1).ToArray());
            var critical = rest.Count(n => n.Alert.Severity == Severity.Critical);
            yield return new Lead(Badge(worst.Alert), $"{Run.Said(Short(worst, news))}");
            foreach (var block in Rest(worst, news)) yield return block;
            yield return new Paragraph($"{Run.Strong(Wording.Count(rest.Length, "more alert"))} at the same time{Run.Said(critical > 0 ? $", {critical} of them critical" : "")}: below, worst first.");
            foreach (var block in AlertDetails.Of(worst, told)) yield return block;
            foreach (var notice in rest.Take(NoticesMax - 1))
            {
                yield return new Heading($"{Run.Badge(Marks.Of(ToneOf(notice.Alert)), ToneOf(notice.Alert))} {Run.Said(Short(notice, news))}");
                foreach (var block in Rest(notice, news)) yield return block;
                foreach (var block in AlertDetails.Of(notice, told)) yield return block;
            }
            if (news.Notices.Count > NoticesMax)
            {
                yield return new Heading($"And {news.Notices.Count - NoticesMax} more");
                yield return new Commands(["ledger alert list"]);
            }
        }
        foreach (var block in Recovered(news)) yield return block;
        if (news.HeldBack > 0)
        {
            yield return new Paragraph($"{Run.Said(Wording.Count(news.HeldBack, "alert"))} before this one {Run.Said(news.HeldBack == 1 ? "was" : "were")} not mailed, because there had been 20 mails within an hour. All of them are kept:", Tone.Warning);
            yield return new Commands(["ledger alert list"]);
        }
    }

    private static IEnumerable<Block> Recovered(AlertNews news)
    {
        if (news.Recoveries.Count == 0) yield break;
        if (news.Notices.Count == 0 && news.Recoveries is [var only])
        {
            yield return new Lead(Run.Badge($"{Marks.Of(Tone.Good)} Resolved", Tone.Good), $"{Run.Said(Headline.Short(only))}");
            if (Headline.Rest(only) is { Length: > 0 } rest) yield return new Paragraph($"{Run.Said(rest)}");
            yield return new Facts([("Alert", $"{only.Alert}, over since {Run.Said(Moments.Brief(only.At, news.Zone, news.At))}")]);
            yield break;
        }
        if (news.Notices.Count == 0) yield return new Lead(Run.Badge($"{Marks.Of(Tone.Good)} Resolved", Tone.Good), $"{Run.Said(Wording.Count(news.Recoveries.Count, "alert"))} over.");
        else yield return new Heading($"{Run.Badge(Marks.Of(Tone.Good), Tone.Good)} Resolved");
        yield return new Bullets([.. news.Recoveries.Take(recoveriesMax).Select(r => (Line)$"{Run.Said(Headline.Short(r))}. {Run.Said(Headline.Rest(r) is { Length: > 0 } rest ? rest + " " : "")}{Run.Quiet($"({SafeText.Name(r.Alert)})")}")]);
        if (news.Recoveries.Count > recoveriesMax) yield return new Paragraph($"And {news.Recoveries.Count - recoveriesMax} more.");
    }

    private static Run Badge(IAlert alert) => Run.Badge($"{Marks.Of(ToneOf(alert))} {alert.Severity switch { Severity.Critical => "Act now", Severity.Warning => "To watch", _ => "For information" }}", ToneOf(alert));

    private static Tone ToneOf(IAlert alert) => Marks.ToneOf(alert.Severity);

    private static IEnumerable<Block> Rest(Notice notice, AlertNews news)
    {
        if (Headline.Rest(notice.Alert, news.Zone, news.At) is { Length: > 0 } rest) yield return new Paragraph($"{Run.Said(rest)}");
    }

    private static string Short(Notice notice, AlertNews news) => Headline.Short(notice.Alert, news.Zone, news.At);
}

/// <summary>What was said once in a mail is not said again.</summary>
internal sealed class Told(DateTimeOffset at, string zone, Uri? forge)
{
    private readonly HashSet<string> said = new(StringComparer.Ordinal);

    public DateTimeOffset At { get; } = at;

    public string Zone { get; } = zone;

    /// <summary>Where references lead; null: nowhere.</summary>
    public Uri? Forge { get; } = forge;

    /// <summary>An instant in the team's time, which the mail's head names.</summary>
    public string Time(DateTimeOffset instant) => Moments.Brief(instant, Zone, At);

    public bool New(string what) => said.Add(what);
}

/// <summary>Subjects are one line of bounded length.</summary>
internal static class Subject
{
    /// <summary>What most inboxes show.</summary>
    private const int columnsMax = 59;

    public static bool Fits(string subject) => SafeText.Width(OneLine(subject)) <= columnsMax;

    public static string Cut(string subject, string ending = "") => SafeText.Fit(OneLine(subject), columnsMax - ending.Length) + ending;

    /// <summary>No control and no isolation: a header that carries one would show it as a question mark.</summary>
    private static string OneLine(string subject) => SafeText.Of(subject);
}
