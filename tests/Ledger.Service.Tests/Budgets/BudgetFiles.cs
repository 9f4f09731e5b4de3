using Ledger.Budgets;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Budgets;

public sealed class BudgetFiles(TestDatabases databases)
{
    private const string file = """
        {"prune":true,"budgets":[
          {"name":"stays","scope":"everything","limits":[{"period":"day","limit":5}]},
          {"name":"grows","scope":"all","limits":[{"period":"week","limit":"7.50"}],"thresholds":["90%"]},
          {"scope":"agent:ba","limits":[{"period":"month","limit":"31"}],"zone":"Europe/Brussels"}]}
        """;

    [Fact]
    public async Task a_plan_says_what_an_apply_then_does_and_a_second_apply_does_nothing()
    {
        await using var scene = await SpendScene.Spent(databases, "6.00");
        var host = scene.Host;
        (await host.Post("budgets", new { name = "stays", scope = "all", limits = new[] { new { period = "day", limit = "5" } } })).Ok();
        (await host.Post("budgets", new { name = "grows", scope = "all", limits = new[] { new { period = "week", limit = "5" } } })).Ok();
        (await host.Post("budgets", new { name = "goes", scope = "all", limits = new[] { new { period = "week", limit = "5" } } })).Ok();
        var written = await scene.Written();
        var plan = (await host.Post("budgets/plan", file)).Ok();
        Assert.Equal(["stays unchanged", "grows changed", "agent:ba set", "goes closed"], plan["budgets"]!.AsArray().Select(b => $"{b!["name"]} {b["action"]}"));
        Assert.True((bool)plan["changes"]!);
        Assert.Equal((1, 1, 1, 1), ((int)plan["set"]!, (int)plan["changed"]!, (int)plan["closed"]!, (int)plan["unchanged"]!));
        Assert.Equal(["limits: week $5.00 -> week $7.50", "thresholds: 50%, 80%, 100%, forecast 100% -> 90%"],
            plan["budgets"]![1]!["differences"]!.AsArray().Select(d => $"{d!["field"]}: {d["before"]} -> {d["after"]}"));
        Assert.Null(plan.Position);
        Assert.Equal(written, await scene.Written());

        var applied = (await host.Post("budgets/apply", file, "apply")).Ok();
        Assert.Equal(plan.Text, applied.Text);
        Assert.Equal(written + 3, await scene.Written());
        Assert.True((await host.Post("budgets/apply", file, "apply")).Ok().IsReplay);
        Assert.False((bool)(await host.Post("budgets/apply", file)).Ok()["changes"]!);
        Assert.Equal(written + 3, await scene.Written());
        Assert.False((bool)(await host.Post("budgets/plan", file)).Ok()["changes"]!);
        Assert.Equal(["agent:ba", "grows", "stays"], (await host.Get("budgets")).Ok()["budgets"]!.AsArray().Select(b => (string?)b!["name"]));
    }

    [Fact]
    public async Task files_applied_at_once_leave_the_budgets_of_one_of_them()
    {
        await using var scene = await SpendScene.Begin(databases);
        static string File(int limit) => $$"""{"prune":true,"budgets":[{{string.Join(',', Enumerable.Range(0, 20).Select(i => $$"""{"name":"b{{i}}","scope":"all","limits":[{"period":"day","limit":{{limit}}}]}"""))}}]}""";
        (await scene.Host.Post("budgets/apply", File(1))).Ok();
        var replies = await Task.WhenAll(Enumerable.Range(2, 4).Select(limit => scene.Host.Post("budgets/apply", File(limit))));
        Assert.Contains(replies, r => r.Status == 200);
        Assert.All(replies, r => Assert.True(r.Status == 200 || r.Code == "conflict.retry", r.Text));
        var limits = (await scene.Host.Get("budgets")).Ok()["budgets"]!.AsArray().Select(b => (string?)b!["periods"]![0]!["limit"]).ToArray();
        Assert.Equal(20, limits.Length);
        Assert.Single(limits.Distinct());
        // Each file wrote all of its budgets or none.
        Assert.Equal(20 * (1 + replies.Count(r => r.Status == 200)), await scene.Written());
        Assert.Equal(Budget.IdOf("b0"), (string?)(await scene.Host.Get("budgets")).Ok()["budgets"]![0]!["id"]);
    }
}
