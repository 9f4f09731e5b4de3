using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Operations;

/// <summary>What an operator looks at: health, metrics, doctor, verify, rebuild.</summary>
public sealed class Looking(TestDatabases databases) : IAsyncLifetime
{
    private LedgerHost host = null!;

    public async ValueTask InitializeAsync()
    {
        host = await LedgerHost.Start(databases);
        var key = host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-3));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"));
        await host.Connect();
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task health_and_metrics_say_what_holds()
    {
        Assert.Equal("""{"status":"live"}""", (await Anonymous("/health/live")).Ok().Text);
        Assert.Contains("\"ready\"", (await Anonymous("/health/ready")).Ok().Text, StringComparison.Ordinal);
        (await Anonymous("/metrics")).Refused("auth.missing");

        (await host.Post("budgets", new { scope = "all", limits = new[] { new { period = "month", limit = "31" } } })).Ok();
        var metrics = "";
        await LedgerHost.Until(async () => (metrics = (await host.Get("/metrics")).Ok().Text).Contains("ledger_budget_limit_usd{budget=\"all\",period=\"month\"} 31", StringComparison.Ordinal), "the budget among the metrics");
        Assert.Contains("ledger_budget_remaining_usd{budget=\"all\",period=\"month\"} 30", metrics, StringComparison.Ordinal);
        Assert.Contains("ledger_source_up{account=\"prod\",provider=\"xai\"} 1", metrics, StringComparison.Ordinal);
        var checks = (await host.Get("doctor")).Ok()["checks"]!.AsArray();
        Assert.Contains(checks, c => (string?)c!["name"] == "account prod" && (bool)c["ok"]!);
    }

    [Fact]
    public async Task a_position_of_other_books_is_not_waited_for_and_the_answer_says_so()
    {
        var began = TimeProvider.System.GetTimestamp();
        Assert.True((bool)(await host.Get("report?minPosition=999999999")).Ok()["data"]!["stale"]!);
        (await host.Get("agents?minPosition=999999999")).Ok();
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task a_changed_money_row_and_a_changed_event_are_found_and_named()
    {
        Assert.True((bool)(await host.Post("verify")).Ok()["ok"]!);
        await Execute("update spend_v1.part set amount = amount + 1");
        Assert.False((bool)(await host.Post("verify")).Ok()["ok"]!);
        var rebuilt = (await host.Post("rebuild")).Ok();
        Assert.False((bool)rebuilt["views"]![0]!["equal"]!, rebuilt.Text);
        Assert.True((bool)(await host.Post("verify")).Ok()["ok"]!);

        await Execute("update mt_events set data = jsonb_set(data, '{label}', '\"other\"') where type = 'account-connected.v1'");
        var tampered = (await host.Post("verify")).Ok();
        Assert.False((bool)tampered["ok"]!);
        Assert.Contains(tampered["checks"]!.AsArray(), c => !(bool)c!["ok"]! && ((string?)c["detail"])!.Contains("position ", StringComparison.Ordinal));
    }

    private Task<Reply> Anonymous(string path) => host.Send(HttpMethod.Get, path, null, null, r => r.Headers.Authorization = null);

    private async Task Execute(string sql) => await host.Scalar<int>($"with done as ({sql} returning 1) select count(*)::int from done");
}
