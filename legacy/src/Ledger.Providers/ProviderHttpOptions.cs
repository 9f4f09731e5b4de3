namespace Ledger.Providers;

/// <summary>Bounds on what a provider may cost us in time and memory.</summary>
public sealed record ProviderHttpOptions
{
    /// <summary>How long one attempt may take, to the last byte.</summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan AttemptMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a request may take with all its attempts and pauses; waiting for one's turn doesn't count.</summary>
    /// <value>The default is 60 seconds.</value>
    public TimeSpan DeadlineMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long an answer may stand still between two bytes.</summary>
    /// <value>The default is 10 seconds.</value>
    public TimeSpan IdleMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Largest answer, counted after decompression.</summary>
    /// <value>The default is 32 MB.</value>
    public int BytesMax { get; init; } = 32 * 1024 * 1024;

    /// <summary>Attempts at one request, for faults that may pass.</summary>
    /// <value>The default is 4.</value>
    public int AttemptsMax { get; init; } = 4;

    /// <summary>Longest first pause between attempts; it doubles each time, and the pause taken is random below it.</summary>
    /// <value>The default is half a second.</value>
    public TimeSpan BackoffFirst { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest pause between attempts.</summary>
    /// <value>The default is 15 seconds.</value>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Requests that may go at once after a quiet time.</summary>
    /// <value>The default is 30.</value>
    public int Burst { get; init; } = 30;

    /// <summary>After a burst, one request each time this has passed.</summary>
    /// <value>The default is one second.</value>
    public TimeSpan Pace { get; init; } = TimeSpan.FromSeconds(1);
}
