using CsCheck;
using JasperFx.Events;
using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Keys;
using Ledger.Money;
using Ledger.Service.Spend;
using Ledger.Service.Tests.Support;
using Ledger.Tests.Laws;
using Marten;

namespace Ledger.Service.Tests.Spend;

/// <summary>Pages that fail, come twice, or cut a reading.</summary>
public sealed class Pages(TestDatabases databases)
{
    private static readonly DateTimeOffset day = new(2026, 11, 16, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task a_reading_counts_when_its_last_part_is_there()
    {
        await using var books = await SpendBooks.Create(databases, eventsPerPage: 2);
        await books.AppendAndFollow(("key-xai-1-k", new KeyAssigned("xai-1", "k", [new("ba", 1)], null, day, null)));
        var parts = InParts.Cut(Reading(3), 3).ToArray();
        // As an append that is cut between pages: what came so far is counted, and changes nothing.
        await books.AppendAndFollow(("account-xai-1", parts[0]), ("account-xai-1", parts[1]));
        Assert.Equal((3, 0), (await books.Scalar<long>("select events from spend_v3.mark"), await books.Scalar<long>("select count(*) from spend_v3.fact")));
        var last = await books.AppendAndFollow(("account-xai-1", parts[2]));
        Assert.Equal(3, await books.Scalar<long>($"select count(*) from spend_v3.fact where position = {last}"));
        Assert.Equal(Usd.Zero, (await books.Ask(v => v.Report(All(last - 1), default))).Total);
        Assert.Equal("6.00", (await books.Ask(v => v.Report(All(null), default))).Total.ToString());
        await books.AssertVerified();
    }

    [Fact]
    public async Task a_reading_that_lacks_a_part_stops_the_views_and_is_a_finding()
    {
        await using var books = await SpendBooks.Create(databases);
        var before = await books.AppendAndFollow(("key-xai-1-k", new KeyAssigned("xai-1", "k", [new("ba", 1)], null, day, null)));
        var parts = InParts.Cut(Reading(3), 3).ToArray();
        var last = await books.Append(("account-xai-1", parts[0]), ("account-xai-1", parts[2]));
        Assert.False(await books.Views.WaitFor(last, TimeSpan.FromSeconds(1), default));
        Assert.Equal(before, await books.Views.Position(default));
        Assert.Equal(0, await books.Scalar<long>("select count(*) from spend_v3.line"));
    }

    [Fact]
    public async Task a_total_that_replaces_another_than_is_held_stops_the_views()
    {
        await using var books = await SpendBooks.Create(databases);
        var before = await books.AppendAndFollow(("account-xai-1", Reading(1)));
        var line = Reading(1).Lines[0];
        var last = await books.Append(("account-xai-1", Reading(1) with { Reading = "r2", Lines = [line with { Total = new(5), Replaces = new(4) }] }));
        Assert.False(await books.Views.WaitFor(last, TimeSpan.FromSeconds(1), default));
        Assert.Equal(before, await books.Views.Position(default));
    }

    [Fact]
    public Task a_page_that_is_rolled_back_and_written_again_leaves_the_same_rows() => World.Seeds.SampleAsync(async seed =>
    {
        var random = new Random(seed);
        await using var books = await SpendBooks.Create(databases, following: false);
        var world = new World(random).Begin();
        for (var i = 0; i < 120; i++) world.Step();
        world.Finish();
        await books.Append(InParts.Of(world.Log, random));

        var writer = new SpendWriter(SpendTables.Live, books.Zone);
        var position = 0L;
        await using var session = books.Store.QuerySession();
        while (await session.Events.QueryAllRawEvents().Where(e => e.Sequence > position).OrderBy(e => e.Sequence).Take(random.Next(1, 9)).ToListAsync() is { Count: > 0 } events)
        {
            var page = await SpendPage.Of(events, session, default);
            // Some pages are rolled back before they are committed, some are written and committed nowhere near the end.
            for (var tries = random.Next(3); tries >= 0; tries--)
            {
                await using var db = await books.Db.OpenConnectionAsync();
                await using var transaction = await db.BeginTransactionAsync();
                await writer.Write(page, db, default);
                if (tries > 0) continue;
                await transaction.CommitAsync();
                // A crash before it is told: the next page reads everything again.
                if (random.Next(5) != 0) writer.Accept();
            }
            position = events[^1].Sequence;
        }
        await BooksLaws.AssertEqualsReference(books, [.. world.Log.Select(l => l.Event)]);
        var rebuilt = await books.Rebuild.Run(swap: false, null, default);
        Assert.True(rebuilt.Equal, rebuilt.FirstDifference);
    }, iter: 3, threads: 1);

    [Fact]
    public async Task an_event_that_comes_twice_or_is_passed_over_is_refused()
    {
        await using var books = await SpendBooks.Create(databases, following: false);
        await books.Append(("agent-a", new AgentAdded("a", "a", IdleRule.Shares, day, null)), ("agent-b", new AgentAdded("b", "b", IdleRule.Shares, day, null)), ("agent-c", new AgentAdded("c", "c", IdleRule.Shares, day, null)));
        var writer = new SpendWriter(SpendTables.Live, books.Zone);
        await using var session = books.Store.QuerySession();
        var all = await session.Events.QueryAllRawEvents().OrderBy(e => e.Sequence).ToListAsync();
        await Write(writer, books, session, all[0]);
        Assert.Contains("came after", (await Assert.ThrowsAsync<InvalidOperationException>(() => Write(writer, books, session, all[0]))).Message, StringComparison.Ordinal);
        Assert.Contains("has 2, but 1 came", (await Assert.ThrowsAsync<InvalidOperationException>(() => Write(writer, books, session, all[2]))).Message, StringComparison.Ordinal);
        await Write(writer, books, session, all[1]);
        await Write(writer, books, session, all[2]);
        Assert.Equal(3, await books.Scalar<long>("select events from spend_v3.mark"));
    }

    private static async Task Write(SpendWriter writer, SpendBooks books, IQuerySession session, params IEvent[] events)
    {
        await using var db = await books.Db.OpenConnectionAsync();
        await using var transaction = await db.BeginTransactionAsync();
        await writer.Write(await SpendPage.Of(events, session, default), db, default);
        await transaction.CommitAsync();
        writer.Accept();
    }

    private static ReportQuery All(long? asOf) => new() { Since = day, Until = day.AddDays(1), By = [], AsOf = asOf, PreliminaryFrom = day };

    private static UsageSnapshotTaken Reading(int lines) => new()
    {
        Account = "xai-1",
        Reading = "r",
        Part = 1,
        Parts = 1,
        Asked = day.AddHours(11.1),
        Answered = day.AddHours(11.1),
        Covers = new(day, day.AddHours(12)),
        Dimensions = DimensionSet.KeyModelUnit,
        SettlementLagSeconds = 0,
        Previous = [],
        Lines = [.. Enumerable.Range(1, lines).Select(n => new SnapshotLine { Start = day.AddHours(n), Seconds = 3600, Key = "k", Model = "grok-4", Unit = "Prompt text tokens", Total = Usd.FromDollars(n) })],
    };
}
