using System.Globalization;
using Ledger.Spend;
using Ledger.Budgets;
using Ledger.Digests;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Service.Agents;
using Ledger.Service.Writing;
using Ledger.Views.Spend;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Digests;

/// <summary>The books' answers a digest is made of, all as of one position.</summary>
internal sealed class DigestSpend(SpendQueries spend, Registry registry, long position, DateTimeOffset preliminaryFrom)
{
    private const int partsMax = 5;
    private const int rowsMax = 10_000;
    private static readonly TimeSpan firstLookedFor = TimeSpan.FromDays(400);

    public Task<ReportAnswer> Report(Interval window, IReadOnlyList<Dimension> by, CancellationToken ct, Scope? scope = null) => spend.Report(new()
    {
        Since = window.Start,
        Until = window.End,
        By = by,
        Where = scope is { Kind: not ScopeKind.Everything } ? new Dictionary<Dimension, string> { [Of(scope.Kind)] = scope.Value } : [],
        AsOf = position,
        Limit = rowsMax,
        PreliminaryFrom = preliminaryFrom,
    }, ct);

    public async Task<Usd> Total(Interval window, CancellationToken ct) => (await Report(window, [], ct)).Total;

    /// <summary>The largest parts of a window and what is left of it, beside the same parts of the window before.</summary>
    public async Task<IReadOnlyList<DigestPart>> Parts(Dimension by, Interval window, Interval before, bool beforeKnown, CancellationToken ct)
    {
        var (rows, earlier) = ((await Report(window, [by], ct)).Rows, await Report(before, [by], ct));
        var then = earlier.Rows.ToDictionary(r => r.Group[0] ?? "", r => r.Billed, StringComparer.Ordinal);
        var top = rows.Take(partsMax).ToArray();
        var parts = top.Select(r => new DigestPart(NameOf(by, r.Group[0]), r.Billed, beforeKnown ? then.GetValueOrDefault(r.Group[0] ?? "") : null)).ToList();
        if (rows.Count > partsMax)
        {
            var (rest, shownThen) = (Sum(rows.Skip(partsMax)), Sum(top.Select(r => new GroupRow(r.Group, then.GetValueOrDefault(r.Group[0] ?? "")))));
            parts.Add(new(GroupRow.Other, rest, beforeKnown ? earlier.Total - shownThen : null));
        }
        return parts;
    }

    /// <summary>Missions by what they cost in the window.</summary>
    public async Task<(IReadOnlyList<DigestMission> Top, DigestRest Others)> Missions(Interval window, CancellationToken ct)
    {
        var rows = (await Report(window, [Dimension.Mission], ct)).Rows.Where(r => r.Group[0] is not (Party.IdleName or Party.UnassignedName)).ToArray();
        var top = new List<DigestMission>();
        foreach (var row in rows.Take(partsMax))
        {
            var cost = row.Group[0] is { } id ? await spend.Cost(id, position, [], preliminaryFrom, ct) : null;
            if (cost is { Mission: { } mission })
                top.Add(new(mission.Id, mission.Title, mission.Ref, mission.State == MissionState.Open ? "open" : mission.State.ToString().ToLowerInvariant(), row.Billed, cost.Billed, cost.Low, cost.High));
        }
        return (top, new(rows.Length - top.Count, Sum(rows.Skip(top.Count))));
    }

    /// <summary>How a scope's spend went lately, as forecasts want it.</summary>
    public async Task<SpendSeries> Series(Scope scope, DateTimeOffset? through, CancellationToken ct)
    {
        if (through is not { } end) return SpendSeries.Empty;
        var today = Midnight(end);
        var hours = (await Report(new(Hour(end.AddDays(-7)), Hour(end).AddHours(1)), [Dimension.Hour], ct, scope)).Rows
            .Select(r => new HourSpend(DateTimeOffset.Parse(r.Group[0]!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal), r.Billed)).ToArray();
        var days = (await Report(new(today - firstLookedFor, today), [Dimension.Day], ct, scope)).Rows.Select(r => new DaySpend(DateOnly.Parse(r.Group[0]!, CultureInfo.InvariantCulture), r.Billed)).ToArray();
        var recent = DateOnly.FromDateTime(today.UtcDateTime).AddDays(-35);
        DateTimeOffset? firstDay = days.Length > 0 ? new(days[0].Day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero) : null;
        DateTimeOffset? firstHour = hours.Length > 0 ? hours[0].Start : null;
        // The first day's own hours say it more closely where they are in reach.
        var first = firstDay is null || firstHour < firstDay.Value.AddDays(1) ? firstHour : firstDay;
        return new(hours, [.. days.Where(d => d.Day >= recent)], first, end);
    }

    /// <summary>What people call something by its id.</summary>
    public string? NameOf(Scope scope) => registry.Ask(d => scope.Kind switch
    {
        ScopeKind.Account => d.Accounts.GetValueOrDefault(scope.Value)?.Label,
        ScopeKind.Agent => d.Agents.GetValueOrDefault(scope.Value)?.Name,
        ScopeKind.Key => d.Keys.Values.FirstOrDefault(k => k.Key == scope.Value)?.Name,
        ScopeKind.Mission => d.Missions.GetValueOrDefault(scope.Value)?.Title,
        _ => null,
    });

    /// <summary>From a mission's first start to its last end; null: there is none of that id, or it was cancelled.</summary>
    public Interval? LifeOf(string mission) => registry.Ask(d => d.Missions.GetValueOrDefault(mission)) is { Cancelled: false } known
        ? known.Life
        : null;

    public static Dimension Of(ScopeKind kind) => kind switch
    {
        ScopeKind.Account => Dimension.Account,
        ScopeKind.Agent => Dimension.Agent,
        ScopeKind.Key => Dimension.Key,
        ScopeKind.Model => Dimension.Model,
        ScopeKind.Unit => Dimension.Unit,
        ScopeKind.Mission => Dimension.Mission,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    public static Usd Sum(IEnumerable<GroupRow> rows) => rows.Aggregate(Usd.Zero, (sum, r) => sum + r.Billed);

    private string NameOf(Dimension by, string? value) => value is null ? "not named by billing" : by == Dimension.Agent ? registry.Ask(d => AgentFinder.NameBeside(d, value)) ?? value : value;

    internal static DateTimeOffset Midnight(DateTimeOffset at) => new(at.UtcDateTime.Date, TimeSpan.Zero);

    internal static DateTimeOffset Hour(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);
}
