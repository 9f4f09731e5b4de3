using Ledger.Service.Tests.Support;

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
        Assert.Equal(["(idle) - 3.00", $"{mission} The hour 2.00"], await Rows("by=mission&agent=ba&provider=xai", "mission", "title"));
        Assert.Equal(["2.00"], await Rows($"mission={mission}&account=prod&key=xai-ba"));
        Assert.Equal(["0.75"], await Rows("agent=(unassigned)"));

        var report = (await host.Get("report?since=2d")).Ok();
        Assert.Equal(("5.75", "3.00", "0.75"), ((string?)report["total"], (string?)report["idle"], (string?)report["unassigned"]));
        Assert.Equal("2026-11-14T00:00:00Z", (string?)report["window"]!["since"]);
        Assert.Equal(hour.AddMinutes(65).ToText()[..16], ((string)report["data"]!["through"]!)[..16]);
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
    public async Task a_position_of_other_books_is_not_waited_for_and_the_answer_says_so()
    {
        foreach (var path in new[] { "report", "agents", "keys" }) (await host.Get(path)).Ok();
        var began = TimeProvider.System.GetTimestamp();
        Assert.True((bool)(await host.Get("report?minPosition=999999999")).Ok()["data"]!["stale"]!);
        (await host.Get("agents?minPosition=999999999")).Ok();
        (await host.Get("keys?minPosition=999999999")).Ok();
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }
}
