using System.Globalization;
using Ledger.Budgets;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Watching;

/// <summary>Credit that is about to run out, and credit that is clear of it again.</summary>
internal static class RunwayFindings
{
    public static async Task<IReadOnlyList<IReadOnlyList<Finding>>> Of(Look look, Advisor advisor, CancellationToken ct)
    {
        var groups = new List<IReadOnlyList<Finding>>();
        foreach (var runway in await advisor.Runways(ct))
        {
            var scope = $"account:{runway.Account}";
            var open = (await look.Views.OpenAbout(scope, "runway-short", ct)).Select(a => a.Event).OfType<RunwayShort>().ToArray();
            if (await Short(look, advisor, runway, open, await look.Views.RecoveredRunways(scope, ct), ct) is { Count: > 0 } found) groups.Add(found);
            if (Clear(look, runway, open) is { Count: > 0 } over) groups.Add(over);
        }
        return groups;
    }

    /// <summary>Several levels reached at once: all are written, the most urgent is told; none after a more urgent one of its kind.</summary>
    private static async Task<IReadOnlyList<Finding>> Short(
        Look look, Advisor advisor, Runway runway, RunwayShort[] open, IReadOnlyDictionary<string, long> recovered, CancellationToken ct)
    {
        var fresh = Runways.Short(runway, look.Now).Select(l => (l.Level, l.Severity, Key: Runways.KeyOf(runway.Account, l.Level, recovered.GetValueOrDefault(l.Level))))
            .Where(l => !open.Any(o => o.Level == l.Level)).ToArray();
        if (fresh.Length == 0) return [];
        var end = runway.Through ?? look.Now;
        var subject = new Subject(new(ScopeKind.Account, runway.Account), new(end.AddDays(-1), look.Now.AddHours(1)), runway.LastDay);
        var circumstances = (await advisor.Of([subject], ct))[subject] with { Runway = runway };
        var told = fresh.FirstOrDefault(l => !open.Any(o => o.Level[^1] == l.Level[^1] && Number(o.Level) < Number(l.Level))).Level;
        // What nobody is told of now was told by a more urgent level that is open.
        var teller = told is not null ? Alert.IdOf(fresh.First(l => l.Level == told).Key) : open[0].Alert;
        return
        [
            .. fresh.Select(l => new Finding(
                new RunwayShort(Alert.IdOf(l.Key), l.Key, l.Severity, runway.Account, l.Level, circumstances, look.Now.ToMicroseconds(), l.Level == told ? null : teller), l.Level == told)),
        ];
    }

    private static IReadOnlyList<Finding> Clear(Look look, Runway runway, RunwayShort[] open)
    {
        var over = open.Where(t => Runways.Clear(runway, t.Level, look.Now)).OrderByDescending(t => t.Severity).ToArray();
        return [.. over.Select((t, i) => new Finding(new RunwayRecovered(t.Alert, t.Account, t.Level, runway.Left, look.Now.ToMicroseconds()), i == 0))];
    }

    private static int Number(string level) => int.Parse(level.AsSpan(0, level.Length - 1), CultureInfo.InvariantCulture);
}
