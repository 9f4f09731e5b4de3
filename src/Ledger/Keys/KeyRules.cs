namespace Ledger.Keys;

/// <summary>What may happen to a key's ownership.</summary>
public static class KeyRules
{
    /// <summary>Most owners of one key.</summary>
    public const int OwnersMax = 50;

    /// <summary>Assigns a key. Without <paramref name="from"/>: from the beginning if it never had an owner, else from now.</summary>
    public static Decision Assign(KeyOwnership key, IReadOnlyList<Owner> owners, DateTimeOffset? from, DateTimeOffset now, string? by)
    {
        if (owners.Count > OwnersMax || owners.Select(o => o.Agent).Distinct(StringComparer.Ordinal).Count() != owners.Count)
            return Decision.Refuse("request.invalid", $"A key has at most {OwnersMax} different owners.", "owners");
        foreach (var owner in owners)
            if (owner.Weight is < 1 or > 1_000_000)
                return Decision.Refuse("weight.invalid", "A weight is an integer from 1 to 1,000,000.", $"owners.{owner.Agent}", $"{owner.Weight}");
        if (from is { } f && Mission.CheckInstant("from", f, now) is { } bad) return bad;

        var start = from?.ToMicroseconds() ?? (key.Assignments.Count == 0 ? null : now.ToMicroseconds());
        return Decision.Accept(new KeyAssigned(key.Account, key.Key, [.. owners.OrderBy(o => o.Agent, StringComparer.Ordinal)], start, now, by));
    }
}
