using Ledger.Accounts;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Spend;
using static Ledger.Tests.Domain.Given;

namespace Ledger.Tests.Domain;

/// <summary>The design's example, by every width the provider may serve: one agent, one key, mission 10:07:20 to 10:31:05.</summary>
public sealed class SplitTests
{
    [Theory]
    [InlineData(1, true, "0.48", "0.48", "0.48", "whole")]
    [InlineData(60, true, null, "0.37", "4.18", null)]
    [InlineData(900, true, null, "0.00", "9.18", null)]
    [InlineData(3600, true, null, "0.00", "9.18", null)]
    [InlineData(1, false, "0.48", "0.48", "0.48", "whole")]
    public void a_mission_costs_what_was_stamped_inside_it(int finest, bool settled, string? billed, string low, string high, string? method)
    {
        var hour = new Hour(finest).Spends(
            ("10:02:11", 5.00m), ("10:07:18", 0.70m), ("10:07:25", 0.11m), ("10:12:00", 0.20m), ("10:30:59", 0.17m), ("10:31:09", 3.00m)).Mission("10:07:20", "10:31:05");
        hour.Reads(settled ? "12:05" : "10:45");
        var cost = hour.Cost();
        if (billed is not null) Assert.Equal(billed, cost.Billed.ToString());
        Assert.Equal((low, high), (cost.Low.ToString(), cost.High.ToString()));
        if (method is not null) Assert.Equal(method, cost.Method);
        Assert.Equal(Usd.Parse("9.18"), hour.Bill);
    }

    [Fact]
    public void an_hour_whose_figure_did_not_move_is_not_asked_for_again()
    {
        var hour = new Hour(1).Spends(("10:07:25", 0.11m), ("10:31:09", 3.00m)).Mission("10:07:20", "10:31:05");
        Assert.Equal((1, 2), hour.Reads("10:40"));
        Assert.Equal((0, 0), hour.Reads("10:45"));
        // It moves in one edge minute: that one and the hour are asked for.
        Assert.Equal((1, 1), hour.Spends(("10:31:20", 0.50m)).Reads("10:50"));
        // It moves where no edge is: only the minutes.
        Assert.Equal((1, 0), hour.Spends(("10:52:00", 0.50m)).Reads("10:55"));
        // A new edge in a minute that is held whole, in an hour that did not move.
        Assert.Equal((0, 1), hour.Mission("10:52:30", "10:53:00").Reads("10:57"));
        Assert.Equal((0, 0), hour.Reads("12:30"));
        Assert.Equal(Usd.Parse("4.11"), hour.Bill);
    }

    [Fact]
    public void an_hour_without_spend_or_without_edge_is_not_asked_for()
    {
        Assert.Equal((0, 0), new Hour(1).Mission("10:07:20", "10:31:05").Reads("10:40"));
        Assert.Equal((0, 0), new Hour(1).Spends(("10:07:25", 1m)).Mission("10:00:00", "11:00:00").Reads("11:40"));
        Assert.Equal((1, 0), new Hour(1).Spends(("10:07:25", 1m)).Mission("10:07:00", "10:31:00").Reads("11:40"));
    }

    [Fact]
    public void a_split_is_kept_when_its_edge_is_edited_away()
    {
        var hour = new Hour(1).Spends(("10:07:25", 0.11m), ("10:31:09", 3.00m)).Mission("10:07:20", "10:31:05");
        hour.Reads("10:40");
        hour.NoMissions();
        Assert.Equal((0, 0), hour.Reads("10:45"));
        Assert.Equal("1", hour.Widths);
        hour.Spends(("10:50:00", 1m)).Reads("10:55");
        Assert.Equal("1 60", hour.Widths);
    }

    [Fact]
    public void minutes_that_do_not_add_up_are_used_while_the_hour_settles_and_not_after_that()
    {
        var hour = new Hour(1).Spends(("10:02:00", 1m), ("10:40:00", 2m)).Mission("10:07:20", "10:31:05");
        hour.Finer = (_, start, amount) => start >= At("10:30") ? amount - Usd.Parse("0.5") : amount;
        hour.Reads("11:04");
        Assert.Equal((Usd.Parse("2.5"), "60"), (hour.Bill, hour.Widths));
        hour.Reads("11:06");
        Assert.Equal((Usd.Parse("3"), "3600"), (hour.Bill, hour.Widths));
        Assert.Equal(new Unsplit(At("10:00"), 60, Split.Differs), Assert.Single(hour.Unsplit));
        Assert.Equal((Usd.Parse("0"), Usd.Parse("3")), (hour.Cost().Low, hour.Cost().High));
        // The next try adds up.
        hour.Finer = null;
        hour.Reads("12:30");
        Assert.Equal((Usd.Parse("3"), "60"), (hour.Bill, hour.Widths));
    }

    [Fact]
    public void seconds_of_one_key_only_are_not_used()
    {
        var hour = new Hour(1).Spends(("10:07:25", 1m)).Spends("l", ("10:07:30", 2m)).Mission("10:07:20", "10:31:05");
        hour.Finer = (key, start, amount) => key == "l" && hour.Asks == 1 ? null : amount;
        hour.Reads("10:40");
        Assert.Equal((Usd.Parse("3"), "60"), (hour.Bill, hour.Widths));
    }

    [Fact]
    public void a_tick_of_rounding_for_each_bucket_is_not_told()
    {
        var hour = new Hour(1).Spends(("10:07:25", 1m), ("10:31:09", 2m)).Mission("10:07:20", "10:31:05");
        hour.Finer = (_, _, amount) => amount + new Usd(1);
        hour.Reads("12:00");
        Assert.Empty(hour.Unsplit);
        Assert.Equal((0, 0), hour.Reads("12:05"));
    }

    [Fact]
    public void what_moves_between_lines_is_asked_for_again_although_the_sum_is_the_same()
    {
        var hour = new Hour(1).Spends(("10:07:25", 1m), ("10:40:00", 2m)).Mission("10:07:20", "10:31:05");
        hour.Reads("12:00");
        hour.Rename("grok-4", "grok-4.3");
        Assert.Equal((1, 1), hour.Reads("12:05"));
        Assert.Equal(Usd.Parse("3"), hour.Bill);
        Assert.Equal(["grok-4.3"], hour.Models);
    }

    [Fact]
    public void a_split_is_neither_new_spend_nor_a_restatement()
    {
        var hour = new Hour(1).Spends(("10:07:25", 1m), ("10:40:00", 2m)).Reads2("12:00").Mission("10:07:20", "10:31:05");
        hour.Reads("12:05");
        Assert.Equal(Usd.Zero, hour.Last.SelectMany(s => s.Lines).Aggregate(Usd.Zero, (sum, l) => sum + l.Delta));
        Assert.All(hour.Last.SelectMany(s => s.Lines), l => Assert.True(l.Seconds == 3600 ? l.Closed && l.Total == Usd.Zero : l.Retaken));
    }

    [Fact]
    public void edges_are_those_of_the_accounts_own_agents_and_keys()
    {
        var ba = KeyOwnership.Of("xai", "k").With(new(DateTimeOffset.MinValue, [new("ba", 1)])).With(new(At("10:20"), [new("face", 1)]));
        Missions.Mission[] missions = [Ran("m1", "ba", "10:05", "10:10"), Ran("m2", "face", "10:06", "10:40"), Ran("m3", "amy", "10:07", "10:41"), Ran("m4", "ba", "10:20", "10:50")];
        Assert.Equal([At("10:05"), At("10:10"), At("10:20"), At("10:40")], Edges.Of(missions, [ba], new(At("10:00"), At("11:00"))));
    }

    private static Missions.Mission Ran(string id, string agent, string start, string end) =>
        Missions.Mission.Fold(Missions.Mission.Fold(null, new MissionStarted(id, id, null, [agent], 1, At(start), At(start), null)), new MissionEnded(id, At(end), At(end), null))!;

    /// <summary>One hour of one account, from 10:00 to 11:00, and a provider that knows every second of it.</summary>
    private sealed class Hour(int finest)
    {
        private static readonly Interval time = new(At("10:00"), At("11:00"));

        private readonly List<(DateTimeOffset At, string Key, string Model, Usd Amount)> spent = [];
        private readonly Dictionary<LineName, HeldLine> held = [];
        private readonly List<UsageSnapshotTaken> log = [];
        private readonly KeyOwnership key = KeyOwnership.Of("xai", "k").With(new(DateTimeOffset.MinValue, [new("ba", 1)]));
        private readonly AttributionContext context = new();
        private List<Missions.Mission> missions = [];

        /// <summary>What the provider shows of a finer bucket; null: it leaves the line out.</summary>
        public Func<string, DateTimeOffset, Usd, Usd?>? Finer { get; set; }

        /// <summary>The width that was asked for last.</summary>
        public int Asks { get; private set; }

        public IReadOnlyList<UsageSnapshotTaken> Last { get; private set; } = [];

        public IReadOnlyList<Unsplit> Unsplit { get; private set; } = [];

        public Usd Bill => held.Values.Aggregate(Usd.Zero, (sum, l) => sum + l.Total);

        public string Widths => string.Join(' ', held.Values.Where(l => l.Total != Usd.Zero).Select(l => l.Name.Seconds).Distinct().Order());

        public IEnumerable<string?> Models => held.Values.Where(l => l.Total != Usd.Zero).Select(l => l.Name.Model).Distinct();

        public Hour Spends(params (string At, decimal Amount)[] spends) => Spends("k", spends);

        public Hour Spends(string key, params (string At, decimal Amount)[] spends)
        {
            spent.AddRange(spends.Select(s => (At(s.At), key, "grok-4", Usd.FromDollars(s.Amount))));
            return this;
        }

        public Hour Mission(string start, string end)
        {
            missions.Add(Ran($"m{missions.Count}", "ba", start, end));
            return this;
        }

        public void NoMissions() => missions = [];

        public void Rename(string from, string to)
        {
            for (var i = 0; i < spent.Count; i++)
                if (spent[i].Model == from) spent[i] = spent[i] with { Model = to };
        }

        public Hour Reads2(string at)
        {
            Reads(at);
            return this;
        }

        /// <summary>A reading; answers how many hours and minutes were asked for more finely.</summary>
        public (int Hours, int Minutes) Reads(string at)
        {
            var asked = At(at);
            var reading = new Reading { Asked = asked, Answered = asked.AddSeconds(1), Covers = time, Dimensions = DimensionSet.KeyModelUnit, Lines = Shown(time, 3600, asked), Dense = true };
            var (hours, minutes) = (0, 0);
            if (finest < 3600)
            {
                var split = new Split(reading, held.Values, Edges.Of(missions, [key], time), finest, TimeSpan.FromMinutes(5));
                var width = finest == 900 ? 900 : 60;
                foreach (var hour in split.HoursToAsk)
                {
                    hours++;
                    split.TellHour(hour, width, Shown(time, width, asked));
                }
                foreach (var minute in split.MinutesToAsk())
                {
                    minutes++;
                    split.TellMinute(minute, Shown(new(minute, minute.AddMinutes(1)), 1, asked));
                }
                (reading, Unsplit) = (split.Result(), split.Unsplit);
            }
            Last = Observation.Observe("xai", reading, held.Values, [], 300, null);
            foreach (var snapshot in Last) Fold(snapshot);
            return (hours, minutes);
        }

        public (Usd Billed, Usd Low, Usd High, string Method) Cost()
        {
            context.Apply(new KeyAssigned("xai", "k", [new("ba", 1)], null, At("09:00"), null));
            foreach (var mission in missions)
            {
                context.Apply(new MissionStarted(mission.Id, mission.Title, null, mission.Agents, 1, mission.Windows[0].Start, At("09:00"), null));
                context.Apply(new MissionEnded(mission.Id, mission.Windows[0].End!.Value, At("09:00"), null));
            }
            var books = new Dictionary<LineName, LineBook>();
            var ownership = context.Ownership("xai", "k");
            foreach (var snapshot in log)
                foreach (var line in snapshot.Lines)
                {
                    var name = new LineName(line.Start, line.Seconds, null, line.Key, line.Model, line.Unit);
                    if (!books.TryGetValue(name, out var book)) books[name] = book = new();
                    book.Observe(new(line.Total, Evidence.Of(line.Bucket, null, TimeSpan.Zero, snapshot.Answered), null, line.Closed), (amount, when) => Attributor.Attribute(amount, when, ownership, context));
                }
            var parts = books.Values.SelectMany(b => b.Holdings()).Where(h => h.Party.Mission == "m0" && h.Amount != Usd.Zero).ToArray();
            var claims = books.SelectMany(b => Bounds.Of(b.Key.Bucket, ownership, context).Where(c => c.Mission == "m0").Select(c => (Low: c.Low(b.Value.Total), High: c.High(b.Value.Total)))).ToArray();
            return (Sum(parts.Select(p => p.Amount)), Sum(claims.Select(c => c.Low)), Sum(claims.Select(c => c.High)), string.Join('+', parts.Select(p => p.Method).Distinct()).ToLowerInvariant());
        }

        private static Usd Sum(IEnumerable<Usd> amounts) => amounts.Aggregate(Usd.Zero, (sum, amount) => sum + amount);

        private IReadOnlyList<ReadLine> Shown(Interval of, int seconds, DateTimeOffset now)
        {
            Asks = seconds;
            var lines = new List<ReadLine>();
            foreach (var line in spent.Where(s => of.Contains(s.At) && s.At <= now)
                .GroupBy(s => (Start: new DateTimeOffset(s.At.Ticks - (s.At.Ticks % (seconds * TimeSpan.TicksPerSecond)), TimeSpan.Zero), s.Key, s.Model)))
            {
                var total = Sum(line.Select(s => s.Amount));
                if (seconds < 3600 && Finer is not null)
                {
                    if (Finer(line.Key.Key, line.Key.Start, total) is not { } shown) continue;
                    total = shown;
                }
                lines.Add(new(line.Key.Start, seconds, line.Key.Key, line.Key.Model, "in", total, total.ToString()));
            }
            return lines;
        }

        private void Fold(UsageSnapshotTaken snapshot)
        {
            log.Add(snapshot);
            foreach (var line in snapshot.Lines)
            {
                var name = new LineName(line.Start, line.Seconds, line.Dimensions ?? snapshot.Dimensions, line.Key, line.Model, line.Unit);
                Assert.Equal(held.GetValueOrDefault(name)?.Total, line.Replaces);
                held[name] = new(name, line.Total, null);
            }
        }
    }
}
