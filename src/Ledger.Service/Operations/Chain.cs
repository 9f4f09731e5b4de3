using System.Security.Cryptography;
using JasperFx.Events;
using JasperFx.Events.Projections;
using Ledger.Service.Storage;
using Marten;
using Marten.Events.Projections;
using Npgsql;
using NpgsqlTypes;
using Weasel.Core;
using Weasel.Core.Migrations;
using Weasel.Postgresql;
using Weasel.Postgresql.Tables;

namespace Ledger.Service.Operations;

/// <summary>
/// The hash chain over the log: each event's hash covers every column of its row and the hash before it, so that nobody changes, adds or
/// removes an event unnoticed. Books of version 0.1 bring a chain of their own; its last hash is the first one's predecessor here.
/// </summary>
public static class Chain
{
    public const string Schema = "chain_v1";

    /// <summary>
    /// What is hashed of a row: all its columns as JSON, those of null left out, so that a column which Marten adds later changes nothing.
    /// The data and headers are taken as they are, their nulls with them.
    /// </summary>
    private const string rowHashes = """
        (select e.seq_id, sha256(convert_to(jsonb_strip_nulls(r.columns - 'data' - 'headers')::text || coalesce(r.columns -> 'headers', 'null')::text || e.data::text, 'UTF8')) as hash
        from mt_events e cross join lateral (select to_jsonb(e) as columns) r)
        """;

    /// <summary>The last link; the beginning when there is none.</summary>
    internal static async Task<Link> Last(NpgsqlConnection db, CancellationToken ct)
    {
        await using (var command = new NpgsqlCommand($"select position, number, hash from {Schema}.link order by position desc limit 1", db))
        await using (var reader = await command.ExecuteReaderAsync(ct))
            if (await reader.ReadAsync(ct))
                return new(reader.GetInt64(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2));
        return await Beginning(db, ct);
    }

    /// <summary>The last hash of version 0.1 where the books come from there, else zeros.</summary>
    internal static async Task<Link> Beginning(NpgsqlConnection db, CancellationToken ct)
    {
        await using var there = new NpgsqlCommand("select to_regclass('ledger_chain') is not null", db);
        if (!(bool)(await there.ExecuteScalarAsync(ct))!) return new(0, 0, new byte[SHA256.HashSizeInBytes]);
        await using var last = new NpgsqlCommand("select hash from ledger_chain order by seq_id desc limit 1", db);
        return new(0, 0, await last.ExecuteScalarAsync(ct) as byte[] ?? new byte[SHA256.HashSizeInBytes]);
    }

    /// <summary>Makes the text of a row the same on every machine; ends with the transaction.</summary>
    internal static async Task SameTextEverywhere(NpgsqlConnection db, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("set local timezone = 'UTC'; set local bytea_output = 'hex'; set local extra_float_digits = 1", db);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>
    /// Computes the whole chain again, up to where it is, and says where it breaks first.
    /// </summary>
    public static async Task<LawCheck> Verify(NpgsqlConnection db, CancellationToken ct)
    {
        const string law = "every event is what it was when it was recorded";
        await SameTextEverywhere(db, ct);
        var link = await Beginning(db, ct);
        await using var command = new NpgsqlCommand($"""
            with reached as (select coalesce(max(last_seq_id), 0) as position from mt_event_progression where name = '{ChainProjection.Progress}')
            select coalesce(e.seq_id, c.position), e.hash, c.number, c.hash
            from (select e.* from {rowHashes} e, reached where e.seq_id <= reached.position) e
            full join {Schema}.link c on c.position = e.seq_id order by 1
            """, db)
        { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var position = reader.GetInt64(0);
            if (reader.IsDBNull(1)) return Broken(position, $"the event at position {position} is gone");
            if (reader.IsDBNull(3)) return Broken(position, $"the event at position {position} is not in the chain");
            var next = link.Next(position, reader.GetFieldValue<byte[]>(1));
            if (next.Number != reader.GetInt64(2)) return Broken(position, $"event {position} is number {next.Number}, but the chain counts it as {reader.GetInt64(2)}");
            if (!next.Hash.AsSpan().SequenceEqual(reader.GetFieldValue<byte[]>(3))) return Broken(position, $"the event at position {position} was changed, or the chain was");
            link = next;
        }
        return new(law, true, link.Number, null);

        LawCheck Broken(long position, string detail) => new(law, false, link.Number, detail) { Position = position };
    }

    /// <summary>The hash of each event after a position, up to another.</summary>
    internal static async Task<List<(long Position, byte[] Hash)>> RowHashes(NpgsqlConnection db, long after, long last, CancellationToken ct)
    {
        await SameTextEverywhere(db, ct);
        await using var command = new NpgsqlCommand($"select e.seq_id, e.hash from {rowHashes} e where e.seq_id > $1 and e.seq_id <= $2 order by e.seq_id", db);
        command.Parameters.Add(new() { Value = after });
        command.Parameters.Add(new() { Value = last });
        var hashes = new List<(long, byte[])>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            hashes.Add((reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)));
        return hashes;
    }
}

public static class ChainSetup
{
    private const int eventsPerPage = 1_000;

    /// <summary>Adds the chain: its table and the projection that fills it.</summary>
    public static void Chain(this StoreOptions o)
    {
        o.Storage.Add(new ChainTables());
        o.Projections.Add(new ChainProjection(), ProjectionLifecycle.Async, ChainProjection.Name, asynchronous => asynchronous.BatchSize = eventsPerPage);
    }
}

/// <summary>An event in the chain.</summary>
/// <param name="Position">The event.</param>
/// <param name="Number">How many events there are up to it.</param>
/// <param name="Hash">SHA-256 over the hash before it and the event's own.</param>
public readonly record struct Link(long Position, long Number, byte[] Hash)
{
    public Link Next(long position, byte[] row) => new(position, Number + 1, SHA256.HashData([.. Hash, .. row]));
}

public sealed class ChainTables() : FeatureSchemaBase("ledger_chain_v1", new PostgresqlMigrator())
{
    protected override IEnumerable<ISchemaObject> schemaObjects()
    {
        var table = new Table(new PostgresqlObjectName(Chain.Schema, "link", SchemaUtils.IdentifierUsage.General));
        table.AddColumn<long>("position").AsPrimaryKey();
        table.AddColumn<long>("number").NotNull();
        table.AddColumn("hash", "bytea").NotNull();
        yield return table;
    }
}

/// <summary>Links each event to the one before, in the transaction that moves the projection's progress.</summary>
[ProjectionVersion(1)]
public sealed class ChainProjection : IProjection
{
    public const string Name = "Chain";

    /// <summary>The row of <c>mt_event_progression</c> that says how far it is.</summary>
    public const string Progress = "Chain:All";

    public Task ApplyAsync(IDocumentOperations operations, IReadOnlyList<IEvent> events, CancellationToken cancellation)
    {
        var page = (ITransactionParticipantRegistrar)operations;
        page.AddTransactionParticipant(new ProgressFence(Progress, events[^1].Sequence));
        page.AddTransactionParticipant(new LinkWriter(events[^1].Sequence));
        return Task.CompletedTask;
    }

    private sealed class LinkWriter(long last) : ITransactionParticipant
    {
        public async Task BeforeCommitAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken token)
        {
            var link = await Chain.Last(connection, token);
            var hashes = await Chain.RowHashes(connection, link.Position, last, token);
            await using var writer = await connection.BeginBinaryImportAsync($"copy {Chain.Schema}.link (position, number, hash) from stdin (format binary)", token);
            foreach (var (position, hash) in hashes)
            {
                link = link.Next(position, hash);
                writer.StartRow();
                writer.Write(link.Position, NpgsqlDbType.Bigint);
                writer.Write(link.Number, NpgsqlDbType.Bigint);
                writer.Write(link.Hash, NpgsqlDbType.Bytea);
            }
            await writer.CompleteAsync(token);
        }
    }
}
