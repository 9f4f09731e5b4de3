using Ledger.Money;
using Ledger.Demo.Simulator;
using Ledger.Service.Digests;
using Ledger.Service.Settings;
using Ledger.Service.Tests.Support;
using MimeKit;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;

namespace Ledger.Service.Tests.Digests;

/// <summary>One digest a week, as of a position, that never says less than it knows.</summary>
public sealed class DigestTests(TestDatabases databases)
{
    private static readonly DateTimeOffset monday = new(2026, 11, 16, 10, 5, 0, TimeSpan.Zero);

    private static LedgerOptions People(LedgerOptions s) => s with { People = new() { Team = "trentuna", MailTo = ["ludo@example.org", "ba@example.org"] } };

    [Fact]
    public async Task a_week_has_one_digest_whoever_tries_how_often()
    {
        await using var one = await Spent();
        one.Team.Spend("ba", one.Team.Keys[0].Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("8.70"));
        await one.Sync();
        one.Clock.AdvanceTo(monday.AddDays(7));
        await one.Sync();
        await using var two = await one.Another(o => People(o) with { IsSolo = false });
        var due = new[] { one, two }.Select(Due);
        var posts = Enumerable.Range(0, 6).Select(i => Sent(i % 2 == 0 ? one : two, new { week = "2026-W47" }));
        await Task.WhenAll(due);
        Assert.All(await Task.WhenAll(posts), a => Assert.Equal("2026-W47", (string?)a["week"]));
        await Due(one);
        Assert.Equal(1, await one.Scalar<long>(composed));
        var mails = await Mails(one, 2);
        Assert.Single(mails.Select(m => m.MessageId).Distinct());

        var list = (await two.Get("digests")).Ok()["digests"]!.AsArray();
        Assert.StartsWith("[trentuna] Week 47: $8.70, +20 % – ", (string?)Assert.Single(list)!["subject"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_second_sending_is_the_same_digest_under_the_same_message_id()
    {
        await using var host = await Spent();
        Assert.False((bool)(await host.Post("digest/send")).Ok()["already"]!);
        host.Team.Spend("ba", host.Team.Keys[0].Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("3.00"), monday.AddDays(-4));
        await host.Sync();
        var before = (await host.Post("digest/send")).Ok();
        Assert.Empty(before["recipients"]!.AsArray());
        Assert.Contains("--again", (string?)before["hint"], StringComparison.Ordinal);
        var again = (await host.Post("digest/send", new { again = true })).Ok();
        Assert.Equal((true, 2), ((bool)again["already"]!, again["recipients"]!.AsArray().Count));
        Assert.Equal("face@example.org", (string?)Assert.Single((await host.Post("digest/send", new { to = new[] { "face@example.org" } })).Ok()["recipients"]!.AsArray()));
        // Who had it gets it again only when somebody says so.
        var had = (await host.Post("digest/send", new { to = new[] { "Face@example.org" } })).Ok();
        Assert.Empty(had["recipients"]!.AsArray());
        Assert.Equal("Face@example.org had it already; --again sends the same digest once more.", (string?)had["hint"]);
        Assert.Single((await Mails(host, 5)).Select(m => (m.MessageId, m.TextBody)).Distinct());
        Assert.Equal(1, await host.Scalar<long>(composed));
    }

    [Fact]
    public async Task a_week_stays_told_when_the_only_account_gets_another_label()
    {
        await using var host = await Spent(s => s with { People = new() { MailTo = ["ludo@example.org"] } });
        host.Clock.AdvanceTo(monday.AddDays(7));
        await host.Sync();
        await Due(host);
        (await host.Patch("accounts/prod", new { label = "main" })).Ok();
        await Due(host);
        Assert.True((bool)(await host.Post("digest/send")).Ok()["already"]!);
        Assert.Equal(1, await host.Scalar<long>(composed));
        Assert.Single((await host.Get("digests")).Ok()["digests"]!.AsArray());
    }

    [Fact]
    public async Task a_week_that_runs_is_sent_and_said_not_to_be_kept()
    {
        await using var host = await Spent();
        var sent = (await host.Post("digest/send", new { week = "2026-W47" })).Ok();
        Assert.Equal("Week 2026-W47 is not over: this is no digest that `ledger digest list` keeps.", (string?)sent["hint"]);
        Assert.Empty((await host.Get("digests")).Ok()["digests"]!.AsArray());
    }

    [Fact]
    public async Task who_is_set_gets_the_digest_although_somebody_else_had_it_first()
    {
        await using var host = await Spent();
        host.Clock.AdvanceTo(monday.AddDays(7));
        await host.Sync();
        (await host.Post("digest/send", new { to = new[] { "face@example.org" } })).Ok();
        for (var i = 0; i < 2; i++) await Due(host);
        Assert.Equal(1, await host.Scalar<long>(composed));
        Assert.Equal(3, (await Mails(host, 3)).Length);
    }

    [Fact]
    public async Task a_digest_as_of_a_position_says_what_it_said_then()
    {
        await using var host = await Spent();
        (await host.Post("agents", new { name = "ba" })).Ok();
        var assigned = (await host.Post("keys/assign", new { key = host.Team.Keys[0].Id, owners = new { ba = 1 } })).Ok().Position!.Value;
        var then = (await host.Get($"digest?week=2026-W46&minPosition={assigned}")).Ok();
        var position = (long)then["asOf"]!;
        Assert.True(position >= assigned, $"It stands at {position}, before {assigned}.");

        host.Team.Spend("ba", host.Team.Keys[0].Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("3.00"), monday.AddDays(-4));
        await host.Sync();
        (await host.Post("missions", new { title = "Later", at = "2026-11-12T00:00:00Z", agents = new[] { "ba" } })).Ok();
        var now = (await host.Get($"digest?week=2026-W46&minPosition={await host.Head()}")).Ok();
        Assert.Equal((Usd.Parse("7.25"), Usd.Parse("10.25")), (then.Money("total"), now.Money("total")));
        Assert.NotEmpty(now["missions"]!.AsArray());
        var days = now["days"]!.AsArray();
        Assert.Equal((7, "2026-11-09", Usd.Parse("10.25")), (days.Count, (string?)days[0]!["day"], days.Aggregate(Usd.Zero, (sum, d) => sum + Usd.Parse((string)d!["billed"]!))));

        var again = (await host.Get($"digest?week=2026-W46&asOf={position}")).Ok();
        foreach (var member in new[] { "total", "before", "monthToDate", "idle", "unassigned", "byAgent", "byModel", "missions", "missionsEnded", "missionsOpen", "days", "budgets", "runways", "chain", "asOf", "reproduce", "moved" })
            Assert.Equal($"{member} {then[member]?.ToJsonString()}", $"{member} {again[member]?.ToJsonString()}");
    }

    [Fact]
    public async Task what_moved_since_a_digest_is_the_next_ones_news_once()
    {
        await using var host = await Spent();
        (await host.Post("digest/send")).Ok();
        host.Team.Restate(monday.AddDays(-3), host.Team.Keys[0].Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("7.56"));
        host.Clock.Advance(TimeSpan.FromMinutes(2));
        await host.Sync();
        host.Clock.AdvanceTo(monday.AddDays(7));
        await host.Sync();
        var next = (await host.Get("digest")).Ok();
        Assert.Equal("""[{"week":"2026-W46","said":"7.25","now":"7.56"}]""", next["moved"]!.ToJsonString());
        var text = (await host.Get("digest?format=text")).Text;
        Assert.Contains("Week 2026-W46: the figure moved by +$0.31, from $7.25 to $7.56.", text, StringComparison.Ordinal);
        (await host.Post("digest/send")).Ok();

        host.Clock.AdvanceTo(monday.AddDays(14));
        await host.Sync();
        Assert.Empty((await host.Get("digest")).Ok()["moved"]!.AsArray());
    }

    [Fact]
    public async Task a_week_that_was_not_read_says_so_and_never_reads_low()
    {
        await using var host = await Spent();
        host.Clock.AdvanceTo(monday.AddDays(4.5));
        host.Xai.Faults.Order(Fault.ServerError, XaiCall.Usage, times: 10_000, "500");
        (await host.Post("accounts/-/sync")).Refused("provider.unavailable");
        await LedgerHost.Until(async () => await host.Scalar<long>("select count(*) from mt_events where type = 'poll-failed.v1'") == 1, "the source failed");
        host.Clock.AdvanceTo(monday.AddDays(7));
        var blind = (await host.Get($"digest?week=2026-W47&minPosition={await host.Head()}")).Ok();
        var gap = Assert.Single(blind["gaps"]!.AsArray())!;
        Assert.Equal(("prod", "the provider could not be reached"), ((string?)gap["account"], (string?)gap["reason"]));
        Assert.Null(gap["until"]);
        var text = (await host.Get("digest?week=2026-W47&format=text")).Text;
        Assert.Contains("at least $", text, StringComparison.Ordinal);
        Assert.Contains("Data is missing", text, StringComparison.Ordinal);

        host.Xai.Faults.Clear();
        host.Clock.Advance(TimeSpan.FromMinutes(20));
        await host.Sync();
        await LedgerHost.Until(async () => await host.Scalar<long>("select count(*) from mt_events where type = 'poll-recovered.v1'") == 1, "the source recovered");
        var seen = (await host.Get($"digest?week=2026-W47&minPosition={await host.Head()}")).Ok();
        Assert.EndsWith("read again since, and what was missed is in", (string?)Assert.Single(seen["gaps"]!.AsArray())!["reason"], StringComparison.Ordinal);
        Assert.DoesNotContain("at least", (await host.Get("digest?week=2026-W47&format=text")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task nobody_to_send_to_is_refused_on_demand_and_said_by_the_schedule()
    {
        await using var host = await Spent(s => s);
        (await host.Post("digest/send")).Refused("digest.recipients");
        (await host.Post("digest/send", new { to = Array.Empty<string>() })).Refused("recipient.invalid");
        (await host.Post("digest/send", new { to = new[] { "a@b\r\nBcc: x@y" } })).Refused("recipient.invalid");
        host.Clock.AdvanceTo(monday.AddDays(7));
        await Due(host);
        await using (var session = host.Services.GetRequiredService<Marten.IDocumentStore>().QuerySession())
            Assert.Contains("LEDGER_DIGEST_TO", (await DigestState.Of(session, host.Options.People, host.Clock.GetUtcNow(), default)).Skipped, StringComparison.Ordinal);
        Assert.Equal(0, await host.Scalar<long>(composed));
    }

    [Fact]
    public async Task a_week_is_one_that_has_begun_and_one_that_runs_keeps_its_digest_for_its_end()
    {
        await using var host = await Spent();
        foreach (var week in new[] { "2026-W54", "47", "2026-47", "2099-W01", "next" })
            (await host.Get($"digest?week={week}")).Refused("digest.week");
        (await host.Get("digest?format=pdf")).Refused("request.invalid");
        Assert.Contains("so far", (string?)(await host.Post("digest/send", new { week = "2026-W47" })).Ok()["subject"], StringComparison.Ordinal);
        host.Clock.AdvanceTo(monday.AddDays(7));
        await host.Sync();
        Assert.DoesNotContain("so far", (string?)(await host.Post("digest/send", new { week = "2026-W47" })).Ok()["subject"], StringComparison.Ordinal);
        Assert.Equal(2, await host.Scalar<long>(composed));
    }

    [Fact]
    public async Task of_a_team_that_nothing_is_known_of_nothing_is_claimed()
    {
        await using var host = await LedgerHost.Start(databases, People, new(monday));
        var digest = (await host.Get("digest")).Ok();
        Assert.Null(digest["total"]);
        Assert.Null(digest["unassigned"]);
        Assert.Contains("Billed in week 46: not known\n", (await host.Get("digest?format=text")).Text, StringComparison.Ordinal);
        var html = await host.Get("digest?format=html");
        Assert.Equal("text/html", html.ContentType);
        Assert.Contains("sandbox", html.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Contains("## Budgets", (await host.Get("digest?format=markdown")).Text, StringComparison.Ordinal);
        await Due(host);
        await Mails(host, 0);
    }

    private const string composed = "select count(*) from mt_events where type = 'digest-composed.v1'";

    /// <summary>The digest's hour, as the schedule has it.</summary>
    private static Task Due(LedgerHost host) => host.Services.GetRequiredService<IMessageBus>().InvokeAsync(new DigestDue(host.Clock.GetUtcNow()));

    /// <summary>A client repeats what lost a race.</summary>
    private static async Task<Reply> Sent(LedgerHost host, object request)
    {
        var key = $"{Guid.NewGuid():N}";
        for (var i = 0; ; i++)
            if (await host.Post("digest/send", request, key) is var reply && (reply.Code != "conflict.retry" || i == 3))
                return reply.Ok();
    }

    /// <summary>The digests that were mailed, once all are.</summary>
    private static async Task<MimeMessage[]> Mails(LedgerHost host, int count)
    {
        var folder = host.Options.Channels.MailFolder;
        string[] Files() => Directory.Exists(folder) ? Directory.GetFiles(folder, "*.eml") : [];
        await LedgerHost.Until(async () => await host.Scalar<long>("select count(*) from messages.wolverine_incoming_envelopes where message_type = 'send-mail.v1' and status <> 'Handled'") == 0, "all mails are written");
        var mails = Files().Select(f => MimeMessage.Load(f)).Where(m => (m.Headers["List-Id"] ?? "").Contains("digests", StringComparison.Ordinal)).ToArray();
        Assert.Equal(count, mails.Length);
        return mails;
    }

    /// <summary>A team that spent $7.25 on the Friday of the week that is over.</summary>
    private async Task<LedgerHost> Spent(Func<LedgerOptions, LedgerOptions>? settings = null)
    {
        var host = await LedgerHost.Start(databases, settings ?? People, new(monday));
        var key = host.Team.AddKey("xai-ba", monday.AddDays(-10));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("7.25"), monday.AddDays(-3));
        await host.Connect();
        return host;
    }
}
