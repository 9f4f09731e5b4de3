namespace Ledger.Delivery;

/// <summary>What became of one attempt. The difference that matters: surely not delivered, or nobody knows.</summary>
internal abstract record Outcome
{
    private Outcome() { }

    /// <summary>The receiver said yes.</summary>
    public sealed record Delivered : Outcome
    {
        public static Delivered Yes { get; } = new();
    }

    /// <summary>The receiver will never take it.</summary>
    /// <param name="Reason">For people; no secrets.</param>
    /// <param name="Gone">The receiver takes nothing any more.</param>
    public sealed record Refused(string Reason, bool Gone = false) : Outcome;

    /// <summary>Surely not delivered; another try may help.</summary>
    /// <param name="Reason">For people; no secrets.</param>
    /// <param name="Down">It is the channel, not this message: nothing else would get through either.</param>
    /// <param name="Wait">How long the receiver asked us to wait.</param>
    public sealed record Later(string Reason, bool Down = false, TimeSpan? Wait = null) : Outcome;

    /// <summary>It left, and no answer came.</summary>
    /// <param name="Reason">For people; no secrets.</param>
    public sealed record Unknown(string Reason) : Outcome;
}
