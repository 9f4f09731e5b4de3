using System.Text;

namespace Ledger.Postgres;

/// <summary>An event that passed every check and carries its canonical bytes: nothing in it can make a batch fail.</summary>
internal sealed record PreparedEvent(Guid Id, string Type, byte[] Data, long Micros);

internal sealed record PreparedStream(string Stream, long ExpectedVersion, PreparedEvent[] Events);

/// <summary>A request that was checked and put into canonical form on its caller's thread, waiting for the writer.</summary>
internal sealed class PreparedAppend
{
    private const int Queued = 0, TakenByWriter = 1, GivenUp = 2;

    private readonly TaskCompletionSource<AppendResult> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int state = Queued;

    [ThreadStatic]
    private static CanonicalJson? canonical;

    private PreparedAppend(AppendRequest request, PreparedStream[] streams)
    {
        Request = request;
        Streams = streams;
    }

    public AppendRequest Request { get; }

    public PreparedStream[] Streams { get; }

    public int EventCount { get; private init; }

    public int Bytes { get; private init; }

    public Task<AppendResult> Done => done.Task;

    /// <summary>
    /// First position this append was sent to commit with, when what became of that commit is not known. The next try resolves
    /// it, under the head row, before anything is written.
    /// </summary>
    public long? SentFirst { get; set; }

    /// <summary>The writer takes it; from here on it can't be cancelled. False: the caller gave up before.</summary>
    public bool Take() => Interlocked.CompareExchange(ref state, TakenByWriter, Queued) == Queued;

    public void GiveUp(CancellationToken ct)
    {
        if (Interlocked.CompareExchange(ref state, GivenUp, Queued) == Queued)
            done.TrySetCanceled(ct);
    }

    public void Complete(AppendResult result) => done.TrySetResult(result);

    public void Fail(Exception why) => done.TrySetException(why);

    public static PreparedAppend From(AppendRequest request, PostgresLogOptions options)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(request.Streams);
        var streams = new PreparedStream[request.Streams.Count];
        var names = new HashSet<string>(streams.Length);
        var ids = new HashSet<Guid>();
        var bytes = 0;
        for (var i = 0; i < streams.Length; i++)
        {
            var append = request.Streams[i];
            Name(append.Stream, 200, "Stream name");
            if (!names.Add(append.Stream))
                throw new ArgumentException($"Stream '{append.Stream}' stands twice in one append.");
            if (append.ExpectedVersion < StreamAppend.AnyVersion)
                throw new ArgumentException($"Expected version {append.ExpectedVersion} of '{append.Stream}' can't be.");
            if (ids.Count + append.Events.Count > options.BatchEventsMax)
                throw new ArgumentException($"An append holds more than {options.BatchEventsMax} events.");

            var events = new PreparedEvent[append.Events.Count];
            for (var j = 0; j < events.Length; j++)
            {
                events[j] = Prepare(append.Events[j], options);
                if (!ids.Add(events[j].Id))
                    throw new ArgumentException($"Event id {events[j].Id} stands twice in one append.");
                bytes += events[j].Data.Length;
                if (bytes > options.BatchBytesMax)
                    throw new ArgumentException($"An append holds more than {options.BatchBytesMax} bytes of events.");
            }
            streams[i] = new PreparedStream(append.Stream, append.ExpectedVersion, events);
        }
        bytes += Check(request.Idempotency, options) + Check(request.Messages, options);
        if (request.Fence is { } fence)
            Name(fence.Lease, 200, "Lease name");
        return new PreparedAppend(request, streams) { EventCount = ids.Count, Bytes = bytes };
    }

    private static PreparedEvent Prepare(NewEvent e, PostgresLogOptions options)
    {
        if (e.Id == Guid.Empty)
            throw new ArgumentException("An event needs an id.");
        Name(e.Type, 100, "Event type");
        if (e.Data.Length > options.EventBytesMax)
            throw new ArgumentException($"Event {e.Id} has {e.Data.Length} bytes; {options.EventBytesMax} are the most.");
        // Npgsql spells the first and the last instant of DateTime as infinity.
        if (e.At.UtcTicks < TimeSpan.TicksPerDay || e.At.UtcTicks > DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay)
            throw new ArgumentException($"Event {e.Id} has the time {e.At:O}, which can't be.");
        canonical ??= new CanonicalJson();
        var data = canonical.Write(e.Data.Span, strict: true).ToArray();
        if (data.Length > options.EventBytesMax)
            throw new ArgumentException($"Event {e.Id} has {data.Length} bytes; {options.EventBytesMax} are the most.");
        return new PreparedEvent(e.Id, e.Type, data, Micros.Of(e.At));
    }

    private static int Check(IdempotencyKey? key, PostgresLogOptions options)
    {
        if (key is null)
            return 0;
        Name(key.Key, 200, "Idempotency key");
        if (key.BodyHash.Length != 32)
            throw new ArgumentException("A body hash is 32 bytes of SHA-256.");
        if (key.Answer is not { } answer)
            return 0;
        var bytes = Utf8(answer, "The answer kept with an idempotency key");
        return bytes <= options.AnswerBytesMax ? bytes
            : throw new ArgumentException($"The answer kept with an idempotency key has more than {options.AnswerBytesMax} bytes.");
    }

    private static int Check(IReadOnlyList<NewMessage> messages, PostgresLogOptions options)
    {
        if (messages.Count > options.MessagesMax)
            throw new ArgumentException($"An append holds more than {options.MessagesMax} messages.");
        var bytes = 0;
        foreach (var message in messages)
        {
            if (message.Id == Guid.Empty)
                throw new ArgumentException("A message needs an id.");
            Name(message.Kind, 100, "Message kind");
            if (message.Body.Length > options.MessageBytesMax)
                throw new ArgumentException($"Message {message.Id} has more than {options.MessageBytesMax} bytes.");
            if (!System.Text.Unicode.Utf8.IsValid(message.Body.Span) || message.Body.Span.Contains((byte)0))
                throw new ArgumentException($"Message {message.Id} is not UTF-8 text.");
            bytes += message.Body.Length;
        }
        return bytes <= options.BatchBytesMax ? bytes
            : throw new ArgumentException($"An append holds more than {options.BatchBytesMax} bytes of messages.");
    }

    private static void Name(string name, int lengthMax, string what)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length == 0 || name.Length > lengthMax)
            throw new ArgumentException($"{what} must have 1 to {lengthMax} characters.");
        Utf8(name, what);
    }

    private static readonly UTF8Encoding strictUtf8 = new(false, throwOnInvalidBytes: true);

    private static int Utf8(string text, string what)
    {
        if (text.Contains('\0'))
            throw new ArgumentException($"{what} holds U+0000, which PostgreSQL can't store.");
        try
        {
            return strictUtf8.GetByteCount(text);
        }
        catch (EncoderFallbackException lone)
        {
            throw new ArgumentException($"{what} holds a lone surrogate.", lone);
        }
    }
}
