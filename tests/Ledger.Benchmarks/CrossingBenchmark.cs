using System.Diagnostics;
using System.Globalization;
using Ledger.Service.Tests.Alerts;
using Ledger.Service.Tests.Support;
using Npgsql;

namespace Ledger.Benchmarks;

/// <summary>A reading crosses one of many budgets: how long after its commit do the alert and its mail stand in the outbox? The real host, its daemon and its watch.</summary>
internal static class CrossingBenchmark
{
    private const int warmUp = 10;
    private const int rounds = 200;
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(30);

    public static async Task Run(TestDatabases databases)
    {
        await using var scene = await AlertScene.Begin(databases);
        // Each is crossed by one reading. Everybody has a reader of his own: more than 20 mails an hour to one would be held back.
        for (var i = 1; i <= warmUp + rounds; i++)
            await scene.SetBudget(string.Create(CultureInfo.InvariantCulture, $"b{i}"), string.Create(CultureInfo.InvariantCulture, $"{i}"), thresholds: [new(Ledger.Budgets.Basis.Actual, 100, null)], recipients: string.Create(CultureInfo.InvariantCulture, $"r{i}@example.org"));
        await using var looking = NpgsqlDataSource.Create(scene.Host.Options.Database!);
        await using var connection = await looking.OpenConnectionAsync();
        var times = new List<double>();
        for (var i = 1; i <= warmUp + rounds; i++)
        {
            var (alerts, mails) = await Count(connection);
            await scene.Read(("ba", string.Create(CultureInfo.InvariantCulture, $"{i}.50"), scene.Hour));
            var committed = Stopwatch.StartNew();
            for (var now = (Alerts: alerts, Mails: mails); now.Alerts <= alerts || now.Mails <= mails; now = await Count(connection))
            {
                if (committed.Elapsed > patience) throw new TimeoutException($"Budget b{i} was crossed and nobody was told within {patience.TotalSeconds:F0} s.");
                await Task.Delay(1);
            }
            if (i > warmUp) times.Add(committed.Elapsed.TotalMilliseconds);
        }
        Figures.Say($"{warmUp + rounds} budgets, {times.Count} crossings, one after the other: p50 {times.Median():F0} ms, p95 {times.Percentile(0.95):F0} ms, p99 {times.Percentile(0.99):F0} ms (aim: p99 250 ms), slowest {times.Max():F0} ms");
    }

    /// <summary>Crossings in the log, and mails that wait or left.</summary>
    private static async Task<(long Alerts, long Mails)> Count(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("""
            select (select count(*) from mt_events where type = 'budget-threshold-crossed.v1'),
                   (select count(*) from messages.wolverine_incoming_envelopes where message_type = 'send-mail.v1')
            """, connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetInt64(1));
    }
}
