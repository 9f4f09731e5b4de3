using System.Globalization;
using Ledger.Service.Mail.Pages;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Money;

namespace Ledger.Service.Mail;

/// <summary>What one mail about alerts tells.</summary>
/// <param name="Team">Whose money.</param>
/// <param name="Zone">The time zone it reads times in.</param>
/// <param name="Notices">Worst first.</param>
/// <param name="Recoveries">Good news.</param>
/// <param name="HeldBack">Alerts that nobody was mailed of since the last mail, because there had been too many.</param>
/// <param name="At">When it is composed.</param>
public sealed record AlertNews(string Team, string Zone, IReadOnlyList<Notice> Notices, IReadOnlyList<IRecovery> Recoveries, long HeldBack, DateTimeOffset At);

/// <summary>
/// The mail about alerts: what happened, what drives it, when the credit runs out, what helps most, and only then the details. Several alerts
/// of one pass are one mail, worst first.
/// </summary>
public static class AlertMail
{
    /// <summary>Notices told in detail; more are counted.</summary>
    public const int NoticesMax = 20;

    private const int recoveriesMax = 20;

    /// <summary>Renders it.</summary>
    public static async Task<MailContent> Render(AlertNews news)
    {
        var subject = SubjectOf(news);
        var page = new Page(subject, [new Masthead($"{Run.Strong("Ledger")}  {news.Team}", $"{Run.Said(Moments.Of(news.At, news.Zone, news.At))}"), .. Blocks(news), new Facts([("Why you", $"a budget or LEDGER_MAIL_TO of the service names you; who runs it can take you out")])]);
        return new(subject, TextPage.Render(page), await HtmlPage.Render(page));
    }

    /// <summary>What, when and how much come first: <c>Credit ends Mon 17:20: $3.19 left [a-team]</c>. Too long: the team goes first, then a name is cut; the amount never.</summary>
    private static string SubjectOf(AlertNews news)
    {
        var team = $" [{SafeText.Name(news.Team, 20)}]";
        var ((who, what), more) = news.Notices switch
        {
            [var only] => (Short(only.Alert, news), ""),
            [var worst, ..] => (Short(worst.Alert, news), string.Create(CultureInfo.InvariantCulture, $", and {news.Notices.Count - 1:#,0} more")),
            _ when news.Recoveries is [var one] => (("Resolved: ", Short(one)), ""),
            _ => (("Resolved: ", Wording.Count(news.Recoveries.Count, "alert")), ""),
        };
        // Several at once: what the worst is, without its amount.
        if (more.Length > 0 && !Subject.Fits(who + what + more) && what.IndexOf(": ", StringComparison.Ordinal) is >= 0 and var colon) what = what[..colon];
        return Subject.Fits(who + what + more + team) ? Subject.Cut(who + what + more + team) : Subject.Cut(who, what + more);
    }

    /// <summary>Whom or what it is about, which may be cut, and what is said of it.</summary>
    private static (string Who, string What) Short(IAlert alert, AlertNews news)
    {
        var (zone, now) = (news.Zone, news.At);
        return alert switch
        {
            RunwayShort { Circumstances.Runway: { } r } => r.Left.Ticks <= 0 ? ($"Credit of {SafeText.Of(r.AccountName)}", " is used up")
                : r.RunsOut is { } at ? ($"Credit ends {Moments.Brief(at, zone, now)}", $": {Dollars.Show(r.Left)} left") : ("Credit is low", $": {Dollars.Show(r.Left)}{(r.Of is { } of ? $" of {Dollars.Show(of)}" : "")} left"),
            BudgetThresholdCrossed e => (Capital(Wording.ScopeOf(e)), Crossed(e)),
            SpendAnomalous e => (SafeText.Name(e.Name), $" spends {Dollars.Against(e.Usual, e.Spent) ?? "more than"} its usual: {Dollars.Show(e.Spent)} in 1 h"),
            SourceStale { Through: { } through } e => ($"No reading of {SafeText.Name(e.AccountName)}", $" since {Moments.Brief(through, zone, now)}"),
            _ => (Capital(Headline.Brief(alert, zone)), ""),
        };
    }

    private static string Crossed(BudgetThresholdCrossed crossed)
    {
        var its = crossed.Period is "day" or "week" or "month" or "quarter" ? $" its {crossed.Period}" : "";
        if (crossed.Threshold.Basis == Basis.Forecast && crossed.Forecast.Expected is { } expected) return $" on track for {Dollars.Rough(expected)} of {Dollars.Show(crossed.Limit)}";
        var stands = $": {Dollars.Show(crossed.Spent)} of {Dollars.Show(crossed.Limit)}";
        if (crossed.Spent >= crossed.Limit) return $" is over{its}{stands}";
        return crossed.Threshold.Percent is { } percent ? $" at {percent} % of{(its.Length > 0 ? its : " its limit")}{stands}" : $" at {Headline.Said(crossed.Threshold)}{stands}";
    }

    private static string Short(IRecovery recovery) => recovery switch
    {
        RunwayRecovered e => $"credit is {Dollars.Show(e.Left)}",
        BudgetRecovered e => $"{SafeText.Name(e.Name)} at {Dollars.Show(e.Spent)} of {Dollars.Show(e.Limit)}",
        _ => Headline.Sentence(recovery).TrimEnd('.'),
    };

    private static IEnumerable<Block> Blocks(AlertNews news)
    {
        var told = new Told(news.At, news.Zone);
        if (news.Notices is [var only])
        {
            yield return new Lead(Badge(only.Alert), $"{Run.Said(Sentence(only.Alert, news.Zone))}");
            foreach (var block in AlertDetails.Of(only, told, first: true)) yield return block;
        }
        else if (news.Notices.Count > 1)
        {
            var (worst, rest) = (news.Notices[0], news.Notices.Skip(1).ToArray());
            var critical = rest.Count(n => n.Alert.Severity == Severity.Critical);
            yield return new Lead(Badge(worst.Alert), $"{Run.Said(Sentence(worst.Alert, news.Zone))}");
            yield return new Paragraph($"{Run.Strong(Wording.Count(rest.Length, "more alert"))} at the same time{Run.Said(critical > 0 ? $", {critical} of them critical" : "")}: below, worst first.");
            foreach (var block in AlertDetails.Of(worst, told, first: true)) yield return block;
            foreach (var notice in rest.Take(NoticesMax - 1))
            {
                yield return new Heading($"{Run.Badge(Marks.Of(ToneOf(notice.Alert)), ToneOf(notice.Alert))} {Run.Said(Capital(Headline.Brief(notice.Alert, news.Zone)))}");
                yield return new Paragraph($"{Run.Said(Sentence(notice.Alert, news.Zone))}");
                foreach (var block in AlertDetails.Of(notice, told, first: false)) yield return block;
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
            yield return new Lead(Run.Badge($"{Marks.Of(Tone.Good)} Resolved", Tone.Good), $"{Run.Said(Capital(Headline.Sentence(only)))}");
            yield return new Facts([("Alert", $"{only.Alert}, over since {Run.Said(Moments.Of(only.At, news.Zone, news.At))}.")]);
            yield break;
        }
        if (news.Notices.Count == 0) yield return new Lead(Run.Badge($"{Marks.Of(Tone.Good)} Resolved", Tone.Good), $"{Run.Said(Wording.Count(news.Recoveries.Count, "alert"))} over.");
        else yield return new Heading($"{Run.Badge(Marks.Of(Tone.Good), Tone.Good)} Resolved");
        yield return new Bullets([.. news.Recoveries.Take(recoveriesMax).Select(r => (Line)$"{Run.Said(Capital(Headline.Sentence(r)))} {Run.Quiet($"({SafeText.Name(r.Alert)})")}")]);
        if (news.Recoveries.Count > recoveriesMax) yield return new Paragraph($"And {news.Recoveries.Count - recoveriesMax} more.");
    }

    private static Run Badge(IAlert alert) => Run.Badge($"{Marks.Of(ToneOf(alert))} {alert.Severity switch { Severity.Critical => "Act now", Severity.Warning => "To watch", _ => "For information" }}", ToneOf(alert));

    private static Tone ToneOf(IAlert alert) => Marks.ToneOf(alert.Severity);

    private static string Sentence(IAlert alert, string zone) => Capital(Headline.Sentence(alert, zone));

    /// <summary>A sentence begins with a capital, unless it begins with a name.</summary>
    internal static string Capital(string sentence)
    {
        foreach (var word in (string[])["all spend", "agent ", "budget ", "prepaid ", "mission ", "key ", "history ", "figures ", "the ", "model ", "unit ", "account "])
            if (sentence.StartsWith(word, StringComparison.Ordinal))
                return char.ToUpperInvariant(sentence[0]) + sentence[1..];
        return sentence;
    }
}

/// <summary>What was said once in a mail is not said again.</summary>
internal sealed class Told(DateTimeOffset at, string zone)
{
    private readonly HashSet<string> said = new(StringComparer.Ordinal);

    public DateTimeOffset At { get; } = at;

    public string Zone { get; } = zone;

    /// <summary>An instant in the team's time.</summary>
    public string Time(DateTimeOffset instant) => Moments.Of(instant, Zone, At);

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
