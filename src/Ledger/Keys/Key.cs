using Ledger.Missions;

namespace Ledger.Keys;

/// <summary>Billing named a key for the first time, or by another name.</summary>
/// <param name="Account">The account.</param>
/// <param name="Key">The provider's id of the key.</param>
/// <param name="Name">Its name there; null when billing gave none.</param>
/// <param name="At">When.</param>
public sealed record KeySeen(string Account, string Key, string? Name, DateTimeOffset At) : ILedgerEvent;

/// <summary>From an instant on, these agents own the key, until the next assignment's start.</summary>
/// <param name="Account">The account.</param>
/// <param name="Key">The key.</param>
/// <param name="Owners">Agents with their weights; empty: nobody.</param>
/// <param name="From">Null: from the beginning.</param>
/// <param name="At">When it was said.</param>
/// <param name="By">Who said it.</param>
public sealed record KeyAssigned(string Account, string Key, IReadOnlyList<Owner> Owners, DateTimeOffset? From, DateTimeOffset At, string? By) : ILedgerEvent;

/// <summary>An owner of a key.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Weight">1 to 1,000,000.</param>
public sealed record Owner(string Agent, int Weight);

/// <summary>Who owned one key when, with weights: assignments in order of their start, each valid until the next one's.</summary>
public sealed record KeyOwnership
{
    /// <summary>Most owners of one key.</summary>
    public const int OwnersMax = 50;

    /// <summary>The account.</summary>
    public required string Account { get; init; }

    /// <summary>The provider's id of the key; empty for spend that billing names no key for.</summary>
    public required string Key { get; init; }

    /// <summary>Its name as billing shows it; null when none was seen.</summary>
    public string? Name { get; init; }

    /// <summary>In order of <see cref="Assignment.From"/>, no two alike.</summary>
    public IReadOnlyList<Assignment> Assignments { get; init; } = [];

    /// <summary>The name of its stream.</summary>
    public string Stream { get => field ?? StreamOf(Account, Key); init; }

    /// <summary>The stream of a key.</summary>
    public static string StreamOf(string account, string key) => $"key-{account}-{key}";

    /// <summary>A key that nobody owned so far.</summary>
    public static KeyOwnership Of(string account, string? key) => new() { Account = account, Key = key ?? "" };

    /// <summary>Folds an event of the key's stream. Total: an event of another kind changes nothing.</summary>
    public static KeyOwnership? Fold(KeyOwnership? key, ILedgerEvent happened) => happened switch
    {
        KeySeen e => (key ?? Of(e.Account, e.Key)).Seen(e.Name),
        KeyAssigned e => (key ?? Of(e.Account, e.Key)).With(new(e.From ?? DateTimeOffset.MinValue, e.Owners)),
        _ => key,
    };

    /// <summary>
    /// With the name that billing gives it now, unless a better one is known: the key's own id, which billing shows for deleted keys, is no name,
    /// and the beginning of a name is worse than the whole.
    /// </summary>
    public KeyOwnership Seen(string? name) =>
        name is null || name == Key || Name is { } known && Names.IsCut(name) && known.StartsWith(name[..^1], StringComparison.Ordinal) ? this : this with { Name = name };

    /// <summary>Assigns the key. Without <paramref name="from"/>: from the beginning if it never had an owner, else from now.</summary>
    public KeyAssigned Assign(IReadOnlyList<Owner> owners, DateTimeOffset? from, DateTimeOffset now, string? by)
    {
        if (owners.Count > OwnersMax || owners.Select(o => o.Agent).Distinct(StringComparer.Ordinal).Count() != owners.Count)
            throw new Refused("request.invalid", $"A key has at most {OwnersMax} different owners.", "owners");
        foreach (var owner in owners)
            if (owner.Weight is < 1 or > 1_000_000)
                throw new Refused("weight.invalid", "A weight is an integer from 1 to 1,000,000.", $"owners.{owner.Agent}", $"{owner.Weight}");
        if (from is { } f) Mission.CheckInstant("from", f, now);

        var start = from?.ToMicroseconds() ?? (Assignments.Count == 0 ? null : now.ToMicroseconds());
        return new(Account, Key, [.. owners.OrderBy(o => o.Agent, StringComparer.Ordinal)], start, now, by);
    }

    /// <summary>With one more assignment; one of the same start is replaced.</summary>
    public KeyOwnership With(Assignment assignment) => this with
    {
        Assignments = [.. Assignments.Where(a => a.From < assignment.From), assignment, .. Assignments.Where(a => a.From > assignment.From)],
    };

    /// <summary>The owners at an instant; empty: nobody.</summary>
    public IReadOnlyList<Owner> OwnersAt(DateTimeOffset at)
    {
        for (var i = Assignments.Count - 1; i >= 0; i--)
            if (Assignments[i].From <= at)
                return Assignments[i].Owners;
        return [];
    }

    /// <summary>The stretches of <paramref name="within"/> with the same owners throughout, in order; they cover it.</summary>
    public IEnumerable<(Interval Stretch, IReadOnlyList<Owner> Owners)> Stretches(Interval within)
    {
        if (within.IsEmpty) yield break;
        var start = within.Start;
        IReadOnlyList<Owner> owners = [];
        foreach (var assignment in Assignments)
        {
            if (assignment.From >= within.End) break;
            if (assignment.From > start)
            {
                yield return (new(start, assignment.From), owners);
                start = assignment.From;
            }
            owners = assignment.Owners;
        }
        yield return (new(start, within.End), owners);
    }
}

/// <summary>From an instant on, these own the key.</summary>
/// <param name="From"><see cref="DateTimeOffset.MinValue"/>: from the beginning.</param>
/// <param name="Owners">Empty: nobody.</param>
public sealed record Assignment(DateTimeOffset From, IReadOnlyList<Owner> Owners);
