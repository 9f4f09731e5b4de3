using Ledger.Budgets;
using Ledger.Testing;
using Ledger.Views.Watching;

namespace Ledger.Views.Tests;

/// <summary>What the watch asks, against sums over the reference, written as plainly as possible.</summary>
public sealed class WatchQueriesLaws
{
    private static readonly string[] zones = ["UTC", "Europe/Brussels", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Chatham"];

    [Fact]
    public Task sums_series_and_parts_equal_a_brute_force_sum() => Seeds.Run(6, async random =>
    {
        await using var fixture = await BooksFixture.Create();
        var world = new World(random).Begin();
        for (var i = 0; i < 200; i++) world.Step();
        world.Finish();
        await fixture.AppendAndFollow(world.Log);
        var parts = PartsOf(ReferenceBooks.Of(world.Log.Select(l => l.Event)));
        var queries = new WatchQueries(fixture.Database.DataSource);
        await using var views = await queries.Open(default);
        Assert.Equal(fixture.Books.Position, views.Position);

        var connectedAt = world.Now - TimeSpan.FromMinutes(random.Next(0, 6000));
        var connected = new Dictionary<string, DateTimeOffset> { [World.Account] = connectedAt };
        foreach (var kind in Enum.GetValues<ScopeKind>())
        {
            var values = kind == ScopeKind.Everything ? [""] : parts.Select(p => p.Of(kind)).Where(v => v.Length > 0).Distinct().Append("nobody").ToArray();
            for (var i = 0; i < 6; i++)
            {
                var window = WindowAround(random, world.Now);
                var sums = await views.Sums(kind, values, window, connected, default);
                var split = await views.Parts(kind, values, window, 100, default);
                var units = await views.Units(kind, values, window, 1_000, default);
                foreach (var value in values)
                {
                    var mine = parts.Where(p => p.Of(kind) == value && window.Contains(p.Start)).ToArray();
                    var sum = sums.GetValueOrDefault(value);
                    Assert.Equal(mine.Sum(p => p.Amount), sum.Spent.Ticks);
                    Assert.Equal(mine.Where(p => p.Start < WatchSnapshot.BeginsToCount(connectedAt)).Sum(p => p.Amount), sum.History.Ticks);
                    foreach (var dimension in new[] { ScopeKind.Key, ScopeKind.Model, ScopeKind.Unit, ScopeKind.Agent })
                        Assert.Equal(
                            mine.GroupBy(p => p.Of(dimension)).Select(g => (g.Key, Sum: g.Sum(p => p.Amount))).Where(g => g.Sum != 0).OrderBy(g => g.Key, StringComparer.Ordinal),
                            split.GetValueOrDefault(value, []).Where(p => p.Dimension == dimension).Select(p => (p.Value, p.Billed.Ticks)).OrderBy(g => g.Value, StringComparer.Ordinal));
                    Assert.Equal(sum.Spent.Ticks, units.GetValueOrDefault(value, []).Sum(u => u.Billed.Ticks));
                }
            }
            var through = random.Next(3) == 0 ? (DateTimeOffset?)null : world.Now - TimeSpan.FromMinutes(random.Next(0, 3000));
            var series = await views.Series(kind, values, [World.Account], world.Now, through, default);
            var end = through ?? world.Now;
            foreach (var value in values)
            {
                var mine = parts.Where(p => p.Of(kind) == value).ToArray();
                Assert.Equal(
                    mine.Where(p => p.Start >= WatchSnapshot.BeginsToCount(end.AddDays(-7))).GroupBy(p => p.Start).Select(g => (g.Key, Sum: g.Sum(p => p.Amount))).Where(g => g.Sum != 0).OrderBy(g => g.Key),
                    series[value].Hours.Select(h => (h.Start, h.Billed.Ticks)));
                Assert.Equal(
                    mine.Where(p => p.Start.UtcDateTime.Date < end.UtcDateTime.Date && p.Start >= new DateTimeOffset(end.UtcDateTime.Date.AddDays(-35), TimeSpan.Zero))
                        .GroupBy(p => DateOnly.FromDateTime(p.Start.UtcDateTime)).Select(g => (g.Key, Sum: g.Sum(p => p.Amount))).Where(g => g.Sum != 0).OrderBy(g => g.Key),
                    series[value].Days.Select(d => (d.Day, d.Billed.Ticks)));
                Assert.Equal(mine.GroupBy(p => p.Start).Where(g => g.Sum(p => p.Amount) != 0).Select(g => (DateTimeOffset?)g.Key).Min(), series[value].First);
                Assert.Equal(through, series[value].Through);
            }
        }
    });

    [Fact]
    public Task what_changed_names_every_value_whose_sum_is_another_now() => Seeds.Run(4, async random =>
    {
        await using var fixture = await BooksFixture.Create();
        var queries = new WatchQueries(fixture.Database.DataSource);
        var world = new World(random).Begin();
        var (written, before, position) = (0, new Dictionary<(ScopeKind, string), long>(), 0L);
        for (var round = 0; round < 12; round++)
        {
            for (var i = 0; i < 12; i++) world.Step();
            if (world.Log.Count == written) continue;
            await fixture.AppendAndFollow(world.Log[written..]);
            written = world.Log.Count;
            var after = PartsOf(ReferenceBooks.Of(world.Log.Select(l => l.Event)))
                .SelectMany(p => Enum.GetValues<ScopeKind>().Select(k => (Key: (k, p.Of(k)), p.Amount))).GroupBy(p => p.Key).ToDictionary(g => g.Key, g => g.Sum(p => p.Amount));
            await using var views = await queries.Open(default);
            var changed = await views.ChangedSince(position, default);
            Assert.False(changed.More);
            foreach (var key in before.Keys.Union(after.Keys))
                if (before.GetValueOrDefault(key) != after.GetValueOrDefault(key))
                    Assert.Contains(key, changed.Values.Keys);
            Assert.Empty((await views.ChangedSince(views.Position, default)).Values);
            (before, position) = (after, views.Position);
        }
    });

    [Theory]
    [InlineData("2026-11-16T00:00:00Z", "2026-11-18T00:00:00Z", 2)]
    [InlineData("2026-11-16T00:30:00Z", "2026-11-18T00:30:00Z", 1)]
    [InlineData("2026-11-16T10:00:00Z", "2026-11-16T11:00:00Z", 0)]
    [InlineData("2026-11-16T10:00:00Z", "2026-11-17T00:00:00Z", 0)]
    [InlineData("2026-11-16T18:15:00Z", "2026-11-17T18:15:00Z", 0)]
    public void a_window_is_cut_into_whole_days_and_what_lies_around_them(string start, string end, int days)
    {
        var window = new Interval(DateTimeOffset.Parse(start, null), DateTimeOffset.Parse(end, null));
        var (whole, before, after) = WatchSnapshot.WholeDays(window);
        Assert.Equal(days, whole.Until.DayNumber - whole.From.DayNumber);
        Assert.Equal(window.Length, before.Length + after.Length + TimeSpan.FromDays(days));
        Assert.Equal(window.Start, before.Start);
        Assert.Equal(window.End, after.End);
    }

    private static Interval WindowAround(Random random, DateTimeOffset now)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(zones[random.Next(zones.Length)]);
        var at = now - TimeSpan.FromHours(random.Next(0, 150));
        return random.Next(6) switch
        {
            0 => Interval.Always,
            1 => new(at, at.AddMinutes(random.Next(1, 5000))),
            _ => Calendar.WindowAt(new((PeriodKind)random.Next(0, 4)), zone, (DayOfWeek)random.Next(7), at)!.Value,
        };
    }

    private static List<Part> PartsOf(ReferenceBooks books) =>
        [.. books.Parts.SelectMany(l => l.Value.Select(p => new Part(l.Key.Account, l.Key.Key, l.Key.Model, l.Key.Unit, p.Key.Agent, p.Key.Mission, l.Key.Start, p.Value.Amount)))];

    private sealed record Part(string Account, string Key, string Model, string Unit, string Agent, string Mission, DateTimeOffset Start, long Amount)
    {
        public string Of(ScopeKind kind) => kind switch
        {
            ScopeKind.Account => Account,
            ScopeKind.Agent => Agent,
            ScopeKind.Key => Key,
            ScopeKind.Model => Model,
            ScopeKind.Unit => Unit,
            ScopeKind.Mission => Mission,
            _ => "",
        };
    }
}
