using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Money;
using Ledger.Alerts;
using Ledger.Forecasts;
using Ledger.Service.Mail.Pages;

namespace Ledger.Service.Channels;

/// <summary>A chat message: one complete line, and blocks for those who show them. Works for Slack, Mattermost and Discord (<c>/slack</c>).</summary>
internal static class SlackText
{
    private const int noticesMax = 10;
    private const int headerMax = 150;
    private const int textMax = 3_000;
    private static readonly string good = Marks.Of(Tone.Good);

    /// <param name="notices">Worst first.</param>
    /// <param name="recoveries">Good news.</param>
    /// <param name="zone">The team's time zone.</param>
    /// <param name="now">When it is composed.</param>
    /// <param name="ending">What else there is to say; null: nothing.</param>
    public static (string Text, JsonElement Blocks) Of(IReadOnlyList<Notice> notices, IReadOnlyList<IRecovery> recoveries, string zone, DateTimeOffset now, string? ending)
    {
        var lines = notices.Select(n => $"{MarkOf(n.Alert)} {Headline.Of(n.Alert, zone, now)}").Concat(recoveries.Select(Line)).ToArray();
        var text = lines.Length == 1 ? lines[0] : $"{lines[0]} And {Wording.Count(lines.Length - 1, "more alert")}: ledger alert list.";
        if (ending is not null) text += $" {ending}";

        // The header says the worst in few words, so its section does not say them again.
        var blocks = new JsonArray { Header(notices.Count > 0 ? $"{MarkOf(notices[0].Alert)} {Headline.Short(notices[0].Alert, zone, now)}" : recoveries is [var only] ? $"{good} Resolved: {Headline.Brief(only)}" : $"{good} Resolved") };
        foreach (var (i, notice) in notices.Take(noticesMax).Index())
        {
            if ((i > 0 ? lines[i] : Further(notice.Alert, zone, now)) is { Length: > 0 } section) blocks.Add(Section(section));
            if (notice.Alert is BudgetThresholdCrossed e) blocks.Add(Fields(e));
            if (ActionOf(notice.Alert) is { } action) blocks.Add(Section($"Do this first: {SafeText.Of(action.Text)}"));
        }
        if (notices.Count > noticesMax) blocks.Add(Section($"And {notices.Count - noticesMax} more: ledger alert list"));
        foreach (var recovery in recoveries.Take(noticesMax)) blocks.Add(Section(Line(recovery)));
        if (ending is not null) blocks.Add(Section(ending));
        if (notices.Count > 0) blocks.Add(Context(notices[0].Alert, zone, now));
        return (Cut(Escaped(text)), JsonSerializer.SerializeToElement(blocks));
    }

    private static string MarkOf(IAlert alert) => Marks.Of(Marks.ToneOf(alert.Severity));

    private static string Line(IRecovery recovery) => $"{good} {Headline.Of(recovery)}";

    /// <summary>All but the few words.</summary>
    private static string Further(IAlert alert, string zone, DateTimeOffset now) => Headline.Of(alert, zone, now)[(Headline.Short(alert, zone, now).Length + 1)..].TrimStart();

    /// <summary>Slack reads &lt;…&gt; as links and calls for people, and @ calls people elsewhere: names must do neither.</summary>
    internal static string Escaped(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("@", "@\u200B", StringComparison.Ordinal);

    private static Recommendation? ActionOf(IAlert alert) => alert switch
    {
        BudgetThresholdCrossed e => e.Circumstances.Action,
        RunwayShort e => e.Circumstances.Action,
        SpendAnomalous e => e.Circumstances.Action,
        _ => null,
    };

    private static JsonObject Header(string text) => new() { ["type"] = "header", ["text"] = new JsonObject { ["type"] = "plain_text", ["text"] = SafeText.Fit(text, headerMax - 30).Replace("@", "@\u200B", StringComparison.Ordinal) } };

    private static JsonObject Section(string text) => new() { ["type"] = "section", ["text"] = Markdown(text) };

    private static JsonObject Fields(BudgetThresholdCrossed e) => new()
    {
        ["type"] = "section",
        ["fields"] = new JsonArray(
            Field("Spent", Dollars.Show(e.Spent)), Field("Limit", Dollars.Show(e.Limit)),
            Field("Of the limit", Wording.OfLimit(e.Spent, e.Limit)),
            Field("Forecast", e.Forecast.Expected is { } expected ? Dollars.Rough(expected) : "not known")),
    };

    private static JsonObject Context(IAlert alert, string zone, DateTimeOffset now)
    {
        var (asOf, period) = alert switch
        {
            BudgetThresholdCrossed e => (e.Circumstances.Through, $"{e.Name}, {e.Period} of {Moments.Days(e.Window, zone)}"),
            RunwayShort e => (e.Circumstances.Through, null),
            SpendAnomalous e => (e.Circumstances.Through, null),
            _ => (null, (string?)null),
        };
        var words = new[] { asOf is { } through ? $"Data up to {Moments.Of(through, zone, now)}" : null, period is null ? null : SafeText.Name(period, 120), $"ledger alert ack {alert.Alert}" };
        return new() { ["type"] = "context", ["elements"] = new JsonArray(Markdown(string.Join(" · ", words.OfType<string>()))) };
    }

    private static JsonObject Field(string name, string value) => new() { ["type"] = "mrkdwn", ["text"] = $"*{name}*\n{Escaped(value)}" };

    private static JsonObject Markdown(string text) => new() { ["type"] = "mrkdwn", ["text"] = Cut(Escaped(text)) };

    private static string Cut(string text) => text.Length <= textMax ? text : text[..(textMax - 1)] + "…";
}
