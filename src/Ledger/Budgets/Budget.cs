using Ledger.Money;

namespace Ledger.Budgets;

/// <summary>A budget as the log knows it.</summary>
public sealed record Budget
{
    /// <summary>Derived from the name.</summary>
    public required string Id { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>What it limits.</summary>
    public required Scope Scope { get; init; }

    /// <summary>Limits, one per period.</summary>
    public required IReadOnlyList<PeriodLimit> Limits { get; init; }

    /// <summary>IANA name of its time zone.</summary>
    public required string Zone { get; init; }

    /// <summary>First day of its weeks.</summary>
    public required DayOfWeek WeekStart { get; init; }

    /// <summary>In rising order per basis.</summary>
    public required IReadOnlyList<Threshold> Thresholds { get; init; }

    /// <summary>E-mail addresses; empty: the installation's own.</summary>
    public required IReadOnlyList<string> Recipients { get; init; }

    /// <summary>Channels; empty: all that are configured.</summary>
    public required IReadOnlyList<string> Channels { get; init; }

    /// <summary>Raises in order; the last of a period that is not over counts.</summary>
    public IReadOnlyList<BudgetRaised> Raises { get; init; } = [];

    /// <summary>How often what it watches was edited: alerts are armed anew with each.</summary>
    public required int Revision { get; init; }

    /// <summary>Watched no longer.</summary>
    public bool Closed { get; init; }

    /// <summary>When it was last set.</summary>
    public required DateTimeOffset SetAt { get; init; }

    /// <summary>The id that follows from a name.</summary>
    public static string IdOf(string name) => Ids.Short("b", name.Trim().ToLowerInvariant());

    /// <summary>The stream of a budget.</summary>
    public static string Stream(string id) => $"budget-{id}";

    /// <summary>The budget an event belongs to; null for other events.</summary>
    public static string? IdIn(ILedgerEvent happened) => happened switch
    {
        BudgetSet e => e.Budget,
        BudgetRaised e => e.Budget,
        BudgetClosed e => e.Budget,
        _ => null,
    };

    /// <summary>The limit of a period at an instant: raised, or as it was set. Null when the budget has no such period.</summary>
    public Usd? LimitAt(string period, DateTimeOffset at) =>
        RaiseAt(period, at)?.Limit ?? Limits.FirstOrDefault(l => l.Period == period)?.Limit;

    /// <summary>The raise that counts at an instant; null when none does.</summary>
    public BudgetRaised? RaiseAt(string period, DateTimeOffset at) => Raises.LastOrDefault(r => r.Period == period) is { } last && last.Until > at && last.At <= at ? last : null;

    /// <summary>
    /// Which arming of its alerts holds for a period at an instant: changes with each edit of what is watched, with each raise, and
    /// when a raise is over.
    /// </summary>
    /// <remarks>A raise of another period changes nothing: of this one nobody has to hear again.</remarks>
    public string ArmingAt(string period, DateTimeOffset at) => Raises.LastOrDefault(r => r.Period == period && r.At <= at) is { } last
        ? $"{Revision}+{last.At.ToText()}{(last.Until <= at ? "x" : "")}"
        : $"{Revision}";

    /// <summary>Folds an event of the budget's stream. Total: an event of another kind changes nothing.</summary>
    public static Budget? Apply(Budget? budget, ILedgerEvent happened) => (budget, happened) switch
    {
        (_, BudgetSet e) => budget.With(e),
        ({ } b, BudgetRaised e) => b with { Raises = [.. b.Raises.Where(r => r.Period != e.Period), e] },
        ({ } b, BudgetClosed) => b with { Closed = true },
        _ => budget,
    };
}

file static class Setting
{
    public static Budget With(this Budget? before, BudgetSet e)
    {
        var scope = Scope.TryParse(e.Scope, out var parsed) ? parsed : throw new InvalidOperationException($"The log holds the scope '{e.Scope}' of budget {e.Budget}.");
        var same = before is { Closed: false } b && b.Scope == scope && b.Limits.SequenceEqual(e.Limits) && b.Thresholds.SequenceEqual(e.Thresholds) && b.Zone == e.Zone && b.WeekStart == e.WeekStart;
        return new()
        {
            Id = e.Budget,
            Name = e.Name,
            Scope = scope,
            Limits = e.Limits,
            Zone = e.Zone,
            WeekStart = e.WeekStart,
            Thresholds = e.Thresholds,
            Recipients = e.Recipients,
            Channels = e.Channels,
            // Another limit makes a raise of the old one meaningless; other recipients don't.
            Raises = same ? before!.Raises : [],
            Revision = same ? before!.Revision : (before?.Revision ?? 0) + 1,
            SetAt = e.At,
        };
    }
}
