using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Money;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Channels;

/// <summary>A chat message: one complete line, and blocks for those who show them. Works for Slack, Mattermost and Discord (<c>/slack</c>).</summary>
internal static class SlackText
{
    private const int noticesMax = 10;
    private const int headerMax = 150;
    private const int textMax = 3_000;

    /// <param name="notices">Worst first.</param>
    /// <param name="recoveries">Good news.</param>
    /// <param name="zone">The team's time zone.</param>
    /// <param name="ending">What else there is to say; null: nothing.</param>
    public static (string Text, JsonElement Blocks) Of(IReadOnlyList<Notice> notices, IReadOnlyList<IRecovery> recoveries, string zone, string? ending)
    {
        var lines = notices.Select(n => Headline.Of(n.Alert, zone)).Concat(recoveries.Select(Headline.Of)).ToArray();
        var text = lines.Length == 1 ? lines[0] : $"{lines[0]} And {Wording.Count(lines.Length - 1, "more alert")}: ledger alert list.";
        if (ending is not null) text += $" {ending}";

        var blocks = new JsonArray { Header(notices.Count > 0 ? $"{Headline.Mark(notices[0].Alert)}: {Headline.Brief(notices[0].Alert, zone)}" : "OK: it is over again") };
        foreach (var notice in notices.Take(noticesMax))
        {
            blocks.Add(Section(Headline.Of(notice.Alert, zone)));
            if (notice.Alert is BudgetThresholdCrossed e) blocks.Add(Fields(e));
            if (ActionOf(notice.Alert) is { } action) blocks.Add(Section($"What helps most: {SafeText.Of(action.Text)}"));
        }
        if (notices.Count > noticesMax) blocks.Add(Section($"And {notices.Count - noticesMax} more: ledger alert list"));
        foreach (var recovery in recoveries.Take(noticesMax)) blocks.Add(Section(Headline.Of(recovery)));
        if (ending is not null) blocks.Add(Section(ending));
        if (notices.Count > 0) blocks.Add(Context(notices[0].Alert, zone));
        return (Cut(Escaped(text)), JsonSerializer.SerializeToElement(blocks));
    }

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
            Field("%", Dollars.Permille(e.Spent, e.Limit) is { } permille ? Dollars.Percent(permille) : "-"),
            Field("Forecast", e.Forecast.Expected is { } expected ? Dollars.Rough(expected) : "not known")),
    };

    private static JsonObject Context(IAlert alert, string zone)
    {
        var (asOf, period) = alert switch
        {
            BudgetThresholdCrossed e => (e.Circumstances.Through, $"{e.Name}, {e.Period} of {Moments.Days(e.Window, zone)}"),
            RunwayShort e => (e.Circumstances.Through, null),
            SpendAnomalous e => (e.Circumstances.Through, null),
            _ => (null, (string?)null),
        };
        var words = new[] { asOf is { } through ? $"Data up to {Moments.Of(through, zone, alert.At)}" : null, period is null ? null : SafeText.Name(period, 120), $"ledger alert ack {alert.Alert}" };
        return new() { ["type"] = "context", ["elements"] = new JsonArray(Markdown(string.Join(" · ", words.OfType<string>()))) };
    }

    private static JsonObject Field(string name, string value) => new() { ["type"] = "mrkdwn", ["text"] = $"*{name}*\n{Escaped(value)}" };

    private static JsonObject Markdown(string text) => new() { ["type"] = "mrkdwn", ["text"] = Cut(Escaped(text)) };

    private static string Cut(string text) => text.Length <= textMax ? text : text[..(textMax - 1)] + "…";
}
