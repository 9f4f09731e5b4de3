using JasperFx.Events.Daemon;
using Ledger.Service.Operations;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Ledger.Service.Tests.Support;
using Marten;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Ledger.Service.Tests.Spend;

/// <summary>A fresh log with its money views and its chain, followed by a daemon.</summary>
internal sealed class SpendBooks : IAsyncDisposable
{
    private readonly TestDatabases databases;
    private readonly string connectionString;

    private SpendBooks(TestDatabases databases, string connectionString, TeamZone zone, IDocumentStore store, NpgsqlDataSource db)
    {
        this.databases = databases;
        this.connectionString = connectionString;
        Db = db;
        Store = store;
        Zone = zone;
        Views = new(store, TimeProvider.System);
        Rebuild = new(store, zone);
        Verify = new(store, Rebuild);
    }

    public NpgsqlDataSource Db { get; }

    public IDocumentStore Store { get; }

    public TeamZone Zone { get; }

    public SpendViews Views { get; }

    public RebuildViews Rebuild { get; }

    public VerifyBooks Verify { get; }

    /// <summary>What follows the log; null before <see cref="Follow"/>.</summary>
    public IProjectionDaemon? Daemon { get; private set; }

    /// <summary>The positions of everything appended here, in order.</summary>
    public List<long> Positions { get; } = [];

    public static async Task<SpendBooks> Create(TestDatabases databases, string zone = "UTC", int? eventsPerPage = null, Action<StoreOptions>? more = null, bool following = true)
    {
        var books = await Open(databases, await databases.Create(), zone, eventsPerPage, more);
        await books.Store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        if (following) await books.Follow();
        return books;
    }

    /// <summary>The same books once more, as another process would open them.</summary>
    public Task<SpendBooks> Again(string? zone = null, Action<StoreOptions>? more = null) => Open(databases, connectionString, zone ?? Zone.Name, null, more);

    public async Task Follow()
    {
        Daemon = await Store.BuildProjectionDaemonAsync(logger: NullLogger.Instance);
        await Daemon.StartAllAsync();
    }

    public async Task StopFollowing()
    {
        if (Daemon is null) return;
        await Daemon.StopAllAsync();
        Daemon.Dispose();
        Daemon = null;
    }

    /// <summary>Appends events in order, each run of events for one stream as one append; answers the last position.</summary>
    public async Task<long> Append(params IReadOnlyList<(string Stream, ILedgerEvent Event)> events)
    {
        for (var i = 0; i < events.Count;)
        {
            var run = events.Skip(i).TakeWhile(e => e.Stream == events[i].Stream).ToArray();
            await using var session = Store.LightweightSession();
            var appended = session.Events.Append(run[0].Stream, [.. run.Select(e => (object)e.Event)]);
            await session.SaveChangesAsync();
            Positions.AddRange(appended.Events.Select(e => e.Sequence));
            i += run.Length;
        }
        return Positions[^1];
    }

    public async Task<long> AppendAndFollow(params IReadOnlyList<(string Stream, ILedgerEvent Event)> events)
    {
        var last = await Append(events);
        await Reach(last);
        return last;
    }

    public async Task Reach(long position)
    {
        Assert.True(await Views.WaitFor(position, TimeSpan.FromSeconds(30), default), $"The views did not reach {position}.");
        await Daemon!.Tracker.WaitForShardState(ChainProjection.Progress, position, TimeSpan.FromSeconds(30));
    }

    public async Task<T> Ask<T>(Func<SpendView, Task<T>> question)
    {
        await using var view = await Views.Open(default);
        return await question(view);
    }

    public async Task AssertVerified() => Assert.All(await Verify.Run(null, default), check => Assert.True(check.Ok, $"{check.Law}: {check.Detail}"));

    public async Task<T> Scalar<T>(string sql)
    {
        await using var command = Db.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task<int> Execute(string sql)
    {
        await using var command = Db.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopFollowing();
        await Store.DisposeAsync();
        await Db.DisposeAsync();
    }

    private static Task<SpendBooks> Open(TestDatabases databases, string connectionString, string zone, int? eventsPerPage, Action<StoreOptions>? more)
    {
        var db = NpgsqlDataSource.Create(connectionString);
        var store = DocumentStore.For(o =>
        {
            o.Connection(db);
            o.Books();
            o.Spend(zone);
            o.Chain();
            if (eventsPerPage is { } few)
                foreach (var source in o.Projections.All.Where(p => p.Name is SpendProjection.Name or ChainProjection.Name))
                    (source.Options.BatchSize, source.Options.MaximumHopperSize) = (few, few * 3);
            more?.Invoke(o);
        });
        return Task.FromResult(new SpendBooks(databases, connectionString, new(zone), store, db));
    }
}
