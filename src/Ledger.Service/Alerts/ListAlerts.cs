using Ledger.Alerts;
using Ledger.Contracts;
using Ledger.Service.Budgets;
using Ledger.Service.Http;
using Ledger.Service.Settings;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Wolverine.Http;

namespace Ledger.Service.Alerts;

/// <summary>Which alerts are asked for.</summary>
public sealed record AlertQuery
{
    /// <summary>Those that are not over.</summary>
    [FromQuery(Name = "open")] public bool? Open { get; set; }

    /// <summary>Those too that the message of another one told of.</summary>
    [FromQuery(Name = "all")] public bool? All { get; set; }

    /// <summary>Raised since a time, or a length of time back.</summary>
    [FromQuery(Name = "since")] public string? Since { get; set; }

    /// <summary>Of one kind.</summary>
    [FromQuery(Name = "kind")] public string? Kind { get; set; }

    /// <summary>The zone that times in headlines are in; null: the team's.</summary>
    [FromQuery(Name = "zone")] public string? Zone { get; set; }

    /// <summary>Most of them; 50 where nothing is said.</summary>
    [FromQuery(Name = "limit")] public int? Limit { get; set; }
}

/// <summary>Alerts, the latest first: what people were told, and what became of it.</summary>
public static class ListAlerts
{
    private const int limitMax = 1_000;
    private const int limitUsual = 50;

    [WolverineGet("/api/v1/alerts"), Authorize(Policy = Scopes.Read)]
    public static async Task<AlertList> Get([FromQuery] AlertQuery query, IQuerySession session, Positions positions, LedgerOptions options, TimeProvider clock, CancellationToken ct)
    {
        if (query.Limit is < 1 or > limitMax) throw new Refused("request.invalid", $"limit is a number from 1 to {limitMax}.", "limit", $"{query.Limit}");
        var (limit, now) = (query.Limit ?? limitUsual, clock.GetUtcNow());
        var zone = query.Zone is null ? options.People.Zone : BudgetTexts.Zone(query.Zone);
        var position = await positions.HighWater(ct);
        var found = await Matching(session, query, options.People.Zone, now).OrderByDescending(a => a.At).ThenBy(a => a.Stream).Take(limit + 1).ToListAsync(ct);
        var subjects = await AlertSubjects.Of(session, [.. found], ct);
        var shown = found.Take(limit).Where(a => query.Open != true || subjects.IsOpen(a, now));
        return new([.. shown.Select(a => subjects.Summary(a, zone, now))], found.Count > limit, new(position, now));
    }

    private static IQueryable<Alert> Matching(IQuerySession session, AlertQuery query, string zone, DateTimeOffset now)
    {
        IQueryable<Alert> alerts = session.Query<Alert>();
        if (query.Since is { } text)
        {
            var since = ReportWindow.Since(text, now, zone);
            alerts = alerts.Where(a => a.At >= since);
        }
        if (AlertKinds.StoredAs(query.Kind) is { } kind) alerts = alerts.Where(a => a.Kind == kind);
        if (query.Open == true) alerts = alerts.Where(a => a.RecoveredAt == null && (a.Until == null || a.Until > now));
        if (query.All != true) alerts = alerts.Where(a => a.ToldBy == null);
        return alerts;
    }
}
