using Ledger.Service.Tests.Budgets;
using Ledger.Service.Tests.Support;

namespace Ledger.Benchmarks;

/// <summary>The guard, asked over HTTP in the service, with 1,000 budgets of 1,000 agents. The limit is another answer of the same service: its version.</summary>
internal static class GuardBenchmark
{
    private const int agents = 1_000;
    private const int warmUp = 100;
    private const int asked = 1_000;

    public static async Task Run(TestDatabases databases)
    {
        await using var scene = await SpendScene.Begin(databases);
        var names = Enumerable.Range(0, agents).Select(i => $"a{i:D4}").ToArray();
        foreach (var name in names) await scene.Agent(name);
        // Every agent spent in each hour of a week.
        foreach (var hour in Enumerable.Range(1, 24 * 7)) await scene.Read([.. names.Select(n => (n, "0.01", SpendScene.Hour.AddHours(-hour)))]);
        foreach (var name in names) await scene.SetBudget($"agent:{name}", $"agent:{name}", "50.00", "month");
        await scene.SetBudget("all", "all", "50000.00", "month");

        var random = new Random(7);
        var (collected, paused) = (GC.CollectionCount(0), GC.GetTotalPauseDuration());
        var (guard, least) = (new List<double>(), new List<double>());
        for (var i = 0; i < warmUp + asked; i++)
        {
            var agent = names[random.Next(agents)];
            var took = await Figures.Milliseconds(async () => (await scene.Host.Get($"guard?agent={agent}")).Ok());
            var other = await Figures.Milliseconds(async () => await scene.Host.Get("/health/live"));
            if (i == warmUp) (collected, paused) = (GC.CollectionCount(0), GC.GetTotalPauseDuration());
            if (i < warmUp) continue;
            guard.Add(took);
            least.Add(other);
        }
        Figures.Say($"guard of one of {agents} agents with a budget each, {asked} times: p50 {guard.Median():F1} ms, p90 {guard.Percentile(0.9):F1} ms, p95 {guard.Percentile(0.95):F1} ms, p99 {guard.Percentile(0.99):F1} ms, slowest {guard.Max():F1} ms (aim: p99 15 ms); the least the service answers in: p50 {least.Median():F1} ms, p99 {least.Percentile(0.99):F1} ms; {GC.CollectionCount(0) - collected} collections took {(GC.GetTotalPauseDuration() - paused).TotalMilliseconds:F0} ms");
    }
}
