using Ledger.Keys;
using Ledger.Money;
using Ledger.Service.Tests.Budgets;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Guard;

public sealed class GuardStories(TestDatabases databases)
{
    private static readonly DateTimeOffset hour = SpendScene.Hour;

    [Fact]
    public async Task the_answer_has_the_shape_scripts_know_and_turns_from_allow_to_warn_to_deny()
    {
        await using var scene = await SpendScene.Spent(databases, "6.00");
        var host = scene.Host;
        (await host.Post("budgets", new { scope = "agent:ba", limits = new[] { new { period = "month", limit = "10" } } })).Ok();
        var allowed = await Asked(host, "guard?agent=ba", "allow");
        Assert.Equal(["schema", "scope", "budget", "decision", "remaining", "threshold", "runsOutAt", "asOf", "lagSeconds", "reason", "exitCode", "hold"], allowed.Json.AsObject().Select(m => m.Key));
        Assert.Equal(("agent:ba", "agent:ba", "4.00", "USD", 0), ((string?)allowed["scope"], (string?)allowed["budget"], (string?)allowed["remaining"]!["amount"], (string?)allowed["remaining"]!["currency"], (int)allowed["exitCode"]!));

        (await host.Post("budgets", new { scope = "agent:ba", limits = new[] { new { period = "month", limit = "7" } } })).Ok();
        var warned = await Asked(host, "guard?agent=ba", "warn");
        Assert.Equal(("80%", 0), ((string?)warned["threshold"], (int)warned["exitCode"]!));
        (await host.Post("budgets", new { scope = "agent:ba", limits = new[] { new { period = "month", limit = "6" } } })).Ok();
        Assert.Equal(1, (int)(await Asked(host, "guard?agent=ba", "deny"))["exitCode"]!);
        // It is nobody else's budget.
        (await host.Post("agents", new { name = "vigilio" })).Ok();
        Assert.Null((await Asked(host, "guard?agent=vigilio", "allow"))["remaining"]);
        await Asked(host, "guard?agent=vigilio&budget=agent:ba", "deny");
    }

    [Fact]
    public async Task old_data_is_unknown_and_a_spent_limit_stays_a_no()
    {
        await using var scene = await SpendScene.Spent(databases, "6.00");
        var host = scene.Host;
        (await host.Post("budgets", new { scope = "all", limits = new[] { new { period = "month", limit = "1000" } } })).Ok();
        await Asked(host, "guard?agent=ba&maxAge=1h", "allow");
        host.Clock.Advance(TimeSpan.FromHours(2));
        var old = await Asked(host, "guard?agent=ba&maxAge=1h", "unknown");
        Assert.Equal(69, (int)old["exitCode"]!);
        Assert.True((long)old["lagSeconds"]! >= 7_200);
        // Two polls of an hour and a minute are what the other reads put up with.
        await Asked(host, "guard?agent=ba", "allow");
        host.Clock.Advance(TimeSpan.FromHours(1));
        await Asked(host, "guard?agent=ba", "unknown");
        Assert.Equal("unknown", (string?)(await host.Post("guard", new { agent = "ba", reserve = "1" })).Ok()["decision"]);
        Assert.Empty((await host.Get("holds")).Ok()["holds"]!.AsArray());
        (await host.Post("budgets", new { scope = "all", limits = new[] { new { period = "month", limit = "5" } } })).Ok();
        await Asked(host, "guard?agent=ba", "deny");
    }

    [Fact]
    public async Task of_many_agents_that_ask_at_once_only_so_many_get_a_hold_as_there_is_money_for()
    {
        await using var scene = await SpendScene.Spent(databases, "6.00");
        var host = scene.Host;
        (await host.Post("budgets", new { scope = "agent:ba", limits = new[] { new { period = "month", limit = "11.50" } } })).Ok();
        // They meet in the database, so it makes no difference through which node they ask.
        var asked = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => host.Post("guard", new { agent = "ba", reserve = "2.50", forSeconds = 600 })));
        var decisions = asked.Select(a => (string?)a.Ok()["decision"]).ToArray();
        Assert.Equal(2, decisions.Count(d => d is "allow" or "warn"));
        Assert.Equal(10, decisions.Count(d => d == "deny"));
        Assert.All(asked, a => Assert.Equal((string?)a["decision"] == "deny", a["hold"] is null));
        Assert.Equal(2, (await host.Get("holds")).Ok()["holds"]!.AsArray().Count);
        Assert.Equal(2, await host.Scalar<long>("select count(*) from mt_events where type = 'hold-taken.v1'"));
    }

    [Fact]
    public async Task a_hold_is_seen_by_others_settles_into_spend_and_ends()
    {
        await using var scene = await SpendScene.Spent(databases, "6.00");
        var host = scene.Host;
        (await host.Post("agents", new { name = "vigilio" })).Ok();
        (await host.Post("budgets", new { scope = "all", limits = new[] { new { period = "month", limit = "10" } } })).Ok();
        var taken = (await host.Post("guard", new { agent = "ba", reserve = 2.5, forSeconds = 1800 }, "take")).Ok();
        var id = (string)taken["hold"]!["id"]!;
        Assert.Equal(("2.50", "4.00"), ((string?)taken["hold"]!["amount"], (string?)taken["remaining"]!["amount"]));
        Assert.True((await host.Post("guard", new { agent = "ba", reserve = 2.5, forSeconds = 1800 }, "take")).Ok().IsReplay);
        // Whose it is may use it; others see it taken.
        Assert.Equal("4.00", (string?)(await Asked(host, "guard?agent=ba", "allow"))["remaining"]!["amount"]);
        Assert.Equal("1.50", (string?)(await host.Get("guard?agent=vigilio")).Ok()["remaining"]!["amount"]);
        Assert.Equal("deny", (string?)(await host.Post("guard", new { agent = "vigilio", reserve = "2" })).Ok()["decision"]);

        host.Clock.AdvanceTo(hour.AddMinutes(20));
        await scene.Read(("ba", "7.00", hour));
        Assert.Equal("1.50", (string?)(await host.Get("holds")).Ok()["holds"]![0]!["left"]);
        Assert.Equal("1.50", (string?)(await host.Get("guard?agent=vigilio")).Ok()["remaining"]!["amount"]);

        var released = (await host.Post($"holds/{id}/release")).Ok();
        Assert.Equal("1.50", (string?)released["hold"]!["left"]);
        Assert.Equal("3.00", (string?)(await host.Get($"guard?agent=vigilio&minPosition={released.Position}")).Ok()["remaining"]!["amount"]);
        (await host.Post($"holds/{id}/release")).Refused("hold.unknown");

        var second = (await host.Post("guard", new { agent = "ba", reserve = "1", forSeconds = 60 })).Ok();
        host.Clock.Advance(TimeSpan.FromMinutes(2));
        (await host.Post($"holds/{second["hold"]!["id"]}/release")).Refused("hold.expired");
        Assert.Empty((await host.Get("holds")).Ok()["holds"]!.AsArray());
    }

    [Fact]
    public async Task one_dollar_settles_one_hold()
    {
        await using var scene = await SpendScene.Spent(databases, "1.00");
        foreach (var key in new[] { "first", "second" }) (await scene.Host.Post("guard", new { agent = "ba", reserve = "2.50" }, key)).Ok();
        scene.Host.Clock.AdvanceTo(hour.AddMinutes(20));
        await scene.Read(("ba", "4.00", hour));
        Assert.Equal(["2.00", "0.00"], await Left(scene));
    }

    [Fact]
    public async Task a_dollar_settles_the_agents_hold_or_nobodys_in_particular_and_not_both()
    {
        await using var scene = await SpendScene.Spent(databases, "1.00");
        (await scene.Host.Post("guard", new { reserve = "2.50" }, "nobody")).Ok();
        (await scene.Host.Post("guard", new { agent = "ba", reserve = "2.50" }, "ba")).Ok();
        scene.Host.Clock.AdvanceTo(hour.AddMinutes(20));
        await scene.Read(("ba", "4.00", hour));
        Assert.Equal(Usd.Parse("2.00"), (await Left(scene)).Aggregate(Usd.Zero, (sum, left) => sum + Usd.Parse(left!)));
    }

    [Fact]
    public async Task what_settled_a_hold_that_is_over_settles_no_other()
    {
        await using var scene = await SpendScene.Spent(databases, "1.00");
        (await scene.Host.Post("guard", new { agent = "ba", reserve = "2.50", forSeconds = 1_800 }, "first")).Ok();
        (await scene.Host.Post("guard", new { agent = "ba", reserve = "2.50", forSeconds = 7_200 }, "second")).Ok();
        scene.Host.Clock.AdvanceTo(hour.AddMinutes(20));
        await scene.Read(("ba", "3.50", hour));
        Assert.Equal(["2.50", "0.00"], await Left(scene));
        scene.Host.Clock.AdvanceTo(hour.AddMinutes(50));
        Assert.Equal(["2.50"], await Left(scene));
        // What is billed from now on is the second's own.
        await scene.Read(("ba", "4.50", hour));
        Assert.Equal(["1.50"], await Left(scene));
    }

    [Fact]
    public async Task what_was_over_before_a_hold_was_taken_and_edits_of_owners_settle_nothing()
    {
        await using var scene = await SpendScene.Spent(databases, "1.00");
        await scene.Agent("vigilio");
        (await scene.Host.Post("guard", new { agent = "ba", reserve = "2.50" })).Ok();
        await scene.Read(("ba", "1.00", hour.AddHours(-3)), ("vigilio", "9.00", hour));
        Assert.Equal(["2.50"], await Left(scene));
        // What was spent before it is now ba's: it was not spent since.
        await scene.Append(KeyOwnership.StreamOf(SpendScene.Account, "k-vigilio"), new KeyAssigned(SpendScene.Account, "k-vigilio", [new("ba", 1)], hour.AddDays(-9), scene.Now, null));
        Assert.Equal(["0.00"], await Left(scene));
        await scene.Append(KeyOwnership.StreamOf(SpendScene.Account, "k-vigilio"), new KeyAssigned(SpendScene.Account, "k-vigilio", [new("vigilio", 1)], hour.AddDays(-9), scene.Now, null));
        Assert.Equal(["2.50"], await Left(scene));
    }

    [Fact]
    public async Task a_budget_over_all_accounts_is_as_old_as_the_oldest_of_them()
    {
        await using var scene = await SpendScene.Spent(databases, "1.00");
        var host = scene.Host;
        (await host.Post("budgets", new { scope = "all", limits = new[] { new { period = "month", limit = "1000" } } })).Ok();
        await scene.Connect("xai-second", "second", scene.Now);
        await scene.Heartbeat(scene.Now, "xai-second");
        await Asked(host, "guard?agent=ba", "allow");
        // The agent's own account is read; what the other one spends of the same budget is not.
        await scene.Heartbeat(scene.Now.AddDays(-2), "xai-second");
        Assert.Equal(69, (int)(await Asked(host, "guard?agent=ba", "unknown"))["exitCode"]!);
        // Where no such budget applies, the other account is none of the agent's business.
        (await host.Post("budgets/all/close")).Ok();
        await Asked(host, "guard?agent=ba", "allow");
    }

    [Fact]
    public async Task what_others_spent_on_a_shared_key_may_be_the_agents_own()
    {
        await using var scene = await SpendScene.Spent(databases, "6.00");
        var host = scene.Host;
        (await host.Post("agents", new { name = "vigilio" })).Ok();
        await scene.Append(KeyOwnership.StreamOf(SpendScene.Account, "k-ba"), new KeyAssigned(SpendScene.Account, "k-ba", [new("ba", 1), new("vigilio", 3)], hour.AddDays(-9), scene.Now, null));
        (await host.Post("budgets", new { scope = "agent:ba", limits = new[] { new { period = "month", limit = "10" } } })).Ok();
        var remaining = (await host.Get("guard?agent=ba")).Ok()["remaining"]!;
        Assert.Equal("8.50", (string?)remaining["amount"]);
        Assert.True(Usd.Parse((string)remaining["low"]!) <= Usd.Parse("4.00"), remaining.ToJsonString());
        Assert.Equal("8.50", (string?)remaining["high"]);
    }

    private static async Task<string?[]> Left(SpendScene scene) => [.. (await scene.Host.Get("holds")).Ok()["holds"]!.AsArray().Select(h => (string?)h!["left"])];

    private static async Task<Reply> Asked(LedgerHost host, string path, string decision)
    {
        var reply = (await host.Get(path)).Ok();
        Assert.True(decision == (string?)reply["decision"], $"expected {decision}: {reply.Text}");
        return reply;
    }
}
