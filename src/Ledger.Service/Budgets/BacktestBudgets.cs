using FluentValidation;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Contracts;
using Ledger.Forecasts;
using Ledger.Service.Http;
using Ledger.Service.Settings;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Budgets;

public sealed class BacktestBudgetsValidator : AbstractValidator<BacktestBudgets>
{
    public BacktestBudgetsValidator() => DeclaredRules.Apply(this, r => r.Budgets, r => r.Budgets, needed: false);
}

public static class BacktestBudgetsEndpoint
{
    private const int budgetsMax = 50;
    private const int alertsMax = 1_000;
    private static readonly TimeSpan longest = TimeSpan.FromDays(366);

    [WolverinePost("/api/v1/budgets/backtest"), Authorize(Policy = Scopes.Read), NotReplayed]
    public static async Task<BacktestAnswer> Post(BacktestBudgets request, Caller caller, IQuerySession session, Backtest backtest, DataState data, LedgerOptions options, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var window = ReportWindow.Of(request.Since ?? "90d", request.Until, now, options.People.Zone);
        if (window.Length > longest) throw new Refused("range.invalid", $"A backtest covers at most {longest.Days} days.", "since", request.Since);
        var budgets = request.Budgets is { } given
            ? [.. (await session.WantedBudgets(given.In(options.People.Zone), now, caller.Name, ct)).Select(w => Judged(w, window.Start))]
            : (await session.OpenBudgets(ct)).OrderBy(b => b.Name, StringComparer.OrdinalIgnoreCase).Take(budgetsMax + 1).ToArray();
        if (budgets.Length > budgetsMax) throw new Refused("budget.invalid", $"At most {budgetsMax} budgets are tested at once; name some in a file.", "budgets", $"{budgets.Length}");

        var (names, alerts, isPartial) = await backtest.Run(session, budgets, window, ct);
        return new(
            window.Start, window.End, alerts.Count, [.. alerts.Take(alertsMax).Select(a => Shown(a, names))], isPartial || alerts.Count > alertsMax,
            await data.Now(null, behind: false, ct));
    }

    /// <summary>As it would be set, judged by the same rules; as if it had been there from the beginning.</summary>
    private static Budget Judged(BudgetSet wanted, DateTimeOffset from)
    {
        Budget.Set(null, wanted, from);
        return Budget.Fold(null, wanted)!;
    }

    private static BacktestAlert Shown(BacktestCrossing told, ScopeNames names)
    {
        var (state, threshold) = (told.Crossing.State, told.Crossing.Crossing.Threshold);
        return new(
            told.At, state.Budget.Name, names.Shown(state.Budget.Scope), state.Period, state.Window, threshold.ToString(), threshold.Basis.ToString().ToLowerInvariant(), told.Crossing.Crossing.Severity,
            state.Spent, state.Limit, state.Forecast.Expected, [.. told.Crossing.Also.Select(t => t.ToString())], told.Drivers, told.Runway?.RunsOut);
    }
}

/// <summary>An alert that would have been sent.</summary>
/// <param name="At">When the figure was, or would have been, known.</param>
/// <param name="Crossing">What is crossed, and where its budget stood.</param>
/// <param name="Drivers">What it came from.</param>
/// <param name="Runway">The soonest run-out, where a balance was known by then.</param>
public sealed record BacktestCrossing(DateTimeOffset At, NewCrossing Crossing, IReadOnlyList<Driver> Drivers, Runway? Runway);

/// <summary>What budgets would have said.</summary>
/// <param name="Names">What their scopes are called.</param>
/// <param name="Alerts">In order.</param>
/// <param name="IsPartial">It took too long or too much: what comes after the last alert's time was not looked at.</param>
public sealed record BacktestResult(ScopeNames Names, IReadOnlyList<BacktestCrossing> Alerts, bool IsPartial);

/// <summary>Replays what was spent, in the order in which it was known, through the same rules that watch it live. Writes nothing.</summary>
public sealed class Backtest(SpendViews views, TimeProvider clock)
{
    private const int rowsMax = 3_000_000;
    private const int alertsMax = 5_000;
    private const int balancesMax = 200_000;
    private static readonly TimeSpan timeMax = TimeSpan.FromSeconds(45);

    /// <summary>Alerts of budgets in a range; raises that a budget holds count in their time.</summary>
    public async Task<BacktestResult> Run(IQuerySession session, IReadOnlyCollection<Budget> budgets, Interval range, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        var known = await session.Known(ct);
        var missions = await session.MissionsOf(budgets.Select(b => b.Scope), ct);
        var names = new ScopeNames(known, missions);
        var connected = known.Accounts.ToDictionary(a => a.Key, a => a.Value.ConnectedAt, StringComparer.Ordinal);
        var first = budgets.SelectMany(b => BudgetWindows.Watched(b, null, missions.GetValueOrDefault, range.Start).Select(w => w.Counted.Start))
            .Append(range.Start.AddDays(-SpendSeriesBuilder.DaysBack - 1)).Min();
        var starts = new Interval(first, range.End);

        await views.WaitForStreams([], known.Position, ct);
        await using var view = await views.Open(ct);
        var replayed = new List<BudgetReplay>(budgets.Count);
        foreach (var budget in budgets)
        {
            var firsts = await view.FirstSpend(budget.Scope.Kind, [budget.Scope.Value], ct);
            replayed.Add(new(budget, firsts.TryGetValue(budget.Scope.Value, out var firstEver) ? firstEver : null, starts.Start, missions.GetValueOrDefault));
        }
        var credit = new CreditReplay(known.Accounts, await view.Balances(new(Instants.Min, range.End), balancesMax, ct), starts.Start);
        var alerts = new List<BacktestCrossing>();
        var (rows, at, isPartial) = (0L, starts.Start, false);

        void Judge()
        {
            foreach (var budget in replayed)
                foreach (var (crossing, parts) in budget.Judge(at))
                    if (range.Contains(at))
                        alerts.Add(new(at, crossing, Drivers.Of(parts, budget.Budget.Scope, crossing.State.Spent, names.NameOf), credit.SoonestAt(at)));
        }

        await foreach (var part in view.Replay(starts, connected, rowsMax, ct))
        {
            if (part.Known != at)
            {
                Judge();
                if (alerts.Count >= alertsMax || clock.GetElapsedTime(began) > timeMax)
                {
                    isPartial = true;
                    break;
                }
                if (part.Known >= range.End) break;
                at = part.Known;
            }
            rows++;
            credit.Add(part);
            foreach (var budget in replayed) budget.Add(part);
        }
        if (!isPartial) Judge();
        return new(names, alerts, isPartial || rows >= rowsMax);
    }
}
