using System.Globalization;
using Ledger.Budgets;
using Ledger.Contracts;
using Ledger.Money;
using Ledger.Service.Storage;
using Marten;

namespace Ledger.Service.Budgets;

/// <summary>Budgets as people write them, read word by word. What can't be meant is refused with its field; whether it makes sense is for the rules.</summary>
public static class BudgetTexts
{
    /// <summary>A request for a budget with everything looked up: what is wanted, as the rules judge it.</summary>
    public static async Task<BudgetSet> Wanted(this IQuerySession session, SetBudget request, Known known, DateTimeOffset now, string? by, CancellationToken ct)
    {
        var scope = await session.FindScope(known, request.Scope, ct);
        var name = request.Name?.Trim() ?? known.DefaultName(scope);
        var limits = request.Limits!.Select(l => new PeriodLimit(PeriodOf("period", l.Period), Amount("limit", l.Limit!.Text))).ToArray();
        var thresholds = request.Thresholds is { Count: > 0 } texts ? [.. texts.Select(ThresholdOf)] : Threshold.Defaults;
        foreach (var (limit, threshold) in limits.SelectMany(l => thresholds.Select(t => (l, t))))
            if (threshold.Percent is { } percent && (Int128)limit.Limit.Ticks * percent / 100 > long.MaxValue)
                throw new Refused("budget.invalid", $"{percent}% of ${limit.Limit} is more than this program counts.", "thresholds", threshold.ToString());
        return new()
        {
            Budget = Budget.IdOf(name),
            Name = name,
            Scope = scope.ToString(),
            Limits = limits,
            Zone = Zone(request.Zone),
            WeekStart = WeekStart(request.WeekStart),
            Thresholds = thresholds,
            Recipients = Once("recipients", request.Recipients, StringComparer.OrdinalIgnoreCase),
            Channels = Once("channels", request.Channels, StringComparer.Ordinal),
            At = now,
            By = by,
        };
    }

    /// <summary>The request with its periods cut in the team's zone, where it names none.</summary>
    public static SetBudget In(this SetBudget request, string zone) => request.Zone is null ? request with { Zone = zone } : request;

    /// <summary>The same for all of a file.</summary>
    public static IReadOnlyList<SetBudget> In(this IReadOnlyList<SetBudget> requests, string zone) => [.. requests.Select(r => r.In(zone))];

    /// <summary>Positive or not, but an amount: at most ten digits on each side of the point.</summary>
    public static Usd Amount(string field, string text) => Usd.TryParse(text.Trim(), out var amount)
        ? amount
        : throw new Refused("budget.invalid", $"{field} is an amount in dollars such as 12.50, up to ${Budget.LimitMax}.", field, text);

    /// <summary>As events keep it, so that two ways to write one period are one.</summary>
    public static string PeriodOf(string field, string? text) => Period.TryParse(text?.Trim(), out var period)
        ? period.ToString()
        : throw new Refused("budget.invalid", $"{field} is day, week, month, quarter, life (of a mission), or a stretch such as 2026-11-01..2026-12-01.", field, text);

    /// <summary>The IANA name of a zone; UTC where none is given.</summary>
    public static string Zone(string? name) => name is null ? "UTC" : Calendar.IsZone(name.Trim())
        ? name.Trim()
        : throw new Refused("zone.unknown", $"{Names.Printable(name)} is no time zone of the IANA database; write one such as Europe/Brussels or UTC.", "zone", name);

    /// <summary><c>80%</c>, <c>$25</c>, <c>forecast 100%</c>, <c>actual 50%</c>.</summary>
    private static Threshold ThresholdOf(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Basis? basis = words switch
        {
            [_] => Basis.Actual,
            [var first, _] when first.Equals("actual", StringComparison.OrdinalIgnoreCase) => Basis.Actual,
            [var first, _] when first.Equals("forecast", StringComparison.OrdinalIgnoreCase) => Basis.Forecast,
            _ => null,
        };
        if (basis is { } on)
        {
            var figure = words[^1];
            if (figure.EndsWith('%') && int.TryParse(figure.AsSpan(0, figure.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var percent)) return new(on, percent, null);
            if (figure.StartsWith('$') && Usd.TryParse(figure.AsSpan(1), out var amount)) return new(on, null, amount);
        }
        throw new Refused("budget.invalid", "A threshold is like 80%, $25 or \"forecast 100%\".", "thresholds", text);
    }

    private static DayOfWeek WeekStart(string? text)
    {
        if (text is null) return DayOfWeek.Monday;
        foreach (var day in Enum.GetValues<DayOfWeek>())
            if (day.ToString().Equals(text.Trim(), StringComparison.OrdinalIgnoreCase)) return day;
        throw new Refused("budget.invalid", "weekStart is monday, tuesday … or sunday.", "weekStart", text);
    }

    private static string[] Once(string field, IReadOnlyList<string>? items, StringComparer comparer)
    {
        var trimmed = (items ?? []).Select(i => i.Trim()).ToArray();
        return trimmed.GroupBy(i => i, comparer).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? throw new Refused("budget.invalid", $"{field} names {Names.Printable(twice.Key)} twice.", field, twice.Key)
            : trimmed;
    }
}
