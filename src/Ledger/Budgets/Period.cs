using System.Diagnostics.CodeAnalysis;

namespace Ledger.Budgets;

/// <summary>How long a budget's window is.</summary>
public enum PeriodKind
{
    /// <summary>A local day.</summary>
    Day,

    /// <summary>A local week, from the chosen day on.</summary>
    Week,

    /// <summary>A local calendar month.</summary>
    Month,

    /// <summary>A local calendar quarter.</summary>
    Quarter,

    /// <summary>One stretch given by its ends; it does not repeat.</summary>
    Custom,

    /// <summary>The life of a mission: from its first start to its last end.</summary>
    Life,
}

/// <summary>A budget's period: <c>month</c>, <c>life</c>, <c>2026-11-01T00:00:00Z..2026-12-01T00:00:00Z</c>.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Custom">The stretch of a custom one; null for the others.</param>
public sealed record Period(PeriodKind Kind, Interval? Custom = null)
{
    /// <summary>As people write it and events keep it.</summary>
    public override string ToString() => Custom is { } c ? $"{c.Start.ToText()}..{c.End.ToText()}" : Kind.ToString().ToLowerInvariant();

    /// <summary>Reads what <see cref="ToString"/> writes; dates without a time are UTC midnights.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Period? period)
    {
        period = null;
        if (text is null) return false;
        if (text.Split("..") is [var from, var until])
        {
            if (Instants.TryParse(from, out var start) && Instants.TryParse(until, out var end) && start < end) period = new(PeriodKind.Custom, new(start, end));
        }
        else if (text.Length > 0 && char.IsAsciiLetter(text[0]) && Enum.TryParse<PeriodKind>(text, ignoreCase: true, out var kind) && kind != PeriodKind.Custom && !text.Contains(',', StringComparison.Ordinal))
        {
            period = new(kind);
        }
        return period is not null;
    }
}
