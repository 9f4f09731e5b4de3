using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Ledger.Budgets;
using Ledger.Service.Channels;
using Ledger.Service.Tests.Alerts;
using Ledger.Service.Tests.Channels;
using Ledger.Service.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Wolverine.Marten;

namespace Ledger.Benchmarks;

/// <summary>How soon a crossing reaches a mail server, over a real one with STARTTLS and sign-in; and how many signed webhooks a second are handed over to a receiver that says yes at once.</summary>
internal static class DeliveryBenchmark
{
    private const int warmUp = 10;
    private const int crossings = 200;
    private const int posts = 5_000;
    private const int postsPerTransaction = 100;
    private static readonly TimeSpan patience = TimeSpan.FromMinutes(2);

    public static async Task Run(TestDatabases databases)
    {
        await using var mail = MailServer.Start();
        await using var sink = await Sink.Start();
        await using var scene = await AlertScene.Begin(databases, change: o => o with
        {
            Channels = o.Channels with { Smtp = mail.Options(), Sender = "ledger@example.org", Webhook = new() { Url = sink.Url, Secrets = [new Secret("whsec_YmVuY2htYXJrLW9mLXdlYmhvb2tzLWtleQ==")] }, AllowPrivate = ["localhost"] },
        });
        await Mails(scene, mail);
        await Posts(scene, sink);
    }

    private static async Task Mails(AlertScene scene, MailServer mail)
    {
        for (var i = 1; i <= warmUp + crossings; i++)
            await scene.SetBudget(Text($"b{i}"), Text($"{i}"), thresholds: [new(Basis.Actual, 100, null)], recipients: Text($"r{i}@example.org"));
        var times = new List<double>();
        for (var i = 1; i <= warmUp + crossings; i++)
        {
            await scene.Read(("ba", Text($"{i}.50"), scene.Hour));
            var committed = Stopwatch.StartNew();
            while (mail.Mails.Count < i)
            {
                if (committed.Elapsed > patience) throw new TimeoutException($"No mail came for budget b{i}.");
                await Task.Delay(1);
            }
            if (i > warmUp) times.Add(committed.Elapsed.TotalMilliseconds);
        }
        Figures.Say($"{crossings} crossings, one after the other, from the commit of the reading until a mail server took the mail: p50 {times.Median():F0} ms, p95 {times.Percentile(0.95):F0} ms, p99 {times.Percentile(0.99):F0} ms (aim: p99 1,000 ms), slowest {times.Max():F0} ms");
    }

    private static async Task Posts(AlertScene scene, Sink sink)
    {
        var payload = JsonDocument.Parse("""{"type":"budget.threshold_crossed","budget":"team","period":"month","threshold":80,"spent":"80.0012345678","limit":"100.00"}""").RootElement;
        var before = Count();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < posts / postsPerTransaction; i++)
        {
            await using var scope = scene.Host.Services.CreateAsyncScope();
            await using var session = scene.Session();
            var outbox = scope.ServiceProvider.GetRequiredService<IMartenOutbox>();
            outbox.Enroll(session);
            for (var k = 0; k < postsPerTransaction; k++)
                await outbox.PublishAsync(new SendWebhook(Guid.NewGuid(), Text($"n{i}-{k}"), NotificationClasses.Alert, payload, scene.Now));
            await session.SaveChangesAsync();
        }
        var stored = watch.Elapsed;
        while (Count() - before < posts)
        {
            if (watch.Elapsed > patience) throw new TimeoutException($"{Count() - before} of {posts} posts arrived.");
            await Task.Delay(5);
        }
        var all = watch.Elapsed;
        lock (sink.Got)
            if (sink.Got.TakeLast(posts).Any(p => !p.Headers.ContainsKey("webhook-signature")))
                throw new InvalidOperationException("A post was not signed.");
        Figures.Say($"{posts:N0} signed webhooks, {postsPerTransaction} a transaction: stored in {stored.TotalSeconds:F1} s, all taken by the receiver after {all.TotalSeconds:F1} s: {posts / all.TotalSeconds:N0} a second (aim 1,000)");

        int Count()
        {
            lock (sink.Got) return sink.Got.Count;
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
