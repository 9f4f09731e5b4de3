using Ledger.Service.Spend;
using Marten;
using Microsoft.Extensions.Logging;
using Npgsql;
using Wolverine.Attributes;

namespace Ledger.Service.Operations;

/// <summary>Compares, every few minutes, how many events the views have counted with how many the log has.</summary>
[MessageIdentity("check-books.v1")]
public sealed record CheckBooks(DateTimeOffset At);

/// <summary>What the last comparison found: the only document of its kind.</summary>
public sealed record BooksCheck
{
    public const string Only = "books";

    public string Id { get; init; } = Only;

    /// <summary>When it was made.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>What is wrong, in words; null: nothing.</summary>
    public string? Broken { get; init; }
}

public static partial class CheckBooksHandler
{
    /// <summary>A view and its count are read in one snapshot, so that an event on its way is no finding.</summary>
    private const string counts = $"""
        select v.name, v.position, v.counted, (select count(*) from mt_events e where e.seq_id <= v.position and not e.is_archived)
        from (select 'spend' as name, position, events as counted from {SpendTables.Live}.mark
              union all (select 'chain', position, number from {Chain.Schema}.link order by position desc limit 1)) v
        """;

    public static async Task Handle(CheckBooks message, IDocumentSession session, NpgsqlDataSource db, ILogger<BooksCheck> logger, CancellationToken ct)
    {
        string? broken = null;
        await using (var command = db.CreateCommand(counts))
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
                if (reader.GetInt64(2) != reader.GetInt64(3))
                    broken ??= $"{reader.GetString(0)} has counted {reader.GetInt64(2)} events up to position {reader.GetInt64(1)}, where the log has {reader.GetInt64(3)}";
        if (broken is not null) LogBroken(logger, broken);
        session.Store(new BooksCheck { At = message.At, Broken = broken });
    }

    [LoggerMessage(LogLevel.Critical, "The books are not sound: {What}. `ledger verify` says more.")]
    private static partial void LogBroken(ILogger logger, string what);
}
