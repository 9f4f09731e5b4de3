using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Service.Spend;
using Ledger.Service.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Ledger.Service.Tests.Spend;

public sealed class Reports(TestDatabases databases) : IAsyncLifetime
{
    private static readonly DateTimeOffset hour = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    private LedgerHost host = null!;

    public async ValueTask InitializeAsync() => host = await LedgerHost.Start(databases, clock: new(hour.AddMinutes(65)));

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task rows_and_their_rest_add_up_to_the_total_whatever_is_grouped()
    {
        var given = await Given.Account(host);
        var ba = await given.Spender("ba", hour.AddDays(-1), "3.00");
        var last = await given.Bills((ba, hour, "2.00"), (await given.Key("xai-nobody"), hour, "0.50"), ("", hour, "0.25"));
        var mission = (string)(await host.Post("missions", new { title = "The hour", at = hour })).Ok()["mission"]!["id"]!;

        async Task<string[]> Rows(string query, params string[] members) =>
            [.. (await host.Get($"report?since=2d&minPosition={last}&{query}")).Ok()["rows"]!.AsArray().Select(r => string.Join(' ', members.Append("billed").Select(m => (string?)r![m] ?? "-")))];
        Assert.Equal(["5.75"], await Rows(""));
        Assert.Equal(["2026-11-15 3.00", "2026-11-16 2.75"], await Rows("by=day", "day"));
        Assert.Equal(["prod key-of-xai-ba xai-ba 5.00", "prod key-of-xai-nobody xai-nobody 0.50", "prod - - 0.25"], await Rows("by=account,key", "account", "key", "keyName"));
        Assert.Equal(["key-of-xai-ba 5.00", "(other) 0.75"], await Rows("by=key&limit=1", "key"));
        Assert.Equal([$"{mission} The hour 2.00", "(idle) - 3.00"], await Rows("by=mission&agent=ba&provider=xai", "mission", "title"));
        // Leftovers come last, whatever they cost, and what was cut off after them.
        Assert.Equal([$"{mission} The hour 2.00", "(idle) - 3.00", "(unassigned) - 0.75"], await Rows("by=mission", "mission", "title"));
        Assert.Equal([$"{mission} 2.00", "(idle) 3.00", "(other) 0.75"], await Rows("by=mission&limit=2", "mission"));
        Assert.Equal(["2026-11-15 (idle) 3.00", $"2026-11-16 {mission} 2.00", "2026-11-16 (unassigned) 0.75"], await Rows("by=day,mission", "day", "mission"));
        Assert.Equal(["2.00"], await Rows($"mission={mission}&account=prod&key=xai-ba"));
        Assert.Equal(["0.75"], await Rows("agent=(unassigned)"));

        var report = (await host.Get("report?since=2d")).Ok();
        Assert.Equal(("5.75", "3.00", "0.75"), ((string?)report["total"], (string?)report["idle"], (string?)report["unassigned"]));
        Assert.Equal("2026-11-14T00:00:00Z", (string?)report["window"]!["since"]);
        Assert.Equal(hour.AddMinutes(65).ToText()[..16], ((string)report["data"]!["through"]!)[..16]);
    }

    [Fact]
    public async Task a_model_a_unit_or_a_provider_that_the_books_never_saw_is_refused_with_what_is_like_it()
    {
        var given = await Given.Account(host);
        var key = await given.Spender("ba", hour.AddDays(-1), "3.00");
        var last = await given.Bills((key, hour, "0.00"));
        foreach (var (filter, value, like) in new[] { ("model", "grok-nothing", "grok-4-fast-reasoning"), ("unit", "promt", "prompt"), ("provider", "xia", "xai"), ("model", "", "grok-4-fast-reasoning") })
        {
            var refused = (await host.Get($"report?since=2d&minPosition={last}&{filter}={value}")).Refused($"{filter}.unknown");
            Assert.Equal((filter, value, 65), ((string?)refused["field"], (string?)refused["value"], (int)refused["exit"]!));
            Assert.Equal([like], refused["candidates"]!.AsArray().Select(c => (string?)c));
        }
        foreach (var filter in (string[])["model=grok-4-fast-reasoning", "model=GROK-4-Fast-reasoning", "unit=Prompt", "unit=%20prompt", "provider=xai", "provider=XAI"])
            Assert.Equal("3.00", (string?)(await host.Get($"report?since=2d&{filter}")).Ok()["total"]);
    }

    [Fact]
    public async Task where_nothing_was_read_nothing_is_known()
    {
        var none = (await host.Get("report")).Ok();
        Assert.Equal((null, null), (none["total"], none["data"]!["through"]));
        Assert.False((bool)none["data"]!["stale"]!);
        await Given.Account(host);
        var unread = (await host.Get("report")).Ok();
        Assert.Null(unread["total"]);
        Assert.True((bool)unread["data"]!["stale"]!);
    }

    [Fact]
    public async Task as_of_a_position_or_a_time_is_what_was_known_then()
    {
        var given = await Given.Account(host);
        var key = await given.Key("xai-ba");
        var first = await given.Bills((key, hour, "1.00"));
        host.Clock.Advance(TimeSpan.FromMinutes(10));
        var between = host.Clock.GetUtcNow();
        host.Clock.Advance(TimeSpan.FromMinutes(10));
        await given.Bills((key, hour, "4.00"));
        Assert.Equal("1.00", (string?)(await host.Get($"report?since=today&asOf={first}")).Ok()["total"]);
        var then = (await host.Get($"report?since=today&asOf={between.ToText()}")).Ok();
        Assert.Equal(("1.00", first), ((string?)then["total"], (long)then["asOf"]!["position"]!));
    }

    [Fact]
    public async Task names_are_those_of_the_position_that_the_money_stands_at()
    {
        var given = await Given.Account(host);
        var key = await given.Spender("ba", hour, "3.00");
        var mission = (string)(await host.Post("missions", new { title = "Before", at = hour })).Ok()["mission"]!["id"]!;
        var was = await host.Head();
        const string old = "prod, -, xai-ba, Before";
        Assert.Equal((old, false), await Names($"minPosition={was}"));

        // The money views wait for this row while the log goes on.
        await using (var db = new NpgsqlConnection(host.Options.Database))
        {
            await db.OpenAsync();
            await using var hold = await db.BeginTransactionAsync();
            await using (var mark = new NpgsqlCommand($"select from {SpendTables.Live}.mark for update", db, hold)) await mark.ExecuteNonQueryAsync();
            await using (var session = host.Services.GetRequiredService<IDocumentStore>().LightweightSession())
            {
                var (now, account) = (host.Clock.GetUtcNow(), Account.IdOf("xai", "prod"));
                session.Events.Append(Account.StreamOf(account), new AccountEdited(account, "renamed", null, null, null, now, null));
                session.Events.Append(Agent.StreamOf("ba"), new AgentEdited("ba", "B.A.", null, now, null));
                session.Events.Append(KeyOwnership.StreamOf(account, key), new KeySeen(account, key, "xai-b-a", now));
                session.Events.Append(Mission.StreamOf(mission), new MissionEdited(mission, "After", null, null, null, now, null));
                await session.SaveChangesAsync();
            }
            Assert.Equal((old, true), await Names(""));
            var listed = (await host.Get("missions")).Ok()["missions"]![0]!;
            Assert.Equal(("Before", null), ((string?)listed["title"], listed["agentNames"]));
            await hold.RollbackAsync();
        }
        var after = await host.Head();
        Assert.Equal(("renamed, B.A., xai-b-a, After", false), await Names($"minPosition={after}"));
        Assert.Equal((old, false), await Names($"asOf={was}"));

        async Task<(string Names, bool Behind)> Names(string query)
        {
            var report = (await host.Get($"report?since=2d&by=account,agent,key,mission&mission={mission}&{query}")).Ok();
            var row = report["rows"]![0]!;
            string[] names = [(string)row["account"]!, (string?)row["agentName"] ?? "-", (string)row["keyName"]!, (string)row["title"]!];
            var cost = (await host.Get($"missions/cost?mission={mission}&by=agent,key&{query}")).Ok();
            Assert.Equal([names[1], names[2], names[3]], [(string?)cost["by"]![0]!["agentName"] ?? "-", (string)cost["by"]![0]!["keyName"]!, (string)cost["mission"]!["title"]!]);
            var explained = (await host.Get($"missions/explain?mission={mission}&{query}")).Ok();
            Assert.Equal([names[0], names[2], names[3]], [(string)explained["lines"]![0]!["account"]!, (string)explained["lines"]![0]!["keyName"]!, (string)explained["mission"]!["title"]!]);
            var diff = (await host.Get($"missions/diff?mission={mission}&from=0&{query.Replace("asOf", "to", StringComparison.Ordinal)}")).Ok();
            Assert.Equal([names[1], names[3]], [(string?)diff["mission"]!["agentNames"]?[0] ?? "-", (string)diff["mission"]!["title"]!]);
            return (string.Join(", ", names), (bool)report["data"]!["stale"]!);
        }
    }

    [Fact]
    public async Task a_position_of_other_books_is_not_waited_for_and_the_answer_says_so()
    {
        var first = TimeProvider.System.GetTimestamp();
        foreach (var path in new[] { "report", "agents", "keys" }) (await host.Get(path)).Ok();
        var usual = TimeProvider.System.GetElapsedTime(first);
        var began = TimeProvider.System.GetTimestamp();
        Assert.True((bool)(await host.Get("report?minPosition=999999999")).Ok()["data"]!["stale"]!);
        (await host.Get("agents?minPosition=999999999")).Ok();
        (await host.Get("keys?minPosition=999999999")).Ok();
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(5) + usual);
    }
}
