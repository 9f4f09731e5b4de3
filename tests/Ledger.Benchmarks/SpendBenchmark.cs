using System.Diagnostics;
using System.Globalization;
using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Service.Spend;
using Ledger.Service.Tests.Spend;
using Ledger.Service.Tests.Support;
using Marten;

namespace Ledger.Benchmarks;

/// <summary>
/// The money views at a million facts: 90 days by the hour and, one fact in twenty, by the second; ten keys, eight models, six units, one reading per UTC day, ten agents with
/// missions every day. <c>LEDGER_SPEED_DAYS</c> makes it smaller, <c>LEDGER_SPEED_ZONE</c> gives the team another zone than UTC.
/// </summary>
internal static class SpendBenchmark
{
    private const string account = "xai-speed";
    private const int keys = 10;
    private const int models = 8;
    private const int units = 6;
    private static readonly int days = int.Parse(Environment.GetEnvironmentVariable("LEDGER_SPEED_DAYS") ?? "90", CultureInfo.InvariantCulture);
    private static readonly DateTimeOffset until = new(2026, 11, 16, 0, 0, 0, TimeSpan.Zero);

    public static async Task Run(TestDatabases databases)
    {
        await using var books = await SpendBooks.Create(databases, Environment.GetEnvironmentVariable("LEDGER_SPEED_ZONE") ?? "UTC", following: false);
        var facts = await Fill(books);
        await books.Execute("vacuum analyze");
        var watch = Stopwatch.StartNew();
        await books.Follow();
        Assert.True(await books.Views.WaitFor(books.Positions[^1], TimeSpan.FromMinutes(10), default));
        Figures.Say($"{facts:N0} facts followed in {watch.Elapsed.TotalSeconds:F1} s ({facts / watch.Elapsed.TotalSeconds:N0}/s), at most {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MB");
        await books.Daemon!.Tracker.WaitForShardState(Ledger.Service.Operations.ChainProjection.Progress, books.Positions[^1], TimeSpan.FromMinutes(5));
        await books.Execute("vacuum analyze");

        await LargeReadings(books);
        await Rebuilds(books);
        await LargeEdit(books);
        await books.Execute("vacuum analyze");
        // What the edit left to be written and collected is not the questions' matter.
        await books.Execute("checkpoint");
        GC.Collect();
        await Questions(books);
        watch.Restart();
        await books.AssertVerified();
        Figures.Say($"verify in {watch.Elapsed.TotalSeconds:F1} s");
    }

    private static async Task LargeReadings(SpendBooks books)
    {
        var times = new List<double>();
        var previous = until;
        for (var round = 1; round <= 7; round++)
        {
            var at = until.AddMinutes(round);
            var lines = Lines(until.AddDays(-1), 21, 1_000_000 + round).Take(10_000).Select(l => l with { Replaces = round == 1 ? Amount(days - 1, l) : Amount(1_000_000 + round - 1, l) }).ToArray();
            var chunks = lines.Chunk(Observation.LinesPerSnapshotMax).ToArray();
            var last = await books.Append([.. chunks.Select((c, i) => ($"account-{account}", (ILedgerEvent)Snapshot(at, until.AddDays(-1), until, c, i + 1, chunks.Length, previous)))]);
            previous = at;
            var watch = Stopwatch.StartNew();
            Assert.True(await books.Views.WaitFor(last, TimeSpan.FromSeconds(30), default));
            times.Add(watch.Elapsed.TotalSeconds);
        }
        Figures.Say($"10,000 changed lines in the views after {times.Median():F2} s, median of {times.Count}, first {times[0]:F2} s (aim 0.5 s)");
    }

    private static async Task Questions(SpendBooks books)
    {
        var report = new ReportQuery { Since = until.AddDays(-days), Until = until, By = [Dimension.Agent, Dimension.Day], Zone = books.Zone, PreliminaryFrom = until.AddDays(-2) };
        var random = new Random(7);
        string Some() => $"m-{random.Next(days):D3}-{random.Next(keys)}";
        var old = books.Positions[books.Positions.Count / 2];
        await Percentile("a view opened and closed", 200, () => books.Ask(v => Task.FromResult(v.Position)));
        await Percentile("mission cost", 1_000, () => books.Ask(v => v.Cost(Some(), null, [Dimension.Agent, Dimension.Model], until.AddDays(-2), default)));
        await Percentile("report by agent and day", 200, () => books.Ask(v => v.Report(report, default)));
        await Percentile("report by day in the team's zone", 50, () => books.Ask(v => v.Report(report with { By = [Dimension.Day] }, default)));
        await Percentile("report by day in another zone (aim 500 ms)", 30, () => books.Ask(v => v.Report(report with { By = [Dimension.Day], Zone = new("America/Los_Angeles") }, default)));
        await Percentile("report by agent and day in another zone (aim 500 ms)", 30, () => books.Ask(v => v.Report(report with { Zone = new("America/Los_Angeles") }, default)));
        await Percentile("report cut by hours", 50, () => books.Ask(v => v.Report(report with { Since = report.Since.AddHours(5), Until = until.AddHours(-5), By = [Dimension.Agent] }, default)));
        await Percentile("explanation of a mission", 20, () => books.Ask(v => v.Explain(Some(), null, 50, default)));
        await Percentile("sums of 10 agents in a month", 50, () => books.Ask(v => v.Sums(Ledger.Budgets.ScopeKind.Agent, [.. Enumerable.Range(0, 10).Select(i => $"a{i}")], new(until.AddDays(-30).AddHours(1), until), new Dictionary<string, DateTimeOffset> { [account] = until.AddDays(-days) }, default)));
        await Percentile("series of 10 agents", 20, () => books.Ask(v => v.Series(Ledger.Budgets.ScopeKind.Agent, [.. Enumerable.Range(0, 10).Select(i => $"a{i}")], until, null, default)));
        await Percentile("mission cost as of an old position", 20, () => books.Ask(v => v.Cost(Some(), old, [], until.AddDays(-2), default)));
        await Percentile("report as of an old position", 3, () => books.Ask(v => v.Report(report with { AsOf = old }, default)));
        await Percentile("difference of a mission", 5, () => books.Ask(v => v.Diff(Some(), old, books.Positions[^1], default)));
        await Percentile("replay of 30 days", 3, () => books.Ask(async v => await v.Replay(new(until.AddDays(-30), until), new Dictionary<string, DateTimeOffset>(), 3_000_000, default).CountAsync()));
    }

    private static async Task Rebuilds(SpendBooks books)
    {
        var ratios = new List<double>();
        for (var round = 0; round < 3; round++)
        {
            var watch = Stopwatch.StartNew();
            var before = Environment.CpuUsage.TotalTime;
            var rebuilt = await books.Rebuild.Fill(default);
            var rebuild = watch.Elapsed.TotalSeconds;
            var processor = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
            var copy = await Copy(books);
            watch.Restart();
            await Read(books);
            var read = watch.Elapsed.TotalSeconds;
            ratios.Add(rebuild / (read + copy));
            Figures.Say($"rebuild of {rebuilt:N0} rows in {rebuild:F1} s ({processor:F1} s of our processor time); Marten reads them in {read:F1} s, COPY of the rows takes {copy:F1} s: ratio {rebuild / (read + copy):F2}");
        }
        Figures.Say($"rebuild: median ratio {ratios.Median():F2} (aim 2)");
        var all = Stopwatch.StartNew();
        Assert.True((await books.Rebuild.Run(swap: true, null, default)).Equal);
        Figures.Say($"rebuild, comparison and swap in {all.Elapsed.TotalSeconds:F1} s");
    }

    /// <summary>What Marten alone needs to read and deserialise all events.</summary>
    private static async Task Read(SpendBooks books)
    {
        await using var session = books.Store.QuerySession();
        var position = 0L;
        while (await session.Events.QueryAllRawEvents().Where(e => e.Sequence > position).OrderBy(e => e.Sequence).Take(50).ToListAsync() is { Count: > 0 } events)
            position = events[^1].Sequence;
    }

    /// <summary>Binary COPY of the same rows into the same tables and indexes, from memory.</summary>
    private static async Task<double> Copy(SpendBooks books)
    {
        await books.Execute("drop schema if exists spend_copy cascade; create schema spend_copy");
        await using var db = await books.Db.OpenConnectionAsync();
        var seconds = 0.0;
        foreach (var table in new[] { "line", "fact", "part", "claim", "day", "agent_day", "balance", "context" })
        {
            await books.Execute($"create table spend_copy.{table} (like spend_v3_next.{table} including all)");
            using var rows = new MemoryStream();
            await using (var from = await db.BeginRawBinaryCopyAsync($"copy spend_v3_next.{table} to stdout (format binary)")) await from.CopyToAsync(rows);
            rows.Position = 0;
            var watch = Stopwatch.StartNew();
            await using (var to = await db.BeginRawBinaryCopyAsync($"copy spend_copy.{table} from stdin (format binary)")) await rows.CopyToAsync(to);
            seconds += watch.Elapsed.TotalSeconds;
        }
        await books.Execute("drop schema spend_copy cascade");
        return seconds;
    }

    private static async Task LargeEdit(SpendBooks books)
    {
        var lines = await books.Scalar<long>("select count(*) from spend_v3.line");
        await using var session = books.Store.LightweightSession();
        foreach (var k in Enumerable.Range(0, keys))
            session.Events.Append(KeyOwnership.StreamOf(account, $"k{k}"), new KeyAssigned(account, $"k{k}", [new($"a{(k + 1) % keys}", 1)], null, until, null));
        await session.SaveChangesAsync();
        var last = await books.Scalar<long>("select max(seq_id) from mt_events");
        var watch = Stopwatch.StartNew();
        Assert.True(await books.Views.WaitFor(last, TimeSpan.FromMinutes(10), default));
        Figures.Say($"an edit that touches {lines:N0} lines is through after {watch.Elapsed.TotalSeconds:F1} s (limit 60 s), at most {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MB");
        await books.Daemon!.Tracker.WaitForShardState(Ledger.Service.Operations.ChainProjection.Progress, last, TimeSpan.FromMinutes(5));
    }

    private static async Task<long> Fill(SpendBooks books)
    {
        await books.Append([.. Enumerable.Range(0, keys).Select(i => (Agent.StreamOf($"a{i}"), (ILedgerEvent)new AgentAdded($"a{i}", $"a{i}", IdleRule.Shares, until, null)))]);
        await books.Append([.. Enumerable.Range(0, keys).Select(i => (KeyOwnership.StreamOf(account, $"k{i}"), (ILedgerEvent)new KeyAssigned(account, $"k{i}", i == 0 ? [new("a0", 1), new("a1", 2)] : [new($"a{i}", 1)], null, until, null)))]);
        var facts = 0L;
        for (var day = 0; day < days; day++)
        {
            var start = until.AddDays(day - days);
            for (var m = 0; m < keys; m++)
            {
                var id = $"m-{day:D3}-{m}";
                await books.Append(
                    ($"mission-{id}", new MissionStarted(id, id, null, [$"a{m}"], 1, start.AddHours(6).AddMinutes(m * 7), start, null)),
                    ($"mission-{id}", new MissionEnded(id, start.AddHours(6 + m).AddMinutes(40), start, null)));
            }
            var lines = Lines(start, 24, day).ToArray();
            facts += lines.Length;
            var chunks = lines.Chunk(Observation.LinesPerSnapshotMax).ToArray();
            await books.Append([.. chunks.Select((c, i) => ($"account-{account}", (ILedgerEvent)Snapshot(start.AddDays(1).AddMinutes(5), start, start.AddDays(1), c, i + 1, chunks.Length, null)))]);
        }
        return facts;
    }

    private static IEnumerable<SnapshotLine> Lines(DateTimeOffset start, int hours, long seed)
    {
        for (var h = 0; h < hours; h++)
            for (var k = 0; k < keys; k++)
                for (var m = 0; m < models; m++)
                    for (var u = 0; u < units; u++)
                    {
                        // One in twenty is a second, as where missions begin and end.
                        var isSecond = h == 6 || (h == 7 && start.DayOfYear % 5 == 0);
                        var line = new SnapshotLine { Start = isSecond ? start.AddHours(h).AddSeconds(7 * ((k * models * units) + (m * units) + u)) : start.AddHours(h), Seconds = isSecond ? 1 : 3600, Key = $"k{k}", Model = $"grok-{m}-fast-reasoning", Unit = $"Kind {u} of text tokens", Total = default };
                        yield return line with { Total = Amount(seed, line) };
                    }
    }

    private static Usd Amount(long seed, SnapshotLine line)
    {
        var (h, k, m, u) = (line.Start.Hour, line.Key![1] - '0', line.Model![5] - '0', line.Unit![5] - '0');
        return new((((seed * 31) + h) * 7919 + (k * 104729L) + (m * 1299709L) + (u * 15485863L)) % 3_000_000_000 + (seed > 1000 ? seed * 10_000 : 0) + 1);
    }

    private static UsageSnapshotTaken Snapshot(DateTimeOffset at, DateTimeOffset from, DateTimeOffset to, SnapshotLine[] lines, int part, int parts, DateTimeOffset? previous) => new()
    {
        Account = account,
        Reading = at.ToText(),
        Part = part,
        Parts = parts,
        Asked = at,
        Answered = at.AddSeconds(1),
        Covers = new(from, to),
        Dimensions = DimensionSet.KeyModelUnit,
        SettlementLagSeconds = 300,
        Previous = previous is { } p ? [new(from, to, p, p.AddSeconds(1))] : [],
        Lines = lines,
    };

    private static async Task Percentile<T>(string what, int runs, Func<Task<T>> ask)
    {
        await ask();
        var times = new List<double>(runs);
        for (var i = 0; i < runs; i++) times.Add(await Figures.Milliseconds(ask));
        Figures.Say($"{what}: p50 {times.Median():F1} ms, p99 {times.Percentile(0.99):F1} ms");
    }
}
