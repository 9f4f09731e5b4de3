using Ledger.Money;

namespace Ledger.Budgets;

/// <summary>What may happen to a budget.</summary>
public static class BudgetRules
{
    /// <summary>Highest limit: a hundred million dollars.</summary>
    public static readonly Usd LimitMax = Usd.FromCents(10_000_000_000);

    /// <summary>Most thresholds, recipients.</summary>
    public const int ListMax = 20;

    /// <summary>Longest raise.</summary>
    public static readonly TimeSpan RaiseMax = TimeSpan.FromDays(366);

    /// <summary>Channels there are.</summary>
    public static IReadOnlyList<string> Channels { get; } = ["email", "slack", "webhook", "exec"];

    /// <summary>Sets a budget, or sets it anew. Nothing follows when it is as wanted already.</summary>
    public static Decision Set(Budget? known, BudgetSet wanted, DateTimeOffset now)
    {
        if (Names.Check("name", wanted.Name) is { } badName) return badName;
        if (!Scope.TryParse(wanted.Scope, out var scope)) return Decision.Refuse("scope.invalid", "A scope is all, or account:, agent:, key:, model:, unit: or mission: and a name.", "scope", Names.Printable(wanted.Scope));
        if (WrongLimits(wanted.Limits, scope, now) is { } badLimits) return badLimits;
        if (WrongThresholds(wanted.Thresholds, wanted.Limits) is { } badThresholds) return badThresholds;
        if (wanted.Recipients.Count > ListMax) return Decision.Refuse("budget.invalid", $"A budget has at most {ListMax} recipients.", "recipients", $"{wanted.Recipients.Count}");
        foreach (var channel in wanted.Channels)
            if (!Channels.Contains(channel))
                return Decision.Refuse("channel.unknown", $"A channel is one of {string.Join(", ", Channels)}.", "channels", Names.Printable(channel), Channels);
        if (!Enum.IsDefined(wanted.WeekStart)) return Decision.Refuse("budget.invalid", "A week starts on monday, tuesday … or sunday.", "weekStart");
        return known is { Closed: false } && Same(known, wanted) ? Decision.Accept() : Decision.Accept(wanted);
    }

    /// <summary>Raises the limit of a period for a while. Without a period: the only one there is.</summary>
    public static Decision Raise(Budget known, string? period, Usd limit, DateTimeOffset until, DateTimeOffset now, string? by)
    {
        if (known.Closed) return Closed(known);
        if (period is null && known.Limits.Count > 1)
            return Decision.Refuse("budget.invalid", $"{known.Name} has several periods; say which.", "period", null, [.. known.Limits.Select(l => l.Period)]);
        var named = known.Limits.FirstOrDefault(l => period is null || l.Period == period);
        if (named is null) return Decision.Refuse("budget.invalid", $"{known.Name} has no such period.", "period", Names.Printable(period!), [.. known.Limits.Select(l => l.Period)]);
        if (limit <= named.Limit || limit > LimitMax) return Decision.Refuse("budget.invalid", $"A raise is above the limit of ${named.Limit} and at most ${LimitMax}.", "limit", $"{limit}");
        if (until <= now || until > now + RaiseMax) return Decision.Refuse("time.out_of_range", $"A raise ends after now and within {RaiseMax.Days} days; {until.ToText()} does not (it is {now.ToText()}).", "until", until.ToText());
        return Decision.Accept(new BudgetRaised(known.Id, named.Period, limit, until.ToMicroseconds(), now, by));
    }

    /// <summary>Ends watching.</summary>
    public static Decision Close(Budget known, DateTimeOffset now, string? by) =>
        known.Closed ? Decision.Accept() : Decision.Accept(new BudgetClosed(known.Id, now, by));

    private static Decision Closed(Budget known) => Decision.Refuse("budget.closed", $"{known.Name} is closed; `ledger budget set` opens it again.", "budget", known.Name);

    private static bool Same(Budget known, BudgetSet wanted) =>
        known.Name == wanted.Name && known.Scope.ToString() == wanted.Scope && known.Limits.SequenceEqual(wanted.Limits) && known.Zone == wanted.Zone && known.WeekStart == wanted.WeekStart
        && known.Thresholds.SequenceEqual(wanted.Thresholds) && known.Recipients.SequenceEqual(wanted.Recipients) && known.Channels.SequenceEqual(wanted.Channels);

    private static Decision.Refused? WrongLimits(IReadOnlyList<PeriodLimit> limits, Scope scope, DateTimeOffset now)
    {
        if (limits.Count is 0 or > 6) return Wrong("A budget has 1 to 6 limits, one per period.", "limits", $"{limits.Count}");
        if (limits.Select(l => l.Period).Distinct(StringComparer.Ordinal).Count() != limits.Count) return Wrong("A period is there twice.", "limits", null);
        foreach (var (text, limit) in limits)
        {
            if (!Period.TryParse(text, out var period) || period.ToString() != text)
                return Wrong("A period is day, week, month, quarter, life (of a mission), or FROM..UNTIL.", "period", Names.Printable(text));
            if (limit <= Usd.Zero || limit > LimitMax) return Wrong($"A limit is above 0 and at most ${LimitMax}.", "limit", $"{limit}");
            if (period.Kind == PeriodKind.Life && scope.Kind != ScopeKind.Mission) return Wrong("Only a mission has a life; other scopes take day, week, month, quarter or FROM..UNTIL.", "period", "life");
            if (period.Custom is { } custom && (custom.End <= now || custom.Length > TimeSpan.FromDays(3660))) return Wrong("A stretch of time of a budget ends in the future and is at most ten years long.", "period", Names.Printable(text));
        }
        return null;
    }

    private static Decision.Refused? WrongThresholds(IReadOnlyList<Threshold> thresholds, IReadOnlyList<PeriodLimit> limits)
    {
        if (thresholds.Count is 0 or > ListMax) return Wrong($"A budget has 1 to {ListMax} thresholds.", "thresholds", $"{thresholds.Count}");
        foreach (var threshold in thresholds)
        {
            if (threshold.Percent is null == threshold.Amount is null) return Wrong("A threshold is in percent or in dollars.", "thresholds", null);
            if (threshold.Percent is < 1 or > 1_000) return Wrong("A threshold in percent is from 1 to 1000.", "thresholds", $"{threshold.Percent}");
            if (threshold.Amount is { } amount && (amount <= Usd.Zero || amount > LimitMax)) return Wrong($"A threshold in dollars is above 0 and at most ${LimitMax}.", "thresholds", $"{amount}");
        }
        foreach (var limit in limits)
            foreach (var basis in thresholds.GroupBy(t => t.Basis))
                foreach (var (before, after) in basis.Zip(basis.Skip(1)))
                    if (after.Under(limit.Limit) <= before.Under(limit.Limit))
                        return Wrong($"Thresholds must rise: {after} does not come after {before} under ${limit.Limit}.", "thresholds", $"{after}");
        return null;
    }

    private static Decision.Refused Wrong(string detail, string field, string? value) => new(new("budget.invalid", detail, field, value));
}
