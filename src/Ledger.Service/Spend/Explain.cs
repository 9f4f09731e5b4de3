using Ledger.Accounts;
using Ledger.Spend;
using Ledger.Missions;
using Ledger.Money;
using Marten;
using Marten.Services;

namespace Ledger.Service.Spend;

/// <summary>A mission's cost, line by line, down to the provider's own figures.</summary>
/// <param name="Mission">The mission.</param>
/// <param name="Billed">Null: unknown.</param>
/// <param name="Low">Null: unknown.</param>
/// <param name="High">Null: unknown.</param>
/// <param name="Lines">The lines it carries or can claim, largest part first.</param>
/// <param name="More">Lines beyond the limit.</param>
/// <param name="AsOf">Where it stands.</param>
public sealed record ExplainAnswer(Mission Mission, Usd? Billed, Usd? Low, Usd? High, IReadOnlyList<ExplainedLine> Lines, long More, AsOf AsOf);

/// <summary>One line of an explanation.</summary>
/// <param name="Account">The account.</param>
/// <param name="Key">Key id, or null.</param>
/// <param name="Start">Bucket start.</param>
/// <param name="Seconds">Bucket length.</param>
/// <param name="Model">Model, or null.</param>
/// <param name="Unit">Unit, or null.</param>
/// <param name="Dimensions">Under which dimensions billing was asked.</param>
/// <param name="LineTotal">What the provider says the line cost.</param>
/// <param name="Billed">The mission's part.</param>
/// <param name="Low">The least it can be.</param>
/// <param name="High">The most it can be.</param>
/// <param name="Parts">Who carries what of it; adds up to the line's total.</param>
/// <param name="Readings">What the provider said, reading by reading.</param>
public sealed record ExplainedLine(
    string Account, string? Key, DateTimeOffset Start, int Seconds, string? Model, string? Unit, DimensionSet Dimensions, Usd LineTotal, Usd Billed, Usd Low, Usd High,
    IReadOnlyList<ExplainedPart> Parts, IReadOnlyList<ExplainedReading> Readings);

/// <summary>A part of a line.</summary>
/// <param name="Mission">A mission's id, <c>(idle)</c> or <c>(unassigned)</c>.</param>
/// <param name="Agent">The agent, or null.</param>
/// <param name="Method">How it came there.</param>
/// <param name="Billed">How much.</param>
public sealed record ExplainedPart(string Mission, string? Agent, Method Method, Usd Billed);

/// <summary>What the provider said of a line, once.</summary>
/// <param name="Position">Position of the snapshot that holds the line.</param>
/// <param name="Event">Id of the snapshot event.</param>
/// <param name="Asked">When it counts as asked.</param>
/// <param name="Answered">When it counts as answered.</param>
/// <param name="Total">The total it gave.</param>
/// <param name="Replaces">The total it replaced, or null.</param>
/// <param name="Raw">The figure's text on the wire.</param>
/// <param name="Evidence">When a rise can have happened.</param>
/// <param name="Withdrawn">The line vanished.</param>
/// <param name="SettlementLagSeconds">The lag that the evidence was judged by.</param>
public sealed record ExplainedReading(
    long Position, Guid Event, DateTimeOffset Asked, DateTimeOffset Answered, Usd Total, Usd? Replaces, string Raw, Interval Evidence, bool Withdrawn, int SettlementLagSeconds);

public sealed partial class SpendView
{
    private const int readingsPerLineMax = 50;
    private const int readingsMax = 300;

    /// <summary>Explains a mission's cost; null when there is no such mission at that position.</summary>
    /// <exception cref="PositionUnknownException">The views don't reach the position asked for.</exception>
    public async Task<ExplainAnswer?> Explain(string mission, long? asOf, int limit, CancellationToken ct)
    {
        if (await Cost(mission, asOf, [], DateTimeOffset.MaxValue, ct) is not { } cost) return null;
        var position = cost.AsOf.Position;
        var context = await ContextAt(position, ct);
        // The smallest part comes out first, so that only the largest are held.
        var largest = new PriorityQueue<(SpendLine Line, ExplainedLine Explained), (Usd, long)>();
        var more = 0L;
        await foreach (var line in LinesMeeting(Reach(cost.Mission, context), position, ct))
        {
            if (Explained(line, mission, context) is not { } explained) continue;
            largest.Enqueue((line, explained), (explained.Billed < Usd.Zero ? -explained.Billed : explained.Billed, -line.Id));
            if (largest.Count <= limit) continue;
            largest.Dequeue();
            more++;
        }
        var lines = new List<(SpendLine Line, ExplainedLine Explained)>();
        while (largest.TryDequeue(out var next, out _)) lines.Add(next);
        lines.Reverse();
        var readings = await ReadingsOf([.. lines.Select(l => l.Line)], ct);
        return new(cost.Mission, cost.Billed, cost.Low, cost.High, [.. lines.Select(l => l.Explained with { Readings = [.. readings[l.Line.Id]] })], more, cost.AsOf);
    }

    /// <summary>A line in an explanation; null when the mission neither carries nor can claim any of it.</summary>
    private static ExplainedLine? Explained(SpendLine line, string mission, AttributionContext context)
    {
        var parts = line.Parts(context);
        var claims = line.Total == Usd.Zero ? [] : line.Claims(context).Where(c => c.Mission == mission).ToArray();
        if (claims.Length == 0 && !parts.Any(p => p.Party.Mission == mission)) return null;
        var name = line.Name;
        return new(
            name.Account, Named(name.Key), name.Start, name.Seconds, Named(name.Model), Named(name.Unit), name.Dimensions, line.Total,
            new(parts.Where(p => p.Party.Mission == mission).Sum(p => p.Amount.Ticks)), new(claims.Sum(c => c.Low(line.Total).Ticks)), new(claims.Sum(c => c.High(line.Total).Ticks)),
            [.. parts.Where(p => p.Amount != Usd.Zero).Select(p => new ExplainedPart(Shown(p.Party), p.Party.Agent, p.Method, p.Amount))], []);
    }

    /// <summary>Lines' readings with the provider's own text, which only the events hold.</summary>
    private async Task<ILookup<long, ExplainedReading>> ReadingsOf(IReadOnlyList<SpendLine> lines, CancellationToken ct)
    {
        await using var session = store.QuerySession(SessionOptions.ForTransaction(transaction, false));
        var said = lines.SelectMany(l => l.Facts.TakeLast(readingsPerLineMax).Select(f => (Line: l, Fact: f))).GroupBy(x => x.Fact.Position).OrderByDescending(g => g.Key).Take(readingsMax);
        var readings = new List<(long Line, ExplainedReading Reading)>();
        foreach (var reading in said)
        {
            var last = await session.Events.QueryAllRawEvents().SingleAsync(e => e.Sequence == reading.Key, ct);
            var first = last.Version - ((UsageSnapshotTaken)last.Data).Parts + 1;
            var parts = first == last.Version ? [last] : await session.Events.FetchStreamAsync(last.StreamKey!, version: last.Version, fromVersion: first, token: ct);
            var wanted = reading.ToDictionary(x => x.Line.Name);
            foreach (var part in parts)
            {
                var snapshot = (UsageSnapshotTaken)part.Data;
                foreach (var line in snapshot.Lines)
                    if (wanted.TryGetValue(LineKey.Of(snapshot.Account, line, snapshot.Dimensions), out var found))
                        readings.Add((found.Line.Id, new(
                            part.Sequence, part.Id, snapshot.Asked, snapshot.Answered, line.Total, line.Replaces, line.Raw ?? line.Total.ToString(), found.Fact.Evidence, line.Withdrawn, snapshot.SettlementLagSeconds)));
            }
        }
        return readings.OrderBy(r => r.Reading.Position).ToLookup(r => r.Line, r => r.Reading);
    }
}
