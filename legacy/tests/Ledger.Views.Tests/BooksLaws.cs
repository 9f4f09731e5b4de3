using Ledger.Spend;
using Ledger.Testing;
using Ledger.Views.Spend;

namespace Ledger.Views.Tests;

/// <summary>Random worlds through the real log and the real tables, against the reference.</summary>
public sealed class BooksLaws
{
    private static readonly DateTimeOffset from = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset until = new(2026, 12, 31, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public Task live_books_equal_the_reference_at_every_position_and_a_rebuild_equals_them_byte_for_byte() => Seeds.Run(8, async random =>
    {
        await using var fixture = await BooksFixture.Create();
        var world = new World(random).Begin();
        var written = 0;
        var shown = new Dictionary<long, string>();
        for (var i = 0; i < 150; i++)
        {
            world.Step();
            if (random.Next(4) != 0 || world.Log.Count == written) continue;
            var position = await fixture.AppendAndFollow(world.Log[written..]);
            written = world.Log.Count;
            if (random.Next(4) == 0) shown[position] = await Show(fixture, null);
        }
        world.Finish();
        await fixture.AppendAndFollow(world.Log[written..]);

        await AssertEqualsReference(fixture, [.. world.Log.Select(l => l.Event)]);
        foreach (var (position, was) in shown)
            Assert.Equal(was, await Show(fixture, position));
        Assert.All(await fixture.Books.CheckLaws(null, default), check => Assert.True(check.Ok, $"{check.Law}: {check.Detail}"));
        var rebuilt = await fixture.Books.Rebuild(swap: true, null, default);
        Assert.True(rebuilt.Equal, rebuilt.FirstDifference);
        Assert.Equal(shown.Values, await Task.WhenAll(shown.Keys.Select(p => Show(fixture, p))));

        // The follower goes on in the swapped tables.
        written = world.Log.Count;
        for (var i = 0; i < 20; i++) world.Step();
        world.Finish();
        await fixture.AppendAndFollow(world.Log[written..]);
        await AssertEqualsReference(fixture, [.. world.Log.Select(l => l.Event)]);
    });

    [Fact]
    public Task books_that_restart_at_any_moment_equal_books_that_never_stopped() => Seeds.Run(4, async random =>
    {
        await using var fixture = await BooksFixture.Create(following: false);
        var world = new World(random).Begin();
        for (var round = 0; round < 6; round++)
        {
            var written = world.Log.Count;
            for (var i = 0; i < 30; i++) world.Step();
            var last = await fixture.Append(round == 0 ? world.Log : world.Log[written..]);
            await using var books = new Books(fixture.Database.DataSource, fixture.Log, TimeProvider.System);
            await books.Start(default);
            if (random.Next(3) != 0) Assert.True(await books.WaitFor(last, TimeSpan.FromSeconds(30), default), $"{books.Halted}");
        }
        await using var final = new Books(fixture.Database.DataSource, fixture.Log, TimeProvider.System);
        await final.Start(default);
        Assert.True(await final.WaitFor((await fixture.Log.Head(default)).Position, TimeSpan.FromSeconds(30), default), $"{final.Halted}");
        await AssertEqualsReference(fixture, [.. world.Log.Select(l => l.Event)]);
        Assert.All(await final.CheckLaws(null, default), check => Assert.True(check.Ok, $"{check.Law}: {check.Detail}"));
    });

    [Fact]
    public Task any_grouping_any_filter_any_page_adds_up_to_the_total() => Seeds.Run(3, async random =>
    {
        await using var fixture = await BooksFixture.Create();
        var world = new World(random).Begin();
        for (var i = 0; i < 150; i++) world.Step();
        world.Finish();
        var position = await fixture.AppendAndFollow(world.Log);
        var bill = ReferenceBooks.Of(world.Log.Select(l => l.Event)).Totals.Values.Sum();

        var all = Enum.GetValues<Dimension>();
        for (var i = 0; i < 40; i++)
        {
            var by = all.Where(_ => random.Next(4) == 0).ToArray();
            var asOf = random.Next(3) == 0 ? position : (long?)null;
            var midnight = random.Next(2) == 0;
            var query = new ReportQuery { Since = midnight ? from : from.AddHours(3), Until = until, By = by, Limit = random.Next(1, 30), AsOf = asOf, PreliminaryFrom = from };
            var answer = await fixture.Queries.Report(query, default);
            Assert.Equal(answer.Total.Ticks, answer.Rows.Sum(r => r.Billed.Ticks));
            Assert.Equal(bill, answer.Total.Ticks);

            // The parts by one dimension, each asked for by filter, add up to the whole.
            var dimension = new[] { Dimension.Agent, Dimension.Mission, Dimension.Account, Dimension.Day }[random.Next(4)];
            var parts = await fixture.Queries.Report(query with { By = [dimension], Limit = 10_000 }, default);
            Int128 sum = 0;
            foreach (var row in parts.Rows)
            {
                var filtered = await fixture.Queries.Report(query with { Where = new Dictionary<Dimension, string> { [dimension] = row.Group[0]! } }, default);
                Assert.Equal(row.Billed, filtered.Total);
                Assert.Equal(filtered.Total.Ticks, filtered.Rows.Sum(r => r.Billed.Ticks));
                sum += filtered.Total.Ticks;
            }
            Assert.Equal(answer.Total.Ticks, (long)sum);
        }
    });

    [Fact]
    public Task a_difference_is_what_moved_plus_what_was_billed_and_what_moved_sums_to_nothing() => Seeds.Run(3, async random =>
    {
        await using var fixture = await BooksFixture.Create();
        var world = new World(random).Begin();
        for (var i = 0; i < 120; i++) world.Step();
        world.Finish();
        var last = await fixture.AppendAndFollow(world.Log);
        var missions = fixture.Books.Ask(d => d.Missions.Keys.ToArray());
        Assert.NotEmpty(missions);
        for (var i = 0; i < 20; i++)
        {
            var mission = missions[random.Next(missions.Length)];
            var (a, b) = (random.NextInt64(0, last), random.NextInt64(0, last));
            var (earlier, later) = (Math.Min(a, b), Math.Max(a, b));
            if (await fixture.Queries.Diff(mission, earlier, later, default) is not { } diff) continue;
            Assert.Equal(diff.After - diff.Before, diff.Moved + diff.Billed);
            var cost = await fixture.Queries.Cost(mission, later, [], from, default);
            Assert.Equal(cost?.Billed ?? default, diff.After);
            Assert.Equal(-diff.Moved.Ticks, diff.Counterparts.Sum(c => c.Moved.Ticks));
        }
        Assert.Equal(0m, await fixture.Database.Scalar<decimal>("select coalesce(max(abs(s)), 0) from (select sum(amount) as s from views.allocation where moved group by position, line_id) x"));
    });

    private static async Task AssertEqualsReference(BooksFixture fixture, ILedgerEvent[] log)
    {
        var reference = ReferenceBooks.Of(log);
        var parts = new Dictionary<RefLine, Dictionary<(string, string, Method), (long, long)>>();
        await using (var command = fixture.Database.DataSource.CreateCommand("""
            select l.account, l.key, l.model, l.unit, l.dimensions, l.start, l.seconds, a.mission, a.agent, a.method, sum(a.amount)::bigint, sum(a.restated)::bigint
            from views.allocation a join views.line l on l.id = a.line_id group by l.id, a.mission, a.agent, a.method having sum(a.amount) <> 0 or sum(a.restated) <> 0
            """))
        await using (var reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync())
            {
                var line = new RefLine(
                    reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), (Accounts.DimensionSet)reader.GetInt16(4),
                    reader.GetFieldValue<DateTimeOffset>(5), reader.GetInt32(6));
                if (!parts.TryGetValue(line, out var list)) parts[line] = list = [];
                list[(reader.GetString(7), reader.GetString(8), (Method)reader.GetInt16(9))] = (reader.GetInt64(10), reader.GetInt64(11));
            }
        foreach (var (line, expected) in reference.Parts)
            Assert.Equal(expected.OrderBy(p => p.Key), parts.GetValueOrDefault(line, []).OrderBy(p => p.Key));
        Assert.Equal(reference.Parts.Values.Sum(p => p.Count), parts.Values.Sum(p => p.Count));

        var bounds = new Dictionary<string, (long, long)>();
        await using var query = fixture.Database.DataSource.CreateCommand("select mission, low, high from views.mission_bounds where low <> 0 or high <> 0");
        await using var rows = await query.ExecuteReaderAsync();
        while (await rows.ReadAsync())
            bounds[rows.GetString(0)] = (rows.GetInt64(1), rows.GetInt64(2));
        Assert.Equal(reference.Bounds.Where(b => b.Value != (0, 0)).OrderBy(b => b.Key, StringComparer.Ordinal), bounds.OrderBy(b => b.Key, StringComparer.Ordinal));
    }

    /// <summary>What a person was shown at a position: a report, and every mission's cost with bounds.</summary>
    private static async Task<string> Show(BooksFixture fixture, long? asOf)
    {
        var report = await fixture.Queries.Report(new() { Since = from, Until = until, By = [Dimension.Day, Dimension.Mission, Dimension.Agent, Dimension.Unit], AsOf = asOf, PreliminaryFrom = from }, default);
        var lines = report.Rows.Where(r => r.Billed.Ticks != 0).Select(r => $"{string.Join('|', r.Group)} {r.Billed}").Append($"total {report.Total} idle {report.Idle} unassigned {report.Unassigned}").ToList();
        foreach (var mission in fixture.Books.Ask(d => d.Missions.Keys.Order(StringComparer.Ordinal).ToArray()))
            if (await fixture.Queries.Cost(mission, asOf, [Dimension.Agent], from, default) is { } cost)
                lines.Add($"{cost.Mission.Id} {cost.Mission.Title} {cost.Billed} {cost.Low} {cost.High} {cost.Reason} {cost.Restated} {string.Join(',', cost.Methods.OrderBy(m => m.Key))}");
        return string.Join('\n', lines);
    }
}
