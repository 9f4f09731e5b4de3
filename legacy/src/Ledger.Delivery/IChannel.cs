namespace Ledger.Delivery;

/// <summary>One way out of the house. It sends what it is given and looks nothing up.</summary>
internal interface IChannel
{
    /// <summary>The kind of messages it takes.</summary>
    string Kind { get; }

    /// <summary>How it wants to be used.</summary>
    ChannelRules Rules { get; }

    /// <summary>What it is, for status: no secrets.</summary>
    ChannelInfo Info { get; }

    /// <summary>One attempt, bounded by <see cref="ChannelRules.AttemptMax"/>. Throws only when cancelled from outside, or as a bug.</summary>
    Task<Outcome> Send(Parcel parcel, CancellationToken ct);
}

/// <summary>How a channel wants to be used.</summary>
internal sealed record ChannelRules
{
    /// <summary>Attempts at once.</summary>
    public int Concurrency { get; init; } = 1;

    /// <summary>Messages in one claim.</summary>
    public int ClaimMax { get; init; } = 100;

    /// <summary>The longest that one attempt takes.</summary>
    public TimeSpan AttemptMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a message is tried, from when it was first due.</summary>
    public TimeSpan GivesUpAfter { get; init; } = TimeSpan.FromHours(24);

    /// <summary>
    /// The receiver can tell a copy by its id, so an unknown outcome is no reason to stop trying (at least once). Otherwise there is one
    /// more try and no third (at most one extra copy).
    /// </summary>
    public bool CopiesAreTold { get; init; }

    /// <summary>Claims end after this when their holder is gone. Longer than any attempt.</summary>
    public TimeSpan Lease => AttemptMax + AttemptMax + TimeSpan.FromSeconds(30);
}

/// <summary>A channel as status shows it.</summary>
/// <param name="Name"><c>mail</c>, <c>slack</c>, <c>webhook</c>, <c>exec</c>.</param>
/// <param name="Configured">Whether messages go where people look.</param>
/// <param name="Target">Where to, without secrets.</param>
/// <param name="Hint">What would configure it.</param>
public sealed record ChannelInfo(string Name, bool Configured, string? Target, string? Hint);
