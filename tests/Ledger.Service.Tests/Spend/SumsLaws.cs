using CsCheck;
using Ledger.Accounts;
using Ledger.Budgets;
using Ledger.Service.Spend;
using Ledger.Service.Tests.Support;
using Ledger.Tests.Laws;

namespace Ledger.Service.Tests.Spend;

/// <summary>What budgets, forecasts and alerts ask, against sums over the reference, written as plainly as possible.</summary>
public sealed class SumsLaws(TestDatabases databases)
{
    private static readonly string[] zones = ["UTC", "Europe/Brussels", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Chatham"];

    [Fact]
    public Task sums_series_and_parts_equal_a_brute_force_sum() => World.Seeds.SampleAsync(async seed =>
    {
        var random = new Random(seed);
        await using var books = await SpendBooks.Create(databases, zones[random.Next(zones.Length)]);
        var world = new World(random).Begin();
        for (var i = 0; i < 200; i++) world.Step();
        world.Finish();
        await books.AppendAndFollow(world.Log);
        var parts = PartsOf(ReferenceBooks.Of(world.Log.Select(l => l.Event)));
        await using var view = await books.Views.Open(default);
        Assert.Equal(books.Positions[^1], view.Position);

        var connectedAt = world.Now - TimeSpan.FromMinutes(random.Next(0, 6000));
        var connected = new Dictionary<string, DateTimeOffset> { [World.Account] = connectedAt };
        foreach (var kind in Enum.GetValues<ScopeKind>())
        {
            var values = kind == ScopeKind.Everything ? [""] : parts.Select(p => p.Of(kind)).Where(v => v.Length > 0).Distinct().Append("nobody").ToArray();
            for (var i = 0; i < 6; i++)
            {
                var window = WindowAround(random, world.Now);
                var sums = await view.Sums(kind, values, window, connected, default);
                var split = await view.Parts(kind, values, window, 100, default);
                var units = await view.Units(kind, values, window, 1_000, default);
                foreach (var value in values)
                {
                    var mine = parts.Where(p => p.Of(kind) == value && window.Contains(p.Start)).ToArray();
                    var sum = sums.GetValueOrDefault(value);
                    Assert.Equal(mine.Sum(p => p.Amount), sum.Spent.Ticks);
                    Assert.Equal(mine.Where(p => p.Start < SpendView.BeginsToCount(connectedAt)).Sum(p => p.Amount), sum.History.Ticks);
                    foreach (var dimension in new[] { ScopeKind.Key, ScopeKind.Model, ScopeKind.Unit, ScopeKind.Agent })
                        Assert.Equal(
                            mine.GroupBy(p => p.Of(dimension)).Select(g => (g.Key, Sum: g.Sum(p => p.Amount))).Where(g => g.Sum != 0).OrderBy(g => g.Key, StringComparer.Ordinal),
                            split.GetValueOrDefault(value, []).Where(p => p.Dimension == dimension).Select(p => (p.Value, p.Billed.Ticks)).OrderBy(g => g.Value, StringComparer.Ordinal));
                    Assert.Equal(sum.Spent.Ticks, units.GetValueOrDefault(value, []).Sum(u => u.Billed.Ticks));
                }
            }
            var through = random.Next(3) == 0 ? (DateTimeOffset?)null : world.Now - TimeSpan.FromMinutes(random.Next(0, 3000));
            var series = await view.Series(kind, values, world.Now, through, default);
            var lasts = await view.LastSpend(kind, values, default);
            var end = through ?? world.Now;
            foreach (var value in values)
            {
                var mine = parts.Where(p => p.Of(kind) == value).ToArray();
                Assert.Equal(
                    mine.Where(p => p.Start >= SpendView.BeginsToCount(end.AddDays(-7))).GroupBy(p => p.Start.FloorToHour()).Select(g => (g.Key, Sum: g.Sum(p => p.Amount))).Where(g => g.Sum != 0).OrderBy(g => g.Key),
                    series[value].Hours.Select(h => (h.Start, h.Billed.Ticks)));
                Assert.Equal(
                    mine.Where(p => p.Start.UtcDateTime.Date < end.UtcDateTime.Date && p.Start >= new DateTimeOffset(end.UtcDateTime.Date.AddDays(-35), TimeSpan.Zero))
                        .GroupBy(p => DateOnly.FromDateTime(p.Start.UtcDateTime)).Select(g => (g.Key, Sum: g.Sum(p => p.Amount))).Where(g => g.Sum != 0).OrderBy(g => g.Key),
                    series[value].Days.Select(d => (d.Day, d.Billed.Ticks)));
                var spent = mine.GroupBy(p => p.Start).Where(g => g.Sum(p => p.Amount) != 0).Select(g => (DateTimeOffset?)g.Key).ToArray();
                Assert.Equal(spent.Min(), series[value].First);
                Assert.Equal(spent.Max(), lasts.TryGetValue(value, out var last) ? last : null);
                Assert.Equal(through, series[value].Through);
            }
        }
        var hour = SpendView.BeginsToCount(world.Now.AddHours(-random.Next(0, 60)));
        var same = await view.SameHours(["ba", "face", "vigilio"], hour, default);
        foreach (var agent in new[] { "ba", "face", "vigilio" })
            Assert.Equal(
                parts.Where(p => p.Agent == agent && p.Start >= hour.AddDays(-28) && p.Start < hour.AddHours(1) && p.Start.Hour == hour.Hour)
                    .GroupBy(p => p.Start.FloorToHour()).Select(g => (g.Key, Sum: g.Sum(p => p.Amount))).Where(g => g.Sum != 0).OrderBy(g => g.Key),
                same.GetValueOrDefault(agent, []).Select(h => (h.Start, h.Billed.Ticks)));
    }, iter: 4, threads: 1);

    [Fact]
    public Task a_replay_comes_in_the_order_of_knowing_and_adds_up_to_the_parts() => World.Seeds.SampleAsync(async seed =>
    {
        var random = new Random(seed);
        await using var books = await SpendBooks.Create(databases);
        var world = new World(random).Begin();
        for (var i = 0; i < 200; i++) world.Step();
        world.Finish();
        await books.AppendAndFollow(world.Log);
        var parts = PartsOf(ReferenceBooks.Of(world.Log.Select(l => l.Event)));
        var connected = new Dictionary<string, DateTimeOffset> { [World.Account] = world.Now - TimeSpan.FromMinutes(random.Next(0, 6000)) };
        var answers = world.Log.Select(l => l.Event).OfType<UsageSnapshotTaken>().Select(s => s.Answered).ToHashSet();
        await using var view = await books.Views.Open(default);
        var replayed = await view.Replay(Interval.Always, connected, 1_000_000, default).ToListAsync();
        Assert.Equal(replayed.OrderBy(r => r.Known).ThenBy(r => r.Start).Select(r => (r.Known, r.Start)), replayed.Select(r => (r.Known, r.Start)));
        // A reading that counts at a bookmark may be of before the second it speaks of; nothing is known before its bucket begins.
        Assert.All(replayed, r => Assert.True(
            r.Start.AddHours(1) <= connected[World.Account] ? r.Known > r.Start && r.Known <= r.Start.FloorToHour().AddHours(1) : answers.Contains(r.Known) || r.Known <= connected[World.Account] || r.Known == r.Start));
        Assert.Equal(
            parts.GroupBy(p => (p.Start, p.Key, p.Model, p.Unit, p.Agent, p.Mission)).Select(g => (g.Key, Sum: g.Sum(p => p.Amount))).Where(g => g.Sum != 0).OrderBy(g => g.Key),
            replayed.GroupBy(p => (p.Start, p.Key, p.Model, p.Unit, p.Agent, p.Mission)).Select(g => (g.Key, Sum: g.Sum(p => p.Billed.Ticks))).Where(g => g.Sum != 0).OrderBy(g => g.Key));
        Assert.Equal(replayed.Take(7), await view.Replay(Interval.Always, connected, 7, default).ToListAsync());
    }, iter: 3, threads: 1);

    [Fact]
    public Task what_readings_moved_of_the_past_adds_up_to_what_is_restated() => World.Seeds.SampleAsync(async seed =>
    {
        var random = new Random(seed);
        await using var books = await SpendBooks.Create(databases);
        var world = new World(random).Begin();
        for (var i = 0; i < 150; i++) world.Step();
        world.Finish();
        await books.AppendAndFollow(InParts.Of(world.Log, random));
        await using var view = await books.Views.Open(default);
        // As if everything had settled before it was read.
        var lags = world.Log.Select(e => e.Event).OfType<UsageSnapshotTaken>().Select(e => e.Account).Distinct().ToDictionary(a => a, _ => -1_000_000_000, StringComparer.Ordinal);
        var all = await view.RestatedSince(0, lags, 10_000, default);
        Assert.NotEmpty(all);
        Assert.Equal(Brute(world), all.Select(r => (r.Moved.Ticks, r.Days)));
        var position = all[all.Count / 2].Position;
        Assert.Equal(all.Where(r => r.Position > position), await view.RestatedSince(position, lags, 10_000, default));
        Assert.Empty(await view.RestatedSince(0, lags.ToDictionary(l => l.Key, _ => 1_000_000_000, StringComparer.Ordinal), 10_000, default));
    }, iter: 3, threads: 1);

    [Theory]
    [InlineData("UTC", "2026-11-16T00:00:00Z", "2026-11-18T00:00:00Z", 2)]
    [InlineData("UTC", "2026-11-16T00:30:00Z", "2026-11-18T00:30:00Z", 1)]
    [InlineData("UTC", "2026-11-16T10:00:00Z", "2026-11-16T11:00:00Z", 0)]
    [InlineData("UTC", "2026-11-16T10:00:00Z", "2026-11-17T00:00:00Z", 0)]
    [InlineData("Asia/Kathmandu", "2026-11-16T18:15:00Z", "2026-11-17T18:15:00Z", 1)]
    [InlineData("Europe/Brussels", "2026-10-23T22:00:00Z", "2026-10-25T23:00:00Z", 2)] // the clocks go back
    public void a_window_is_cut_into_whole_days_and_what_lies_around_them(string zone, string start, string end, int days)
    {
        var window = new Interval(DateTimeOffset.Parse(start, null), DateTimeOffset.Parse(end, null));
        var cut = new TeamZone(zone);
        var (whole, before, after) = cut.Cut(window);
        Assert.Equal(days, whole.Until.DayNumber - whole.From.DayNumber);
        Assert.Equal(window.Length, before.Length + after.Length + (days == 0 ? TimeSpan.Zero : cut.StartOf(whole.Until) - cut.StartOf(whole.From)));
        Assert.Equal(window.Start, before.Start);
        Assert.Equal(window.End, after.End);
    }

    /// <summary>How far each reading moved lines away from the furthest they were, net of what other lines of the hour took over.</summary>
    private static List<(long Moved, Interval Days)> Brute(World world)
    {
        var lines = new Dictionary<LineKey, (long Total, long Top, long Bottom)>();
        var moves = new List<(long, Interval)>();
        foreach (var reading in world.Log.Select(l => l.Event).OfType<UsageSnapshotTaken>())
        {
            var hours = new Dictionary<DateTimeOffset, (long Moved, long Net)>();
            foreach (var line in reading.Lines)
            {
                var key = LineKey.Of(reading.Account, line, reading.Dimensions);
                var (total, top, bottom) = lines.GetValueOrDefault(key);
                var now = (Total: line.Total.Ticks, Top: Math.Max(top, line.Total.Ticks), Bottom: Math.Min(bottom, line.Total.Ticks));
                lines[key] = now;
                var (moved, net) = hours.GetValueOrDefault(line.Start.FloorToHour());
                hours[line.Start.FloorToHour()] = (moved + (now.Total - now.Top - now.Bottom) - (total - top - bottom), net + now.Total - total);
            }
            var counted = hours.Where(h => h.Value.Moved != 0).Select(h => (Start: h.Key, Counts: h.Value.Moved < 0 ? Math.Max(h.Value.Moved, Math.Min(h.Value.Net, 0)) : Math.Min(h.Value.Moved, Math.Max(h.Value.Net, 0)))).ToArray();
            if (counted.Sum(c => c.Counts) is var sum and not 0)
                moves.Add((sum, new(Midnight(counted.Min(c => c.Start)), Midnight(counted.Max(c => c.Start)).AddDays(1))));
        }
        return moves;

        static DateTimeOffset Midnight(DateTimeOffset at) => new(at.UtcDateTime.Date, TimeSpan.Zero);
    }

    private static Interval WindowAround(Random random, DateTimeOffset now)
    {
        var at = now - TimeSpan.FromHours(random.Next(0, 150));
        return random.Next(6) switch
        {
            0 => Interval.Always,
            1 => new(at, at.AddMinutes(random.Next(1, 5000))),
            _ => Calendar.WindowAt(new((PeriodKind)random.Next(0, 4)), zones[random.Next(zones.Length)], (DayOfWeek)random.Next(7), at)!.Value,
        };
    }

    private static List<Spent> PartsOf(ReferenceBooks books) =>
        [.. books.Parts.SelectMany(l => l.Value.Select(p => new Spent(l.Key.Account, l.Key.Key, l.Key.Model, l.Key.Unit, p.Key.Agent, p.Key.Mission, l.Key.Start, p.Value.Amount)))];

    private sealed record Spent(string Account, string Key, string Model, string Unit, string Agent, string Mission, DateTimeOffset Start, long Amount)
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

    /// <summary>Days of UTC are answered from days; others from parts, at a hundred times the cost.</summary>
    [Theory]
    [InlineData("UTC", true)]
    [InlineData("Etc/UTC", true)]
    [InlineData("GMT", true)]
    [InlineData("Europe/London", false)]
    [InlineData("Africa/Abidjan", false)]
    public void days_of_utc_are_known_as_such(string zone, bool isUtc) => Assert.Equal(isUtc, new TeamZone(zone).IsUtc);
}
