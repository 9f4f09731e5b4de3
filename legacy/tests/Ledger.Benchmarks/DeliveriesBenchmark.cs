using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Ledger.Delivery;
using Ledger.Delivery.Webhooks;
using Ledger.Postgres;
using Ledger.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Ledger.Benchmarks;

/// <summary>Webhooks handed over through the real outbox and the real channel, beside bare posts to the same receiver.</summary>
internal static class DeliveriesBenchmark
{
    private const int Count = 5_000;
    private const int Pairs = 7;
    private const int AtOnce = 32;

    internal static async Task<BenchResult[]> Run(Action<string> say)
    {
        long received = 0;
        await using var receiver = await Receiver(() => Interlocked.Increment(ref received));
        var address = $"http://localhost:{new Uri(receiver.Urls.First()).Port}/hook";
        var pairs = new List<(double, double)>();
        for (var pair = 0; pair <= Pairs; pair++)
        {
            // The first pair warms up both sides; the order changes.
            var ours = pair % 2 == 0 ? await Ours(address) : 0;
            var limit = await Limit(address);
            if (pair % 2 != 0) ours = await Ours(address);
            if (pair == 0) continue;
            pairs.Add((ours, limit));
            say(string.Create(CultureInfo.InvariantCulture, $"pair {pair}: {ours:N0} / {limit:N0} = {ours / limit:0.00}"));
        }
        if (received != 2L * Count * (Pairs + 1)) throw new InvalidOperationException($"The receiver counted {received} posts.");
        return [BenchResult.Of($"{Count} signed webhooks, {AtOnce} at once", "posts/s", pairs, 0.10, 1_000)];
    }

    private static async Task<double> Ours(string address)
    {
        await using var database = await TestDatabase.Create();
        await using var log = await database.OpenLog();
        for (var batch = 0; batch < Count / 1_000; batch++)
        {
            await log.Append(new()
            {
                Streams = [],
                Messages = [.. Enumerable.Range(0, 1_000).Select(i => MessageJson.ToNew(new WebhookMessageBody($"a-{i}", "alert", Payload(), DateTimeOffset.UtcNow), $"{batch}", $"{i}", DateTimeOffset.UtcNow))],
            }, CancellationToken.None);
        }
        var outbox = new PostgresOutbox(database.Database);
        using var channel = new WebhookChannel(new() { Url = new(address), Secrets = [new("a secret of some length")] }, new(["localhost"]), TimeProvider.System);
        var loop = new ChannelLoop(channel, outbox, TimeProvider.System, _ => { });
        var watch = Stopwatch.StartNew();
        while (await loop.Turn(CancellationToken.None, CancellationToken.None))
        {
            // Until there is nothing left.
        }
        var rate = Count / watch.Elapsed.TotalSeconds;
        var state = await outbox.State(DateTimeOffset.UtcNow, CancellationToken.None);
        return state is { Waiting: 0, Dead: 0 } ? rate : throw new InvalidOperationException($"{state} was left.");
    }

    private static async Task<double> Limit(string address)
    {
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = AtOnce });
        var body = Encoding.UTF8.GetBytes(Payload().GetRawText());
        var watch = Stopwatch.StartNew();
        await Parallel.ForAsync(0, Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (_, ct) =>
        {
            using var content = new ByteArrayContent(body);
            using var response = await client.PostAsync(address, content, ct);
            response.EnsureSuccessStatusCode();
        });
        return Count / watch.Elapsed.TotalSeconds;
    }

    private static JsonElement Payload() => JsonDocument.Parse(
        """{"schema":"1.0","id":"4b1d","event":"budget.threshold_crossed","severity":"warning","event_group":"agent","scope":"vigilio","spend":"24.10","max_budget":"30.00","threshold":80,"basis":"actual","currency":"USD","event_message":"vigilio: $24.10 of $30.00 this month"}""").RootElement;

    private static async Task<WebApplication> Receiver(Action received)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(async http =>
        {
            await http.Request.Body.CopyToAsync(Stream.Null);
            received();
            http.Response.StatusCode = 204;
        });
        await app.StartAsync();
        return app;
    }
}
