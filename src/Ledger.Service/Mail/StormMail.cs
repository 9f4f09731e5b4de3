using Ledger.Service.Mail.Pages;
using Ledger.Alerts;

namespace Ledger.Service.Mail;

/// <summary>The mail that counts alerts when there are too many to tell of each.</summary>
public static class StormMail
{
    /// <summary>Alerts named; more are counted.</summary>
    private const int namedMax = 30;

    /// <summary>Renders it.</summary>
    /// <param name="news">What was not told one by one.</param>
    /// <param name="perHour">How many notifications an hour are sent.</param>
    public static async Task<MailContent> Render(AlertNews news, int perHour)
    {
        var count = news.Notices.Sum(n => n.All.Count()) + news.HeldBack;
        var subject = Subject.Cut($"{Wording.Count(count, "more alert")}, too many to mail each", $" [{SafeText.Name(news.Team, 20)}]");
        var blocks = new List<Block>
        {
            new Lead(Run.Badge($"{Marks.Of(Tone.Critical)} Act now", Tone.Critical), $"{Run.Said(Wording.Count(count, "more alert"))}, too many to mail each."),
            new Paragraph($"{perHour} mails left within an hour. Until there are fewer, new alerts are not mailed; all of them are kept:"),
            new Commands(["ledger alert list"]),
        };
        if (news.Notices.Count > 0)
        {
            blocks.Add(new Heading($"Worst first"));
            blocks.Add(new Bullets([.. news.Notices.Take(namedMax).Select(n => (Line)$"{Run.Badge(Marks.Of(Marks.ToneOf(n.Alert.Severity)), Marks.ToneOf(n.Alert.Severity))} {Run.Said(Headline.Of(n.Alert, news.Zone, news.At))}")]));
            if (news.Notices.Count > namedMax) blocks.Add(new Paragraph($"And {news.Notices.Count - namedMax} more."));
        }
        var page = new Page(subject, blocks);
        return new(subject, TextPage.Render(page), await HtmlPage.Render(page));
    }
}
