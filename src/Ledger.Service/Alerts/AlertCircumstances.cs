using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Forecasts;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Service.Forecasts;
using Ledger.Service.Spend;

namespace Ledger.Service.Alerts;

/// <summary>Some spend that an alert is about.</summary>
/// <param name="Scope">Whose.</param>
/// <param name="Window">When.</param>
/// <param name="Spent">How much it is.</param>
public readonly record struct SpendOf(Scope Scope, Interval Window, Usd Spent);

/// <summary>
/// What spend comes from and what would help most, for many alerts at once: what they share is asked once. It is asked only for what
/// people are told of.
/// </summary>
public sealed class AlertCircumstances(WatchContext context, string zone)
{
    private const int partsPerDimension = 20;
    private const int unitsPerScope = 40;
    private const int listMax = 3;
    private const int leftOpenMax = 50;

    private SharedFacts? shared;
    private IReadOnlyList<Runway>? runways;

    public async Task<IReadOnlyDictionary<SpendOf, Circumstances>> Of(IReadOnlyCollection<SpendOf> alerts, CancellationToken ct)
    {
        var answers = new Dictionary<SpendOf, Circumstances>();
        if (alerts.Count == 0) return answers;
        shared ??= await Gather(ct);
        var parts = new Dictionary<(Scope, Interval), IReadOnlyList<ScopePart>>();
        foreach (var group in alerts.GroupBy(s => (s.Scope.Kind, s.Window)))
            foreach (var (value, list) in await context.Spend.Parts(group.Key.Kind, [.. group.Select(s => s.Scope.Value).Distinct(StringComparer.Ordinal)], group.Key.Window, partsPerDimension, ct))
                parts[(new(group.Key.Kind, value), group.Key.Window)] = list;
        var units = new Dictionary<Scope, IReadOnlyList<UnitPart>>();
        foreach (var group in alerts.Select(s => s.Scope).Distinct().GroupBy(s => (s.Kind, Through: context.Through(s) ?? context.Now)))
            foreach (var (value, list) in await context.Spend.Units(group.Key.Kind, [.. group.Select(s => s.Value)], new(group.Key.Through.AddDays(-1), context.Now.AddHours(1)), unitsPerScope, ct))
                units[new(group.Key.Kind, value)] = list;
        var sharedIn = new Dictionary<Interval, IReadOnlyDictionary<string, ScopeSum>>();
        foreach (var window in alerts.Select(s => s.Window).Distinct())
            sharedIn[window] = await context.Spend.Sums(ScopeKind.Key, [.. shared.Keys.Select(k => k.Key).Distinct(StringComparer.Ordinal)], window, context.Books.Connected, ct);

        foreach (var alert in alerts)
        {
            var keys = SharedKeys(alert.Scope, shared.Keys).ToArray();
            var runway = alert.Scope.Kind == ScopeKind.Account ? shared.Runways.FirstOrDefault(r => r.Account == alert.Scope.Value) : shared.Runways.Count > 0 ? shared.Runways[0] : null;
            var facts = new RecommendationFacts(
                [.. units.GetValueOrDefault(alert.Scope, []).Select(u => new UnitSpend(Named(u.Key), context.Books.Names.NameOf(new(ScopeKind.Key, u.Key)), Named(u.Model), Named(u.Unit), u.Billed))],
                Amounts(keys, shared.LastDay), alert.Scope.Kind is ScopeKind.Everything or ScopeKind.Account ? shared.Unowned : [], LeftOpen(alert.Scope, shared), runway, context.Now, zone);
            answers[alert] = new(
                Drivers.Of(parts.GetValueOrDefault((alert.Scope, alert.Window), []), alert.Scope, alert.Spent, context.Books.Names.NameOf),
                [.. Amounts(keys, sharedIn[alert.Window]).Take(listMax)], runway, Best(Recommendations.Rank(facts), alert.Scope), context.Spend.Position, context.Through(alert.Scope));
        }
        return answers;
    }

    /// <summary>Run-outs of all connected accounts whose credit is known, the soonest first.</summary>
    public async Task<IReadOnlyList<Runway>> Runways(CancellationToken ct) => runways ??=
        [.. (await context.Books.Runways([.. context.Accounts], context.Now, ct)).OrderBy(r => r.RunsOut ?? DateTimeOffset.MaxValue).ThenBy(r => r.Account, StringComparer.Ordinal)];

    /// <summary>What helps most. More credit helps an account, not a budget that is used up.</summary>
    private static Recommendation? Best(IReadOnlyList<Recommendation> ranked, Scope scope) =>
        ranked.FirstOrDefault(r => r.Kind != "top-up" || scope.Kind == ScopeKind.Account);

    private IEnumerable<KeyOwnership> SharedKeys(Scope scope, IReadOnlyList<KeyOwnership> all) => scope.Kind switch
    {
        ScopeKind.Account => all.Where(k => k.Account == scope.Value),
        ScopeKind.Key => all.Where(k => k.Key == scope.Value),
        ScopeKind.Agent => all.Where(k => k.OwnersAt(context.Now).Any(o => o.Agent == scope.Value)),
        ScopeKind.Mission => context.Books.Mission(scope.Value) is { } mission ? all.Where(k => k.OwnersAt(context.Now).Any(o => mission.Agents.Contains(o.Agent))) : [],
        _ => all,
    };

    private IReadOnlyList<SharedKey> Amounts(IEnumerable<KeyOwnership> keys, IReadOnlyDictionary<string, ScopeSum> sums) =>
    [
        .. keys.Select(k => new SharedKey(k.Key, k.Name, [.. k.OwnersAt(context.Now).Select(o => o.Agent)], sums.GetValueOrDefault(k.Key).Spent))
            .Where(k => k.Amount > Usd.Zero).OrderByDescending(k => k.Amount).ThenBy(k => k.Key, StringComparer.Ordinal),
    ];

    private static IReadOnlyList<OpenMissionSpend> LeftOpen(Scope scope, SharedFacts facts) => scope.Kind switch
    {
        ScopeKind.Mission => [.. facts.LeftOpen.Where(m => m.Mission.Id == scope.Value).Select(m => m.Spend)],
        ScopeKind.Agent => [.. facts.LeftOpen.Where(m => m.Mission.Agents.Contains(scope.Value)).Select(m => m.Spend)],
        _ => [.. facts.LeftOpen.Select(m => m.Spend)],
    };

    private async Task<SharedFacts> Gather(CancellationToken ct)
    {
        var keys = context.Known.Keys.Values.Where(k => k.Key.Length > 0).ToArray();
        var open = (await MissionAlerts.OpenSince(context.Session, context.Now - MissionAlerts.AtTheLatest, ct)).Take(leftOpenMax).ToArray();
        var end = context.Through(Scope.Everything) ?? context.Now;
        var day = new Interval(end.AddDays(-1), context.Now.AddHours(1));
        var several = keys.Where(k => k.OwnersAt(context.Now).Count > 1).ToArray();
        var unowned = keys.Where(k => k.OwnersAt(context.Now).Count == 0).ToArray();
        var lastDay = await context.Spend.Sums(ScopeKind.Key, [.. several.Select(k => k.Key).Distinct(StringComparer.Ordinal)], day, context.Books.Connected, ct);
        var lastWeek = await context.Spend.Sums(ScopeKind.Key, [.. unowned.Select(k => k.Key).Distinct(StringComparer.Ordinal)], day with { Start = end.AddDays(-7) }, context.Books.Connected, ct);
        var missions = await context.Spend.Sums(ScopeKind.Mission, [.. open.Select(m => m.Id)], day, context.Books.Connected, ct);
        return new(
            several, lastDay,
            [.. unowned.Select(k => (k.Name ?? k.Key, lastWeek.GetValueOrDefault(k.Key).Spent)).Where(k => k.Spent > Usd.Zero).OrderByDescending(k => k.Spent).Take(listMax)],
            [.. open.Select(m => (m, new OpenMissionSpend(m.Id, m.Title, m.Windows[^1].Start, missions.GetValueOrDefault(m.Id).Spent)))],
            await Runways(ct));
    }

    private static string? Named(string text) => text.Length == 0 ? null : text;

    /// <summary>What all alerts share.</summary>
    private sealed record SharedFacts(
        IReadOnlyList<KeyOwnership> Keys, IReadOnlyDictionary<string, ScopeSum> LastDay, IReadOnlyList<(string Key, Usd Spent)> Unowned,
        IReadOnlyList<(Mission Mission, OpenMissionSpend Spend)> LeftOpen, IReadOnlyList<Runway> Runways);
}
