using System.Text.Json.Nodes;
using Ledger.Budgets;
using Ledger.Money;
using Ledger.Service.Hosting;
using Ledger.Service.Notifying;
using Ledger.Service.Watching;
using Ledger.Alerts;
using Ledger.Forecasts;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Tests;

/// <summary>Who is told of what, once, and never too much of it.</summary>
public sealed class Notifications
{
    private static readonly DateTimeOffset now = new(2026, 11, 16, 10, 5, 0, TimeSpan.Zero);

    // Port 9 answers nobody: what is composed waits in the outbox, where it is looked at.
    private static ServiceSettings All(ServiceSettings s) => s with
    {
        People = new() { Team = "trentuna", MailTo = ["ludo@example.org", "ba@example.org"] },
        Delivery = new() { MailFolder = Path.Combine(s.Home, "mail"), SlackUrl = new("http://127.0.0.1:9/slack"), Webhook = new() { Url = new("http://127.0.0.1:9/hook") }, Exec = "/bin/true", AllowPrivate = ["127.0.0.1"] },
    };

    [Fact]
    public async Task each_way_gets_its_message_and_a_retry_writes_nothing_new()
    {
        await using var host = await TestHost.Start(All);
        var notifier = host.Host.Services.GetRequiredService<INotifier>();
        ILedgerEvent[] raised = [Crossed(1), new SourceRecovered("a-2", "xai-1", "prod", now)];
        var messages = await notifier.Compose(raised, now, CancellationToken.None);
        Assert.Equal(
            ["exec.v1 1", "mail.v1 2", "slack.v1 1", "webhook.v1 2"],
            messages.GroupBy(m => m.Kind).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key} {g.Count()}"));
        var again = await notifier.Compose(raised, now.AddMinutes(3), CancellationToken.None);
        Assert.Equal(messages.Select(m => m.Id), again.Select(m => m.Id));

        var mails = messages.Where(m => m.Kind == MessageKinds.Mail).Select(m => MessageJson.Read<MailMessageBody>(m.Body.Span)).ToArray();
        Assert.Single(mails.Select(m => m.MessageId).Distinct());
        Assert.All(mails, m => Assert.Equal(["ba@example.org", "ludo@example.org"], m.ToAll.Order(StringComparer.Ordinal)));
        Assert.Contains("prod is read again.", mails[0].Text, StringComparison.Ordinal);
        Assert.Equal("alerts.trentuna.ledger.invalid", mails[0].ListId);
    }

    [Fact]
    public async Task the_payload_is_the_one_that_is_documented()
    {
        await using var host = await TestHost.Start(All);
        var messages = await host.Host.Services.GetRequiredService<INotifier>().Compose([Crossed(1)], now, CancellationToken.None);
        var payload = JsonNode.Parse(MessageJson.Read<WebhookMessageBody>(messages.Single(m => m.Kind == MessageKinds.Webhook).Body.Span).Payload.GetRawText())!;
        Assert.Equal(payload.ToJsonString(), JsonNode.Parse(MessageJson.Read<ExecMessageBody>(messages.Single(m => m.Kind == MessageKinds.Exec).Body.Span).Payload.GetRawText())!.ToJsonString());
        Assert.Equal(
            ("1.0", "budget.threshold_crossed", "warning", "agent", "agent:vigilio", "24.10", "30.00", "80.3", "80", "actual", "38.40", "USD", "0.58"),
            ((string?)payload["schema"], (string?)payload["event"], (string?)payload["severity"], (string?)payload["event_group"], (string?)payload["scope"], (string?)payload["spend"], (string?)payload["max_budget"],
                payload["budget_percentage_used"]!.ToJsonString(), payload["threshold"]!.ToJsonString(), (string?)payload["basis"], (string?)payload["projected_spend"], (string?)payload["currency"], payload["drivers"]![0]!["share"]!.ToJsonString()));
        Assert.True(Guid.TryParse((string?)payload["id"], out _));
        Assert.Equal(Headline.Of(Crossed(1)), (string?)payload["event_message"]);
    }

    [Fact]
    public async Task a_budget_says_who_is_told_and_how()
    {
        await using var host = await TestHost.Start(All);
        var log = host.Host.Services.GetRequiredService<IEventLog>();
        var set = new BudgetSet
        {
            Budget = Budget.IdOf("one"),
            Name = "one",
            Scope = "all",
            Limits = [new("month", Usd.Parse("10"))],
            Zone = "UTC",
            WeekStart = DayOfWeek.Monday,
            Thresholds = Threshold.Defaults,
            Recipients = ["face@example.org"],
            Channels = ["email"],
            At = now,
        };
        var written = (AppendResult.Written)await log.Append(new() { Streams = [new(Budget.StreamOf(set.Budget), 0, [EventJson.ToNew(set, "test", "set", now)])] }, CancellationToken.None);
        Assert.True(await host.Host.Services.GetRequiredService<Ledger.Views.Books>().WaitFor(written.Last, TimeSpan.FromSeconds(10), CancellationToken.None));
        var messages = await host.Host.Services.GetRequiredService<INotifier>().Compose([Crossed(1) with { Budget = set.Budget }], now, CancellationToken.None);
        Assert.Equal("face@example.org", MessageJson.Read<MailMessageBody>(Assert.Single(messages).Body.Span).To);
    }

    [Fact]
    public async Task without_a_recipient_there_is_no_mail_and_nothing_else_is_lost()
    {
        await using var host = await TestHost.Start(s => All(s) with { People = new() });
        var messages = await host.Host.Services.GetRequiredService<INotifier>().Compose([Crossed(1)], now, CancellationToken.None);
        Assert.Equal(["exec.v1", "slack.v1", "webhook.v1"], messages.Select(m => m.Kind).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task names_call_nobody_in_a_chat()
    {
        await using var host = await TestHost.Start(All);
        var evil = Crossed(1) with { Scope = "agent:<!channel> @everyone & <http://evil.example|look>" };
        var message = (await host.Host.Services.GetRequiredService<INotifier>().Compose([evil], now, CancellationToken.None)).Single(m => m.Kind == MessageKinds.Slack);
        var body = MessageJson.Read<SlackMessageBody>(message.Body.Span);
        Assert.Contains("&lt;!channel&gt;", body.Text, StringComparison.Ordinal);
        foreach (var text in new[] { body.Text, JsonNode.Parse(body.Blocks!.Value.GetRawText())!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) })
        {
            Assert.DoesNotContain("@everyone", text, StringComparison.Ordinal);
            Assert.DoesNotContain("<http", text.Replace("plain_text\",\"text\":\"WARN 80%: agent <!channel>", "", StringComparison.Ordinal).Replace("& <http://evil.example|look> at", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task a_storm_is_twenty_notifications_and_one_that_counts_the_rest()
    {
        await using var host = await TestHost.Start(All);
        var (notifier, log) = (host.Host.Services.GetRequiredService<INotifier>(), host.Host.Services.GetRequiredService<IEventLog>());
        for (var i = 0; i < 25; i++) await Raise(host, notifier, log, i, now.AddSeconds(i));
        Assert.Equal(21, await Sent(host, "slack.v1"));
        Assert.Equal(21, await Sent(host, "mail.v1"));
        Assert.Equal(21, await Sent(host, "webhook.v1"));
        Assert.Equal(1, await host.Database.Scalar<long>("select count(distinct body::jsonb ->> 'notification') from ledger_outbox where kind = 'mail.v1' and body::jsonb ->> 'subject' like '%too many to mail each'"));
        Assert.Equal(25, await host.Database.Scalar<long>("select count(*) from mt_events where type = 'budget-threshold-crossed.v1'"));

        // Another node, later: it knows what was held back.
        await using var two = await host.Another(All);
        host.Clock.AdvanceTo(now.AddMinutes(75));
        await Raise(two, two.Host.Services.GetRequiredService<INotifier>(), log, 99, now.AddMinutes(75));
        Assert.Equal(1, await host.Database.Scalar<long>("select count(distinct body::jsonb ->> 'notification') from ledger_outbox where kind = 'mail.v1' and body::jsonb ->> 'text' like '%4 alerts before this one were not mailed%'"));

        // After more than a week without a mail nobody is told of them again.
        host.Clock.AdvanceTo(now.AddDays(9));
        await Raise(two, two.Host.Services.GetRequiredService<INotifier>(), log, 100, now.AddDays(9));
        Assert.Equal(23, await Sent(host, "mail.v1"));
        Assert.Equal(1, await host.Database.Scalar<long>("select count(distinct body::jsonb ->> 'notification') from ledger_outbox where kind = 'mail.v1' and body::jsonb ->> 'text' like '%before this one were not mailed%'"));
    }

    [Fact]
    public async Task five_hundred_at_once_fit_into_one_append()
    {
        await using var host = await TestHost.Start(s => All(s) with { People = new() { MailTo = [.. Enumerable.Range(0, 50).Select(i => $"reader{i}@example.org")] } });
        var (notifier, log) = (host.Host.Services.GetRequiredService<INotifier>(), host.Host.Services.GetRequiredService<IEventLog>());
        var raised = Enumerable.Range(0, 500).Select(Crossed).ToArray();
        var messages = await notifier.Compose(raised, now, CancellationToken.None);
        Assert.Equal(50, messages.Count(m => m.Kind == MessageKinds.Mail));
        Assert.Equal(21, messages.Count(m => m.Kind == MessageKinds.Webhook));
        Assert.All(messages, m => Assert.InRange(m.Body.Length, 1, 256 * 1024));
        Assert.IsType<AppendResult.Written>(await log.Append(new() { Streams = [], Messages = messages }, CancellationToken.None));
    }

    [Fact]
    public async Task many_budgets_with_many_readers_each_are_told_although_their_mails_do_not_fit_into_one_append()
    {
        await using var host = await TestHost.Start(All);
        var (log, books) = (host.Host.Services.GetRequiredService<IEventLog>(), host.Host.Services.GetRequiredService<Ledger.Views.Books>());
        var sets = Enumerable.Range(0, 60).Select(i => Told($"budget {i}", [.. Enumerable.Range(0, 20).Select(r => $"reader{r}.of.{i}@example.org")])).ToArray();
        var written = (AppendResult.Written)await log.Append(new() { Streams = [.. sets.Select(s => new StreamAppend(Budget.StreamOf(s.Budget), 0, [EventJson.ToNew(s, s.Budget, "set", now)]))] }, CancellationToken.None);
        Assert.True(await books.WaitFor(written.Last, TimeSpan.FromSeconds(10), CancellationToken.None));
        var found = sets.Select((s, i) => (IReadOnlyList<Finding>)[new(Crossed(i) with { Budget = s.Budget, Name = s.Name })]).ToArray();
        Assert.True(await host.Host.Services.GetRequiredService<Raiser>().Write(found, null, CancellationToken.None));
        Assert.Equal(1_200, await host.Database.Scalar<long>("select count(distinct body::jsonb ->> 'to') from ledger_outbox where kind = 'mail.v1'"));
        Assert.Equal(60, await host.Database.Scalar<long>("select count(*) from mt_events where type = 'budget-threshold-crossed.v1'"));
    }

    [Fact]
    public async Task one_readers_storm_silences_nobody_else()
    {
        await using var host = await TestHost.Start(All);
        var (notifier, log, books) = (host.Host.Services.GetRequiredService<INotifier>(), host.Host.Services.GetRequiredService<IEventLog>(), host.Host.Services.GetRequiredService<Ledger.Views.Books>());
        var set = Told("quiet", ["quiet@example.org"]);
        var written = (AppendResult.Written)await log.Append(new() { Streams = [new(Budget.StreamOf(set.Budget), 0, [EventJson.ToNew(set, "test", "set", now)])] }, CancellationToken.None);
        Assert.True(await books.WaitFor(written.Last, TimeSpan.FromSeconds(10), CancellationToken.None));
        for (var i = 0; i < 25; i++) await Raise(host, notifier, log, i, now.AddSeconds(i));
        var messages = await notifier.Compose([Crossed(99) with { Budget = set.Budget }], now.AddMinutes(1), CancellationToken.None);
        var mail = MessageJson.Read<MailMessageBody>(Assert.Single(messages, m => m.Kind == MessageKinds.Mail).Body.Span);
        Assert.Equal(("quiet@example.org", Alert.IdOf("k99")), (mail.To, mail.Notification));
        // What was held back from others is not theirs to hear of.
        Assert.DoesNotContain("before this one were not mailed", mail.Text, StringComparison.Ordinal);
    }

    private static BudgetSet Told(string name, IReadOnlyList<string> recipients) => new()
    {
        Budget = Budget.IdOf(name),
        Name = name,
        Scope = "all",
        Limits = [new("month", Usd.Parse("10"))],
        Zone = "UTC",
        WeekStart = DayOfWeek.Monday,
        Thresholds = Threshold.Defaults,
        Recipients = recipients,
        Channels = ["email"],
        At = now,
    };

    private static async Task Raise(TestHost host, INotifier notifier, IEventLog log, int i, DateTimeOffset at)
    {
        var crossed = Crossed(i) with { At = at };
        var messages = await notifier.Compose([crossed], at, CancellationToken.None);
        await log.Append(new() { Streams = [new(Alert.StreamOf(crossed.Alert), StreamAppend.AnyVersion, [EventJson.ToNew(crossed, crossed.Key, "raised", at)])], Messages = messages }, CancellationToken.None);
        _ = host;
    }

    private static Task<long> Sent(TestHost host, string kind) => host.Database.Scalar<long>($"select count(distinct body::jsonb ->> 'notification') from ledger_outbox where kind = '{kind}'");

    private static BudgetThresholdCrossed Crossed(int i) => new()
    {
        Alert = Alert.IdOf($"k{i}"),
        Key = $"k{i}",
        Severity = Severity.Warning,
        Budget = $"b-{i}",
        Name = $"budget {i}",
        Scope = "agent:vigilio",
        Period = "month",
        Window = new(new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero), new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero)),
        Threshold = new(Basis.Actual, 80, null),
        Spent = Usd.Parse("24.10"),
        Limit = Usd.Parse("30.00"),
        Forecast = new(Usd.Parse("38.40"), Usd.Parse("33.10"), Usd.Parse("44.20"), "mean-7d", new(2026, 11, 27, 14, 0, 0, TimeSpan.Zero), null),
        Circumstances = Circumstances.None with { Drivers = [new("unit", "X search calls", null, Usd.Parse("13.98"), 580)], AsOf = 7, Through = now },
        At = now,
    };
}
