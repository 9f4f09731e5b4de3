using Ledger.Service.Writing;

namespace Ledger.Service.Tests;

public sealed class Idempotency
{
    [Fact]
    public async Task a_replay_gets_the_first_answer_even_when_the_same_would_be_refused_now()
    {
        await using var host = await TestHost.Start();
        (await host.Post("agents", new { name = "ba" }, "agent")).Ok();
        var started = (await host.Post("missions", new { title = "One" }, "start")).Ok();
        Assert.False(started.IsReplay);
        var ended = (await host.Post("missions/end", new { }, "end")).Ok();
        var head = await host.Head();

        foreach (var (path, body, key, first) in new (string, object, string, Reply)[] { ("missions", new { title = "One" }, "start", started), ("missions/end", new { }, "end", ended) })
        {
            var again = (await host.Post(path, body, key)).Ok();
            Assert.True(again.IsReplay);
            Assert.Equal(first.Text, again.Text);
        }
        Assert.Equal(head, await host.Head());
    }

    [Fact]
    public async Task the_order_of_members_and_white_space_do_not_make_another_body_but_everything_else_does()
    {
        await using var host = await TestHost.Start();
        (await host.Post("agents", """{"name":"ba","idle":"shares"}""", "k")).Ok();
        Assert.True((await host.Post("agents", """{ "idle" : "shares",  "name":"ba" }""", "k")).Ok().IsReplay);
        (await host.Post("agents", """{"name":"ba","idle":"yields"}""", "k")).Refused("idempotency.reused");
        (await host.Post("missions", new { title = "x" }, "k")).Refused("idempotency.reused");
        (await host.Patch("agents/ba", """{"name":"ba","idle":"shares"}""", "k")).Refused("idempotency.reused");
        Assert.Equal(1, await host.Head());
    }

    [Fact]
    public async Task of_many_callers_with_one_key_one_writes_and_all_get_its_answer()
    {
        await using var host = await TestHost.Start();
        (await host.Post("agents", new { name = "ba" })).Ok();
        var head = await host.Head();
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => host.Post("missions", new { title = "One", at = "2026-11-16T09:00:00Z" }, "same")));
        Assert.All(replies, r => r.Ok());
        Assert.Single(replies.Select(r => (string?)r["mission"]!["id"]).Distinct());
        Assert.Single(replies, r => !r.IsReplay);
        Assert.Equal(head + 1, await host.Head());
    }

    [Fact]
    public async Task a_stream_that_moves_meanwhile_is_decided_on_again()
    {
        await using var host = await TestHost.Start();
        (await host.Post("agents", new { name = "ba" })).Ok();
        (await host.Post("missions", new { title = "One" })).Ok();
        var replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => host.Post("missions/end", new { }, $"end-{i}")));
        Assert.Single(replies, r => r.Status == 200);
        Assert.All(replies.Where(r => r.Status != 200), r => Assert.Contains(r.Code, new[] { "mission.none_open", "mission.not_open" }));
        Assert.Equal(3, await host.Head());
    }

    [Fact]
    public async Task two_keys_whose_short_ids_collide_get_missions_of_their_own()
    {
        await using var host = await TestHost.Start();
        (await host.Post("agents", new { name = "ba" })).Ok();
        // Somebody else has the id that this key would give.
        var id = Ids.Short("m", "collides");
        var log = (IEventLog)host.Host.Services.GetService(typeof(IEventLog))!;
        var taken = EventJson.ToNew(new Ledger.Missions.MissionStarted(id, "Other", null, ["ba"], 1, host.Clock.GetUtcNow().ToMicroseconds(), host.Clock.GetUtcNow(), null), "another cause", "started", host.Clock.GetUtcNow());
        await log.Append(new() { Streams = [new(Mission.StreamOf(id), 0, [taken])] }, CancellationToken.None);
        var started = (await host.Post("missions", new { title = "Mine" }, "collides")).Ok();
        Assert.NotEqual(id, (string?)started["mission"]!["id"]);
        Assert.Equal("Mine", (string?)started["mission"]!["title"]);
    }
}
