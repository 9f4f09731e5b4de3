using System.Text.Json.Nodes;
using Ledger.Spend;
using Ledger.Money;
using Ledger.Service.Accounts;
using Ledger.Service.Agents;
using Ledger.Service.Http;
using Ledger.Service.Keys;
using Ledger.Service.Missions;
using Ledger.Service.Writing;
using Ledger.Views.Spend;
using Microsoft.AspNetCore.Mvc;

namespace Ledger.Service.Spend;

/// <summary>
/// Spend in a window, grouped and filtered. Rows add up to the total. The sums are null while no account has been read completely:
/// nothing known is not nothing spent.
/// </summary>
internal sealed record ReportBody(
    DateTimeOffset Since, DateTimeOffset Until, IReadOnlyList<string> GroupBy, string Currency, IReadOnlyList<JsonObject> Rows, Usd? Total, Usd? Idle, Usd? Unassigned,
    WindowBody Window, AsOfBody AsOf, DataBody Data);

internal sealed record WindowBody(DateTimeOffset Since, DateTimeOffset Until);

internal sealed record ReportFilters
{
    [FromQuery] public string? Provider { get; init; }
    [FromQuery] public string? Account { get; init; }
    [FromQuery] public string? Agent { get; init; }
    [FromQuery] public string? Key { get; init; }
    [FromQuery] public string? Model { get; init; }
    [FromQuery] public string? Unit { get; init; }
    [FromQuery] public string? Mission { get; init; }
}

internal static class GetReport
{
    private const int rowsMax = 10_000;

    public static async Task<ReportBody> Get(
        string? since, string? until, string? by, string? asOf, long? minPosition, int? limit, [Microsoft.AspNetCore.Http.AsParameters] ReportFilters filters,
        ReadAt readAt, SpendQueries spend, Registry registry, DataStates data, TimeProvider clock, CancellationToken ct)
    {
        var window = ReportWindow.Of(since, until, clock.GetUtcNow());
        var groupBy = Groups.Parse(by);
        if (limit is < 1 or > rowsMax) throw new Refused("request.invalid", $"limit is a number from 1 to {rowsMax}.", "limit", $"{limit}");
        var (position, behind) = await readAt.Resolve(asOf, minPosition, ct);
        var report = await spend.Report(new()
        {
            Since = window.Start,
            Until = window.End,
            By = groupBy,
            Where = registry.Ask(d => Where(d, filters)),
            AsOf = position,
            Limit = limit ?? 500,
            PreliminaryFrom = data.PreliminaryFrom,
        }, ct);
        var state = await data.Now(report.Preliminary, behind, ct);
        var known = state.Through is not null || report.Rows.Count > 0;
        return new(
            window.Start, window.End, [.. groupBy.Select(Groups.NameOf)], "USD", Groups.Rows(groupBy, [.. report.Rows.Where(r => r.Billed != Usd.Zero)], registry), known ? report.Total : null, known ? report.Idle : null, known ? report.Unassigned : null,
            new(window.Start, window.End), AsOfBody.Of(report.AsOf), state);
    }

    private static Dictionary<Dimension, string> Where(AttributionContext known, ReportFilters filters)
    {
        var where = new Dictionary<Dimension, string>();
        if (filters.Provider is { } provider) where[Dimension.Provider] = provider;
        if (filters.Account is { } account) where[Dimension.Account] = AccountFinder.Any(known, account).Id;
        if (filters.Agent is { } agent)
        {
            where[Dimension.Agent] = agent == Party.UnassignedName ? agent
                : AgentFinder.Find(known, agent)?.Id ?? throw new Refused("agent.unknown", $"There is no agent {Names.Printable(agent)}.", "agent", agent);
        }
        if (filters.Key is { } key) where[Dimension.Key] = KeyFinder.Find(known, filters.Account, key).Key;
        if (filters.Model is { } model) where[Dimension.Model] = model;
        if (filters.Unit is { } unit) where[Dimension.Unit] = unit;
        if (filters.Mission is { } mission) where[Dimension.Mission] = mission is Party.IdleName or Party.UnassignedName ? mission : MissionFinder.One(known, mission).Id;
        return where;
    }
}
