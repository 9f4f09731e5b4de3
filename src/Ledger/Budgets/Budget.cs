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

/// <summary>A budget is closed.</summary>
/// <param name="Budget">The budget.</param>
/// <param name="At">When.</param>
/// <param name="By">Who.</param>
public sealed record BudgetClosed(string Budget, DateTimeOffset At, string? By) : ILedgerEvent;

/// <summary>A budget as the log knows it.</summary>
public sealed record Budget
{
    /// <summary>Highest limit: a hundred million dollars.</summary>
    public static readonly Usd LimitMax = Usd.FromCents(10_000_000_000);

    /// <summary>Most thresholds, recipients.</summary>
    public const int ListMax = 20;

    /// <summary>Longest raise.</summary>
    public static readonly TimeSpan RaiseMax = TimeSpan.FromDays(366);

    /// <summary>Channels there are.</summary>
    public static IReadOnlyList<string> AllChannels { get; } = ["email", "slack", "webhook", "exec"];

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

    /// <summary>The name of its stream.</summary>
    public string Stream { get => field ?? StreamOf(Id); init; }

    /// <summary>The stream of a budget.</summary>
    public static string StreamOf(string id) => $"budget-{id}";

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
    public static Budget? Fold(Budget? budget, ILedgerEvent happened) => (budget, happened) switch
    {
        (_, BudgetSet e) => Anew(budget, e),
        ({ } b, BudgetRaised e) => b with { Raises = [.. b.Raises.Where(r => r.Period != e.Period), e] },
        ({ } b, BudgetClosed) => b with { Closed = true },
        _ => budget,
    };

    /// <summary>Sets a budget, or sets it anew; null when it is as wanted already.</summary>
    public static BudgetSet? Set(Budget? known, BudgetSet wanted, DateTimeOffset now)
    {
        Names.Check("name", wanted.Name);
        if (!Scope.TryParse(wanted.Scope, out var scope)) throw new Refused("scope.invalid", "A scope is all, or account:, agent:, key:, model:, unit: or mission: and a name.", "scope", wanted.Scope);
        CheckLimits(wanted.Limits, scope, now);
        CheckThresholds(wanted.Thresholds, wanted.Limits);
        if (wanted.Recipients.Count > ListMax) throw new Refused("budget.invalid", $"A budget has at most {ListMax} recipients.", "recipients", $"{wanted.Recipients.Count}");
        foreach (var channel in wanted.Channels)
            if (!AllChannels.Contains(channel))
                throw new Refused("channel.unknown", $"A channel is one of {string.Join(", ", AllChannels)}.", "channels", channel, AllChannels);
        if (!Enum.IsDefined(wanted.WeekStart)) throw new Refused("budget.invalid", "A week starts on monday, tuesday … or sunday.", "weekStart");
        return known is { Closed: false } && known.Is(wanted) ? null : wanted;
    }

    /// <summary>Raises the limit of a period for a while. Without a period: the only one there is.</summary>
    public BudgetRaised Raise(string? period, Usd limit, DateTimeOffset until, DateTimeOffset now, string? by)
    {
        if (Closed) throw new Refused("budget.closed", $"{Name} is closed; `ledger budget set` opens it again.", "budget", Name);
        if (period is null && Limits.Count > 1)
            throw new Refused("budget.invalid", $"{Name} has several periods; say which.", "period", null, [.. Limits.Select(l => l.Period)]);
        var named = Limits.FirstOrDefault(l => period is null || l.Period == period)
            ?? throw new Refused("budget.invalid", $"{Name} has no such period.", "period", period!, [.. Limits.Select(l => l.Period)]);
        if (limit <= named.Limit || limit > LimitMax) throw new Refused("budget.invalid", $"A raise is above the limit of ${named.Limit} and at most ${LimitMax}.", "limit", $"{limit}");
        if (until <= now || until > now + RaiseMax) throw new Refused("time.out_of_range", $"A raise ends after now and within {RaiseMax.Days} days; {until.ToText()} does not (it is {now.ToText()}).", "until", until.ToText());
        return new(Id, named.Period, limit, until.ToMicroseconds(), now, by);
    }

    /// <summary>Ends watching; null when it is closed already.</summary>
    public BudgetClosed? Close(DateTimeOffset now, string? by) => Closed ? null : new(Id, now, by);

    private static Budget Anew(Budget? before, BudgetSet e)
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

    private bool Is(BudgetSet wanted) =>
        Name == wanted.Name && Scope.ToString() == wanted.Scope && Limits.SequenceEqual(wanted.Limits) && Zone == wanted.Zone && WeekStart == wanted.WeekStart
        && Thresholds.SequenceEqual(wanted.Thresholds) && Recipients.SequenceEqual(wanted.Recipients) && Channels.SequenceEqual(wanted.Channels);

    private static void CheckLimits(IReadOnlyList<PeriodLimit> limits, Scope scope, DateTimeOffset now)
    {
        if (limits.Count is 0 or > 6) throw Wrong("A budget has 1 to 6 limits, one per period.", "limits", $"{limits.Count}");
        if (limits.Select(l => l.Period).Distinct(StringComparer.Ordinal).Count() != limits.Count) throw Wrong("A period is there twice.", "limits", null);
        foreach (var (text, limit) in limits)
        {
            if (!Period.TryParse(text, out var period) || period.ToString() != text)
                throw Wrong("A period is day, week, month, quarter, life (of a mission), or FROM..UNTIL.", "period", text);
            if (limit <= Usd.Zero || limit > LimitMax) throw Wrong($"A limit is above 0 and at most ${LimitMax}.", "limit", $"{limit}");
            if (period.Kind == PeriodKind.Life && scope.Kind != ScopeKind.Mission) throw Wrong("Only a mission has a life; other scopes take day, week, month, quarter or FROM..UNTIL.", "period", "life");
            if (period.Custom is { } custom && (custom.End <= now || custom.Length > TimeSpan.FromDays(3660))) throw Wrong("A stretch of time of a budget ends in the future and is at most ten years long.", "period", text);
        }
    }

    private static void CheckThresholds(IReadOnlyList<Threshold> thresholds, IReadOnlyList<PeriodLimit> limits)
    {
        if (thresholds.Count is 0 or > ListMax) throw Wrong($"A budget has 1 to {ListMax} thresholds.", "thresholds", $"{thresholds.Count}");
        foreach (var threshold in thresholds)
        {
            if (threshold.Percent is null == threshold.Amount is null) throw Wrong("A threshold is in percent or in dollars.", "thresholds", null);
            if (threshold.Percent is < 1 or > 1_000) throw Wrong("A threshold in percent is from 1 to 1000.", "thresholds", $"{threshold.Percent}");
            if (threshold.Amount is { } amount && (amount <= Usd.Zero || amount > LimitMax)) throw Wrong($"A threshold in dollars is above 0 and at most ${LimitMax}.", "thresholds", $"{amount}");
        }
        foreach (var limit in limits)
            foreach (var basis in thresholds.GroupBy(t => t.Basis))
                foreach (var (before, after) in basis.Zip(basis.Skip(1)))
                    if (after.Under(limit.Limit) <= before.Under(limit.Limit))
                        throw Wrong($"Thresholds must rise: {after} does not come after {before} under ${limit.Limit}.", "thresholds", $"{after}");
    }

    private static Refused Wrong(string detail, string field, string? value) => new("budget.invalid", detail, field, value);
}
