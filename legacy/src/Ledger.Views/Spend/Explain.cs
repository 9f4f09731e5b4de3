using Ledger.Accounts;
using Ledger.Spend;
using Ledger.Missions;
using Ledger.Money;
using Npgsql;

namespace Ledger.Views.Spend;

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
/// <param name="Position">Position of the snapshot.</param>
/// <param name="Event">Id of the snapshot event.</param>
/// <param name="Asked">When it counts as asked.</param>
/// <param name="Answered">When it counts as answered.</param>
/// <param name="Total">The total it gave.</param>
/// <param name="Replaces">The total it replaced, or null.</param>
/// <param name="Raw">The figure's text on the wire.</param>
/// <param name="Evidence">When a rise can have happened.</param>
/// <param name="Withdrawn">The line vanished.</param>
public sealed record ExplainedReading(
    long Position, Guid Event, DateTimeOffset Asked, DateTimeOffset Answered, Usd Total, Usd? Replaces, string Raw, Interval Evidence, bool Withdrawn);

public sealed partial class SpendQueries
{
    private const int ReadingsPerLineMax = 50;
    private const int SnapshotsMax = 300;

    /// <summary>Explains a mission's cost; null when there is no such mission at that position.</summary>
    /// <exception cref="PositionUnknownException">The views don't reach the position asked for.</exception>
    public async Task<ExplainAnswer?> Explain(string mission, long? asOf, int limit, CancellationToken ct)
    {
        if (await Cost(mission, asOf, [], DateTimeOffset.MaxValue, ct) is not { } cost) return null;
        return await InSnapshot(cost.AsOf.Position, async (connection, at) =>
        {
            var lines = await ExplainedLines(connection, mission, at.Position, limit, ct);
            var ids = lines.Keys.ToArray();
            var parts = await PartsOf(connection, ids, at.Position, ct);
            var readings = await ReadingsOf(connection, lines, at.Position, ct);
            await using var count = new NpgsqlCommand("""
                select count(distinct line_id) from (
                    select line_id from views.allocation where mission = $1 and position <= $2 union select line_id from views.claim where mission = $1 and position <= $2) s
                """, connection) { Parameters = { new() { Value = mission }, new() { Value = at.Position } } };
            var all = (long)(await count.ExecuteScalarAsync(ct))!;
            return new ExplainAnswer(
                cost.Mission, cost.Billed, cost.Low, cost.High, [.. ids.Select(id => lines[id] with { Parts = parts[id], Readings = readings[id] })], Math.Max(0, all - ids.Length), at);
        }, ct);
    }

    private static async Task<Dictionary<long, ExplainedLine>> ExplainedLines(NpgsqlConnection connection, string mission, long position, int limit, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("""
            with mine as (
                select line_id, sum(billed) as billed, sum(low) as low, sum(high) as high from (
                    select line_id, amount as billed, 0::bigint as low, 0::bigint as high from views.allocation where mission = $1 and position <= $2
                    union all select line_id, 0, low, high from views.claim where mission = $1 and position <= $2) s
                group by line_id order by abs(sum(billed)) desc, line_id limit $3)
            select l.id, l.account, l.key, l.start, l.seconds, l.model, l.unit, l.dimensions,
                (select total from views.fact f where f.line_id = l.id and f.position <= $2 order by f.position desc limit 1), billed, low, high
            from mine join views.line l on l.id = mine.line_id order by abs(billed) desc, l.id
            """, connection) { Parameters = { new() { Value = mission }, new() { Value = position }, new() { Value = limit } } };
        var lines = new Dictionary<long, ExplainedLine>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            lines[reader.GetInt64(0)] = new(
                reader.GetString(1), Named(reader.GetString(2)), reader.GetFieldValue<DateTimeOffset>(3), reader.GetInt32(4), Named(reader.GetString(5)), Named(reader.GetString(6)),
                (DimensionSet)reader.GetInt16(7), new(reader.GetInt64(8)), Money((Int128)reader.GetDecimal(9)), Money((Int128)reader.GetDecimal(10)), Money((Int128)reader.GetDecimal(11)), [], []);
        return lines;
    }

    private static async Task<ILookup<long, ExplainedPart>> Grouped(NpgsqlCommand command, CancellationToken ct)
    {
        var list = new List<(long Line, ExplainedPart Part)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            list.Add((reader.GetInt64(0), new(Shown(reader.GetString(1), reader.GetString(2)), Named(reader.GetString(2)), (Method)reader.GetInt16(3), Money((Int128)reader.GetDecimal(4)))));
        return list.ToLookup(x => x.Line, x => x.Part);
    }

    private static async Task<Dictionary<long, IReadOnlyList<ExplainedPart>>> PartsOf(NpgsqlConnection connection, long[] lines, long position, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("""
            select line_id, mission, agent, method, sum(amount) from views.allocation where line_id = any($1) and position <= $2
            group by 1, 2, 3, 4 having sum(amount) <> 0 order by 1, mission = '', mission, agent = '', agent, method
            """, connection) { Parameters = { new() { Value = lines }, new() { Value = position } } };
        var parts = await Grouped(command, ct);
        return lines.ToDictionary(l => l, l => (IReadOnlyList<ExplainedPart>)[.. parts[l]]);
    }

    /// <summary>A line's readings with the provider's own text, which only the snapshot itself holds.</summary>
    private async Task<Dictionary<long, IReadOnlyList<ExplainedReading>>> ReadingsOf(
        NpgsqlConnection connection, Dictionary<long, ExplainedLine> lines, long position, CancellationToken ct)
    {
        var facts = new List<(long Line, long Position, Interval Evidence)>();
        await using (var command = new NpgsqlCommand("""
            select line_id, position, evidence_start, evidence_end from (
                select f.*, row_number() over (partition by line_id order by position desc) as age from views.fact f where line_id = any($1) and position <= $2) f
            where age <= $3 order by line_id, position
            """, connection) { Parameters = { new() { Value = lines.Keys.ToArray() }, new() { Value = position }, new() { Value = ReadingsPerLineMax } } })
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
                facts.Add((reader.GetInt64(0), reader.GetInt64(1), new(reader.GetFieldValue<DateTimeOffset>(2), reader.GetFieldValue<DateTimeOffset>(3))));

        var snapshots = new Dictionary<long, (Guid Id, UsageSnapshotTaken Snapshot)>();
        foreach (var at in facts.Select(f => f.Position).Distinct().OrderDescending().Take(SnapshotsMax))
            if (await log.ReadAll(at - 1, 1, ct) is [var recorded, ..] && EventJson.Read(recorded) is UsageSnapshotTaken snapshot)
                snapshots[at] = (recorded.Id, snapshot);

        var readings = lines.Keys.ToDictionary(l => l, _ => new List<ExplainedReading>());
        foreach (var (id, at, evidence) in facts)
        {
            if (!snapshots.TryGetValue(at, out var found)) continue;
            var name = lines[id];
            var line = found.Snapshot.Lines.First(l => l.Start == name.Start && l.Seconds == name.Seconds && l.Key == name.Key && l.Model == name.Model && l.Unit == name.Unit && (l.Dimensions ?? found.Snapshot.Dimensions) == name.Dimensions);
            readings[id].Add(new(at, found.Id, found.Snapshot.Asked, found.Snapshot.Answered, line.Total, line.Replaces, line.Raw ?? line.Total.ToString(), evidence, line.Withdrawn));
        }
        return readings.ToDictionary(r => r.Key, r => (IReadOnlyList<ExplainedReading>)r.Value);
    }
}
