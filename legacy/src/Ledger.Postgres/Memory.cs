namespace Ledger.Postgres;

/// <summary>
/// What the writer remembers of the log as its own last commit left it. As long as the head is still that one, nobody else has
/// written, so every version in here is true.
/// </summary>
internal sealed class Memory(int streamsMax)
{
    private readonly Dictionary<string, long> versions = [];
    private long position;
    private byte[]? chain;

    /// <summary>What a batch stands on, if all of it is remembered. Keys and ids are taken to be new; the commit proves it.</summary>
    public Standing? StandingFor(IReadOnlyList<PreparedAppend> batch)
    {
        if (chain is null)
            return null;
        var standing = new Standing { Position = position, Chain = chain };
        foreach (var append in batch)
        {
            // Leases live outside the head's order. An append of unknown outcome must be looked for.
            if (append.Request.Fence is not null || append.SentFirst is not null)
                return null;
            foreach (var stream in append.Streams)
            {
                if (!versions.TryGetValue(stream.Stream, out var version))
                    return null;
                standing.Versions[stream.Stream] = version;
            }
        }
        return standing;
    }

    /// <summary>After a commit.</summary>
    public void Learn(Standing standing, Resolution resolution)
    {
        if (versions.Count + standing.Versions.Count + resolution.Streams.Count > streamsMax)
            versions.Clear();
        foreach (var (stream, version) in standing.Versions)
            versions[stream] = version;
        foreach (var (stream, (version, _)) in resolution.Streams)
            versions[stream] = version;
        (position, chain) = (resolution.Position, resolution.Chain);
    }

    public void Forget()
    {
        versions.Clear();
        chain = null;
    }
}
