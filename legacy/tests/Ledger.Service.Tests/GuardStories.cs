using Ledger.Money;
using Ledger.Simulator;

namespace Ledger.Service.Tests;

public sealed class GuardStories
{
    private static readonly DateTimeOffset hour = BudgetStories.Hour;

    [Fact]
    public async Task the_answer_has_the_shape_scripts_know_and_turns_from_allow_to_warn_to_deny()
    {
        await using var host = await BudgetStories.Spent("6.00");
        (await host.Post("budgets", new { scope = "agent:ba", limits = new[] { new { period = "month", limit = "10" } } })).Ok();
        var allowed = await Soon(host, "guard?agent=ba", "allow");
        Assert.Equal(["schema", "scope", "budget", "decision", "remaining", "threshold", "runsOutAt", "asOf", "lagSeconds", "reason", "exitCode", "hold"], allowed.Json.AsObject().Select(m => m.Key));
        Assert.Equal(("agent:ba", "agent:ba", "4.00", "USD", 0), ((string?)allowed["scope"], (string?)allowed["budget"], (string?)allowed["remaining"]!["amount"], (string?)allowed["remaining"]!["currency"], (int)allowed["exitCode"]!));

        (await host.Post("budgets", new { scope = "agent:ba", limits = new[] { new { period = "month", limit = "7" } } })).Ok();
        var warned = await Soon(host, "guard?agent=ba", "warn");
        Assert.Equal(("80%", 0), ((string?)warned["threshold"], (int)warned["exitCode"]!));
        (await host.Post("budgets", new { scope = "agent:ba", limits = new[] { new { period = "month", limit = "6" } } })).Ok();
        Assert.Equal(1, (int)(await Soon(host, "guard?agent=ba", "deny"))["exitCode"]!);
        // It is nobody else's budget.
        (await host.Post("agents", new { name = "vigilio" })).Ok();
        Assert.Equal("allow", (string?)(await host.Get("guard?agent=vigilio")).Ok()["decision"]);
        Assert.Equal("deny", (string?)(await host.Get("guard?agent=vigilio&budget=agent:ba")).Ok()["decision"]);
        Assert.Null((await host.Get("guard?agent=vigilio")).Ok()["remaining"]);
    }

    [Fact]
    public async Task old_data_is_unknown_and_a_spent_limit_stays_a_no()
    {
        await using var host = await BudgetStories.Spent("6.00");
        (await host.Post("budgets", new { scope = "all", limits = new[] { new { period = "month", limit = "1000" } } })).Ok();
        Assert.Equal("allow", (string?)(await Soon(host, "guard?agent=ba&maxAge=1h", "allow"))["decision"]);
        host.Clock.Advance(TimeSpan.FromHours(2));
        var old = (await host.Get("guard?agent=ba&maxAge=1h")).Ok();
        Assert.Equal(("unknown", 69), ((string?)old["decision"], (int)old["exitCode"]!));
        Assert.True((long)old["lagSeconds"]! >= 7_200);
        // Two polls of an hour and a minute are what the other reads put up with.
        Assert.Equal("allow", (string?)(await host.Get("guard?agent=ba")).Ok()["decision"]);
        host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal("unknown", (string?)(await host.Get("guard?agent=ba")).Ok()["decision"]);
        Assert.Equal("unknown", (string?)(await host.Post("guard", new { agent = "ba", reserve = "1" })).Ok()["decision"]);
        Assert.Empty((await host.Get("holds")).Ok()["holds"]!.AsArray());
        (await host.Post("budgets", new { scope = "all", limits = new[] { new { period = "month", limit = "5" } } })).Ok();
        Assert.Equal("deny", (string?)(await Soon(host, "guard?agent=ba", "deny"))["decision"]);
    }

    [Fact]
    public async Task of_many_agents_that_ask_at_once_only_so_many_get_a_hold_as_there_is_money_for()
    {
        await using var host = await BudgetStories.Spent("6.00");
        (await host.Post("budgets", new { scope = "agent:ba", limits = new[] { new { period = "month", limit = "11.50" } } })).Ok();
        await using var other = await host.Another();
        var asked = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => (i % 2 == 0 ? host : other).Post("guard", new { agent = "ba", reserve = "2.50", forSeconds = 600 })));
        var decisions = asked.Select(a => (string?)a.Ok()["decision"]).ToArray();
        Assert.Equal(2, decisions.Count(d => d is "allow" or "warn"));
        Assert.Equal(10, decisions.Count(d => d == "deny"));
        Assert.All(asked, a => Assert.Equal((string?)a["decision"] == "deny", a["hold"] is null));
        Assert.Equal(2, (await host.Get($"holds?minPosition={await host.Head()}")).Ok()["holds"]!.AsArray().Count);
    }

    [Fact]
    public async Task a_hold_is_seen_by_others_settles_into_spend_and_ends()
    {
        await using var host = await BudgetStories.Spent("6.00");
        (await host.Post("agents", new { name = "vigilio" })).Ok();
        (await host.Post("budgets", new { scope = "all", limits = new[] { new { period = "month", limit = "10" } } })).Ok();
        var taken = (await host.Post("guard", new { agent = "ba", reserve = 2.5, forSeconds = 1800 }, "take")).Ok();
        var id = (string)taken["hold"]!["id"]!;
        Assert.Equal(("2.50", "4.00"), ((string?)taken["hold"]!["amount"], (string?)taken["remaining"]!["amount"]));
        Assert.True((await host.Post("guard", new { agent = "ba", reserve = 2.5, forSeconds = 1800 }, "take")).Ok().IsReplay);
        // Whose it is may use it; others see it taken.
        Assert.Equal("4.00", (string?)(await Soon(host, "guard?agent=ba", "allow"))["remaining"]!["amount"]);
        Assert.Equal("1.50", (string?)(await host.Get($"guard?agent=vigilio&minPosition={await host.Head()}")).Ok()["remaining"]!["amount"]);
        Assert.Equal("deny", (string?)(await host.Post("guard", new { agent = "vigilio", reserve = "2" })).Ok()["decision"]);

        host.Clock.AdvanceTo(hour.AddMinutes(20));
        host.Team.Spend("ba", host.Team.Keys[0].Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"));
        await host.Sync();
        Assert.Equal("1.50", (string?)(await host.Get("holds")).Ok()["holds"]![0]!["left"]);
        Assert.Equal("1.50", (string?)(await host.Get("guard?agent=vigilio")).Ok()["remaining"]!["amount"]);

        var released = (await host.Post($"holds/{id}/release")).Ok();
        Assert.Equal("1.50", (string?)released["hold"]!["left"]);
        Assert.Equal("3.00", (string?)(await host.Get($"guard?agent=vigilio&minPosition={released["position"]}")).Ok()["remaining"]!["amount"]);
        (await host.Post($"holds/{id}/release")).Refused("hold.unknown");

        var second = (await host.Post("guard", new { agent = "ba", reserve = "1", forSeconds = 60 })).Ok();
        host.Clock.Advance(TimeSpan.FromMinutes(2));
        (await host.Post($"holds/{second["hold"]!["id"]}/release")).Refused("hold.expired");
        Assert.Empty((await host.Get("holds")).Ok()["holds"]!.AsArray());
    }

    [Fact]
    public async Task one_dollar_settles_one_hold()
    {
        await using var host = await BudgetStories.Spent("1.00");
        foreach (var key in new[] { "first", "second" }) (await host.Post("guard", new { agent = "ba", reserve = "2.50" }, key)).Ok();
        host.Clock.AdvanceTo(hour.AddMinutes(20));
        host.Team.Spend("ba", host.Team.Keys[0].Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("3.00"));
        await host.Sync();
        Assert.Equal(["2.00", "0.00"], (await host.Get("holds")).Ok()["holds"]!.AsArray().Select(h => (string?)h!["left"]));
    }

    [Fact]
    public async Task a_dollar_settles_the_agents_hold_or_nobodys_in_particular_and_not_both()
    {
        await using var host = await BudgetStories.Spent("1.00");
        (await host.Post("guard", new { reserve = "2.50" }, "nobody")).Ok();
        (await host.Post("guard", new { agent = "ba", reserve = "2.50" }, "ba")).Ok();
        host.Clock.AdvanceTo(hour.AddMinutes(20));
        host.Team.Spend("ba", host.Team.Keys[0].Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("3.00"));
        await host.Sync();
        var holds = (await host.Get("holds")).Ok()["holds"]!.AsArray();
        Assert.Equal(Usd.Parse("2.00"), holds.Aggregate(Usd.Zero, (sum, h) => sum + Usd.Parse((string)h!["left"]!)));
    }

    [Fact]
    public async Task what_settled_a_hold_that_is_over_settles_no_other()
    {
        await using var host = await BudgetStories.Spent("1.00");
        (await host.Post("guard", new { agent = "ba", reserve = "2.50", forSeconds = 1_800 }, "first")).Ok();
        (await host.Post("guard", new { agent = "ba", reserve = "2.50", forSeconds = 7_200 }, "second")).Ok();
        host.Clock.AdvanceTo(hour.AddMinutes(20));
        host.Team.Spend("ba", host.Team.Keys[0].Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("2.50"));
        await host.Sync();
        Assert.Equal(["2.50", "0.00"], (await host.Get("holds")).Ok()["holds"]!.AsArray().Select(h => (string?)h!["left"]));
        host.Clock.AdvanceTo(hour.AddMinutes(50));
        Assert.Equal("2.50", (string?)Assert.Single((await host.Get("holds")).Ok()["holds"]!.AsArray())!["left"]);
        // What is billed from now on is the second's own.
        host.Team.Spend("ba", host.Team.Keys[0].Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"));
        await host.Sync();
        Assert.Equal("1.50", (string?)Assert.Single((await host.Get("holds")).Ok()["holds"]!.AsArray())!["left"]);
    }

    [Fact]
    public async Task a_budget_over_all_accounts_is_as_old_as_the_oldest_of_them()
    {
        await using var host = await BudgetStories.Spent("1.00");
        (await host.Post("budgets", new { scope = "all", limits = new[] { new { period = "month", limit = "1000" } } })).Ok();
        var other = new SimulatedTeam(host.Clock, seed: 7);
        var second = await host.Connect("second", key: host.Xai.Issue(other));
        await Soon(host, "guard?agent=ba", "allow");
        // The agent's own account is read; what the other one spends of the same budget is not.
        await host.Database.Execute("update ledger_source set asked = asked - interval '2 days', answered = answered - interval '2 days' where account = '" + second["account"]!["id"] + "'");
        var blind = await Soon(host, "guard?agent=ba", "unknown");
        Assert.Equal(69, (int)blind["exitCode"]!);
        // Where no such budget applies, the other account is none of the agent's business.
        (await host.Post("budgets/all/close")).Ok();
        await Soon(host, "guard?agent=ba", "allow");
    }

    [Fact]
    public async Task what_others_spent_on_a_shared_key_may_be_the_agents_own()
    {
        await using var host = await BudgetStories.Spent("6.00");
        (await host.Post("agents", new { name = "vigilio" })).Ok();
        (await host.Post("keys/assign", new { key = "xai-ba", owners = new { ba = 1, vigilio = 3 }, from = hour.AddDays(-9).ToText() })).Ok();
        (await host.Post("budgets", new { scope = "agent:ba", limits = new[] { new { period = "month", limit = "10" } } })).Ok();
        await host.Sync();
        var remaining = (await host.Get("guard?agent=ba")).Ok()["remaining"]!;
        Assert.Equal("8.50", (string?)remaining["amount"]);
        Assert.True(Usd.Parse((string)remaining["low"]!) <= Usd.Parse("4.00"), remaining.ToJsonString());
        Assert.Equal("8.50", (string?)remaining["high"]);
    }

    /// <summary>Asks with everything that was written.</summary>
    private static async Task<Reply> Soon(TestHost host, string path, string decision)
    {
        var reply = (await host.Get($"{path}&minPosition={await host.Head()}")).Ok();
        Assert.Equal(decision, (string?)reply["decision"]);
        return reply;
    }
}
