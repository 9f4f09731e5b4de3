using Ledger.Digests;
using Ledger.Money;
using Ledger.Service.Digests;
using Ledger.Service.Hosting;
using Ledger.Service.Scheduling;
using Ledger.Simulator;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Tests;

/// <summary>One digest a week, as of a position, that never says less than it knows.</summary>
public sealed class Digests
{
    private static readonly DateTimeOffset monday = new(2026, 11, 16, 10, 5, 0, TimeSpan.Zero);

    private static ServiceSettings People(ServiceSettings s) => s with { People = new() { Team = "trentuna", MailTo = ["ludo@example.org", "ba@example.org"] } };

    [Fact]
    public async Task a_week_has_one_digest_whoever_tries_how_often()
    {
        await using var one = await Spent();
        one.Team.Spend("ba", one.Team.Keys[0].Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("8.70"));
        await one.Sync();
        one.Clock.AdvanceTo(monday.AddDays(7));
        await one.Sync();
        await using var two = await one.Another(People);
        var jobs = new[] { one, two }.Select(h => Job(h).Keep(DigestJob.OfTeam, CancellationToken.None));
        var posts = Enumerable.Range(0, 6).Select(i => (i % 2 == 0 ? one : two).Post("digest/send", new { week = "2026-W47" }));
        var next = await Task.WhenAll(jobs);
        var answers = await Task.WhenAll(posts);
        Assert.All(answers, a => Assert.Equal("2026-W47", (string?)a.Ok()["week"]));
        Assert.All(next, at => Assert.Equal(new(2026, 11, 30, 8, 0, 0, TimeSpan.Zero), at));
        await Job(one).Keep(DigestJob.OfTeam, CancellationToken.None);
        Assert.Equal(1, await one.Database.Scalar<long>("select count(*) from mt_events where type = 'digest-composed.v1'"));
        Assert.Equal(2, await one.Database.Scalar<long>("select count(*) from ledger_outbox where body::jsonb ->> 'class' = 'digest'"));
        Assert.Equal(1, await one.Database.Scalar<long>("select count(distinct body::jsonb ->> 'messageId') from ledger_outbox where body::jsonb ->> 'class' = 'digest'"));

        var list = (await two.Get("digests")).Ok()["digests"]!.AsArray();
        Assert.StartsWith("[trentuna] AI spend week 47: $8.70 (+20%) - ", (string?)Assert.Single(list)!["subject"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task two_that_decide_in_the_same_moment_write_one_digest()
    {
        await using var host = await Spent();
        var (sender, log) = (host.Host.Services.GetRequiredService<DigestSender>(), host.Host.Services.GetRequiredService<IEventLog>());
        Assert.True(DigestCalendar.TryWeek("2026-W46", TimeZoneInfo.Utc, out var window));
        var first = await sender.Decide("2026-W46", window, null, again: false, "one", null, CancellationToken.None);
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = await sender.Decide("2026-W46", window, null, again: false, "two", null, CancellationToken.None);
        Assert.IsType<AppendResult.Written>(await Write(first!));
        Assert.IsType<AppendResult.StreamMoved>(await Write(second!));
        Assert.Equal(2, await host.Database.Scalar<long>("select count(*) from ledger_outbox where body::jsonb ->> 'class' = 'digest'"));

        // As a person's request is written: the cause is the request's, so only the stream tells that it is the same digest.
        Task<AppendResult> Write(Departure d) => log.Append(
            new() { Streams = [new(d.Stream, d.Version, [EventJson.ToNew(d.Event!, $"{d.Event!.At.ToText()}", "composed", host.Clock.GetUtcNow().ToMicroseconds())])], Messages = d.Messages }, CancellationToken.None);
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
        Assert.Contains("--to", (string?)before["hint"], StringComparison.Ordinal);
        var again = (await host.Post("digest/send", new { again = true })).Ok();
        Assert.Equal((true, 2), ((bool)again["already"]!, again["recipients"]!.AsArray().Count));
        (await host.Post("digest/send", new { to = new[] { "face@example.org" } })).Ok();
        Assert.Equal(5, await host.Database.Scalar<long>("select count(*) from ledger_outbox where body::jsonb ->> 'class' = 'digest'"));
        Assert.Equal(1, await host.Database.Scalar<long>("select count(distinct (body::jsonb ->> 'messageId', body::jsonb ->> 'text')) from ledger_outbox where body::jsonb ->> 'class' = 'digest'"));
        Assert.Equal(1, await host.Database.Scalar<long>("select count(*) from mt_events where type = 'digest-composed.v1'"));
    }

    [Fact]
    public async Task a_week_stays_told_when_the_only_account_gets_another_label()
    {
        await using var host = await Spent(s => s with { People = new() { MailTo = ["ludo@example.org"] } });
        host.Clock.AdvanceTo(monday.AddDays(7));
        await host.Sync();
        await Job(host).Keep(DigestJob.OfTeam, CancellationToken.None);
        (await host.Patch("accounts/prod", new { label = "main" })).Ok();
        await Job(host).Keep(DigestJob.OfTeam, CancellationToken.None);
        Assert.True((bool)(await host.Post("digest/send")).Ok()["already"]!);
        Assert.Equal(1, await host.Database.Scalar<long>("select count(*) from mt_events where type = 'digest-composed.v1'"));
        Assert.Single((await host.Get("digests")).Ok()["digests"]!.AsArray());
    }

    [Fact]
    public async Task who_is_set_gets_the_digest_although_somebody_else_had_it_first()
    {
        await using var host = await Spent();
        host.Clock.AdvanceTo(monday.AddDays(7));
        await host.Sync();
        (await host.Post("digest/send", new { to = new[] { "face@example.org" } })).Ok();
        for (var i = 0; i < 2; i++) await Job(host).Keep(DigestJob.OfTeam, CancellationToken.None);
        Assert.Equal(1, await host.Database.Scalar<long>("select count(*) from mt_events where type = 'digest-composed.v1'"));
        Assert.Equal(3, await host.Database.Scalar<long>("select count(*) from ledger_outbox where body::jsonb ->> 'class' = 'digest'"));
        Assert.Equal(3, await host.Database.Scalar<long>("select count(distinct body::jsonb ->> 'to') from ledger_outbox where body::jsonb ->> 'class' = 'digest'"));
    }

    [Fact]
    public async Task a_digest_as_of_a_position_says_what_it_said_then()
    {
        await using var host = await Spent();
        (await host.Post("agents", new { name = "ba" })).Ok();
        var assigned = (await host.Post("keys/assign", new { key = host.Team.Keys[0].Id, owners = new { ba = 1 } })).Ok();
        var position = (long)assigned["position"]!;
        var then = (await host.Get($"digest?week=2026-W46&minPosition={position}")).Ok();
        Assert.Equal(position, (long)then["asOf"]!);

        host.Team.Spend("ba", host.Team.Keys[0].Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("3.00"), monday.AddDays(-4));
        await host.Sync();
        (await host.Post("missions", new { title = "Later", at = "2026-11-12T00:00:00Z", agents = new[] { "ba" } })).Ok();
        var now = (await host.Get($"digest?week=2026-W46&minPosition={await host.Head()}")).Ok();
        Assert.Equal((Usd.Parse("7.25"), Usd.Parse("10.25")), (then.Money("total"), now.Money("total")));
        Assert.NotEmpty(now["missions"]!.AsArray());

        var again = (await host.Get($"digest?week=2026-W46&asOf={position}")).Ok();
        foreach (var member in new[] { "total", "before", "monthToDate", "idle", "unassigned", "byAgent", "byModel", "missions", "missionsEnded", "budgets", "runways", "chain", "asOf", "reproduce", "moved" })
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
        await TestHost.Until(async () => await host.Database.Scalar<long>("select count(*) from mt_events where type = 'poll-failed.v1'") == 1, "the source failed");
        host.Clock.AdvanceTo(monday.AddDays(7));
        var blind = (await host.Get($"digest?week=2026-W47&minPosition={await host.Head()}")).Ok();
        var gap = Assert.Single(blind["gaps"]!.AsArray())!;
        Assert.Equal(("prod", "the provider could not be reached"), ((string?)gap["account"], (string?)gap["reason"]));
        Assert.Null(gap["until"]);
        var text = (await host.Get("digest?week=2026-W47&format=text")).Text;
        Assert.StartsWith("At least $", text, StringComparison.Ordinal);
        Assert.Contains("Data is missing", text, StringComparison.Ordinal);

        host.Xai.Faults.Clear();
        host.Clock.Advance(TimeSpan.FromMinutes(20));
        await host.Sync();
        await TestHost.Until(async () => await host.Database.Scalar<long>("select count(*) from mt_events where type = 'poll-recovered.v1'") == 1, "the source recovered");
        var seen = (await host.Get($"digest?week=2026-W47&minPosition={await host.Head()}")).Ok();
        Assert.EndsWith("read again since, and what was missed is in", (string?)Assert.Single(seen["gaps"]!.AsArray())!["reason"], StringComparison.Ordinal);
        Assert.DoesNotContain("At least", (await host.Get("digest?week=2026-W47&format=text")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task nobody_to_send_to_is_refused_on_demand_and_said_by_the_schedule()
    {
        await using var host = await Spent(s => s);
        (await host.Post("digest/send")).Refused("digest.recipients");
        (await host.Post("digest/send", new { to = Array.Empty<string>() })).Refused("recipient.invalid");
        (await host.Post("digest/send", new { to = new[] { "a@b\r\nBcc: x@y" } })).Refused("recipient.invalid");
        host.Clock.AdvanceTo(monday.AddDays(7));
        await Job(host).Keep(DigestJob.OfTeam, CancellationToken.None);
        Assert.Contains((await host.Get("status")).Ok()["warnings"]!.AsArray(), w => ((string?)w)!.Contains("LEDGER_DIGEST_TO", StringComparison.Ordinal));
        Assert.Equal(0, await host.Database.Scalar<long>("select count(*) from mt_events where type = 'digest-composed.v1'"));
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
        Assert.Equal(2, await host.Database.Scalar<long>("select count(*) from mt_events where type = 'digest-composed.v1'"));
    }

    [Fact]
    public async Task of_a_team_that_nothing_is_known_of_nothing_is_claimed()
    {
        await using var host = await TestHost.Start(People, new(monday));
        var digest = (await host.Get("digest")).Ok();
        Assert.Null(digest["total"]);
        Assert.Null(digest["unassigned"]);
        Assert.StartsWith("What week 46 (9–15 Nov 2026) cost is not known.", (await host.Get("digest?format=text")).Text, StringComparison.Ordinal);
        var html = await host.Get("digest?format=html");
        Assert.Equal("text/html", html.ContentType);
        Assert.Contains("sandbox", html.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Contains("## Budgets", (await host.Get("digest?format=markdown")).Text, StringComparison.Ordinal);
        await Job(host).Keep(DigestJob.OfTeam, CancellationToken.None);
        Assert.Equal(0, await host.Database.Scalar<long>("select count(*) from ledger_outbox"));
    }

    private static IAppointment Job(TestHost host) => host.Host.Services.GetRequiredKeyedService<IAppointment>(DigestJob.Name);

    /// <summary>A team that spent $7.25 on the Friday of the week that is over.</summary>
    private static async Task<TestHost> Spent(Func<ServiceSettings, ServiceSettings>? settings = null)
    {
        var host = await TestHost.Start(settings ?? People, new(monday));
        var key = host.Team.AddKey("xai-ba", monday.AddDays(-10));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("7.25"), monday.AddDays(-3));
        await host.Connect();
        return host;
    }
}
