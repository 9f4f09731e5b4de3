using System.Runtime.CompilerServices;
using Ledger.Accounts;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Service.Storage;
using Ledger.Spend;
using Marten;
using Marten.Events;
using Marten.Services;
using Npgsql;

namespace Ledger.Service.Spend;

/// <summary>A position was asked for that the views don't reach.</summary>
public sealed class PositionUnknownException(long wanted, long reached) : Exception($"The log is read up to position {reached}; {wanted} is not there.")
{
    /// <summary>What was asked for.</summary>
    public long Wanted { get; } = wanted;

    /// <summary>What is there.</summary>
    public long Reached { get; } = reached;
}

/// <summary>
/// The books as they were: who carried what follows from the facts up to a position and from who owned what when, as the log up to a
/// position says. Facts and owners may be of two positions: that is how an edit of history is told from new spend.
/// </summary>
public sealed partial class SpendView
{
    private const int eventsPerPage = 2_000;

    private const string linesWithFacts = $"""
        select l.id, l.account, l.key, l.model, l.unit, l.dimensions, l.start, l.seconds, f.position, f.total, f.evidence_start, f.evidence_end, f.answered, f.closed, f.moved, f.moved_starts, f.moved_ends
        from {schema}.line l join {schema}.fact f on f.line_id = l.id
        """;

    /// <summary>Earlier positions that were asked for: one answer asks for several things as of the same.</summary>
    private readonly Dictionary<long, AttributionContext> past = [];

    /// <summary>Who owned what when, as the log up to a position says. Also what the events after <paramref name="after"/> touched.</summary>
    private async Task<(AttributionContext Context, IReadOnlyList<Touched> Touched)> ContextAt(long position, long after, CancellationToken ct)
    {
        var context = new AttributionContext();
        var touched = new List<Touched>();
        // A session on this snapshot's transaction; it only reads, and ends nothing.
        await using var session = store.QuerySession(SessionOptions.ForTransaction(transaction, false));
        var types = ContextDocuments.Events.ToArray();
        for (var read = 0L; ;)
        {
            var events = await session.Events.QueryAllRawEvents()
                .Where(e => e.Sequence > read && e.Sequence <= position && e.EventTypesAre(types)).OrderBy(e => e.Sequence).Take(eventsPerPage).ToListAsync(ct);
            foreach (var e in events)
            {
                read = e.Sequence;
                var changed = context.Apply((ILedgerEvent)e.Data);
                if (read > after) touched.AddRange(changed);
            }
            if (events.Count < eventsPerPage) return (context, touched);
        }
    }

    private async Task<AttributionContext> ContextAt(long position, CancellationToken ct)
    {
        if (position == Position) return await ContextDocuments.Load(connection, schema, ct);
        if (past.TryGetValue(position, out var known)) return known;
        return past[position] = (await ContextAt(position, long.MaxValue, ct)).Context;
    }

    /// <summary>What accounts, agents and keys were called at a position; null: now.</summary>
    /// <exception cref="PositionUnknownException">The views don't reach the position asked for.</exception>
    public async Task<KnownNames> Names(long? asOf, CancellationToken ct)
    {
        var stands = await Stands(asOf, ct);
        var context = stands.Position == Position ? await ContextDocuments.LoadButMissions(connection, schema, ct) : await ContextAt(stands.Position, ct);
        return new(context.Accounts.ToDictionary(a => a.Key, a => a.Value.Label, StringComparer.Ordinal), context.Agents, context.Keys);
    }

    /// <summary>Missions as they were at a position; null: now. Those that were not there yet are left out.</summary>
    /// <exception cref="PositionUnknownException">The views don't reach the position asked for.</exception>
    public async Task<IReadOnlyDictionary<string, Mission>> Missions(IReadOnlyCollection<string> ids, long? asOf, CancellationToken ct)
    {
        if (ids.Count == 0) return new Dictionary<string, Mission>();
        var stands = await Stands(asOf, ct);
        return stands.Position == Position ? await ContextDocuments.Missions(connection, schema, ids, ct)
            : (await ContextAt(stands.Position, ct)).Missions;
    }

    /// <summary>A position in words of an answer.</summary>
    private async Task<AsOf> Stands(long? asOf, CancellationToken ct)
    {
        if (asOf is not { } position || position == Position) return at;
        if (position < 0 || position > Position) throw new PositionUnknownException(position, Position);
        await using var command = new NpgsqlCommand("select timestamp from mt_events where seq_id <= $1 order by seq_id desc limit 1", connection);
        command.Parameters.Add(new() { Value = position });
        return new(position, await command.ExecuteScalarAsync(ct) is DateTime time ? new DateTimeOffset(time.ToUniversalTime(), TimeSpan.Zero) : null);
    }

    /// <summary>Lines whose bucket starts in a window, with their facts up to a position.</summary>
    private IAsyncEnumerable<SpendLine> LinesStarting(Interval window, long position, CancellationToken ct) => Lines(
        $"""
        {linesWithFacts} and f.position <= $1
        where l.start >= $2 and l.start < $3 order by l.start, l.id, f.position
        """, [new() { Value = position }, new() { Value = Clamp(window.Start) }, new() { Value = Clamp(window.End) }], ct);

    /// <summary>
    /// Lines of which something was said once only up to a position, as nearly all are: those of one key, hour and evidence come as one row, for
    /// who carries them follows from nothing else. Their models and units are told apart only where somebody asks for them.
    /// </summary>
    private async IAsyncEnumerable<AlikeLines> LinesOfOneFact(Interval window, long position, bool byName, [EnumeratorCancellation] CancellationToken ct)
    {
        var names = byName ? "l.model, l.unit" : "''::text, ''::text";
        await using var command = new NpgsqlCommand($"""
            with once as (
                select line_id, min(total) as total, min(evidence_start) as evidence_start, min(evidence_end) as evidence_end
                from {schema}.fact where position <= $1 group by line_id having count(*) = 1 and min(total) <> 0 and max(moved) is null)
            select l.account, l.key, {names}, l.start, l.seconds, evidence_start, evidence_end, array_agg(total)
            from once join {schema}.line l on l.id = line_id where l.start >= $2 and l.start < $3 group by 1, 2, 3, 4, 5, 6, 7, 8
            """, connection)
        { CommandTimeout = 120 };
        command.Parameters.Add(new() { Value = position });
        Within(command, window);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            yield return new(
                new(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), default, reader.GetFieldValue<DateTimeOffset>(4), reader.GetInt32(5)),
                new(reader.GetFieldValue<DateTimeOffset>(6), reader.GetFieldValue<DateTimeOffset>(7)), reader.GetFieldValue<long[]>(8));
    }

    /// <summary>The others: lines of which something was said more than once.</summary>
    private IAsyncEnumerable<SpendLine> LinesOfMoreFacts(Interval window, long position, CancellationToken ct) => Lines(
        $"""
        {linesWithFacts} and f.position <= $1
        where l.start >= $2 and l.start < $3 and l.id in (select line_id from {schema}.fact where position <= $1 group by line_id having count(*) > 1 or max(moved) is not null)
        order by l.id, f.position
        """, [new() { Value = position }, new() { Value = Clamp(window.Start) }, new() { Value = Clamp(window.End) }], ct);

    private sealed record AlikeLines(LineKey Name, Interval Evidence, long[] Totals);

    /// <summary>Lines that share time with stretches of keys, with their facts up to a position.</summary>
    private IAsyncEnumerable<SpendLine> LinesMeeting(IReadOnlyList<Touched> stretches, long position, CancellationToken ct) => Lines(
        $"""
        {linesWithFacts} and f.position <= $5
        where exists (select from unnest($1, $2, $3, $4) t (account, key, starts, ends)
            where l.account = t.account and l.key = t.key and l.start < t.ends and l.start + make_interval(secs => l.seconds) > t.starts)
            and l.account = any($1) and l.key = any($2) and l.start < $7 and l.start > $6::timestamptz - interval '1 day'
        order by l.id, f.position
        """,
        [
            .. LineCache.Stretches(stretches), new() { Value = position },
            new() { Value = Clamp(stretches.Select(s => s.Stretch.Start).DefaultIfEmpty(Instants.Min).Min()) },
            new() { Value = Clamp(stretches.Select(s => s.Stretch.End).DefaultIfEmpty(Instants.Min).Max()) },
        ], ct);

    private async IAsyncEnumerable<SpendLine> Lines(string sql, IEnumerable<NpgsqlParameter> parameters, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        SpendLine? line = null;
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            if (line is null || line.Id != reader.GetInt64(0))
            {
                if (line is not null) yield return line;
                line = new(reader.GetInt64(0), new(
                    reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), (DimensionSet)reader.GetInt16(5), reader.GetFieldValue<DateTimeOffset>(6), reader.GetInt32(7)));
            }
            line.Facts.Add(LineCache.FactAt(reader, 8));
        }
        if (line is not null) yield return line;
    }

    /// <summary>The stretches in which a mission's agents owned keys while it ran: it can carry parts of no other lines.</summary>
    private static IReadOnlyList<Touched> Reach(Mission mission, AttributionContext context)
    {
        var reach = new List<Touched>();
        foreach (var key in context.Keys.Values)
            foreach (var window in mission.Intervals)
                foreach (var (stretch, owners) in key.Stretches(window))
                    if (owners.Any(o => mission.Agents.Contains(o.Agent)))
                        reach.Add(new(key.Account, key.Key, stretch));
        return reach;
    }

    private static string Shown(Party party) => party.Mission ?? (party.Agent is null ? Party.UnassignedName : Party.IdleName);

    private static string? Named(string text) => text.Length == 0 ? null : text;

    private static DateTimeOffset Clamp(DateTimeOffset at) => at < Instants.Min ? Instants.Min : at > Instants.Max ? Instants.Max : at.ToUniversalTime();

    private static Usd Money(Int128 ticks) => new(checked((long)ticks));

    internal static Usd Money(decimal ticks) => new(checked((long)ticks));
}
