namespace Ledger.Postgres;

/// <summary>Every bound of the log, by name.</summary>
public sealed record PostgresLogOptions
{
    /// <summary>Events in one batch, and so in one append.</summary>
    /// <value>The default is 1,000.</value>
    public int BatchEventsMax { get; init; } = 1000;

    /// <summary>Bytes of event data in one batch, and so in one append.</summary>
    /// <value>The default is 4 MB.</value>
    public int BatchBytesMax { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes of one event's data.</summary>
    /// <value>The default is 1 MB.</value>
    public int EventBytesMax { get; init; } = 1024 * 1024;

    /// <summary>Messages in one append.</summary>
    /// <value>The default is 1,000.</value>
    public int MessagesMax { get; init; } = 1000;

    /// <summary>Bytes of one message's body.</summary>
    /// <value>The default is 256 KB.</value>
    public int MessageBytesMax { get; init; } = 256 * 1024;

    /// <summary>Bytes of the answer kept with an idempotency key.</summary>
    /// <value>The default is 64 KB.</value>
    public int AnswerBytesMax { get; init; } = 64 * 1024;

    /// <summary>Appends that wait for the writer; one more is refused as busy.</summary>
    /// <value>The default is 4,096.</value>
    public int QueueLengthMax { get; init; } = 4096;

    /// <summary>Bytes of event data that wait for the writer; an append beyond that is refused as busy.</summary>
    /// <value>The default is 64 MB.</value>
    public long QueueBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>Streams whose version the writer remembers between batches, to save a round trip.</summary>
    /// <value>The default is 20,000.</value>
    public int StreamsRemembered { get; init; } = 20_000;

    /// <summary>Events that one read may ask for.</summary>
    /// <value>The default is 10,000.</value>
    public int ReadLimitMax { get; init; } = 10_000;

    /// <summary>How long a transaction waits for the head row before it tries again.</summary>
    /// <value>The default is 2 seconds.</value>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long one statement of the writer may take.</summary>
    /// <value>The default is 5 seconds.</value>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a writer that went silent inside a transaction may hold the head row. The server ends it then.</summary>
    /// <value>The default is 5 seconds.</value>
    public TimeSpan IdleInTransactionTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a batch is tried when the database asks for another try (deadlock, lock timeout) or is away.</summary>
    /// <value>The default is 5.</value>
    public int AttemptsMax { get; init; } = 5;

    /// <summary>First pause between two tries; doubles, with jitter.</summary>
    /// <value>The default is 50 milliseconds.</value>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long the outcome of a cut commit is looked for before the caller is told that it is unknown.</summary>
    /// <value>The default is 15 seconds.</value>
    public TimeSpan ResolvePatience { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often somebody who waits for growth asks the database, for what other processes write.</summary>
    /// <value>The default is 200 milliseconds.</value>
    public TimeSpan GrowthPollEvery { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>After how much quiet the sequence that Marten reads is brought level with the head.</summary>
    /// <value>The default is 500 milliseconds.</value>
    public TimeSpan IdleAfter { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long idempotency keys are kept at least.</summary>
    /// <value>The default, and the least allowed, is 90 days.</value>
    public TimeSpan KeysKept { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Accepts a server with <c>fsync</c> or <c>full_page_writes</c> off, for throw-away databases.</summary>
    /// <value>The default is false: such a server loses what it acknowledged.</value>
    public bool AllowUnsafeServer { get; init; }

    internal void Validate()
    {
        Positive(BatchEventsMax);
        Positive(BatchBytesMax);
        Positive(EventBytesMax);
        Positive(MessagesMax);
        Positive(MessageBytesMax);
        Positive(AnswerBytesMax);
        Positive(QueueLengthMax);
        Positive(QueueBytesMax);
        Positive(StreamsRemembered);
        Positive(ReadLimitMax);
        Positive(AttemptsMax);
        Positive(LockTimeout.Ticks, nameof(LockTimeout));
        Positive(StatementTimeout.Ticks, nameof(StatementTimeout));
        Positive(IdleInTransactionTimeout.Ticks, nameof(IdleInTransactionTimeout));
        Positive(RetryPause.Ticks, nameof(RetryPause));
        Positive(ResolvePatience.Ticks, nameof(ResolvePatience));
        Positive(GrowthPollEvery.Ticks, nameof(GrowthPollEvery));
        Positive(IdleAfter.Ticks, nameof(IdleAfter));
        ArgumentOutOfRangeException.ThrowIfLessThan(KeysKept, TimeSpan.FromDays(90), nameof(KeysKept));
    }

    private static void Positive(long value, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(value))] string? name = null) =>
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value, name);
}
