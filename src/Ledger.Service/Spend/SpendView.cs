using Marten;
using Npgsql;

namespace Ledger.Service.Spend;

/// <summary>Where in the log an answer stands.</summary>
/// <param name="Position">Last position it knows.</param>
/// <param name="Time">When that event was recorded; null at 0.</param>
public sealed record AsOf(long Position, DateTimeOffset? Time);

/// <summary>
/// The money views at one position. Current figures come from the rows; figures as of an earlier position are computed from the facts up to it.
/// </summary>
public sealed partial class SpendView : IAsyncDisposable
{
    private const string schema = SpendTables.Live;

    private readonly IDocumentStore store;
    private readonly NpgsqlConnection connection;
    private readonly NpgsqlTransaction transaction;
    private readonly AsOf at;
    private readonly TeamZone zone;
    private readonly AccountSpend accountSpend;
    private LastReading? lastReading;

    internal SpendView(IDocumentStore store, NpgsqlConnection connection, NpgsqlTransaction transaction, AsOf at, TeamZone zone, AccountSpend accountSpend) =>
        (this.store, this.connection, this.transaction, this.at, this.zone, this.accountSpend) = (store, connection, transaction, at, zone, accountSpend);

    /// <summary>Last position the answers know.</summary>
    public long Position => at.Position;

    /// <summary>When that event was recorded; null at 0.</summary>
    public DateTimeOffset? At => at.Time;

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }
}
