using System.Text.Json.Nodes;
using Ledger.Service.Tests.Support;
using MimeKit;

namespace Ledger.Service.Tests.Alerts;

/// <summary>What people see of alerts: the list, the acknowledgement, the mail.</summary>
public sealed class AlertListTests(TestDatabases databases)
{
    [Fact]
    public async Task an_alert_is_mailed_listed_acknowledged_once_and_over_when_its_budget_is_closed()
    {
        await using var scene = await AlertScene.Begin(databases);
        var host = scene.Host;
        (await host.Post("budgets", new { name = "team", scope = "all", limits = new[] { new { period = "month", limit = "10.00" } } })).Ok();
        await scene.Spend("ba", "8.50");

        var listed = Assert.Single(await List(host, "alerts"))!;
        var id = (string)listed["id"]!;
        Assert.Equal(("budget", "warning", "open", "all"), ((string?)listed["kind"], (string?)listed["severity"], (string?)listed["state"], (string?)listed["scope"]));
        Assert.Equal("8.50", (string?)listed["event"]!["spent"]);
        Assert.StartsWith("All spend at 80 % of its month: $8.50 of $10.00.", (string?)listed["headline"], StringComparison.Ordinal);
        Assert.Equal("All spend at 80 % of its month: $8.50 of $10.00", (string?)(await host.Get("status")).Ok()["alerts"]!["latest"]![0]!["headline"]);
        Assert.Equal("warning", (string?)(await host.Get("status")).Ok()["alerts"]!["latest"]![0]!["severity"]);
        Assert.Single(await List(host, "alerts?zone=Asia/Kathmandu"));
        Assert.Equal(2, (await List(host, "alerts?all=true")).Count);
        Assert.Single(await List(host, "alerts?kind=budget&since=1h&limit=1"));
        Assert.Empty(await List(host, "alerts?kind=runway"));
        var mail = await Mail(scene);
        Assert.StartsWith("All spend at 80 % of its month: $8.50 of $10.00", mail.Subject, StringComparison.Ordinal);

        var seen = (await host.Post($"alerts/{id}/ack")).Ok()["alert"]!;
        Assert.Equal("acknowledged", (string?)seen["state"]);
        var again = (await host.Post($"alerts/{id}/ack")).Ok()["alert"]!;
        Assert.Equal((string?)seen["acknowledgedAt"], (string?)again["acknowledgedAt"]);
        Assert.Equal(1, await host.Scalar<long>("select count(*) from mt_events where type = 'alert-acknowledged.v1'"));
        Assert.Equal("acknowledged", (string?)Assert.Single(await List(host, "alerts?open=true"))!["state"]);

        (await host.Post("budgets/team/close")).Ok();
        Assert.Empty(await List(host, "alerts?open=true"));
        Assert.Equal("over", (string?)Assert.Single(await List(host, "alerts"))!["state"]);

        (await host.Post("alerts/a-nothing/ack")).Refused("alert.unknown");
        (await host.Get("alerts?kind=gossip")).Refused("request.invalid");
        (await host.Get("alerts?limit=0")).Refused("request.invalid");
        (await host.Get("alerts?since=tomorrowish")).Refused("time.invalid");
        (await host.Get("alerts?zone=Mars/Olympus")).Refused("zone.unknown");
    }

    private static async Task<JsonArray> List(LedgerHost host, string path) => (await host.Get(path)).Ok()["alerts"]!.AsArray();

    private static async Task<MimeMessage> Mail(AlertScene scene)
    {
        var folder = scene.Host.Options.Channels.MailFolder;
        await LedgerHost.Until(() => Task.FromResult(Directory.Exists(folder) && Directory.GetFiles(folder, "*.eml").Length > 0), "the mail is written");
        return await MimeMessage.LoadAsync(Assert.Single(Directory.GetFiles(folder, "*.eml")));
    }
}
