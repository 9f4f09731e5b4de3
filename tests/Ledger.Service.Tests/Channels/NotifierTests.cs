using System.Text.Json.Nodes;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Money;
using Ledger.Service.Channels;
using Ledger.Service.Mail;
using Ledger.Service.Tests.Mail;

namespace Ledger.Service.Tests.Channels;

/// <summary>Who is told of what, once, and never too much of it.</summary>
public sealed class NotifierTests
{
    private static readonly DateTimeOffset now = new(2026, 11, 16, 10, 5, 0, TimeSpan.Zero);
    private static readonly ChannelOptions all = new() { MailFolder = "/nowhere", SlackUrl = new Secret("https://hooks.example.org/slack"), Webhook = new() { Url = new Secret("https://hooks.example.org/hook") }, Exec = "/bin/true" };
    private readonly Dictionary<string, NotificationLimit> limits = new(StringComparer.Ordinal);
    private Audience audience = new("trentuna", "UTC", ["ludo@example.org", "ba@example.org"], new Dictionary<string, Budget>());

    [Fact]
    public async Task each_way_gets_its_message_and_a_retry_composes_the_same()
    {
        var over = new SourceRecovered("a-2", "xai-1", "prod", now);
        var told = await Notifier.Compose(new([Crossed(1)], [over]), audience, all, limits, now);
        Assert.Equal(["SendMail", "SendMail", "SendSlack", "SendWebhook", "SendWebhook", "RunProgram"], told.Messages.Select(m => m.GetType().Name));
        Assert.Equal(["email ba@example.org", "email ludo@example.org", "exec", "slack", "webhook"], told.Limits.Select(l => l.Id).Order(StringComparer.Ordinal));
        Assert.Equal(told.Limits.Select(l => l.Id).Order(StringComparer.Ordinal), Notifier.LimitsOf(new([Crossed(1)], [over]), audience, all).Order(StringComparer.Ordinal));
        var again = await Notifier.Compose(new([Crossed(1)], [over]), audience, all, limits, now.AddMinutes(3));
        Assert.Equal(told.Messages.Cast<INotification>().Select(m => m.Id), again.Messages.Cast<INotification>().Select(m => m.Id));

        var mails = told.Messages.OfType<SendMail>().ToArray();
        Assert.Single(mails.Select(m => m.MessageId).Distinct());
        Assert.All(mails, m => Assert.Equal(["ba@example.org", "ludo@example.org"], m.ToAll.Order(StringComparer.Ordinal)));
        Assert.Contains("prod is read again", mails[0].Text, StringComparison.Ordinal);
        Assert.Equal("alerts.trentuna.ledger.invalid", mails[0].ListId);
    }

    [Fact]
    public async Task the_payload_is_the_one_that_is_documented()
    {
        var messages = await Compose(Crossed(1));
        var payload = JsonNode.Parse(messages.OfType<SendWebhook>().Single().Payload.GetRawText())!;
        Assert.Equal(payload.ToJsonString(), JsonNode.Parse(messages.OfType<RunProgram>().Single().Payload.GetRawText())!.ToJsonString());
        Assert.Equal(Headline.Of(Crossed(1), "UTC", Crossed(1).At), (string?)payload["event_message"]);
        Golden.Matches(payload.ToJsonString(Pretty.Json) + "\n", "tests/Ledger.Service.Tests/Channels/golden/payload-budget.json");
    }

    [Fact]
    public async Task every_kind_of_alert_has_its_payload()
    {
        foreach (var (name, alert) in new (string, IAlert)[]
        {
            ("runway", Samples.Short()), ("anomaly", Samples.Anomalous), ("stale", Samples.Stale), ("left-open", Samples.LeftOpen), ("key-shared", Samples.Shared), ("restated", Samples.Restated), ("history", Samples.Imported),
        })
            Golden.Matches(JsonNode.Parse(Payload.Of(new Notice(alert, []), "trentuna", "UTC").GetRawText())!.ToJsonString(Pretty.Json) + "\n", $"tests/Ledger.Service.Tests/Channels/golden/payload-{name}.json");
        Golden.Matches(JsonNode.Parse(Payload.Of(new RunwayRecovered("a-5e6f7081", "xai-1a2b3c4d", "72h", Usd.Parse("53.19"), now), "trentuna").GetRawText())!.ToJsonString(Pretty.Json) + "\n", "tests/Ledger.Service.Tests/Channels/golden/payload-recovered.json");
    }

    [Fact]
    public async Task a_budget_says_who_is_told_and_how()
    {
        audience = audience with { Budgets = Told("one", ["face@example.org"]) };
        Assert.Equal("face@example.org", Assert.IsType<SendMail>(Assert.Single(await Compose(Crossed(1) with { Budget = Budget.IdOf("one") }))).To);
    }

    [Fact]
    public async Task without_a_recipient_there_is_no_mail_and_nothing_else_is_lost()
    {
        audience = audience with { MailTo = [] };
        Assert.Equal(["SendSlack", "SendWebhook", "RunProgram"], (await Compose(Crossed(1))).Select(m => m.GetType().Name));
    }

    [Fact]
    public async Task without_channels_there_is_mail()
    {
        var told = await Notifier.Compose(new([Crossed(1)], []), audience, new() { MailFolder = "/nowhere" }, limits, now);
        Assert.All(told.Messages, m => Assert.IsType<SendMail>(m));
        Assert.Equal(2, told.Messages.Count);
    }

    [Fact]
    public async Task names_call_nobody_in_a_chat()
    {
        var body = (await Compose(Crossed(1) with { Scope = "agent:<!channel> @everyone & <http://evil.example|look>" })).OfType<SendSlack>().Single();
        Assert.Contains("&lt;!channel&gt;", body.Text, StringComparison.Ordinal);
        foreach (var text in new[] { body.Text, JsonNode.Parse(body.Blocks!.Value.GetRawText())!.ToJsonString(Pretty.Json) })
        {
            Assert.DoesNotContain("@everyone", text, StringComparison.Ordinal);
            // The header of a block is plain text, where this means nothing.
            Assert.DoesNotContain("<http", string.Join('\n', text.Split('\n').Where(l => !l.Contains("\"text\": \"▲ ", StringComparison.Ordinal))), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task a_chat_reads_as_it_was_reviewed()
    {
        var message = (await Compose(Samples.Crossed(), Samples.Stale)).OfType<SendSlack>().Single();
        Golden.Matches($"{message.Text}\n{JsonNode.Parse(message.Blocks!.Value.GetRawText())!.ToJsonString(Pretty.Json)}\n", "tests/Ledger.Service.Tests/Channels/golden/slack.txt");
    }

    [Fact]
    public async Task a_storm_is_twenty_notifications_and_one_that_counts_the_rest()
    {
        var messages = new List<object>();
        for (var i = 0; i < 25; i++) messages.AddRange(await Compose(now.AddSeconds(i), Crossed(i)));
        Assert.Equal((21, 42, 21, 21), (messages.OfType<SendSlack>().Count(), messages.OfType<SendMail>().Count(), messages.OfType<SendWebhook>().Count(), messages.OfType<RunProgram>().Count()));
        Assert.Single(messages.OfType<SendMail>().Where(m => m.Subject.Contains("too many to mail each", StringComparison.Ordinal)).Select(m => m.Notification).Distinct());
        Assert.Equal("alerts.suppressed", messages.OfType<SendWebhook>().Last().Payload.GetProperty("event").GetString());
        Assert.All(limits.Values, l => Assert.Equal((21, 4), (l.Sent.Count, (int)l.HeldBack)));

        // The next one tells how many there were.
        var later = await Compose(now.AddMinutes(75), Crossed(99));
        Assert.All(later.OfType<SendMail>(), m => Assert.Contains("4 alerts before this one were not mailed", m.Text, StringComparison.Ordinal));
        Assert.Contains("4 alerts before this one not sent", later.OfType<SendSlack>().Single().Text, StringComparison.Ordinal);
        Assert.All(limits.Values, l => Assert.Equal((1, 0), (l.Sent.Count, (int)l.HeldBack)));
    }

    [Fact]
    public async Task after_more_than_a_week_what_was_held_back_is_old_news()
    {
        for (var i = 0; i < 25; i++) await Compose(now.AddSeconds(i), Crossed(i));
        Assert.DoesNotContain(await Compose(now.AddDays(9), Crossed(100)), m => m is SendMail { Text: var text } && text.Contains("before this one", StringComparison.Ordinal));
    }

    [Fact]
    public async Task five_hundred_at_once_are_one_mail_a_reader_and_no_flood_of_bytes()
    {
        audience = audience with { MailTo = [.. Enumerable.Range(0, 50).Select(i => $"reader{i}@example.org")] };
        var messages = await Compose([.. Enumerable.Range(0, 500).Select(Crossed)]);
        Assert.Equal((50, 21), (messages.OfType<SendMail>().Count(), messages.OfType<SendWebhook>().Count()));
        Assert.All(messages.OfType<SendMail>(), m => Assert.InRange(m.Text.Length + (m.Html?.Length ?? 0), 1, 250_000));
        Assert.InRange(messages.OfType<SendMail>().Sum(m => m.Text.Length + (m.Html?.Length ?? 0)), 1, 5_000_000);
    }

    [Fact]
    public async Task one_readers_storm_silences_nobody_else()
    {
        for (var i = 0; i < 25; i++) await Compose(now.AddSeconds(i), Crossed(i));
        audience = audience with { Budgets = Told("quiet", ["quiet@example.org"]) };
        var mail = Assert.IsType<SendMail>(Assert.Single(await Compose(now.AddMinutes(1), Crossed(99) with { Budget = Budget.IdOf("quiet") })));
        Assert.Equal(("quiet@example.org", Alert.IdOf("k99")), (mail.To, mail.Notification));
        // What was held back from others is not theirs to hear of.
        Assert.DoesNotContain("before this one were not mailed", mail.Text, StringComparison.Ordinal);
    }

    private Task<IReadOnlyList<object>> Compose(params IAlert[] alerts) => Compose(now, alerts);

    /// <summary>Composes and keeps the limits, as the caller does in one transaction.</summary>
    private async Task<IReadOnlyList<object>> Compose(DateTimeOffset at, params IAlert[] alerts)
    {
        var told = await Notifier.Compose(new(alerts, []), audience, all, limits, at);
        foreach (var limit in told.Limits) limits[limit.Id] = limit;
        return told.Messages;
    }

    private static Dictionary<string, Budget> Told(string name, IReadOnlyList<string> recipients) => new(StringComparer.Ordinal)
    {
        [Budget.IdOf(name)] = new()
        {
            Id = Budget.IdOf(name),
            Name = name,
            Scope = Scope.TryParse("all", out var scope) ? scope : throw new InvalidOperationException(),
            Limits = [new("month", Usd.Parse("10"))],
            Zone = "UTC",
            WeekStart = DayOfWeek.Monday,
            Thresholds = Threshold.Defaults,
            Recipients = recipients,
            Channels = ["email"],
            Revision = 1,
            SetAt = now,
        },
    };

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
