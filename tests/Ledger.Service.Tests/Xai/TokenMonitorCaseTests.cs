using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Xai;
using Microsoft.Extensions.Time.Testing;

namespace Ledger.Service.Tests.Xai;

public sealed class TokenMonitorCaseTests
{
    [Theory]
    [InlineData("2026-04-20T21:07:33Z")]
    [InlineData("2026-11-16T00:00:00Z")]
    [InlineData("2026-12-02T03:30:00Z")]
    public async Task the_case_reconciles_to_the_cent_wherever_it_is_placed(string end)
    {
        await using var game = await Played(end);
        var (team, played, client) = (game.Team, game.Case, game.Client);

        var balance = await client.ReadBalance(team.Id);
        Assert.Equal("3.19", balance.PrepaidLeft.ToString());
        Assert.Equal("31.00", balance.Purchases.ToString());
        Assert.Equal("3.19", team.CreditLeft().ToString());

        var usage = await client.ReadUsage(team.Id, played.Days);
        var byKey = usage.Readings.Single().Lines.GroupBy(line => line.Key!).ToDictionary(group => group.Key, group => new Usd(group.Sum(line => line.Total.Ticks)));
        Assert.Equal(4, byKey.Count);
        Assert.Equal("27.88", byKey[played.Vigilio.Id].ToString());
        Assert.Equal(("1.71", "1.32", "1.90"), (byKey[played.Face.Id].ToString(), byKey[played.Amy.Id].ToString(), byKey[played.Murdock.Id].ToString()));
        Assert.Equal(TokenMonitorCase.Bought - TokenMonitorCase.Left, TokenMonitorCase.ThroughVigilio + TokenMonitorCase.ThroughOthers - TokenMonitorCase.Free);
        Assert.Equal(team.Billed(), TokenMonitorCase.ThroughVigilio + TokenMonitorCase.ThroughOthers);
    }

    [Fact]
    public async Task within_one_month_the_preview_shows_how_it_was_paid()
    {
        await using var game = await Played("2026-11-16T09:30:00Z");
        var (team, client) = (game.Team, game.Client);
        var balance = await client.ReadBalance(team.Id);
        Assert.Equal(("32.81", "31.00", "27.81", "5.00"), (balance.CycleTotal.ToString(), balance.PrepaidCredit.ToString(), balance.PrepaidUsed.ToString(), balance.FreeCredit.ToString()));
        Assert.Equal("8.20", balance.Lines.Where(line => line.Unit == Prices.Cached).Select(line => line.Amount - Usd.Parse("1.75")).Single().ToString());
        Assert.Equal(balance.CycleTotal, new Usd(balance.Lines.Sum(line => line.Amount.Ticks)));
    }

    [Fact]
    public async Task billing_can_not_tell_ba_from_vigilio_and_the_true_record_can()
    {
        await using var game = await Played("2026-11-16T09:30:00Z");
        var (team, played, client) = (game.Team, game.Case, game.Client);
        Assert.Equal("9.95", team.TrueCost(["ba"], [played.Days]).ToString());
        Assert.Equal("17.93", team.TrueCost(["vigilio"], [played.Days]).ToString());
        Assert.Equal("27.88", team.By(spent => spent.Key)[played.Vigilio.Id].ToString());
        Assert.All(played.Missions, mission =>
        {
            Assert.True(played.Days.Contains(mission.Window.Start) && mission.Window.End < played.End);
            var cost = team.TrueCost(mission.Agents, [mission.Window]);
            Assert.InRange(cost.Ticks, 1, TokenMonitorCase.ThroughVigilio.Ticks);
        });
        Assert.Equal(["xai-vigilio", "xai-face", "xai-amy", "xai-murdock", "xai-ba"], (await client.Keys(team.Id)).Select(key => key.Name));
    }

    [Fact]
    public async Task afterwards_ba_is_seen_on_a_key_of_its_own()
    {
        await using var game = await Played("2026-11-16T09:30:00Z");
        var (team, played, client, clock) = (game.Team, game.Case, game.Client, game.Clock);
        var script = played.Afterwards(played.End, TimeSpan.FromMinutes(30));
        var running = team.Run(script, default);
        for (var i = 0; i < 31; i++)
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(2);
        }
        await running.WaitAsync(TimeSpan.FromSeconds(5));
        var lines = (await client.ReadUsage(team.Id, new(played.End.AddHours(-4), clock.GetUtcNow()))).Readings.Single().Lines.Where(line => line.Key == played.Ba.Id);
        Assert.Equal("0.42", new Usd(lines.Sum(line => line.Total.Ticks)).ToString());
        Assert.Equal("0.42", team.TrueCost(["ba"], [new(played.End, clock.GetUtcNow())]).ToString());
        Assert.Equal("2.36", team.CreditLeft().ToString());
    }

    [Fact]
    public void the_same_seed_makes_the_same_record_and_another_one_does_not()
    {
        Assert.Equal(Record(31), Record(31));
        Assert.NotEqual(Record(31), Record(32));

        static IReadOnlyList<Spent> Record(int seed)
        {
            var clock = new FakeTimeProvider(Payload.At("2026-11-16T09:30:00Z"));
            var team = new SimulatedTeam(clock);
            TokenMonitorCase.Play(team, clock.GetUtcNow(), seed);
            return team.Record;
        }
    }

    [Fact]
    public async Task days_in_another_zone_begin_at_its_midnights()
    {
        await using var scene = await Scene.Set();
        scene.Spend("1", "2026-11-14T22:59:59Z");
        scene.Spend("2", "2026-11-14T23:00:00Z");
        using var http = new HttpClient { BaseAddress = scene.Xai.BaseAddress };
        http.DefaultRequestHeaders.Authorization = new("Bearer", scene.Management.Text);
        using var body = new StringContent(
            """{"analyticsRequest":{"timeRange":{"startTime":"2026-11-14 00:00:00","endTime":"2026-11-16 00:00:00","timezone":"Europe/Berlin"},"timeUnit":"TIME_UNIT_DAY","values":[{"name":"usd","aggregation":"AGGREGATION_SUM"}],"groupBy":[],"filters":[]}}""");
        var answer = await (await http.PostAsync(new Uri($"/v1/billing/teams/{scene.Team.Id}/usage", UriKind.Relative), body)).Content.ReadAsStringAsync();
        Assert.Contains("""[{"timestamp":"2026-11-13T23:00:00Z","values":[1]},{"timestamp":"2026-11-14T23:00:00Z","values":[2]}]""", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-11-14T00:00:00Z")]
    [InlineData("2026-11-14")]
    public async Task times_in_iso_text_are_refused_as_the_provider_refuses_them(string start)
    {
        await using var scene = await Scene.Set();
        using var http = new HttpClient { BaseAddress = scene.Xai.BaseAddress };
        http.DefaultRequestHeaders.Authorization = new("Bearer", scene.Management.Text);
        using var body = new StringContent(
            $$$"""{"analyticsRequest":{"timeRange":{"startTime":"{{{start}}}","endTime":"2026-11-16 00:00:00","timezone":"Etc/GMT"},"timeUnit":"TIME_UNIT_DAY","values":[{"name":"usd","aggregation":"AGGREGATION_SUM"}],"groupBy":[]}}""");
        var answer = await http.PostAsync(new Uri($"/v1/billing/teams/{scene.Team.Id}/usage", UriKind.Relative), body);
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Equal("""{"code":3,"message":"Invalid argument: startTime must be YYYY-MM-DD HH:MM:SS","details":[]}""", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task faults_and_spends_can_be_ordered_over_http()
    {
        var clock = new FakeTimeProvider(Payload.At("2026-11-16T09:30:00Z"));
        var team = new SimulatedTeam(clock);
        team.AddKey("xai-ba");
        await using var server = await SimulatedXai.Start(clock, control: true);
        var key = server.Issue(team);
        using var http = new HttpClient { BaseAddress = server.BaseAddress };
        using var spend = new StringContent("""{"agent":"ba","key":"xai-ba","amount":"1.25"}""", null, "application/json");
        using var fault = new StringContent("""{"fault":"TooManyRequests","call":"Validation","times":1,"argument":"120"}""", null, "application/json");
        Assert.Equal(200, (int)(await http.PostAsync(new Uri("/_sim/spend", UriKind.Relative), spend)).StatusCode);
        Assert.Equal(200, (int)(await http.PostAsync(new Uri("/_sim/faults", UriKind.Relative), fault)).StatusCode);
        Assert.Equal("1.25", team.Billed().ToString());
        using var wired = new Wired(new() { BaseAddress = server.BaseAddress }, clock);
        Assert.Equal(TimeSpan.FromSeconds(120), (await Assert.ThrowsAsync<ProviderException>(() => wired.Client(key.Text).Validate())).RetryAfter);
    }

    private static async Task<Game> Played(string end)
    {
        var clock = new FakeTimeProvider(Payload.At(end));
        var team = new SimulatedTeam(clock);
        var played = TokenMonitorCase.Play(team, clock.GetUtcNow());
        var server = await SimulatedXai.Start(clock);
        var wired = new Wired(new() { BaseAddress = server.BaseAddress }, clock);
        return new(team, played, wired.Client(server.Issue(team).Text), clock, server, wired);
    }

    private sealed record Game(SimulatedTeam Team, TokenMonitorCase Case, XaiClient Client, FakeTimeProvider Clock, SimulatedXai Server, Wired Wired) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            Wired.Dispose();
            await Server.DisposeAsync();
        }
    }
}
