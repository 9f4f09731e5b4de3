using CsCheck;
using Ledger.Accounts;
using Ledger.Missions;
using Ledger.Service.Spend;
using Ledger.Service.Tests.Support;
using Ledger.Spend;
using Ledger.Tests.Laws;

namespace Ledger.Service.Tests.Spend;

/// <summary>Random worlds through Marten and the real tables, against the reference.</summary>
public sealed class BooksLaws(TestDatabases databases)
{
    private static readonly DateTimeOffset from = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset until = new(2026, 12, 31, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] zones = ["UTC", "America/St_Johns", "Asia/Kathmandu", "Europe/Brussels"];

    [Fact]
    public Task views_equal_the_reference_now_and_then_whatever_the_pages_and_parts() => World.Seeds.SampleAsync(async seed =>
    {
        var random = new Random(seed);
        await using var books = await SpendBooks.Create(databases, zone: random.Next(2) == 0 ? "UTC" : "Asia/Kathmandu", eventsPerPage: random.Next(1, 5));
        var world = new World(random).Begin();
        var log = new List<(string Stream, ILedgerEvent Event)>();
        var (taken, shown) = (0, new Dictionary<long, string>());
        async Task Append()
        {
            var fresh = InParts.Of(world.Log[taken..], random);
            taken = world.Log.Count;
            log.AddRange(fresh);
            var position = await books.AppendAndFollow(fresh);
            if (random.Next(4) == 0) shown[position] = await Show(books, log, null);
        }
        for (var i = 0; i < 150; i++)
        {
            world.Step();
            if (random.Next(4) == 0 && world.Log.Count > taken) await Append();
        }
        world.Finish();
        await Append();

        await AssertEqualsReference(books, [.. log.Select(l => l.Event)]);
        foreach (var (position, was) in shown)
            Assert.Equal(was, await Show(books, log, position));
        for (var i = 0; i < 8; i++)
            await AssertEqualsReferenceAt(books, log, random.Next(log.Count));
        await books.AssertVerified();

        var rebuilt = await books.Rebuild.Run(swap: true, null, default);
        Assert.True(rebuilt.Equal, rebuilt.FirstDifference);
        foreach (var (position, was) in shown)
            Assert.Equal(was, await Show(books, log, position));

        // The projection goes on in the swapped tables.
        for (var i = 0; i < 20; i++) world.Step();
        world.Finish();
        await Append();
        await AssertEqualsReference(books, [.. log.Select(l => l.Event)]);
        await books.AssertVerified();
        await books.Store.Storage.Database.AssertDatabaseMatchesConfigurationAsync();
    }, iter: 4, threads: 1);

    [Fact]
    public Task views_that_restart_at_any_moment_equal_views_that_never_stopped() => World.Seeds.SampleAsync(async seed =>
    {
        var random = new Random(seed);
        await using var books = await SpendBooks.Create(databases, following: false);
        var world = new World(random).Begin();
        var taken = 0;
        for (var round = 0; round < 5; round++)
        {
            for (var i = 0; i < 30; i++) world.Step();
            var last = await books.Append(InParts.Of(world.Log[taken..], random));
            taken = world.Log.Count;
            await using var process = await books.Again();
            await process.Follow();
            if (random.Next(3) != 0) await process.Reach(last);
        }
        await books.Follow();
        await books.Reach(books.Positions[^1]);
        await AssertEqualsReference(books, [.. world.Log.Select(l => l.Event)]);
        await books.AssertVerified();
    }, iter: 3, threads: 1);

    [Fact]
    public Task any_grouping_any_filter_any_page_adds_up_to_the_total() => World.Seeds.SampleAsync(async seed =>
    {
        var random = new Random(seed);
        await using var books = await SpendBooks.Create(databases, zone: zones[random.Next(2)]);
        var world = new World(random).Begin();
        for (var i = 0; i < 150; i++) world.Step();
        world.Finish();
        await books.AppendAndFollow(world.Log);
        await books.AppendAndFollow(("agent-late", new Ledger.Agents.AgentAdded("late", "late", Ledger.Agents.IdleRule.Shares, world.Now, null)));
        var bill = ReferenceBooks.Of(world.Log.Select(l => l.Event)).Totals.Values.Sum();

        var all = Enum.GetValues<Dimension>();
        for (var i = 0; i < 30; i++)
        {
            var by = all.Where(_ => random.Next(4) == 0).ToArray();
            var asOf = random.Next(3) == 0 ? books.Positions[^2] : (long?)null;
            var query = new ReportQuery
            {
                Since = random.Next(2) == 0 ? from : from.AddHours(3),
                Until = until,
                By = by,
                Zone = new(zones[random.Next(zones.Length)]),
                Limit = random.Next(1, 30),
                AsOf = asOf,
                PreliminaryFrom = world.Now.AddHours(-random.Next(0, 60)),
            };
            var answer = await books.Ask(v => v.Report(query, default));
            Assert.Equal(answer.Total.Ticks, answer.Rows.Sum(r => r.Billed.Ticks));
            Assert.Equal(bill, answer.Total.Ticks);
            var now = await books.Ask(v => v.Report(query with { AsOf = null }, default));
            Assert.Equal(now.Rows.Select(Text), answer.Rows.Select(Text));
            Assert.Equal((now.Idle, now.Unassigned, now.Preliminary), (answer.Idle, answer.Unassigned, answer.Preliminary));

            // The parts by one dimension, each asked for by filter, add up to the whole.
            var dimension = new[] { Dimension.Agent, Dimension.Mission, Dimension.Account, Dimension.Day, Dimension.Week, Dimension.Month }[random.Next(6)];
            var parts = await books.Ask(v => v.Report(query with { By = [dimension], Limit = 10_000 }, default));
            Int128 sum = 0;
            foreach (var row in parts.Rows)
            {
                var filtered = await books.Ask(v => v.Report(query with { Where = new Dictionary<Dimension, string> { [dimension] = row.Group[0]! } }, default));
                Assert.Equal(row.Billed, filtered.Total);
                sum += filtered.Total.Ticks;
            }
            Assert.Equal(answer.Total.Ticks, (long)sum);
        }
    }, iter: 2, threads: 1);

    [Fact]
    public Task a_difference_is_what_moved_was_refined_and_billed_and_what_moved_sums_to_nothing() => World.Seeds.SampleAsync(async seed =>
    {
        var random = new Random(seed);
        await using var books = await SpendBooks.Create(databases);
        var world = new World(random).Begin();
        for (var i = 0; i < 120; i++) world.Step();
        world.Finish();
        await books.AppendAndFollow(world.Log);
        var missions = world.Log.Select(l => l.Event).OfType<MissionStarted>().Select(e => e.Mission).ToArray();
        Assert.NotEmpty(missions);
        for (var i = 0; i < 20; i++)
        {
            var mission = missions[random.Next(missions.Length)];
            var (earlier, later) = (books.Positions[random.Next(world.Log.Count / 2)], books.Positions[random.Next(world.Log.Count / 2, world.Log.Count)]);
            await using var view = await books.Views.Open(default);
            if (await view.Diff(mission, earlier, later, default) is not { } diff) continue;
            Assert.Equal((await view.Cost(mission, earlier, [], from, default))?.Billed ?? default, diff.Before);
            Assert.Equal((await view.Cost(mission, later, [], from, default))?.Billed ?? default, diff.After);
            Assert.Equal(diff.After - diff.Before, diff.Moved + diff.Refined + diff.Billed);
            Assert.Equal(diff.Refined.Ticks, diff.By.Sum(r => r.Refined.Ticks));
            Assert.Equal(diff.Moved.Ticks, diff.By.Sum(r => r.Moved.Ticks));
            Assert.Equal(diff.Billed.Ticks, diff.By.Sum(r => r.Billed.Ticks));
            Assert.Equal(-diff.Moved.Ticks, diff.Counterparts.Sum(c => c.Moved.Ticks));
        }
    }, iter: 2, threads: 1);

    [Fact]
    public Task an_explanation_adds_up_and_names_each_reading() => World.Seeds.SampleAsync(async seed =>
    {
        var random = new Random(seed);
        await using var books = await SpendBooks.Create(databases);
        var world = new World(random).Begin();
        for (var i = 0; i < 150; i++) world.Step();
        world.Finish();
        var log = InParts.Of(world.Log, random);
        await books.AppendAndFollow(log);
        await using var view = await books.Views.Open(default);
        foreach (var mission in world.Log.Select(l => l.Event).OfType<MissionStarted>().Select(e => e.Mission))
            foreach (var asOf in (long?[])[null, books.Positions[random.Next(log.Count)]])
            {
                var cost = await view.Cost(mission, asOf, [], from, default);
                var explained = await view.Explain(mission, asOf, 10_000, default);
                Assert.Equal(cost is null, explained is null);
                if (cost is null) continue;
                Assert.Equal((cost.Billed, cost.Low, cost.High, 0), (explained!.Billed, explained.Low, explained.High, explained.More));
                Assert.Equal(cost.Billed?.Ticks ?? 0, explained.Lines.Sum(l => l.Billed.Ticks));
                Assert.Equal(cost.Low?.Ticks ?? 0, explained.Lines.Sum(l => l.Low.Ticks));
                foreach (var line in explained.Lines)
                {
                    Assert.Equal(line.LineTotal.Ticks, line.Parts.Sum(p => p.Billed.Ticks));
                    Assert.Equal(line.LineTotal, line.Readings[^1].Total);
                    Assert.All(line.Readings, r => Assert.Contains(r.Position, books.Positions));
                }
                var few = await view.Explain(mission, asOf, 2, default);
                Assert.Equal(explained.Lines.Take(2).Select(l => l.Billed), few!.Lines.Select(l => l.Billed));
                Assert.Equal(Math.Max(0, explained.Lines.Count - 2), few.More);
            }
    }, iter: 2, threads: 1);

    internal static async Task AssertEqualsReference(SpendBooks books, ILedgerEvent[] log)
    {
        var reference = ReferenceBooks.Of(log);
        var parts = new Dictionary<RefLine, Dictionary<(string, string, Method), (long, long)>>();
        await using (var command = books.Db.CreateCommand("""
            select l.account, l.key, l.model, l.unit, l.dimensions, l.start, l.seconds, p.mission, p.agent, p.method, p.amount, p.restated
            from spend_v3.part p join spend_v3.line l on l.id = p.line_id
            """))
        await using (var reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync())
            {
                var line = new RefLine(
                    reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), (DimensionSet)reader.GetInt16(4),
                    reader.GetFieldValue<DateTimeOffset>(5), reader.GetInt32(6));
                if (!parts.TryGetValue(line, out var list)) parts[line] = list = [];
                list[(reader.GetString(7), reader.GetString(8), (Method)reader.GetInt16(9))] = (reader.GetInt64(10), reader.GetInt64(11));
            }
        foreach (var (line, expected) in reference.Parts)
            Assert.Equal(expected.OrderBy(p => p.Key), parts.GetValueOrDefault(line, []).OrderBy(p => p.Key));
        Assert.Equal(reference.Parts.Values.Sum(p => p.Count), parts.Values.Sum(p => p.Count));

        var bounds = new Dictionary<string, (long, long)>();
        await using var query = books.Db.CreateCommand($"select mission, {SpendTables.Bounds} from {SpendTables.ClaimsOf(SpendTables.Live)} group by mission");
        await using var rows = await query.ExecuteReaderAsync();
        while (await rows.ReadAsync())
            if ((rows.GetInt64(1), rows.GetInt64(2)) is var bound && bound != (0, 0)) bounds[rows.GetString(0)] = bound;
        Assert.Equal(reference.Bounds.Where(b => b.Value != (0, 0)).OrderBy(b => b.Key, StringComparer.Ordinal), bounds.OrderBy(b => b.Key, StringComparer.Ordinal));
    }

    private static async Task AssertEqualsReferenceAt(SpendBooks books, List<(string Stream, ILedgerEvent Event)> log, int last)
    {
        var reference = ReferenceBooks.Of(InParts.Whole([.. log.Take(last + 1).Select(l => l.Event)]));
        await using var view = await books.Views.Open(default);
        var report = await view.Report(new()
        {
            Since = from,
            Until = until,
            By = [Dimension.Hour, Dimension.Key, Dimension.Model, Dimension.Unit, Dimension.Mission, Dimension.Agent],
            AsOf = books.Positions[last],
            Limit = 100_000,
            PreliminaryFrom = from,
        }, default);
        var expected = reference.Parts.SelectMany(l => l.Value.Select(p => (Group: string.Join('|', l.Key.Start.FloorToHour().ToText(), l.Key.Key, l.Key.Model, l.Key.Unit, Shown(p.Key.Mission, p.Key.Agent), p.Key.Agent is "" ? Party.UnassignedName : p.Key.Agent), p.Value.Amount)))
            .GroupBy(p => p.Group).Select(g => (g.Key, Sum: g.Sum(p => p.Amount))).Where(g => g.Sum != 0).OrderBy(g => g.Key, StringComparer.Ordinal);
        Assert.Equal(expected, report.Rows.Select(r => (Key: string.Join('|', r.Group), Sum: r.Billed.Ticks)).OrderBy(r => r.Key, StringComparer.Ordinal));
        foreach (var (mission, bounds) in reference.Bounds)
        {
            var cost = await view.Cost(mission, books.Positions[last], [], from, default);
            Assert.Equal(bounds, (cost!.Low!.Value.Ticks, cost.High!.Value.Ticks));
        }
    }

    /// <summary>What a person is shown: a report, and every mission's cost with bounds.</summary>
    private static async Task<string> Show(SpendBooks books, List<(string Stream, ILedgerEvent Event)> log, long? asOf)
    {
        await using var view = await books.Views.Open(default);
        var report = await view.Report(new() { Since = from, Until = until, By = [Dimension.Day, Dimension.Mission, Dimension.Agent, Dimension.Unit], AsOf = asOf, PreliminaryFrom = from }, default);
        var lines = report.Rows.Select(Text).Append($"total {report.Total} idle {report.Idle} unassigned {report.Unassigned} {report.AsOf}").ToList();
        foreach (var mission in log.Select(l => l.Event).OfType<MissionStarted>().Select(e => e.Mission))
            if (await view.Cost(mission, asOf, [Dimension.Agent], from, default) is { } cost)
                lines.Add($"{cost.Mission.Id} {cost.Mission.Title} {cost.Billed} {cost.Low} {cost.High} {cost.Reason} {cost.Restated} {string.Join(',', cost.Methods.OrderBy(m => m.Key))} {string.Join(',', cost.By.Select(Text))}");
        return string.Join('\n', lines);
    }

    private static string Shown(string mission, string agent) => mission.Length > 0 ? mission : agent.Length > 0 ? Party.IdleName : Party.UnassignedName;

    private static string Text(GroupRow row) => $"{string.Join('|', row.Group)} {row.Billed}";
}
