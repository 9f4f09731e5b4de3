using Ledger.Postgres;
using Ledger.Testing;
using Ledger.Views.Spend;

namespace Ledger.Views.Tests;

/// <summary>A fresh log with its books.</summary>
internal sealed class BooksFixture : IAsyncDisposable
{
    private int causes;

    private BooksFixture(TestDatabase database, PostgresEventLog log, Books books)
    {
        Database = database;
        Log = log;
        Books = books;
        Queries = new(database.DataSource, log, books);
    }

    public TestDatabase Database { get; }

    public PostgresEventLog Log { get; }

    public Books Books { get; }

    public SpendQueries Queries { get; }

    public static async Task<BooksFixture> Create(bool following = true)
    {
        var database = await TestDatabase.Create();
        var log = await database.OpenLog();
        var books = new Books(database.DataSource, log, TimeProvider.System);
        if (following) await books.Start(default);
        return new(database, log, books);
    }

    /// <summary>Appends events of any streams, in order, as one append; answers the last position.</summary>
    public async Task<long> Append(params IReadOnlyList<(string Stream, ILedgerEvent Event)> events)
    {
        // One append takes a stream once; runs of the same stream keep the order between streams.
        var last = 0L;
        for (var i = 0; i < events.Count;)
        {
            var run = events.Skip(i).TakeWhile(e => e.Stream == events[i].Stream).Take(200).ToArray();
            var cause = $"test:{Interlocked.Increment(ref causes)}";
            var result = await Log.Append(
                new() { Streams = [new(run[0].Stream, StreamAppend.AnyVersion, [.. run.Select((e, n) => EventJson.ToNew(e.Event, cause, $"{n}", new(2026, 11, 20, 0, 0, causes % 60, TimeSpan.Zero)))])] }, default);
            last = Assert.IsType<AppendResult.Written>(result).Last;
            i += run.Length;
        }
        return last;
    }

    public async Task<long> AppendAndFollow(params IReadOnlyList<(string Stream, ILedgerEvent Event)> events)
    {
        var last = await Append(events);
        Assert.True(await Books.WaitFor(last, TimeSpan.FromSeconds(30), default), $"The books did not reach {last}: {Books.Halted}");
        return last;
    }

    public async ValueTask DisposeAsync()
    {
        await Books.DisposeAsync();
        await Log.DisposeAsync();
        await Database.DisposeAsync();
    }
}
