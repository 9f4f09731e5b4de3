using Ledger.Budgets;
using Ledger.Service.Http;

namespace Ledger.Service.Budgets;

/// <summary>A request for a budget, with everything looked up: what is wanted, as the rules judge it.</summary>
internal static class Wanted
{
    public static BudgetSet Of(SetBudget request, AttributionContext known, DateTimeOffset now, string? by)
    {
        var scope = ScopeFinder.Find(known, request.Scope);
        var name = request.Name?.Trim() ?? ScopeFinder.DefaultName(known, scope);
        var limits = request.Limits!.Select(l => new PeriodLimit(BudgetTexts.PeriodOf("period", l.Period), BudgetTexts.Amount("limit", l.Limit!.Text))).ToArray();
        var thresholds = request.Thresholds is { Count: > 0 } texts ? [.. texts.Select(BudgetTexts.Threshold)] : Threshold.Defaults;
        foreach (var (limit, threshold) in limits.SelectMany(l => thresholds.Select(t => (l, t))))
            if (threshold.Percent is { } percent && (Int128)limit.Limit.Ticks * percent / 100 > long.MaxValue)
                throw new Refused("budget.invalid", $"{percent}% of ${limit.Limit} is more than this program counts.", "thresholds", threshold.ToString());
        return new()
        {
            Budget = Budget.IdOf(name),
            Name = name,
            Scope = scope.ToString(),
            Limits = limits,
            Zone = BudgetTexts.Zone(request.Zone).Id,
            WeekStart = BudgetTexts.WeekStart(request.WeekStart),
            Thresholds = thresholds,
            Recipients = Once("recipients", request.Recipients, StringComparer.OrdinalIgnoreCase),
            Channels = Once("channels", request.Channels, StringComparer.Ordinal),
            At = now,
            By = by,
        };
    }

    /// <summary><c>set</c>, <c>changed</c>, <c>unchanged</c>.</summary>
    public static string Change(Budget? before, IReadOnlyList<ILedgerEvent> events) =>
        events.Count == 0 ? "unchanged" : before is { Closed: false } ? "changed" : "set";

    private static string[] Once(string field, IReadOnlyList<string>? items, StringComparer comparer)
    {
        var trimmed = (items ?? []).Select(i => i.Trim()).ToArray();
        return trimmed.GroupBy(i => i, comparer).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? throw new Refused("budget.invalid", $"{field} names {Names.Printable(twice.Key)} twice.", field, twice.Key)
            : trimmed;
    }
}
