using Ledger.Money;

namespace Ledger.Service.Spend;

/// <summary>What a report can be grouped by.</summary>
public enum Dimension
{
    /// <summary>The provider.</summary>
    Provider,

    /// <summary>The account, by id.</summary>
    Account,

    /// <summary>The agent; <c>(unassigned)</c> where nobody owns the key. Idle spend is in the agent's row.</summary>
    Agent,

    /// <summary>The key, by id; null where billing names none.</summary>
    Key,

    /// <summary>The model; null where that dimension was dropped.</summary>
    Model,

    /// <summary>The unit type; null where that dimension was dropped.</summary>
    Unit,

    /// <summary>The mission, by id; <c>(idle)</c> or <c>(unassigned)</c>.</summary>
    Mission,

    /// <summary>The day that the bucket's start lies in: <c>2026-11-16</c>.</summary>
    Day,

    /// <summary>The ISO week, from Monday on: <c>2026-W47</c>.</summary>
    Week,

    /// <summary>The month: <c>2026-11</c>.</summary>
    Month,

    /// <summary>The UTC hour of the bucket: <c>2026-11-16T10:00:00Z</c>.</summary>
    Hour,
}

/// <summary>A question about spend: the lines whose bucket starts in <c>[Since, Until)</c>.</summary>
public sealed record ReportQuery
{
    /// <summary>First bucket start.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Bucket starts from here on are left out.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>Grouping, in the order of the columns; none: one row.</summary>
    public required IReadOnlyList<Dimension> By { get; init; }

    /// <summary>Only where the dimension has the value; <c>(idle)</c> and <c>(unassigned)</c> are values too.</summary>
    public IReadOnlyDictionary<Dimension, string> Where { get; init; } = new Dictionary<Dimension, string>();

    /// <summary>Whose days, weeks and months they are.</summary>
    public TeamZone Zone { get; init; } = TeamZone.Utc;

    /// <summary>As of this position; null: now.</summary>
    public long? AsOf { get; init; }

    /// <summary>Most rows; what is cut off is added up in one row.</summary>
    public int Limit { get; init; } = 500;

    /// <summary>Spend of this day (of the books' zone) and later may still move.</summary>
    public required DateTimeOffset PreliminaryFrom { get; init; }
}

/// <summary>One row.</summary>
/// <param name="Group">Values in the order of the grouping; a null is a dimension that billing did not name.</param>
/// <param name="Billed">Billed.</param>
public sealed record GroupRow(IReadOnlyList<string?> Group, Usd Billed)
{
    /// <summary>How the rows that were cut off are shown.</summary>
    public const string Other = "(other)";
}

/// <summary>An answer. The rows add up to the total, to the tick.</summary>
/// <param name="Rows">Leftovers and the cut-off rest included.</param>
/// <param name="Total">What was billed.</param>
/// <param name="Idle">The part of agents without a mission.</param>
/// <param name="Unassigned">The part of keys that nobody owned.</param>
/// <param name="Preliminary">The part that may still move.</param>
/// <param name="AsOf">Where it stands.</param>
public sealed record ReportAnswer(IReadOnlyList<GroupRow> Rows, Usd Total, Usd Idle, Usd Unassigned, Usd Preliminary, AsOf AsOf);
