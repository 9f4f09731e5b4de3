using FluentValidation;
using Ledger.Budgets;
using Ledger.Money;
using Ledger.Service.Http;
using Ledger.Service.Spend;
using Ledger.Service.Watching;
using Ledger.Service.Writing;
using Ledger.Alerts;
using Ledger.Forecasts;
using Severity = Ledger.Alerts.Severity;

namespace Ledger.Service.Budgets;

/// <summary>Which alerts budgets would have sent, and when: those given, else those there are. Readings are replayed as they arrived. Changes nothing, tells nobody.</summary>
internal sealed record BacktestBudgets(IReadOnlyList<SetBudget>? Budgets, string? Since, string? Until);

internal sealed class BacktestBudgetsValidator : AbstractValidator<BacktestBudgets>
{
    public BacktestBudgetsValidator() => DeclaredRules.Apply(this, r => r.Budgets, r => r.Budgets, needed: false);
}

/// <summary>The alerts, in order; several thresholds crossed at once are one, the highest, and <c>also</c> lists the others.</summary>
internal sealed record BacktestBody(DateTimeOffset Since, DateTimeOffset Until, int Count, IReadOnlyList<BacktestAlertBody> Alerts, bool More, DataBody Data);

internal sealed record BacktestAlertBody(
    DateTimeOffset At, string Budget, string Scope, string Period, Interval Window, string Threshold, string Basis, Severity Severity, Usd Spent, Usd Limit, Usd? Forecast, IReadOnlyList<string> Also,
    IReadOnlyList<Driver> Drivers, DateTimeOffset? RunsOut)
{
    public static BacktestAlertBody Of(BacktestAlert alert, string scope) => new(
        alert.At, alert.Name, scope, alert.Period, alert.Window, alert.Threshold.ToString(), alert.Threshold.Basis.ToString().ToLowerInvariant(), alert.Severity, alert.Spent, alert.Limit, alert.Forecast.Expected,
        [.. alert.Also.Select(t => t.ToString())], alert.Drivers, alert.Runway?.RunsOut);
}

internal static class BacktestBudgetsEndpoint
{
    private const int budgetsMax = 50;
    private const int alertsMax = 1_000;
    private static readonly TimeSpan longest = TimeSpan.FromDays(366);

    public static async Task<BacktestBody> Post(BacktestBudgets request, Command command, Backtest backtest, Registry registry, DataStates data, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var window = ReportWindow.Of(request.Since ?? "90d", request.Until, now);
        if (window.Length > longest) throw new Refused("range.invalid", $"A backtest covers at most {longest.Days} days.", "since", request.Since);
        var budgets = await registry.AskCurrent(d => request.Budgets is { } given
            ? Declared.Wanted(given, d, now, command.By).Select(w => Judged(w, window.Start)).ToArray()
            : [.. d.Budgets.Values.Where(b => !b.Closed).OrderBy(b => b.Name, StringComparer.OrdinalIgnoreCase).Take(budgetsMax + 1)], ct);
        if (budgets.Length > budgetsMax) throw new Refused("budget.invalid", $"At most {budgetsMax} budgets are tested at once; name some in a file.", "budgets", $"{budgets.Length}");

        var replayed = await backtest.Run(budgets, window, ct);
        var alerts = registry.Ask(d => replayed.Alerts.Take(alertsMax).Select(a => BacktestAlertBody.Of(a, Ledger.Budgets.Scope.TryParse(a.Scope, out var scope) ? ScopeFinder.NameOf(d, scope) : a.Scope)).ToArray());
        return new(window.Start, window.End, replayed.Alerts.Count, alerts, replayed.Partial || replayed.Alerts.Count > alertsMax, await data.Now(null, behind: false, ct));
    }

    /// <summary>As it would be set, judged by the same rules; as if it had been there from the beginning.</summary>
    private static Budget Judged(BudgetSet wanted, DateTimeOffset from)
    {
        Budget.Set(null, wanted, from).Events();
        return Budget.Fold(null, wanted)!;
    }
}
