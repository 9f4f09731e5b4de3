namespace Ledger.Service.Http;

/// <summary>A refusal found at the edge, on its way to the one place that answers it. Rules answer values; see <see cref="Decision"/>.</summary>
internal sealed class Refused(Refusal why) : Exception(why.Detail)
{
    public Refused(string code, string detail, string? field = null, string? value = null, IReadOnlyList<string>? candidates = null)
        : this(new(code, detail, field, value is null ? null : Names.Printable(value), candidates)) { }

    public Refusal Why { get; } = why;

    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>Takes a decision apart.</summary>
internal static class Decided
{
    /// <summary>The events that follow; a refusal goes to the edge.</summary>
    public static IReadOnlyList<ILedgerEvent> Events(this Decision decision) => decision switch
    {
        Decision.Accepted accepted => accepted.Events,
        Decision.Refused refused => throw new Refused(refused.Why),
        _ => throw new InvalidOperationException($"No answer for {decision}."),
    };
}
