using Ledger.Budgets;
using Ledger.Money;
using Ledger.Service.Budgets;
using Ledger.Service.Http;
using Ledger.Service.Spend;
using Ledger.Service.Writing;
using Ledger.Views.Watching;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Watching;

/// <summary>What a scope will have spent at the end of the period it is in (<c>all</c> and <c>month</c> where none is named), as a range with its method; says why where there is none.</summary>
internal sealed record ForecastBody(string Scope, string ScopeName, string Period, Interval Window, string Zone, Usd? Spent, Forecast Forecast, AsOfBody AsOf, DataBody Data);

internal static class GetForecast
{
    public static async Task<ForecastBody> Get(
        string? scope, string? period, string? zone, long? minPosition, Registry registry, ReadAt readAt, WatchQueries watch, Reaches reaches, DataStates data, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var of = BudgetTexts.PeriodOf("period", period ?? "month");
        var cut = BudgetTexts.Zone(zone);
        var behind = !await readAt.Caught(minPosition, ct);
        var reach = await reaches.Now(ct);
        await using var snapshot = await watch.Open(ct);
        var (meant, name, window, accounts, connected) = registry.Ask(d =>
        {
            var meant = ScopeFinder.Find(d, scope ?? "all");
            if (of == "life" && meant.Kind != ScopeKind.Mission) throw new Refused("budget.invalid", "Only a mission has a life; other scopes take day, week, month, quarter or FROM..UNTIL.", "period", of);
            return (meant, ScopeFinder.NameOf(d, meant), PeriodWindows.Of(d, meant, of, cut.Id, DayOfWeek.Monday, now), Reaches.AccountsOf(d, meant), d.Accounts.Values.ToDictionary(a => a.Id, a => a.ConnectedAt, StringComparer.Ordinal));
        });
        if (window is not { } stretch) throw new Refused("mission.cancelled", "The mission was cancelled: it has no period.", "scope", scope);
        var through = reach(accounts);
        var sums = await snapshot.Sums(meant.Kind, [meant.Value], of == "life" ? Interval.Always : stretch, connected, ct);
        var known = sums.TryGetValue(meant.Value, out var sum) || through.Through is not null;
        var series = (await snapshot.Series(meant.Kind, [meant.Value], connected.Keys, now, through.Through, ct)).GetValueOrDefault(meant.Value) ?? SpendSeries.Empty;
        return new(
            meant.ToString(), name, of, stretch, cut.Id, known ? sum.Spent : null,
            known ? Forecasting.Of(series, stretch, sum.Spent, null) : new(null, null, null, null, null, through.Why), new(snapshot.Position, snapshot.At), await data.Now(null, behind, ct));
    }
}
