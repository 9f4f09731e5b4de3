using System.Diagnostics;
using System.Globalization;
using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Postgres;
using Ledger.Testing;
using Ledger.Views;
using Ledger.Views.Spend;

namespace Ledger.Benchmarks;

/// <summary>
/// The read side at about a million facts: 90 days by the hour, ten keys, eight models, six units, one reading per UTC day, ten
/// agents with missions every day. Each figure stands beside its limit, measured in the same run.
/// </summary>
internal static class ViewsBenchmark
{
    private const string Account = "xai-bench";
    private const int Keys = 10;
    private const int Models = 8;
    private const int Units = 6;
    private static readonly DateTimeOffset until = new(2026, 11, 16, 0, 0, 0, TimeSpan.Zero);

    private static int benchDays = 90;
    private static bool holds = true;

    /// <summary>False: a figure missed its limit.</summary>
    public static async Task<bool> Run(int days, TextWriter output)
    {
        benchDays = days;
        await using var database = await TestDatabase.Create();
        await using var log = await database.OpenLog();
        var facts = await Fill(log, days);
        await database.Execute("vacuum analyze");

        await using var books = new Books(database.DataSource, log, TimeProvider.System);
        var watch = Stopwatch.StartNew();
        await books.Start(default);
        var head = (await log.Head(default)).Position;
        if (!await books.WaitFor(head, TimeSpan.FromMinutes(10), default)) throw new InvalidOperationException($"The books did not follow: {books.Halted}");
        output.WriteLine(Invariant($"facts {facts:N0}, followed live in {watch.Elapsed.TotalSeconds:F1} s ({facts / watch.Elapsed.TotalSeconds:N0} facts/s)"));
        await database.Execute("vacuum analyze");

        await Rebuilds(database, books, output);
        await Queries(database, log, books, days, output);
        await LargeReading(log, books, output);
        return holds;
    }

    private static async Task Rebuilds(TestDatabase database, Books books, TextWriter output)
    {
        var ratios = new List<double>();
        for (var round = 0; round < 3; round++)
        {
            var watch = Stopwatch.StartNew();
            var before = Environment.CpuUsage.TotalTime;
            var rebuilt = await books.Fill(default);
            var rebuild = watch.Elapsed.TotalSeconds;
            var cpu = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
            var copy = await CopySeconds(database);
            ratios.Add(copy / rebuild);
            output.WriteLine(Invariant($"rebuild {rebuilt:N0} rows in {rebuild:F1} s ({rebuilt / rebuild:N0}/s; {cpu:F1} s of our processor time), COPY of them {copy:F1} s: ratio {copy / rebuild:F2}"));
        }
        Verdict(output, "rebuild against COPY", Median(ratios), 0.60);
    }

    /// <summary>Binary COPY of the same rows into the same tables and indexes, from memory.</summary>
    private static async Task<double> CopySeconds(TestDatabase database)
    {
        await database.Execute("drop schema if exists views_copy cascade");
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await Books.Create(connection, "views_copy", default);
        await database.Execute("delete from views_copy.checkpoint");
        var seconds = 0.0;
        foreach (var table in new[] { "line", "fact", "allocation", "claim", "spend_day", "party_day", "scope_spend", "mission_bounds", "directory", "checkpoint" })
        {
            using var rows = new MemoryStream();
            await using (var from = await connection.BeginRawBinaryCopyAsync($"copy views_next.{table} to stdout (format binary)"))
                await from.CopyToAsync(rows);
            rows.Position = 0;
            var watch = Stopwatch.StartNew();
            await using (var to = await connection.BeginRawBinaryCopyAsync($"copy views_copy.{table} from stdin (format binary)"))
                await rows.CopyToAsync(to);
            seconds += watch.Elapsed.TotalSeconds;
        }
        return seconds;
    }

    private static async Task Queries(TestDatabase database, IEventLog log, Books books, int days, TextWriter output)
    {
        var queries = new SpendQueries(database.DataSource, log, books);
        var missions = books.Ask(d => d.Missions.Keys.ToArray());
        var random = new Random(7);
        var by = new[] { Dimension.Agent, Dimension.Model, Dimension.Unit };
        var report = new ReportQuery { Since = until.AddDays(-days), Until = until, By = [Dimension.Agent, Dimension.Day], PreliminaryFrom = until.AddDays(-2) };
        var old = books.Position / 2;
        await Percentile(output, "mission cost", 300, 10, () => queries.Cost(missions[random.Next(missions.Length)], null, by, until.AddDays(-2), default));
        await Percentile(output, $"report {days} d by agent,day", 100, 50, () => queries.Report(report, default));
        await Percentile(output, "mission cost as of an old position", 100, 1000, () => queries.Cost(missions[random.Next(missions.Length)], old, by, until.AddDays(-2), default));
        await Percentile(output, $"report {days} d as of an old position", 20, 1000, () => queries.Report(report with { AsOf = old }, default));
        await Percentile(output, $"report {days} d as of the last but one position", 20, 1000, () => queries.Report(report with { AsOf = books.Position - 1 }, default));
    }

    private static async Task Percentile(TextWriter output, string what, int runs, double limitMs, Func<Task> ask)
    {
        for (var i = 0; i < 5; i++) await ask();
        var times = new List<double>(runs);
        for (var i = 0; i < runs; i++)
        {
            var watch = Stopwatch.StartNew();
            await ask();
            times.Add(watch.Elapsed.TotalMilliseconds);
        }
        times.Sort();
        var p99 = times[(int)Math.Ceiling(times.Count * 0.99) - 1];
        output.WriteLine(Invariant($"{what}: p50 {times[times.Count / 2]:F1} ms, p99 {p99:F1} ms (limit {limitMs:F0} ms) {Judge(p99 <= limitMs)}"));
    }

    /// <summary>Commit of a reading with 10,000 changed lines to its being in the views.</summary>
    private static async Task LargeReading(IEventLog log, Books books, TextWriter output)
    {
        var times = new List<double>();
        var previous = until;
        for (var round = 1; round <= 5; round++)
        {
            var at = until.AddMinutes(round);
            var lines = Lines(until.AddDays(-1), 21, 1_000_000 + round, (long?)(round == 1 ? null : 1_000_000 + round - 1)).Take(10_000).ToArray();
            if (round == 1) lines = [.. lines.Select(l => l with { Replaces = Original(l) })];
            var events = lines.Chunk(Observation.LinesPerSnapshotMax).Select((chunk, i) => (ILedgerEvent)Snapshot(at, until.AddDays(-1), until, chunk, i + 1, 5, previous)).ToArray();
            previous = at;
            var result = await log.Append(Request($"large:{round}", $"account-{Account}", events), default);
            var watch = Stopwatch.StartNew();
            if (!await books.WaitFor(((AppendResult.Written)result).Last, TimeSpan.FromSeconds(30), default)) throw new InvalidOperationException($"Not followed: {books.Halted}");
            times.Add(watch.Elapsed.TotalSeconds);
        }
        output.WriteLine(Invariant($"10,000 changed lines in the views after {Median(times):F2} s median of {times.Count} (limit 1 s) {Judge(Median(times) <= 1)}"));
    }

    private static async Task<long> Fill(PostgresEventLog log, int days)
    {
        await log.Append(Request("agents", "agents", [.. Enumerable.Range(0, Keys).Select(i => (ILedgerEvent)new AgentAdded($"a{i}", $"a{i}", IdleRule.Shares, until, null))]), default);
        for (var i = 0; i < Keys; i++)
            await log.Append(Request($"key{i}", $"key-{Account}-k{i}", [new KeyAssigned(Account, $"k{i}", i == 0 ? [new("a0", 1), new("a1", 2)] : [new($"a{i}", 1)], null, until, null)]), default);
        var facts = 0L;
        for (var day = 0; day < days; day++)
        {
            var start = until.AddDays(day - days);
            for (var m = 0; m < Keys; m++)
            {
                var id = $"m-{day:D3}-{m}";
                await log.Append(
                    Request(id, $"mission-{id}", [
                        new MissionStarted(id, id, null, [$"a{m}"], 1, start.AddHours(6).AddMinutes(m * 7), start, null),
                        new MissionEnded(id, start.AddHours(6 + m).AddMinutes(40), start, null)]), default);
            }
            var lines = Lines(start, 24, day, null).ToArray();
            facts += lines.Length;
            var chunks = lines.Chunk(Observation.LinesPerSnapshotMax).ToArray();
            await log.Append(
                Request($"day:{day}", $"account-{Account}", [.. chunks.Select((c, i) => (ILedgerEvent)Snapshot(start.AddDays(1).AddMinutes(5), start, start.AddDays(1), c, i + 1, chunks.Length, null))]), default);
        }
        return facts;
    }

    private static IEnumerable<SnapshotLine> Lines(DateTimeOffset start, int hours, long seed, long? replaces)
    {
        for (var h = 0; h < hours; h++)
            for (var k = 0; k < Keys; k++)
                for (var m = 0; m < Models; m++)
                    for (var u = 0; u < Units; u++)
                    {
                        var line = new SnapshotLine { Start = start.AddHours(h), Seconds = 3600, Key = $"k{k}", Model = $"grok-{m}-fast-reasoning", Unit = $"Kind {u} of text tokens", Total = Amount(seed, h, k, m, u) };
                        yield return replaces is { } r ? line with { Replaces = Amount(r, h, k, m, u) } : line;
                    }
    }

    private static Usd Original(SnapshotLine line)
    {
        var hour = (int)(line.Start - until.AddDays(-1)).TotalHours;
        return Amount(benchDays - 1, hour, line.Key![1] - '0', line.Model![5] - '0', line.Unit![5] - '0');
    }

    private static Usd Amount(long seed, int h, int k, int m, int u) => new((((seed * 31) + h) * 7919 + (k * 104729L) + (m * 1299709L) + (u * 15485863L)) % 3_000_000_000 + (seed > 1000 ? seed * 10_000 : 0) + 1);

    private static UsageSnapshotTaken Snapshot(DateTimeOffset at, DateTimeOffset from, DateTimeOffset to, SnapshotLine[] lines, int part, int parts, DateTimeOffset? previous) => new()
    {
        Account = Account,
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

    private static AppendRequest Request(string cause, string stream, ILedgerEvent[] events) => new()
    {
        Streams = [new(stream, StreamAppend.AnyVersion, [.. events.Select((e, i) => EventJson.ToNew(e, cause, $"{i}", until))])],
    };

    private static string Judge(bool ok)
    {
        holds &= ok;
        return ok ? "holds" : "MISSED";
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static void Verdict(TextWriter output, string what, double ratio, double limit) =>
        output.WriteLine(Invariant($"{what}: median ratio {ratio:F2} (at least {limit:F2}) {Judge(ratio >= limit)}"));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
