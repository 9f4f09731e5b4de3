namespace Ledger.Keys;

/// <summary>Who owned one key when, with weights: assignments in order of their start, each valid until the next one's.</summary>
public sealed record KeyOwnership
{
    /// <summary>The account.</summary>
    public required string Account { get; init; }

    /// <summary>The provider's id of the key; empty for spend that billing names no key for.</summary>
    public required string Key { get; init; }

    /// <summary>Its name as billing shows it; null when none was seen.</summary>
    public string? Name { get; init; }

    /// <summary>In order of <see cref="Assignment.From"/>, no two alike.</summary>
    public IReadOnlyList<Assignment> Assignments { get; init; } = [];

    /// <summary>With one more assignment; one of the same start is replaced.</summary>
    public KeyOwnership Assign(Assignment assignment) => this with
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
