using System.Text.Json.Nodes;
using Ledger.Service.Http;
using Ledger.Service.Spend;
using Ledger.Service.Writing;
using Ledger.Views.Watching;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Watching;

/// <summary>Alerts, the latest first: what people were told, and what became of it. <c>open</c>: those that are not over. <c>all</c>: those too that the message of another one told of. <c>since</c> is a time or a length of time back.</summary>
internal sealed record AlertList(IReadOnlyList<AlertBody> Alerts, bool More, AsOfBody AsOf);

/// <summary>An alert as it is answered.</summary>
/// <param name="Id">Id.</param>
/// <param name="Kind"><c>budget</c>, <c>runway</c>, <c>anomaly</c>, <c>stale</c>, <c>mission</c>, <c>key</c>, <c>restatement</c>, <c>history</c>.</param>
/// <param name="Severity"><c>info</c>, <c>warning</c>, <c>critical</c>.</param>
/// <param name="Headline">One line for people.</param>
/// <param name="State"><c>open</c>, <c>acknowledged</c>, <c>recovered</c>, or <c>over</c>: with its window, or because what it is about has changed.</param>
/// <param name="At">When it was raised.</param>
/// <param name="RecoveredAt">When it was over.</param>
/// <param name="AcknowledgedAt">When somebody said that they had seen it.</param>
/// <param name="AcknowledgedBy">Who.</param>
/// <param name="Scope">What it is about.</param>
/// <param name="Event">All it says, as the log holds it.</param>
internal sealed record AlertBody(
    string Id, string Kind, Severity Severity, string Headline, string State, DateTimeOffset At, DateTimeOffset? RecoveredAt, DateTimeOffset? AcknowledgedAt, string? AcknowledgedBy, string Scope, JsonNode? Event)
{
    public static AlertBody Of(AlertRow row, Registry registry, DateTimeOffset now, AlertAcknowledged? ack = null)
    {
        var (seen, by) = (row.AckedAt ?? ack?.At, row.AckedAt is null ? ack?.By : row.AckedBy);
        return new(
            row.Id, AlertKinds.WordOf(row.Kind), row.Severity, Ledger.Alerts.Headline.Of(row.Event), row.RecoveredAt is not null ? "recovered" : !row.IsOpen(now) || registry.Ask(d => Moot.Is(d, row.Event)) ? "over" : seen is not null ? "acknowledged" : "open",
            row.At, row.RecoveredAt, seen, by, row.Scope, JsonNode.Parse(EventJson.ToNew(row.Event, row.Id, "alert", row.At).Data.Span));
    }
}

/// <summary>Kinds of alerts in a word.</summary>
internal static class AlertKinds
{
    private static readonly Dictionary<string, string> stored = new(StringComparer.Ordinal)
    {
        ["budget"] = "budget-threshold-crossed",
        ["runway"] = "runway-short",
        ["anomaly"] = "spend-anomalous",
        ["stale"] = "source-stale",
        ["mission"] = "mission-left-open",
        ["key"] = "key-shared",
        ["restatement"] = "large-restatement",
        ["history"] = "history-imported",
    };

    public static string? StoredAs(string? word) => word is null ? null : stored.GetValueOrDefault(word)
        ?? throw new Refused("request.invalid", $"kind is one of {string.Join(", ", stored.Keys)}.", "kind", word, [.. stored.Keys]);

    public static string WordOf(string kind) => stored.FirstOrDefault(s => s.Value == kind).Key ?? kind;
}

internal static class ListAlerts
{
    private const int limitMax = 1_000;

    public static async Task<AlertList> Get(bool? open, bool? all, string? since, string? kind, int? limit, long? minPosition, WatchQueries watch, Registry registry, ReadAt readAt, TimeProvider clock, CancellationToken ct)
    {
        if (limit is < 1 or > limitMax) throw new Refused("request.invalid", $"limit is a number from 1 to {limitMax}.", "limit", $"{limit}");
        var now = clock.GetUtcNow();
        var filter = new AlertFilter
        {
            Since = since is null ? null : ReportWindow.Since(since, now),
            Kind = AlertKinds.StoredAs(kind),
            OpenAt = open == true ? now : null,
            Told = all != true,
            Limit = (limit ?? 50) + 1,
        };
        await readAt.Caught(minPosition, ct);
        var position = registry.Position;
        var found = await watch.Alerts(filter, ct);
        var shown = found.Take(filter.Limit - 1).Where(a => open != true || !registry.Ask(d => Moot.Is(d, a.Event)));
        return new([.. shown.Select(a => AlertBody.Of(a, registry, now))], found.Count == filter.Limit, new(position, now));
    }
}
