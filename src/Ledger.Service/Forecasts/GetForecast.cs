using Ledger.Budgets;
using Ledger.Contracts;
using Ledger.Forecasts;
using Ledger.Money;
using Ledger.Service.Budgets;
using Ledger.Service.Http;
using Ledger.Service.Settings;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Forecasts;

public static class GetForecast
{
    /// <summary><c>all</c> and <c>month</c> where none is named.</summary>
    [WolverineGet("/api/v1/forecast"), Authorize(Policy = Scopes.Read)]
    public static async Task<ScopeForecast> Get(
        string? scope, string? period, string? zone, long? minPosition, IQuerySession session, ReadAt readAt, CurrentBooks current, DataState data, LedgerOptions options, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var of = BudgetTexts.PeriodOf("period", period ?? "month");
        var cut = BudgetTexts.Zone(zone ?? options.People.Zone);
        var behind = !await readAt.Caught(minPosition, ct);
        var meant = await session.FindScope(await session.Known(ct), scope ?? "all", ct);
        if (of == "life" && meant.Kind != ScopeKind.Mission) throw new Refused("budget.invalid", "Only a mission has a life; other scopes take day, week, month, quarter or FROM..UNTIL.", "period", of);
        await using var books = await current.Open(session, [meant], ct);
        if (BudgetWindows.At(meant, of, cut, DayOfWeek.Monday, books.Mission, now) is not { } window) throw new Refused("mission.cancelled", "The mission was cancelled: it has no period.", "scope", scope);

        var (spent, series, why) = await Known(books, meant, BudgetWindows.Counted(of, window), now, ct);
        return new(
            meant.ToString(), books.Names.Shown(meant), of, window, cut, spent, spent is { } so ? Forecasting.Of(series, window, so, null) : new(null, null, null, null, null, why),
            new(books.View.Position, books.View.At), await data.Now(books.View, null, behind, ct));
    }

    /// <summary>What was spent, null where it is not known and why, and how it went lately.</summary>
    private static async Task<(Usd? Spent, SpendSeries Series, string? Why)> Known(BooksNow books, Scope scope, Interval counted, DateTimeOffset now, CancellationToken ct)
    {
        var series = (await books.Series([scope], now, ct))[scope];
        if ((await books.Sums([(scope, counted)], ct)).TryGetValue((scope, counted), out var sum)) return (sum.Spent, series, null);
        var why = books.Reach(scope).Why;
        return (why is null ? Usd.Zero : null, series, why);
    }
}
