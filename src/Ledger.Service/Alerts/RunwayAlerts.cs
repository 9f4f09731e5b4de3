using System.Globalization;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Forecasts;
using Marten;

namespace Ledger.Service.Alerts;

/// <summary>Credit that is about to run out, and credit that is clear of it again.</summary>
public static class RunwayAlerts
{
    private const int recoveredMax = 10_000;

    public static async Task<IReadOnlyList<IReadOnlyList<Finding>>> Find(WatchContext context, AlertCircumstances circumstances, CancellationToken ct)
    {
        var groups = new List<IReadOnlyList<Finding>>();
        foreach (var runway in await circumstances.Runways(ct))
        {
            var scope = $"account:{runway.Account}";
            var open = (await context.Session.OpenAbout(scope, AlertKinds.Runway, ct)).Select(a => a.Event).OfType<RunwayShort>().ToArray();
            if (await Short(context, circumstances, runway, open, await Recovered(context, scope, ct), ct) is { Count: > 0 } found) groups.Add(found);
            if (Clear(context, runway, open) is { Count: > 0 } over) groups.Add(over);
        }
        return groups;
    }

    /// <summary>Several levels reached at once: all are written, the most urgent is told; none after a more urgent one of its kind.</summary>
    private static async Task<IReadOnlyList<Finding>> Short(
        WatchContext context, AlertCircumstances circumstances, Runway runway, RunwayShort[] open, ILookup<string, Alert> recovered, CancellationToken ct)
    {
        var fresh = Runways.Short(runway, context.Now).Select(l => (l.Level, l.Severity, Key: Runways.KeyOf(runway.Account, l.Level, recovered[l.Level].Count())))
            .Where(l => !open.Any(o => o.Level == l.Level)).ToArray();
        if (fresh.Length == 0) return [];
        var end = runway.Through ?? context.Now;
        var spend = new SpendOf(new(ScopeKind.Account, runway.Account), new(end.AddDays(-1), context.Now.AddHours(1)), runway.LastDay);
        var why = (await circumstances.Of([spend], ct))[spend] with { Runway = runway };
        // Nobody has heard that a level was clear for a few minutes.
        bool IsStillSaid(string level) => recovered[level].Any(a => context.Now - a.RecoveredAt < Crossings.GoodNewsWaits);
        var told = fresh.FirstOrDefault(l => !open.Any(o => o.Level[^1] == l.Level[^1] && Number(o.Level) < Number(l.Level))).Level;
        // Levels that are not told now are told of by a more urgent one that is open.
        var teller = told is not null ? Alert.IdOf(fresh.First(l => l.Level == told).Key) : open[0].Alert;
        var follows = open.Length > 0 || recovered.Count > 0;
        return
        [
            .. fresh.Select(l => new Finding(
                new RunwayShort(Alert.IdOf(l.Key), l.Key, l.Severity, runway.Account, l.Level, why, context.Now.ToMicroseconds(), l.Level == told ? null : teller), l.Level == told && !IsStillSaid(l.Level), follows)),
        ];
    }

    private static IReadOnlyList<Finding> Clear(WatchContext context, Runway runway, RunwayShort[] open)
    {
        var over = open.Where(t => Runways.Clear(runway, t.Level, context.Now)).OrderByDescending(t => t.Severity).ToArray();
        return [.. over.Select((t, i) => new Finding(new RunwayRecovered(t.Alert, t.Account, t.Level, runway.Left, context.Now.ToMicroseconds()), i == 0))];
    }

    /// <summary>The alerts of an account that recovered, by level: how many there are is in the key of the next.</summary>
    private static async Task<ILookup<string, Alert>> Recovered(WatchContext context, string scope, CancellationToken ct) =>
        (await context.Session.Query<Alert>().Where(a => a.Kind == AlertKinds.Runway && a.Scope == scope && a.RecoveredAt != null).Take(recoveredMax).ToListAsync(ct)).ToLookup(a => a.Key.Split(':')[^2], StringComparer.Ordinal);

    private static int Number(string level) => int.Parse(level.AsSpan(0, level.Length - 1), CultureInfo.InvariantCulture);
}
