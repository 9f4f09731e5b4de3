using System.Text.Json.Nodes;
using Ledger.Service.Tests.Channels;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Alerts;

/// <summary>Messages about one budget leave in order, whatever their receiver says meanwhile.</summary>
public sealed class MessagesInOrder(TestDatabases databases)
{
    [Fact]
    public async Task a_younger_message_waits_for_an_older_one_and_good_news_comes_last()
    {
        await using var sink = await Sink.Start();
        var refused = 0;
        // The first message is asked to wait; what comes meanwhile would be taken.
        sink.Answer = http =>
        {
            if (Interlocked.Increment(ref refused) > 1) return Task.CompletedTask;
            http.Response.StatusCode = 429;
            http.Response.Headers.RetryAfter = "6";
            return Task.CompletedTask;
        };
        await using var scene = await Told(sink);
        await scene.SetBudget("all", "100.00");
        await scene.Spend("ba", "82.00");
        await LedgerHost.Until(() => Task.FromResult(refused == 1), "the first try");
        await scene.Spend("ba", "101.00");
        await scene.Spend("ba", "40.00");
        await scene.GoodNews();
        await LedgerHost.Until(() => Task.FromResult(Taken(sink).Count == 3), "three messages", seconds: 60);
        Assert.Equal(["budget.threshold_crossed 80", "budget.exceeded 100", "budget.resolved 100"], Taken(sink));
    }

    [Fact]
    public async Task good_news_of_what_could_never_be_told_is_not_told()
    {
        await using var sink = await Sink.Start();
        var refused = 0;
        sink.Answer = http =>
        {
            if (Interlocked.Increment(ref refused) == 1) http.Response.StatusCode = 400;
            return Task.CompletedTask;
        };
        await using var scene = await Told(sink);
        await scene.SetBudget("all", "100.00");
        await scene.Spend("ba", "82.00");
        await LedgerHost.Until(async () => await scene.Host.Scalar<long>("select count(*) from messages.wolverine_dead_letters") == 1, "the dead letter");
        await scene.Spend("ba", "40.00");
        await scene.GoodNews();
        // It is handled, and posts nothing.
        await LedgerHost.Until(async () => await scene.Host.Scalar<long>("select count(*) from messages.wolverine_incoming_envelopes where message_type = 'send-webhook.v1' and status = 'Handled'") == 1, "the good news");
        Assert.Equal(1, refused);
    }

    private Task<AlertScene> Told(Sink sink) => AlertScene.Begin(databases, change: o => o with { Channels = o.Channels with { Webhook = new() { Url = sink.Url }, AllowPrivate = ["localhost"] } });

    /// <summary>What was taken, in order: the event and its threshold.</summary>
    private static IReadOnlyList<string> Taken(Sink sink)
    {
        lock (sink.Got) return [.. sink.Got.Skip(1).Select(g => JsonNode.Parse(g.Body)!).Select(j => $"{j["event"]} {j["threshold"]}")];
    }
}
