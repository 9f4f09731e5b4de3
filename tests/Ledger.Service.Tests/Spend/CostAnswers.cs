using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Service.Operations;
using Ledger.Service.Spend;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Spend;

/// <summary>What a mission's cost says when it is not known, and that the past says what it said then.</summary>
public sealed class CostAnswers(TestDatabases databases)
{
    private static readonly DateTimeOffset day = new(2026, 11, 16, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task a_mission_whose_agents_owned_no_key_is_unknown_also_when_they_owned_one_by_mistake()
    {
        await using var books = await SpendBooks.Create(databases);
        await books.AppendAndFollow(
            ("agent-ba", new AgentAdded("ba", "ba", IdleRule.Shares, day, null)), ("agent-vigilio", new AgentAdded("vigilio", "vigilio", IdleRule.Shares, day, null)),
            ("mission-m-1", new MissionStarted("m-1", "One", null, ["ba"], 1, day.AddHours(10), day, null)),
            ("account-xai-1", Snapshot(6.00m)));
        Assert.Equal((null, "no_key"), await Cost(books, null));

        var mistaken = await books.AppendAndFollow(("key-xai-1-k", new KeyAssigned("xai-1", "k", [new("ba", 1)], null, day, null)));
        Assert.Equal(("6.00", null), await Cost(books, null));

        var corrected = await books.AppendAndFollow(("key-xai-1-k", new KeyAssigned("xai-1", "k", [new("vigilio", 1)], null, day, null)));
        Assert.Equal((null, "no_key"), await Cost(books, null));
        var listed = (await books.Ask(v => v.Figures(["m-1"], default)))["m-1"];
        Assert.Equal((null, null, null, "no_key"), (listed.Billed, listed.Low, listed.High, listed.Reason));

        // What was shown then is shown as of then.
        Assert.Equal(("6.00", null), await Cost(books, mistaken));
        Assert.Equal((null, "no_key"), await Cost(books, mistaken - 1));
        Assert.Equal("6.00", (await books.Ask(v => v.Moved(corrected, corrected, default))).ToString());
        Assert.Equal(Usd.Zero, await books.Ask(v => v.Moved(corrected + 1, corrected, default)));
        var diff = await books.Ask(v => v.Diff("m-1", mistaken, corrected, default));
        Assert.Equal(("6.00", "0.00", "-6.00", "0.00"), (diff!.Before.ToString(), diff.After.ToString(), diff.Moved.ToString(), diff.Billed.ToString()));
        Assert.Equal([new Counterpart("(idle)", "vigilio", Usd.FromDollars(6.00m))], diff.Counterparts);
    }

    [Fact]
    public async Task a_mission_whose_key_spent_nothing_cost_nothing_which_is_known()
    {
        await using var books = await SpendBooks.Create(databases);
        await books.AppendAndFollow(
            ("agent-ba", new AgentAdded("ba", "ba", IdleRule.Shares, day, null)),
            ("key-xai-1-k", new KeyAssigned("xai-1", "k", [new("ba", 1)], null, day, null)),
            ("mission-m-1", new MissionStarted("m-1", "One", null, ["ba"], 1, day.AddHours(10), day, null)));
        Assert.Equal(("0.00", null), await Cost(books, null));
        Assert.Null(await books.Ask(v => v.Cost("m-2", null, [], day, default)));
    }

    [Fact]
    public async Task a_position_that_is_not_there_is_refused()
    {
        await using var books = await SpendBooks.Create(databases);
        var last = await books.AppendAndFollow(("agent-ba", new AgentAdded("ba", "ba", IdleRule.Shares, day, null)));
        var unknown = await Assert.ThrowsAsync<PositionUnknownException>(() => books.Ask(v => v.Cost("m-1", last + 1, [], day, default)));
        Assert.Equal((last + 1, last), (unknown.Wanted, unknown.Reached));
        Assert.False(await books.Views.WaitFor(last + 1, TimeSpan.FromMilliseconds(60), default));
        Assert.True(await books.Views.WaitForStreams(["agent-ba", "agent-nobody"], default));
    }

    [Fact]
    public async Task two_verifies_at_once_are_no_broken_law()
    {
        await using var books = await SpendBooks.Create(databases);
        await books.AppendAndFollow(("agent-ba", new AgentAdded("ba", "ba", IdleRule.Shares, day, null)));
        await using var other = await books.Db.OpenConnectionAsync();
        await using var hold = new Npgsql.NpgsqlCommand("select pg_advisory_lock(71710002)", other);
        await hold.ExecuteNonQueryAsync();
        await Assert.ThrowsAsync<RebuildBusyException>(() => books.Verify.Run(null, default));
        await Assert.ThrowsAsync<RebuildBusyException>(() => books.Rebuild.Run(swap: true, null, default));
    }

    private static async Task<(string? Billed, string? Reason)> Cost(SpendBooks books, long? asOf)
    {
        var cost = await books.Ask(v => v.Cost("m-1", asOf, [], day, default));
        return (cost!.Billed?.ToString(), cost.Reason);
    }

    private static UsageSnapshotTaken Snapshot(decimal total) => new()
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
        Lines = [new() { Start = day.AddHours(10), Seconds = 3600, Key = "k", Model = "grok-4", Unit = "Prompt text tokens", Total = Usd.FromDollars(total) }],
    };
}
