using Ledger.Accounts;
using Ledger.Contracts;
using Ledger.Money;
using Ledger.Service.Accounts;
using Ledger.Service.Agents;
using Ledger.Service.Budgets;
using Ledger.Service.Http;
using Ledger.Service.Keys;
using Ledger.Service.Missions;
using Ledger.Service.Settings;
using Ledger.Service.Storage;
using Ledger.Service.Xai;
using Ledger.Spend;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Wolverine.Http;

namespace Ledger.Service.Spend;

/// <summary>Which spend is asked for, how it is grouped, and as of when.</summary>
public sealed record SpendReportQuery
{
    [FromQuery(Name = "since")] public string? Since { get; set; }
    [FromQuery(Name = "until")] public string? Until { get; set; }
    [FromQuery(Name = "zone")] public string? Zone { get; set; }
    [FromQuery(Name = "by")] public string? By { get; set; }
    [FromQuery(Name = "asOf")] public string? AsOf { get; set; }
    [FromQuery(Name = "minPosition")] public long? MinPosition { get; set; }
    [FromQuery(Name = "limit")] public int? Limit { get; set; }
    [FromQuery(Name = "provider")] public string? Provider { get; set; }
    [FromQuery(Name = "account")] public string? Account { get; set; }
    [FromQuery(Name = "agent")] public string? Agent { get; set; }
    [FromQuery(Name = "key")] public string? Key { get; set; }
    [FromQuery(Name = "model")] public string? Model { get; set; }
    [FromQuery(Name = "unit")] public string? Unit { get; set; }
    [FromQuery(Name = "mission")] public string? Mission { get; set; }
}

public static class GetReport
{
    private const int rowsMax = 10_000;
    private const int rowsUsual = 500;
    private const int candidatesMax = 5;

    [WolverineGet("/api/v1/report"), Authorize(Policy = Scopes.Read)]
    public static async Task<SpendReport> Get([FromQuery] SpendReportQuery query, IQuerySession session, ReadAt readAt, SpendViews views, DataState data, LedgerOptions options, TimeProvider clock, CancellationToken ct)
    {
        var zone = new TeamZone(query.Zone is null ? options.People.Zone : BudgetTexts.Zone(query.Zone));
        var window = ReportWindow.Of(query.Since, query.Until, clock.GetUtcNow(), zone.Name);
        var groupBy = Groups.Parse(query.By);
        if (query.Limit is < 1 or > rowsMax) throw new Refused("request.invalid", $"limit is a number from 1 to {rowsMax}.", "limit", $"{query.Limit}");
        var (position, behind) = await readAt.Resolve(query.AsOf, query.MinPosition, ct);
        var known = await session.Known(ct);
        var (where, streams) = await Filter(query, known, session, ct);
        if (streams.Count > 0) behind |= !await views.WaitForStreams(streams, ct);

        await using var view = await views.Open(ct);
        if (query.Model is { } model) where[Dimension.Model] = await Billed(view, Dimension.Model, model, ct);
        if (query.Unit is { } unit) where[Dimension.Unit] = await Billed(view, Dimension.Unit, unit, ct);
        var report = await view.Report(new()
        {
            Since = window.Start,
            Until = window.End,
            By = groupBy,
            Where = where,
            Zone = zone,
            AsOf = position,
            Limit = query.Limit ?? rowsUsual,
            PreliminaryFrom = data.PreliminaryFrom,
        }, ct);
        var rows = Groups.LeftoversLast(groupBy, report.Rows.Where(r => r.Billed != Usd.Zero));
        var ofKey = query.Key is { } key ? known.Key(query.Account, key).Account : null;
        var (state, unread) = await data.Of(view, window, account => IsOf(account, where, ofKey), report.Preliminary, behind, ct);
        var isKnown = report.Rows.Count > 0 || (state.Through is not null && !unread.IsAll);
        return new(
            window.Start, window.End, [.. groupBy.Select(Groups.NameOf)], "USD",
            Groups.Rows(groupBy, rows, await view.Names(position, ct), await Titles(groupBy, rows, view, position, ct)),
            isKnown ? report.Total : null, isKnown && unread.Stretches.Count > 0, isKnown ? report.Idle : null, isKnown ? report.Unassigned : null,
            new(window.Start, window.End), zone.Name, Notes(zone, window), report.AsOf.Summary(), state);
    }

    /// <summary>Whether an account's spend is in the answer.</summary>
    private static bool IsOf(Account account, Dictionary<Dimension, string> where, string? ofKey) =>
        (ofKey is null || account.Id == ofKey)
        && (!where.TryGetValue(Dimension.Account, out var only) || account.Id == only)
        && (!where.TryGetValue(Dimension.Provider, out var provider) || account.Provider == provider);

    private static string[] Notes(TeamZone zone, Interval window)
    {
        var off = (int)Math.Round(zone.OffTheHour(window).TotalMinutes);
        return off == 0 ? [] : [$"{zone.Name} is {(off == 30 ? "half an hour" : off == 15 ? "a quarter of an hour" : $"{off} min")} off UTC's hours: an hour of the bill counts on the day in which it begins."];
    }

    /// <summary>What the rows must be, and the streams of what is named there.</summary>
    private static async Task<(Dictionary<Dimension, string> Where, List<string> Streams)> Filter(SpendReportQuery query, Known known, IQuerySession session, CancellationToken ct)
    {
        var where = new Dictionary<Dimension, string>();
        var streams = new List<string>();
        void Named(Dimension dimension, string id, string stream)
        {
            where[dimension] = id;
            streams.Add(stream);
        }
        if (query.Provider is { } provider) where[Dimension.Provider] = Provider(provider, known);
        if (query.Account is { } account && known.Account(account) is var of) Named(Dimension.Account, of.Id, of.Stream);
        if (query.Agent is Party.UnassignedName) where[Dimension.Agent] = Party.UnassignedName;
        else if (query.Agent is { } agent)
        {
            var spender = known.Find(agent) ?? throw new Refused("agent.unknown", $"There is no agent {Names.Printable(agent)}.", "agent", agent);
            Named(Dimension.Agent, spender.Id, spender.Stream);
        }
        if (query.Key is { } key && known.Key(query.Account, key) is var owned) Named(Dimension.Key, owned.Key, owned.Stream);
        if (query.Mission is Party.IdleName or Party.UnassignedName) where[Dimension.Mission] = query.Mission;
        else if (query.Mission is { } mission && await session.MissionMeant(mission, ct) is var meant) Named(Dimension.Mission, meant.Id, meant.Stream);
        return (where, streams);
    }

    private static string Provider(string written, Known known)
    {
        var providers = known.Accounts.Values.Select(a => a.Provider).Append(XaiClients.Name).Distinct(StringComparer.Ordinal).ToArray();
        return providers.FirstOrDefault(p => string.Equals(p, written.Trim(), StringComparison.OrdinalIgnoreCase))
            ?? throw new Refused("provider.unknown", $"No account is of a provider {Names.Printable(written)}.", "provider", written, Likeness.Most(written.Trim(), providers, candidatesMax));
    }

    /// <summary>A model or unit as billing spells it; upper and lower case are one where that leaves one.</summary>
    private static async Task<string> Billed(SpendView view, Dimension dimension, string written, CancellationToken ct)
    {
        if (await view.HasBilled(dimension, written, ct)) return written;
        var names = await view.Billed(dimension, ct);
        var text = written.Trim();
        var alike = names.Where(n => string.Equals(n, text, StringComparison.OrdinalIgnoreCase)).ToArray();
        var word = Groups.NameOf(dimension);
        return alike is [var only] ? only : throw new Refused($"{word}.unknown", $"The books have no {word} {Names.Printable(written)}.", word, written, Likeness.Most(text, names, candidatesMax));
    }

    private static async Task<Dictionary<string, string>> Titles(IReadOnlyList<Dimension> by, IReadOnlyList<GroupRow> rows, SpendView view, long? asOf, CancellationToken ct)
    {
        var column = by.ToList().IndexOf(Dimension.Mission);
        if (column < 0) return [];
        var missions = await view.Missions([.. rows.Select(r => r.Group[column]).OfType<string>().Distinct(StringComparer.Ordinal)], asOf, ct);
        return missions.Values.ToDictionary(m => m.Id, m => m.Title, StringComparer.Ordinal);
    }
}
