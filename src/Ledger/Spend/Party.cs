namespace Ledger.Spend;

/// <summary>
/// Who can carry a part of a line: a mission's agent, an agent without a mission (<c>(idle)</c>), or nobody (<c>(unassigned)</c>).
/// </summary>
/// <param name="Mission">The mission; null for the leftovers.</param>
/// <param name="Agent">The agent; null for <c>(unassigned)</c>.</param>
public readonly record struct Party(string? Mission, string? Agent) : IComparable<Party>
{
    /// <summary>How the leftover of a known agent is shown.</summary>
    public const string IdleName = "(idle)";

    /// <summary>How spend on keys that nobody owns is shown.</summary>
    public const string UnassignedName = "(unassigned)";

    /// <summary>The leftover that nobody owns.</summary>
    public static Party Unassigned => default;

    /// <summary>An agent's time without a mission.</summary>
    public static Party Idle(string agent) => new(null, agent);

    /// <summary>The order in which ties are broken: mission id, then agent id, ordinal; leftovers last, <c>(unassigned)</c> very last.</summary>
    public int CompareTo(Party other)
    {
        var byRank = Rank.CompareTo(other.Rank);
        if (byRank != 0) return byRank;
        var byMission = string.CompareOrdinal(Mission, other.Mission);
        return byMission != 0 ? byMission : string.CompareOrdinal(Agent, other.Agent);
    }

    private int Rank => Mission is not null ? 0 : Agent is not null ? 1 : 2;
}

/// <summary>How a part came to its party.</summary>
public enum Method
{
    /// <summary>The party alone had all of the evidence.</summary>
    Whole,

    /// <summary>The party had some of the evidence's time, alone.</summary>
    Prorated,

    /// <summary>Another party had a part in one of the party's segments.</summary>
    Shared,
}

/// <summary>A part of an amount.</summary>
/// <param name="Party">Who carries it.</param>
/// <param name="Method">How it came there.</param>
/// <param name="Amount">How much; of the amount's sign.</param>
public readonly record struct Part(Party Party, Method Method, Money.Usd Amount);
