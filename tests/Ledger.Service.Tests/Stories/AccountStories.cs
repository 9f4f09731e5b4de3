using System.Text.Json.Nodes;
using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Polling;
using Ledger.Service.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Tests.Stories;

/// <summary>The life of an account over HTTP: another key, gone and back, narrower buckets, a provider that fails on the way.</summary>
public sealed class AccountStories(AccountStories.World world) : IClassFixture<AccountStories.World>
{
    private const int days = 20;

    private LedgerHost Host => world.Host;

    /// <summary>One host; each test connects a team of its own.</summary>
    public sealed class World(TestDatabases databases) : IAsyncLifetime
    {
        internal LedgerHost Host { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Host = await LedgerHost.Start(databases, s => s with { BackfillDays = days });

        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }

    [Fact]
    public async Task rotation_keeps_the_books_and_refuses_the_key_of_another_team()
    {
        var (team, key) = Team(11);
        Spend(team, key, "1.00");
        var first = Host.Xai.Issue(team);
        await Host.Connect("rotated", key: first);
        var written = await Written(team);
        (await Host.Post("accounts/rotated/rotate", new { credential = Host.Xai.Issue(Team(12).Team).Text })).Refused("credential.other_team");
        Assert.Equal(written, await Written(team));

        (await Host.Post("accounts/rotated/rotate", new { credential = Host.Xai.Issue(team).Text })).Ok();
        first.Revoked = true;
        Spend(team, key, "0.25");
        await Sync("rotated");
        Assert.Equal(Usd.Parse("1.25"), await Billed("rotated"));
        Assert.Equal(1, await Sealed(team));
    }

    [Fact]
    public async Task an_account_that_is_removed_and_added_again_goes_on_with_its_books()
    {
        var (team, key) = Team(21);
        Spend(team, key, "1.00");
        var id = (string?)(await Host.Connect("leaves", key: Host.Xai.Issue(team)))["account"]!["id"];
        (await Host.Post("accounts", New("again", Host.Xai.Issue(team)))).Refused("account.exists");
        (await Host.Delete("accounts/leaves")).Ok();
        Assert.Equal(0, await Sealed(team));
        (await Host.Post("accounts/leaves/sync")).Refused("account.removed");
        Spend(team, key, "0.50");

        var again = await Host.Connect("returns", key: Host.Xai.Issue(team));
        Assert.Equal(id, (string?)again["account"]!["id"]);
        Assert.Equal(Usd.Parse("1.50"), again.Money("billed"));
        Assert.Contains("returns", (await Host.Get("accounts")).Ok()["accounts"]!.AsArray().Where(a => (string?)a!["id"] == id).Select(a => (string?)a!["label"]));
        Assert.True((bool)(await Host.Post("verify")).Ok()["ok"]!);
    }

    [Fact]
    public async Task quarter_hours_hold_from_the_next_hour_on_and_no_dollar_is_counted_twice()
    {
        var (team, key) = Team(31);
        Spend(team, key, "1.00");
        await Host.Connect("quarters", key: Host.Xai.Issue(team));
        (await Host.Patch("accounts/quarters", new { bucket = "15m" })).Ok();
        var hour = Host.Clock.GetUtcNow().FloorToHour();
        Spend(team, key, "2.00", hour.AddMinutes(50));
        Spend(team, key, "4.00", hour.AddMinutes(70));
        Host.Clock.AdvanceTo(hour.AddMinutes(100));
        await Sync("quarters");
        Assert.Equal(Usd.Parse("7.00"), await Billed("quarters"));
        Assert.Equal(new[] { 900, 3600 }, await Host.Scalar<int[]>($"""
            select array_agg(distinct (series ->> 'seconds')::int order by (series ->> 'seconds')::int)
            from mt_doc_heldday, jsonb_array_elements(data -> 'series') as series, jsonb_array_elements(series -> 'buckets') as bucket
            where data ->> 'account' = '{AccountId(team)}' and (bucket ->> 'total')::numeric <> 0
            """));
        Assert.True((bool)(await Host.Post("verify")).Ok()["ok"]!);
    }

    [Fact]
    public async Task a_backfill_that_was_cut_off_goes_on_where_it_was()
    {
        var (team, key) = Team(41);
        foreach (var back in new[] { 1, 5, 9, 12, 19 }) Spend(team, key, "1.00", Host.Clock.GetUtcNow().AddDays(-back));
        Host.Xai.Faults.Order(Fault.ServerError, XaiCall.Usage, times: 1_000);
        (await Host.Post("accounts", New("cut", Host.Xai.Issue(team)))).Refused("provider.unavailable");
        Host.Xai.Faults.Clear();

        // The key is tried with one reading and the newest week is read; then the provider is gone.
        Host.Xai.Faults.Order(Fault.Slow, XaiCall.Usage, times: 2, "1");
        Host.Xai.Faults.Order(Fault.ServerError, XaiCall.Usage, times: 1_000);
        var connected = (await Host.Post("accounts", New("cut", Host.Xai.Issue(team)))).Ok();
        Assert.Contains(connected["warnings"]!.AsArray(), w => ((string)w!).StartsWith("Not everything could be read yet", StringComparison.Ordinal));
        Assert.Equal((7, Usd.Parse("2.00")), ((int)connected["readings"]!, connected.Money("billed")));
        var early = Host.Clock.GetUtcNow().AddDays(-5);
        var readAt = await ReadAt(team, early);
        Assert.NotNull(readAt);
        Assert.Null(await ReadAt(team, Host.Clock.GetUtcNow().AddDays(-9)));

        Host.Xai.Faults.Clear();
        Host.Clock.Advance(TimeSpan.FromMinutes(15));
        await LedgerHost.Until(async () => await ReadAt(team, Host.Clock.GetUtcNow().AddDays(1 - days)) is not null, "all days");
        Assert.Equal(Usd.Parse("5.00"), await Billed("cut"));
        Assert.Equal(readAt, await ReadAt(team, early));
    }

    [Fact]
    public async Task connecting_and_rotating_again_under_the_same_key_ask_the_provider_nothing()
    {
        var team = Team(51).Team;
        var (first, second) = (Host.Xai.Issue(team), Host.Xai.Issue(team));
        var (connect, rotate) = (new { provider = "xai", label = "replayed", credential = first.Text }, new { credential = second.Text });
        var connected = (await Host.Post("accounts", connect, "connect")).Ok();
        var rotated = (await Host.Post("accounts/replayed/rotate", rotate, "rotate")).Ok();
        await Sync("replayed");
        (first.Revoked, second.Revoked) = (true, true);
        var (calls, written) = (Host.Xai.Calls(XaiCall.Validation), await Written(team));

        // Connecting is repeated rather than replayed: it answers how the account stands now.
        Assert.Equal((string?)connected["account"]!["id"], (string?)(await Host.Post("accounts", connect, "connect")).Ok()["account"]!["id"]);
        var again = (await Host.Post("accounts/replayed/rotate", rotate, "rotate")).Ok();
        Assert.Equal((true, rotated.Text), (again.IsReplay, again.Text));
        (await Host.Post("accounts/replayed/rotate", new { credential = first.Text }, "rotate")).Refused("idempotency.reused");
        (await Host.Post("accounts", connect with { credential = second.Text }, "connect")).Refused("idempotency.reused");
        (await Host.Delete("accounts/replayed")).Ok();
        Assert.Equal("removed", (string?)(await Host.Post("accounts", connect, "connect")).Ok()["account"]!["state"]);
        Assert.Equal((calls, written + 1), (Host.Xai.Calls(XaiCall.Validation), await Written(team)));
    }

    [Fact]
    public async Task rotations_at_once_leave_the_one_credential_that_the_log_names()
    {
        var team = Team(61).Team;
        await Host.Connect("crowd", key: Host.Xai.Issue(team));
        var keys = Enumerable.Range(0, 6).Select(_ => Host.Xai.Issue(team).Text).ToArray();
        var replies = await Task.WhenAll(keys.Select(key => Host.Post("accounts/crowd/rotate", new { credential = key })));
        Assert.Contains(replies, r => r.Status == 200);
        Assert.All(replies, r => Assert.True(r.Status == 200 || r.Code == "conflict.retry", r.Text));
        Assert.Equal(1, await Sealed(team));
        Assert.Equal(replies.Count(r => r.Status == 200) + 1, await Host.Scalar<long>($"select count(*) from mt_events where type = 'credential-stored.v1' and stream_id like '%{AccountId(team)}'"));
        Assert.True((bool)(await Host.Post("accounts/crowd/test")).Ok()["ok"]!);
    }

    [Fact]
    public async Task a_caller_that_accepts_only_lines_of_progress_gets_them_and_a_refusal_as_a_problem()
    {
        var team = Team(71).Team;
        var body = New("told", Host.Xai.Issue(team));
        var lines = Lines(await OnlyLines("accounts", body));
        Assert.Equal("backfill", (string?)lines[0]["progress"]!["what"]);
        Assert.Equal("told", (string?)lines[^1]["result"]!["account"]!["label"]);
        // What is refused before anything was begun is refused as everywhere.
        (await OnlyLines("accounts", body)).Refused("account.exists");
        (await OnlyLines("accounts/nowhere/sync", new { })).Refused("account.unknown");

        // What fails under way ends the lines.
        Host.Xai.Faults.Order(Fault.ServerError, XaiCall.Usage, times: 1_000);
        lines = Lines(await OnlyLines("accounts/told/sync", new { }));
        Host.Xai.Faults.Clear();
        Assert.Equal("reading", (string?)lines[0]["progress"]!["what"]);
        Assert.Equal("provider.unavailable", (string?)lines[^1]["problem"]!["code"]);
        Assert.Equal("reading", (string?)Lines(await OnlyLines("accounts/told/sync", new { }))[0]["progress"]!["what"]);
    }

    private static object New(string label, ManagementKey key) => new { provider = "xai", label, credential = key.Text, settlementLag = "0s" };

    /// <summary>How many events this team's account has: the other tests' accounts are read meanwhile, so the whole log may grow.</summary>
    private async Task<long> Written(SimulatedTeam team) => await Host.Scalar<long>($"select count(*) from mt_events where stream_id like '%{AccountId(team)}%'");

    private static string AccountId(SimulatedTeam team) => Ledger.Accounts.Account.IdOf("xai", team.Id);

    private static void Spend(SimulatedTeam team, string key, string dollars, DateTimeOffset? at = null) =>
        team.Spend("ba", key, Prices.Reasoning, Prices.Prompt, Usd.Parse(dollars), at);

    private static IReadOnlyList<JsonNode> Lines(Reply reply)
    {
        Assert.Equal(("application/x-ndjson", 200), (reply.ContentType, reply.Status));
        return [.. reply.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
    }

    private (SimulatedTeam Team, string Key) Team(int seed)
    {
        var team = new SimulatedTeam(Host.Clock, seed);
        return (team, team.AddKey("xai-ba", Host.Clock.GetUtcNow().AddDays(-40)).Id);
    }

    private Task<Reply> OnlyLines(string path, object body) =>
        Host.Send(HttpMethod.Post, path, body, Guid.NewGuid().ToString("N"), r => r.Headers.Accept.ParseAdd("application/x-ndjson"));

    private async Task Sync(string label) => (await Host.Post($"accounts/{label}/sync")).Ok();

    private async Task<Usd> Billed(string label) => (await Host.Get($"report?account={label}&since=60d&minPosition={await Host.Head()}")).Ok().Money("total");

    /// <summary>When an instant was last read; null: never.</summary>
    private async Task<DateTimeOffset?> ReadAt(SimulatedTeam team, DateTimeOffset at)
    {
        await using var session = Host.Services.GetRequiredService<IDocumentStore>().QuerySession();
        return (await session.LoadAsync<Source>(AccountId(team)))?.Covered.Stretches.FirstOrDefault(s => s.Time.Contains(at))?.ReadAt;
    }

    private Task<long> Sealed(SimulatedTeam team) => Host.Scalar<long>($"select count(*) from mt_doc_credential where data ->> 'account' = '{AccountId(team)}' and data ->> 'sealed' is not null");
}
