using Ledger.Spend;
using Ledger.Budgets;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Views.Watching;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Watching;

/// <summary>What circumstances are asked about.</summary>
/// <param name="Scope">Whose spend.</param>
/// <param name="Window">When.</param>
/// <param name="Spent">How much it is.</param>
internal readonly record struct Subject(Scope Scope, Interval Window, Usd Spent);

/// <summary>
/// What trouble comes from and what helps most, for many subjects at once: what they share is asked once. Only for what people are
/// told of; looking at budgets does not need it.
/// </summary>
internal sealed class Advisor(Look look)
{
    private const int driversPerDimension = 3;
    private const int partsPerDimension = 20;
    private const int unitsPerScope = 40;
    private const int listMax = 3;
    private static readonly ScopeKind[] dimensions = [ScopeKind.Unit, ScopeKind.Model, ScopeKind.Key, ScopeKind.Agent];
    private Common? common;
    private IReadOnlyList<Runway>? runways;

    public async Task<IReadOnlyDictionary<Subject, Circumstances>> Of(IReadOnlyCollection<Subject> subjects, CancellationToken ct)
    {
        var answers = new Dictionary<Subject, Circumstances>();
        if (subjects.Count == 0) return answers;
        common ??= await Gather(ct);
        var parts = new Dictionary<(Scope, Interval), IReadOnlyList<ScopePart>>();
        foreach (var group in subjects.GroupBy(s => (s.Scope.Kind, s.Window)))
            foreach (var (value, list) in await look.Views.Parts(group.Key.Kind, [.. group.Select(s => s.Scope.Value).Distinct(StringComparer.Ordinal)], group.Key.Window, partsPerDimension, ct))
                parts[(new(group.Key.Kind, value), group.Key.Window)] = list;
        var units = new Dictionary<Scope, IReadOnlyList<UnitPart>>();
        foreach (var group in subjects.Select(s => s.Scope).Distinct().GroupBy(s => (s.Kind, Through: look.Through(s.Kind, s.Value) ?? look.Now)))
            foreach (var (value, list) in await look.Views.Units(group.Key.Kind, [.. group.Select(s => s.Value)], new(group.Key.Through.AddDays(-1), look.Now.AddHours(1)), unitsPerScope, ct))
                units[new(group.Key.Kind, value)] = list;
        var shared = new Dictionary<Interval, IReadOnlyDictionary<string, ScopeSum>>();
        foreach (var window in subjects.Select(s => s.Window).Distinct())
            shared[window] = await look.Views.Sums(ScopeKind.Key, [.. common.Shared.Select(k => k.Key).Distinct(StringComparer.Ordinal)], window, look.Connected, ct);

        foreach (var subject in subjects)
        {
            var drivers = parts.GetValueOrDefault((subject.Scope, subject.Window), []);
            var keys = SharedKeys(subject.Scope, common.Shared);
            var runway = subject.Scope.Kind == ScopeKind.Account ? common.Runways.FirstOrDefault(r => r.Account == subject.Scope.Value) : common.Runways.Count > 0 ? common.Runways[0] : null;
            var facts = new RecommendationFacts(
                [.. units.GetValueOrDefault(subject.Scope, []).Select(u => new UnitSpend(Named(u.Key), common.KeyNames.GetValueOrDefault(u.Key), Named(u.Model), Named(u.Unit), u.Billed))],
                Amounts(keys, common.LastDay), subject.Scope.Kind is ScopeKind.Everything or ScopeKind.Account ? common.Unowned : [], LeftOpen(subject.Scope, common), runway, look.Now);
            answers[subject] = new(
                DriversOf(drivers, subject.Scope, subject.Spent, common.KeyNames, common.AgentNames),
                [.. Amounts(keys, shared[subject.Window]).Take(listMax)], runway, Best(Recommendations.Rank(facts), subject.Scope),
                look.Views.Position, look.Through(subject.Scope.Kind, subject.Scope.Value));
        }
        return answers;
    }

    /// <summary>What helps most. More credit helps an account, not a budget that is used up.</summary>
    private static Recommendation? Best(IReadOnlyList<Recommendation> ranked, Scope scope) =>
        ranked.FirstOrDefault(r => r.Kind != "top-up" || scope.Kind == ScopeKind.Account);

    /// <summary>Run-outs of all connected accounts whose credit is known, the soonest first.</summary>
    public async Task<IReadOnlyList<Runway>> Runways(CancellationToken ct)
    {
        if (runways is not null) return runways;
        var accounts = look.Accounts.Values.Where(a => !a.Removed && a.Balance?.PrepaidLeft is not null).ToArray();
        var series = await BudgetStates.Series(look, accounts.Select(a => new Scope(ScopeKind.Account, a.Id)), ct);
        var known = accounts.Select(a => Ledger.Forecasts.Runways.Of(a, series[new(ScopeKind.Account, a.Id)])).OfType<Runway>();
        return runways = [.. known.OrderBy(r => r.RunsOut ?? DateTimeOffset.MaxValue).ThenBy(r => r.Account, StringComparer.Ordinal)];
    }

    /// <summary>Parts as people are told of them: largest first; the scope's own dimension would only say that all of it is itself.</summary>
    public static IReadOnlyList<Driver> DriversOf(
        IEnumerable<ScopePart> parts, Scope scope, Usd spent, IReadOnlyDictionary<string, string> keyNames, IReadOnlyDictionary<string, string> agentNames) =>
    [
        .. Joined(parts).Where(p => p.Dimension != scope.Kind && p.Billed > Usd.Zero)
            .GroupBy(p => p.Dimension).SelectMany(g => g.OrderByDescending(p => p.Billed).ThenBy(p => p.Value, StringComparer.Ordinal).Take(driversPerDimension))
            .OrderByDescending(p => p.Billed).ThenBy(p => Array.IndexOf(dimensions, p.Dimension)).ThenBy(p => p.Value, StringComparer.Ordinal)
            .Select(p => new Driver(
                p.Dimension.ToString().ToLowerInvariant(),
                p.Value.Length > 0 ? p.Value : p.Dimension == ScopeKind.Agent ? Party.UnassignedName : null,
                p.Dimension == ScopeKind.Key ? keyNames.GetValueOrDefault(p.Value) : p.Dimension == ScopeKind.Agent ? agentNames.GetValueOrDefault(p.Value) : null,
                p.Billed, spent > Usd.Zero ? (int)Int128.Min(1000, (Int128)p.Billed.Ticks * 1000 / spent.Ticks) : 0)),
    ];

    /// <summary>Searches of several kinds as one part: apart, none of them might be seen.</summary>
    private static IEnumerable<ScopePart> Joined(IEnumerable<ScopePart> parts)
    {
        var all = parts.ToArray();
        var searches = all.Where(p => p.Dimension == ScopeKind.Unit && UnitFamilies.IsSearch(p.Value)).OrderByDescending(p => p.Billed).ThenBy(p => p.Value, StringComparer.Ordinal).ToArray();
        return searches.Length < 2
            ? all
            : [.. all.Except(searches), new ScopePart(ScopeKind.Unit, string.Join(", ", searches.Select(p => p.Value)), searches.Aggregate(Usd.Zero, (sum, p) => sum + p.Billed))];
    }

    private IEnumerable<KeyOwnership> SharedKeys(Scope scope, IReadOnlyList<KeyOwnership> all) => scope.Kind switch
    {
        ScopeKind.Account => all.Where(k => k.Account == scope.Value),
        ScopeKind.Key => all.Where(k => k.Key == scope.Value),
        ScopeKind.Agent => all.Where(k => k.OwnersAt(look.Now).Any(o => o.Agent == scope.Value)),
        ScopeKind.Mission => look.Books.Ask(d => d.Missions.GetValueOrDefault(scope.Value)) is { } mission
            ? all.Where(k => k.OwnersAt(look.Now).Any(o => mission.Agents.Contains(o.Agent)))
            : [],
        _ => all,
    };

    private IReadOnlyList<SharedKey> Amounts(IEnumerable<KeyOwnership> keys, IReadOnlyDictionary<string, ScopeSum> sums) =>
    [
        .. keys.Select(k => new SharedKey(k.Key, k.Name, [.. k.OwnersAt(look.Now).Select(o => o.Agent)], sums.GetValueOrDefault(k.Key).Spent))
            .Where(k => k.Amount > Usd.Zero).OrderByDescending(k => k.Amount).ThenBy(k => k.Key, StringComparer.Ordinal),
    ];

    private static IReadOnlyList<OpenMissionSpend> LeftOpen(Scope scope, Common common) => scope.Kind switch
    {
        ScopeKind.Mission => [.. common.LeftOpen.Where(m => m.Mission.Id == scope.Value).Select(m => m.Spend)],
        ScopeKind.Agent => [.. common.LeftOpen.Where(m => m.Mission.Agents.Contains(scope.Value)).Select(m => m.Spend)],
        _ => [.. common.LeftOpen.Select(m => m.Spend)],
    };

    private async Task<Common> Gather(CancellationToken ct)
    {
        var (keys, keyNames, agentNames, open) = look.Books.Ask(d => (
            d.Keys.Values.Where(k => k.Key.Length > 0).ToArray(),
            NamesOf(d),
            d.Agents.ToDictionary(a => a.Key, a => a.Value.Name, StringComparer.Ordinal),
            d.Missions.Values.Where(m => m.State == MissionState.Open && look.Now - m.Windows[^1].Start >= MissionsLeftOpen.AtTheLatest).OrderBy(m => m.Windows[^1].Start).Take(50).ToArray()));
        var end = look.Through(ScopeKind.Everything, "") ?? look.Now;
        var day = new Interval(end.AddDays(-1), look.Now.AddHours(1));
        var shared = keys.Where(k => k.OwnersAt(look.Now).Count > 1).ToArray();
        var unowned = keys.Where(k => k.OwnersAt(look.Now).Count == 0).ToArray();
        var lastDay = await look.Views.Sums(ScopeKind.Key, [.. shared.Select(k => k.Key).Distinct(StringComparer.Ordinal)], day, look.Connected, ct);
        var lastWeek = await look.Views.Sums(ScopeKind.Key, [.. unowned.Select(k => k.Key).Distinct(StringComparer.Ordinal)], day with { Start = end.AddDays(-7) }, look.Connected, ct);
        var missions = await look.Views.Sums(ScopeKind.Mission, [.. open.Select(m => m.Id)], day, look.Connected, ct);
        return new(
            shared, lastDay, keyNames, agentNames,
            [.. unowned.Select(k => (k.Name ?? k.Key, lastWeek.GetValueOrDefault(k.Key).Spent)).Where(k => k.Spent > Usd.Zero).OrderByDescending(k => k.Spent).Take(listMax)],
            [.. open.Select(m => (m, new OpenMissionSpend(m.Id, m.Title, m.Windows[^1].Start, missions.GetValueOrDefault(m.Id).Spent)))],
            await Runways(ct));
    }

    public static Dictionary<string, string> NamesOf(AttributionContext directory)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in directory.Keys.Values)
            if (key.Name is { } name) names[key.Key] = name;
        return names;
    }

    private static string? Named(string text) => text.Length == 0 ? null : text;

    /// <summary>What all subjects share.</summary>
    private sealed record Common(
        IReadOnlyList<KeyOwnership> Shared, IReadOnlyDictionary<string, ScopeSum> LastDay, IReadOnlyDictionary<string, string> KeyNames, IReadOnlyDictionary<string, string> AgentNames,
        IReadOnlyList<(string Key, Usd Spent)> Unowned, IReadOnlyList<(Mission Mission, OpenMissionSpend Spend)> LeftOpen, IReadOnlyList<Runway> Runways);
}
