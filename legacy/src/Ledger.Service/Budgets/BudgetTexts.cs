using System.Globalization;
using Ledger.Budgets;
using Ledger.Money;
using Ledger.Service.Http;

namespace Ledger.Service.Budgets;

/// <summary>Budgets as people write them, read word by word. What can't be meant is refused with its field; whether it makes sense is for the rules.</summary>
internal static class BudgetTexts
{
    /// <summary>Positive or not, but an amount: at most ten digits on each side of the point.</summary>
    public static Usd Amount(string field, string text) => Usd.TryParse(text.Trim(), out var amount)
        ? amount
        : throw new Refused("budget.invalid", $"{field} is an amount in dollars such as 12.50, up to ${Budget.LimitMax}.", field, text);

    /// <summary>As events keep it, so that two ways to write one period are one.</summary>
    public static string PeriodOf(string field, string? text) => Period.TryParse(text?.Trim(), out var period)
        ? period.ToString()
        : throw new Refused("budget.invalid", $"{field} is day, week, month, quarter, life (of a mission), or a stretch such as 2026-11-01..2026-12-01.", field, text);

    /// <summary><c>80%</c>, <c>$25</c>, <c>forecast 100%</c>, <c>actual 50%</c>.</summary>
    public static Threshold Threshold(string text)
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

    public static DayOfWeek WeekStart(string? text)
    {
        if (text is null) return DayOfWeek.Monday;
        foreach (var day in Enum.GetValues<DayOfWeek>())
            if (day.ToString().Equals(text.Trim(), StringComparison.OrdinalIgnoreCase)) return day;
        throw new Refused("budget.invalid", "weekStart is monday, tuesday … or sunday.", "weekStart", text);
    }

    /// <summary>The IANA name of a zone that is known here.</summary>
    public static TimeZoneInfo Zone(string? name)
    {
        if (name is null) return TimeZoneInfo.Utc;
        var text = name.Trim();
        // A name is looked up as a file, so nothing that walks folders comes near it.
        var plain = text.Length is > 0 and <= 64 && char.IsAsciiLetter(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+');
        return plain && TimeZoneInfo.TryFindSystemTimeZoneById(text, out var zone) && zone.HasIanaId
            ? zone
            : throw new Refused("zone.unknown", $"{Names.Printable(name)} is no time zone of the IANA database; write one such as Europe/Brussels or UTC.", "zone", name);
    }
}
