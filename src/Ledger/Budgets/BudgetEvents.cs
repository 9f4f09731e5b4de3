using Ledger.Money;

namespace Ledger.Budgets;

/// <summary>A limit for one period of a budget.</summary>
/// <param name="Period">As <see cref="Budgets.Period.ToString"/> writes it.</param>
/// <param name="Limit">Above 0.</param>
public sealed record PeriodLimit(string Period, Usd Limit);

/// <summary>A budget was set, or set anew: this is all of it from now on.</summary>
public sealed record BudgetSet : ILedgerEvent
{
    /// <summary>Id, derived from the name.</summary>
    public required string Budget { get; init; }

    /// <summary>What people call it; unique among open budgets.</summary>
    public required string Name { get; init; }

    /// <summary>As <see cref="Scope.ToString"/> writes it.</summary>
    public required string Scope { get; init; }

    /// <summary>Its limits, one per period.</summary>
    public required IReadOnlyList<PeriodLimit> Limits { get; init; }

    /// <summary>IANA name of the time zone its periods are cut in.</summary>
    public required string Zone { get; init; }

    /// <summary>First day of its weeks.</summary>
    public required DayOfWeek WeekStart { get; init; }

    /// <summary>In rising order per basis.</summary>
    public required IReadOnlyList<Threshold> Thresholds { get; init; }

    /// <summary>E-mail addresses; empty: the installation's own.</summary>
    public required IReadOnlyList<string> Recipients { get; init; }

    /// <summary><c>email</c>, <c>slack</c>, <c>webhook</c>, <c>exec</c>; empty: all that are configured.</summary>
    public required IReadOnlyList<string> Channels { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who.</summary>
    public string? By { get; init; }
}

/// <summary>A limit was raised for a while: until then it counts instead of the one that was set.</summary>
/// <param name="Budget">The budget.</param>
/// <param name="Period">Which of its periods.</param>
/// <param name="Limit">The limit meanwhile.</param>
/// <param name="Until">First instant at which the old limit counts again.</param>
/// <param name="At">When.</param>
/// <param name="By">Who.</param>
public sealed record BudgetRaised(string Budget, string Period, Usd Limit, DateTimeOffset Until, DateTimeOffset At, string? By) : ILedgerEvent;

/// <summary>A budget is watched no longer.</summary>
/// <param name="Budget">The budget.</param>
/// <param name="At">When.</param>
/// <param name="By">Who.</param>
public sealed record BudgetClosed(string Budget, DateTimeOffset At, string? By) : ILedgerEvent;
