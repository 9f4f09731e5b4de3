using Ledger.Service.Http;

namespace Ledger.Service.Tests;

public sealed class Documents
{
    [Fact]
    public async Task the_description_covers_every_endpoint_its_key_and_its_problems()
    {
        await using var host = await TestHost.Start();
        using var anonymous = new HttpClient { BaseAddress = host.Host.Url };
        var document = System.Text.Json.Nodes.JsonNode.Parse(await anonymous.GetStringAsync("/openapi/v1.json"))!;
        var paths = document["paths"]!.AsObject();
        Assert.Contains("/api/v1/missions/cost", paths.Select(p => p.Key));
        foreach (var (path, operations) in paths)
            foreach (var (method, operation) in operations!.AsObject())
            {
                Assert.True(operation!["responses"]!["default"]?["content"]![Problem.ContentType] is not null, $"{method} {path}");
                var hasKey = operation["parameters"]?.AsArray().Any(p => (string?)p!["name"] == "Idempotency-Key") ?? false;
                Assert.Equal(method != "get", hasKey);
                if (path.StartsWith(Api.Prefix, StringComparison.Ordinal)) Assert.NotNull(operation["security"]);
            }
        var start = paths["/api/v1/missions"]!["post"]!;
        Assert.NotNull(start["requestBody"]!["content"]!["application/json"]);
    }

    [Fact]
    public async Task health_and_metrics_say_what_holds()
    {
        await using var host = await TestHost.Start();
        await host.Connect();
        using var anonymous = new HttpClient { BaseAddress = host.Host.Url };
        Assert.Equal("""{"status":"live"}""", await anonymous.GetStringAsync("/health/live"));
        Assert.Contains("\"ready\"", await anonymous.GetStringAsync("/health/ready"), StringComparison.Ordinal);
        Assert.Equal(401, (int)(await anonymous.GetAsync("/metrics")).StatusCode);
        (await host.Post("budgets", new { scope = "all", limits = new[] { new { period = "month", limit = "31" } } })).Ok();
        await TestHost.Until(async () => (await host.Get("/metrics")).Text.Contains("ledger_budget_limit_usd{budget=\"all\",period=\"month\"} 31.00\n", StringComparison.Ordinal), "the budget among the metrics");
        var metrics = (await host.Get("/metrics")).Ok();
        Assert.Matches("ledger_budget_remaining_usd.budget=\"all\",period=\"month\". 31.00\n", metrics.Text);
        Assert.Contains("ledger_source_up{account=\"prod\",provider=\"xai\"} 1", metrics.Text, StringComparison.Ordinal);
        var doctor = (await host.Get("doctor")).Ok();
        Assert.Contains(doctor["checks"]!.AsArray(), c => (string?)c!["name"] == "account prod" && (bool)c["ok"]!);
        var rebuilt = (await host.Post("rebuild")).Ok();
        Assert.True((bool)rebuilt["views"]![0]!["equal"]!, rebuilt.Text);
    }

    [Fact]
    public async Task a_position_of_other_books_is_not_waited_for_and_the_answer_says_so()
    {
        await using var host = await TestHost.Start();
        var began = TimeProvider.System.GetTimestamp();
        Assert.True((bool)(await host.Get("report?minPosition=999999999")).Ok()["data"]!["stale"]!);
        (await host.Get("agents?minPosition=999999999")).Ok();
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task a_changed_event_and_a_changed_money_row_are_found()
    {
        await using var host = await TestHost.Start();
        var key = host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-3));
        host.Team.Spend("ba", key.Id, Simulator.Prices.Reasoning, Simulator.Prices.Prompt, new(10_000_000_000));
        await host.Connect();
        Assert.True((bool)(await host.Post("verify")).Ok()["ok"]!);
        await host.Database.Execute("update views.allocation set amount = amount + 1");
        var broken = (await host.Post("verify")).Ok();
        Assert.False((bool)broken["ok"]!);
        (await host.Post("rebuild")).Ok();
        Assert.True((bool)(await host.Post("verify")).Ok()["ok"]!);
        await host.Database.Tamper("update mt_events set data = jsonb_set(data, '{label}', '\"other\"') where type = 'account-connected.v1'");
        var tampered = (await host.Post("verify")).Ok();
        Assert.False((bool)tampered["ok"]!);
        Assert.Contains(tampered["checks"]!.AsArray(), c => !(bool)c!["ok"]! && ((string?)c["detail"])!.StartsWith("position ", StringComparison.Ordinal));
    }
}
