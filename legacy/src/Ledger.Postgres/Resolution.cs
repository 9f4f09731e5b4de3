namespace Ledger.Postgres;

/// <summary>An append found under its idempotency key.</summary>
internal sealed record KnownKey(byte[] BodyHash, long First, long Last, string? Answer);

/// <summary>An event found under its id.</summary>
internal sealed record KnownEvent(long Position, string Stream, string Type, byte[] Data);

/// <summary>What the transaction read after it took the head row; nobody else can change it until the commit.</summary>
internal sealed class Standing
{
    public required long Position { get; init; }
    public required byte[] Chain { get; init; }
    public Dictionary<string, KnownKey> Keys { get; } = [];
    public Dictionary<string, long> Versions { get; } = [];
    public Dictionary<Guid, KnownEvent> Events { get; } = [];
    public Dictionary<string, long> Leases { get; } = [];
}

/// <summary>
/// Decides, under the head row, what becomes of each append of a batch: drops the losers first, then numbers and chains the
/// survivors. Pure: it sees only what the transaction read, and what it accepted itself.
/// </summary>
internal sealed class Resolution(Standing standing)
{
    private readonly byte[] row = new byte[HashChain.Length];

    public long Before { get; } = standing.Position;
    public long Position { get; private set; } = standing.Position;
    public byte[] Chain { get; private set; } = standing.Chain;

    public List<(PreparedAppend Append, long First, long Last)> Accepted { get; } = [];
    public List<(PreparedAppend Append, AppendResult? Result, Exception? Refusal)> Settled { get; } = [];

    /// <summary>Streams that got events, with the version they reach and the time of their last event.</summary>
    public Dictionary<string, (long Version, long Micros)> Streams { get; } = [];

    // Columns of the rows to write, side by side.
    public List<long> Positions { get; } = [];
    public List<Guid> Ids { get; } = [];
    public List<string> StreamNames { get; } = [];
    public List<long> Versions { get; } = [];
    public List<byte[]> Datas { get; } = [];
    public List<string> Types { get; } = [];
    public List<DateTime> Times { get; } = [];
    public List<byte[]> Hashes { get; } = [];

    public void Add(PreparedAppend append)
    {
        try
        {
            if (Replay(append) is { } before)
                Settled.Add((append, before, null));
            else if (Loses(append) is { } lost)
                Settled.Add((append, lost, null));
            else
                Accept(append);
        }
        catch (InvalidOperationException refusal)
        {
            Settled.Add((append, null, refusal));
        }
    }

    /// <summary>An append that is in the log already: by its key, or else by its event ids.</summary>
    private AppendResult? Replay(PreparedAppend append)
    {
        if (append.Request.Idempotency is { } key && standing.Keys.TryGetValue(key.Key, out var known))
        {
            if (!key.BodyHash.Span.SequenceEqual(known.BodyHash))
                return new AppendResult.KeyReused();
            return Earlier(append, known.First, known.Last, known.Answer);
        }

        var found = 0;
        long first = long.MaxValue, last = 0;
        foreach (var stream in append.Streams)
        {
            foreach (var e in stream.Events)
            {
                if (!standing.Events.TryGetValue(e.Id, out var there))
                    continue;
                if (there.Stream != stream.Stream || there.Type != e.Type || !there.Data.AsSpan().SequenceEqual(e.Data))
                    throw new InvalidOperationException($"Event id {e.Id} is at position {there.Position} with other content. Nothing was written.");
                found++;
                first = Math.Min(first, there.Position);
                last = Math.Max(last, there.Position);
            }
        }
        if (found == 0)
            return null;
        if (found < append.EventCount)
            throw new InvalidOperationException($"{found} of {append.EventCount} events of this append are in the log already. Nothing was written.");
        return Earlier(append, first, last, null);
    }

    // Found where our own cut commit was to put it: the commit went through, and this is its first answer.
    private static AppendResult Earlier(PreparedAppend append, long first, long last, string? answer) =>
        append.SentFirst == first ? new AppendResult.Written(first, last) : new AppendResult.AlreadyThere(last, answer);

    private AppendResult? Loses(PreparedAppend append)
    {
        if (append.Request.Fence is { } fence && standing.Leases.GetValueOrDefault(fence.Lease, -1) != fence.Token)
            return new AppendResult.Fenced();
        foreach (var stream in append.Streams)
        {
            var actual = Version(stream.Stream);
            if (stream.ExpectedVersion != StreamAppend.AnyVersion && stream.ExpectedVersion != actual)
                return new AppendResult.StreamMoved(stream.Stream, actual);
        }
        return null;
    }

    private long Version(string stream) =>
        Streams.TryGetValue(stream, out var reached) ? reached.Version : standing.Versions.GetValueOrDefault(stream);

    private void Accept(PreparedAppend append)
    {
        var first = append.EventCount == 0 ? Position : Position + 1;
        foreach (var stream in append.Streams)
        {
            if (stream.Events.Length == 0)
                continue;
            var version = Version(stream.Stream);
            foreach (var e in stream.Events)
                Write(stream.Stream, ++version, e);
            Streams[stream.Stream] = (version, stream.Events[^1].Micros);
        }
        Accepted.Add((append, first, Position));
        // The next append of the same batch may repeat this one.
        if (append.Request.Idempotency is { } key)
            standing.Keys[key.Key] = new KnownKey(key.BodyHash.ToArray(), first, Position, key.Answer);
    }

    private void Write(string stream, long version, PreparedEvent e)
    {
        Position++;
        HashChain.Row(new EventRow
        {
            Position = Position,
            Id = e.Id,
            Stream = stream,
            Version = version,
            Data = e.Data,
            Type = e.Type,
            Micros = e.Micros,
            Tenant = "*DEFAULT*",
            Archived = false,
        }, row);
        var hash = new byte[HashChain.Length];
        HashChain.Next(Chain, row, hash);
        Chain = hash;

        Positions.Add(Position);
        Ids.Add(e.Id);
        StreamNames.Add(stream);
        Versions.Add(version);
        Datas.Add(e.Data);
        Types.Add(e.Type);
        Times.Add(Micros.ToDateTime(e.Micros));
        Hashes.Add(hash);
        standing.Events[e.Id] = new KnownEvent(Position, stream, e.Type, e.Data);
    }
}
