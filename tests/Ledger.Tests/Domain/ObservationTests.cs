using CsCheck;
using Ledger.Accounts;
using Ledger.Money;
using static Ledger.Tests.Domain.Given;

namespace Ledger.Tests.Domain;

public sealed class ObservationTests
{
    private static readonly string[] keys = ["a", "b", "c"];

    [Fact]
    public void a_first_total_replaces_nothing()
    {
        var line = Assert.Single(new Feed().Reads("10:05", ("k", 1.50m)).Snapshot.Lines);
        Assert.Equal(Usd.Parse("1.50"), line.Total);
        Assert.Null(line.Replaces);
        Assert.Equal(Usd.Parse("1.50"), line.Delta);
    }

    [Fact]
    public void a_line_that_never_cost_anything_is_not_written() => new Feed().Reads("10:05", ("k", 0m)).Nothing();

    [Fact]
    public void an_unchanged_reading_writes_nothing_however_often_it_is_taken()
    {
        var feed = new Feed().Reads("10:05", ("k", 1.50m));
        for (var minute = 6; minute < 60; minute++)
            feed.Reads($"10:{minute:00}", ("k", 1.50m)).Nothing();
    }

    [Fact]
    public void a_higher_total_replaces_the_one_before()
    {
        var line = Assert.Single(new Feed().Reads("10:05", ("k", 1.50m)).Reads("10:10", ("k", 2.00m)).Snapshot.Lines);
        Assert.Equal((Usd.Parse("2.00"), Usd.Parse("1.50"), Usd.Parse("0.50")), (line.Total, line.Replaces, line.Delta));
    }

    [Fact]
    public void a_lower_total_is_a_restatement_with_a_negative_delta() =>
        Assert.Equal(Usd.Parse("-0.30"), Assert.Single(new Feed().Reads("10:05", ("k", 1.50m)).Reads("10:10", ("k", 1.20m)).Snapshot.Lines).Delta);

    [Fact]
    public void a_total_that_comes_back_is_written_again()
    {
        // A to B to A: the way back is news, though the content was seen before.
        var feed = new Feed().Reads("10:05", ("k", 1m)).Reads("10:10", ("k", 2m)).Reads("10:15", ("k", 1m));
        Assert.Equal(Usd.Parse("-1"), Assert.Single(feed.Snapshot.Lines).Delta);
    }

    [Fact]
    public void an_explicit_zero_is_a_restatement_and_not_a_withdrawal()
    {
        var line = Assert.Single(new Feed().Reads("10:05", ("k", 1m)).Reads("10:10", ("k", 0m)).Snapshot.Lines);
        Assert.Equal(Usd.Zero, line.Total);
        Assert.False(line.Withdrawn);
    }

    [Fact]
    public void credits_are_totals_like_others() =>
        Assert.Equal(Usd.Parse("-3"), Assert.Single(new Feed().Reads("10:05", ("k", -2m)).Reads("10:10", ("k", -5m)).Snapshot.Lines).Delta);

    [Fact]
    public void only_lines_that_changed_are_written()
    {
        var feed = new Feed().Reads("10:05", ("a", 1m), ("b", 2m), ("c", 3m)).Reads("10:10", ("a", 1m), ("b", 2.5m), ("c", 3m));
        Assert.Equal("b", Assert.Single(feed.Snapshot.Lines).Key);
    }

    [Fact]
    public void a_line_that_is_lacking_keeps_its_total_and_is_listed_as_missing()
    {
        var feed = new Feed().Reads("10:05", ("a", 1m), ("b", 2m)).Reads("10:10", ("b", 2m));
        Assert.Empty(feed.Snapshot.Lines);
        Assert.Equal("a", Assert.Single(feed.Snapshot.Missing!).Key);
        Assert.Equal(Usd.Parse("1"), feed.Held("a").Total);
    }

    [Fact]
    public void it_is_listed_once_and_not_in_every_reading() =>
        new Feed().Reads("10:05", ("a", 1m), ("b", 2m)).Reads("10:10", ("b", 2m)).Reads("10:15", ("b", 2m)).Nothing();

    [Fact]
    public void it_is_withdrawn_after_two_complete_answers_ten_minutes_apart()
    {
        var feed = new Feed().Reads("10:05", ("a", 1m), ("b", 2m)).Reads("10:10", ("b", 2m)).Reads("10:20:01", ("b", 2m)).Nothing();
        // From the first answer's end, 10:10:02, to the second one's question.
        var line = Assert.Single(feed.Reads("10:20:02", ("b", 2m)).Snapshot.Lines);
        Assert.True(line.Withdrawn);
        Assert.Equal(("a", Usd.Zero, Usd.Parse("1")), (line.Key, line.Total, line.Replaces));
    }

    [Fact]
    public void a_feed_that_leaves_out_zeros_withdraws_nothing() =>
        new Feed { Dense = false }.Reads("10:05", ("a", 1m), ("b", 2m)).Reads("10:10", ("b", 2m)).Reads("1.10:00", ("b", 2m)).Nothing();

    [Fact]
    public void a_line_that_is_there_again_is_found_and_starts_anew_before_it_may_be_withdrawn()
    {
        var feed = new Feed().Reads("10:05", ("a", 1m), ("b", 2m)).Reads("10:10", ("b", 2m)).Reads("10:15", ("a", 1m), ("b", 2m));
        Assert.Equal("a", Assert.Single(feed.Snapshot.Found!).Key);
        Assert.Empty(feed.Snapshot.Lines);
        feed.Reads("11:30", ("b", 2m));
        Assert.Equal("a", Assert.Single(feed.Snapshot.Missing!).Key);
        feed.Reads("11:39", ("b", 2m)).Nothing();
    }

    [Fact]
    public void a_withdrawn_line_that_comes_back_counts_again()
    {
        var feed = new Feed().Reads("10:05", ("a", 1m)).Reads("10:10").Reads("11:15").Reads("11:20", ("a", 1.25m));
        Assert.Equal((Usd.Parse("1.25"), Usd.Zero), (Assert.Single(feed.Snapshot.Lines).Total, Assert.Single(feed.Snapshot.Lines).Replaces));
        Assert.Equal("a", Assert.Single(feed.Snapshot.Found!).Key);
    }

    [Fact]
    public void lines_outside_the_time_covered_are_left_alone()
    {
        var feed = new Feed().Reads("10:05", ("a", 1m));
        feed.Covers = new(At("12:00"), At("13:00"));
        feed.Reads("12:05").Nothing();
        feed.Reads("14:05").Nothing();
    }

    [Fact]
    public void another_set_of_dimensions_writes_the_old_lines_to_zero_in_the_same_event()
    {
        var feed = new Feed().Reads("10:05", ("k/grok-4/in", 1m), ("k/grok-4/out", 2m));
        feed.Dimensions = DimensionSet.KeyUnit;
        feed.Reads("10:10", ("k//in", 1m), ("k//out", 2.5m));

        Assert.Equal(Usd.Parse("0.50"), Sum(feed.Snapshot));
        Assert.Equal(DimensionSet.KeyUnit, feed.Snapshot.Dimensions);
        var old = feed.Snapshot.Lines.Where(l => l.Dimensions is not null).ToArray();
        Assert.All(old, l => Assert.Equal((DimensionSet.KeyModelUnit, Usd.Zero, false), (l.Dimensions!.Value, l.Total, l.Withdrawn)));
        Assert.Equal(["in", "out"], old.Select(l => l.Unit));
        // What moved takes along when it rose; the rest is new evidence.
        Assert.All(old, l => Assert.True(l.Closed));
        Assert.All(feed.Snapshot.Lines.Except(old), l => Assert.True(!l.Retaken && l.Replaces is null));
        Assert.Equal(Usd.Parse("3"), feed.Snapshot.Lines.SelectMany(l => l.MovedFrom ?? []).Aggregate(Usd.Zero, (sum, m) => sum + m.Amount));
        Assert.Null(feed.Snapshot.Missing);
        Assert.Equal(Usd.Parse("3.50"), feed.Bill);
    }

    [Fact]
    public void coming_back_to_the_first_dimensions_restates_the_first_lines()
    {
        var feed = new Feed().Reads("10:05", ("k/grok-4/in", 1m));
        feed.Dimensions = DimensionSet.KeyUnit;
        feed.Reads("10:10", ("k//in", 1m));
        feed.Dimensions = DimensionSet.KeyModelUnit;
        feed.Reads("10:15", ("k/grok-4/in", 1.10m));
        Assert.Equal(Usd.Parse("1.10"), feed.Bill);
        Assert.Equal(Usd.Zero, feed.Snapshot.Lines.Single(l => l.Model == "grok-4").Replaces);
    }

    [Fact]
    public void a_key_that_another_set_of_dimensions_lacks_is_missing_and_not_read_otherwise()
    {
        // The key is never dropped, so nothing in the answer stands for it.
        var feed = new Feed().Reads("10:05", ("k/grok-4/in", 1m), ("l/grok-4/in", 2m));
        feed.Dimensions = DimensionSet.KeyUnit;
        feed.Reads("10:10", ("k//in", 1m));
        Assert.Equal("l", Assert.Single(feed.Snapshot.Missing!).Key);
        Assert.Equal(Usd.Parse("3"), feed.Bill);
    }

    [Fact]
    public void quarter_hours_take_over_from_the_hour_they_cut()
    {
        var feed = new Feed().Reads("10:20", ("k", 4m));
        feed.Seconds = 900;
        feed.Reads("10:25", ("k", 4.25m));
        Assert.Equal(Usd.Parse("0.25"), Sum(feed.Snapshot));
        Assert.Equal(Usd.Parse("4.25"), feed.Bill);
        Assert.Equal([(900, "4.25"), (3600, "0.00")], feed.Snapshot.Lines.OrderBy(l => l.Seconds).Select(l => (l.Seconds, l.Total.ToString())));
    }

    [Fact]
    public void a_long_reading_is_cut_into_parts_of_one_append()
    {
        var feed = new Feed().Reads("10:05", ("gone", 5_000m));
        feed.Reads("10:10", [.. Enumerable.Range(0, 4_001).Select(i => ($"k{i:00000}", 1m))]);
        Assert.Equal([(1, 3, 2_000), (2, 3, 2_000), (3, 3, 2)], feed.Last.Select(s => (s.Part, s.Parts, s.Lines.Count)));
        Assert.Single(feed.Last.Select(s => s.Reading).Distinct());
        Assert.Equal(Usd.Parse("999"), feed.Held("gone").Total);
        Assert.Equal(4_002, feed.Last.SelectMany(s => s.Lines).Select(l => l.Key).Distinct().Count());
        Assert.Equal("gone", Assert.Single(feed.Last[^1].Missing!).Key);
        Assert.All(feed.Last.SkipLast(1), s => Assert.Null(s.Missing));
    }

    [Fact]
    public void two_thousand_lines_are_one_part() =>
        Assert.Single(new Feed().Reads("10:05", [.. Enumerable.Range(0, Observation.LinesPerSnapshotMax).Select(i => ($"k{i}", 1m))]).Last);

    [Fact]
    public void a_reading_that_a_bookmark_asked_for_counts_as_taken_at_the_bookmark()
    {
        var snapshot = new Feed { Bookmark = At("10:04:59") }.Reads("10:05", ("k", 1m)).Snapshot;
        Assert.Equal((At("10:04:59"), At("10:04:59")), (snapshot.Asked, snapshot.Answered));
        Assert.Equal(new TrueInstants(At("10:05"), At("10:05:02")), snapshot.Measured);
    }

    [Fact]
    public void a_reading_nobody_bookmarked_counts_as_taken_when_it_was()
    {
        var snapshot = new Feed().Reads("10:05", ("k", 1m)).Snapshot;
        Assert.Equal((At("10:05"), At("10:05:02")), (snapshot.Asked, snapshot.Answered));
        Assert.Null(snapshot.Measured);
    }

    [Fact]
    public void a_snapshot_carries_all_it_was_judged_by()
    {
        var previous = new PreviousReading(At("10:00"), At("11:00"), At("10:00"), At("10:00:02"));
        var snapshot = new Feed { Previous = [previous], LagSeconds = 420 }.Reads("10:05", ("k", 1m)).Snapshot;
        Assert.Equal([previous], snapshot.Previous);
        Assert.Equal(420, snapshot.SettlementLagSeconds);
        Assert.Equal(new(At("10:00"), At("11:00")), snapshot.Covers);
    }

    [Theory]
    [InlineData("0.12345678901234568", "0.12345678901234568")]
    [InlineData("1.5e-1", "1.5e-1")]
    [InlineData("0.15", null)]
    [InlineData("0.1500", null)]
    public void the_figures_own_text_is_kept_where_it_says_more(string raw, string? kept)
    {
        Assert.True(Usd.TryParseWireNumber(raw, out var total));
        var line = new ReadLine(At("10:00"), 3600, "k", "grok-4", "in", total, raw);
        Assert.Equal(kept, Assert.Single(Assert.Single(Observation.Observe("xai", new Feed().Reading("10:05", [line]), [], [], 0, null)).Lines).Raw);
    }

    [Fact]
    public void one_reading_makes_one_snapshot_however_the_answer_was_ordered() => (
        from totals in Gen.Int[1, 99].Array[1, 39]
        let lines = totals.Select((total, i) => ($"k{i % 7}/m{i % 3}/u{i}", (decimal)total)).ToArray()
        from shuffled in Gen.Shuffle(lines)
        select (lines, shuffled)).Sample((lines, shuffled) =>
    {
        var one = new Feed().Reads("10:05", lines).Snapshot;
        var other = new Feed().Reads("10:05", shuffled).Snapshot;
        Assert.Equal(one.Lines, other.Lines);
        Assert.Equal(one.Reading, other.Reading);
    }, iter: 50);

    [Fact]
    public void whatever_is_read_the_deltas_add_up_to_the_latest_totals() => Gen.Select(
        Gen.Frequency((5, DimensionSet.KeyModelUnit), (1, DimensionSet.KeyUnit)), Gen.Int[-3, 8].Nullable().Array[keys.Length]).Array[1, 59].Sample(readings =>
    {
        var feed = new Feed();
        var sum = Usd.Zero;
        for (var step = 0; step < readings.Length; step++)
        {
            (feed.Dimensions, var totals) = readings[step];
            var model = feed.Dimensions == DimensionSet.KeyUnit ? "" : "m";
            var lines = keys.Zip(totals).Where(k => k.Second is not null).Select(k => ($"{k.First}/{model}/u", (decimal)k.Second!)).ToArray();
            feed.Reads(TimeSpan.FromMinutes(600 + (20 * step)).ToString("d\\.hh\\:mm", System.Globalization.CultureInfo.InvariantCulture), lines);
            sum = feed.Last.SelectMany(s => s.Lines).Aggregate(sum, (a, l) => a + l.Delta);
            Assert.Equal(feed.Bill, sum);
        }
    }, iter: 200);

    [Fact]
    public void a_renamed_model_keeps_the_sum_at_once()
    {
        var feed = new Feed().Reads("10:05", ("k/grok-4-fast/in", 20m)).Reads("10:10", ("k/grok-4.3/in", 20m));
        Assert.Equal(Usd.Parse("20"), feed.Bill);
        Assert.Null(feed.Snapshot.Missing);
        Assert.Equal([("grok-4-fast", "0.00", true), ("grok-4.3", "20.00", false)], feed.Snapshot.Lines.Select(l => (l.Model!, l.Total.ToString(), l.Closed)));
        Assert.Equal([new MovedFrom(null, "k", "grok-4-fast", "in", Usd.Parse("20"))], feed.Snapshot.Lines[1].MovedFrom!);
        Assert.Equal(Usd.Parse("20"), feed.Reads("10:15", ("k/grok-4-fast/in", 20m)).Bill);
    }

    [Fact]
    public void what_is_said_to_be_0_moves_as_what_is_not_said_at_all() =>
        Assert.Equal(Usd.Parse("20"), Assert.Single(new Feed().Reads("10:05", ("k/a/in", 20m)).Reads("10:10", ("k/a/in", 0m), ("k/b/in", 25m)).Snapshot.Lines[1].MovedFrom!).Amount);

    [Fact]
    public void what_rises_beyond_the_move_is_new()
    {
        var feed = new Feed().Reads("10:05", ("k/a/in", 20m), ("k/c/in", 1m)).Reads("10:10", ("k/b/in", 23m), ("k/c/in", 1m));
        Assert.Equal((Usd.Parse("24"), Usd.Parse("20")), (feed.Bill, Assert.Single(feed.Snapshot.Lines[1].MovedFrom!).Amount));
    }

    [Fact]
    public void where_the_sum_would_fall_the_missing_line_keeps_what_it_would_fall_by()
    {
        var feed = new Feed().Reads("10:05", ("k/a/in", 20m), ("k/c/in", 1m)).Reads("10:10", ("k/b/in", 12m), ("k/c/in", 1m));
        Assert.Equal(Usd.Parse("21"), feed.Bill);
        Assert.Equal(("a", "8.00"), (Assert.Single(feed.Snapshot.Missing!).Model, feed.Snapshot.Lines.Single(l => l.Model == "a").Total.ToString()));
        feed.Reads("10:15", ("k/b/in", 12m), ("k/c/in", 1m)).Nothing();
        feed.Reads("10:21", ("k/b/in", 12m), ("k/c/in", 1m));
        Assert.True(Assert.Single(feed.Snapshot.Lines).Withdrawn);
        Assert.Equal(Usd.Parse("13"), feed.Bill);
    }

    [Fact]
    public void money_moves_within_its_key_first()
    {
        var feed = new Feed().Reads("10:05", ("k1/a/in", 6m), ("k2/a/in", 4m)).Reads("10:10", ("k1/b/in", 5m), ("k2/b/in", 5m));
        Assert.Equal(Usd.Parse("10"), feed.Bill);
        Assert.Equal([("k1", "k1", "5.00"), ("k1", "k2", "1.00"), ("k2", "k2", "4.00")],
            feed.Snapshot.Lines.SelectMany(l => (l.MovedFrom ?? []).Select(m => (m.Key!, l.Key!, m.Amount.ToString()))).Order());
    }

    [Fact]
    public void another_key_of_the_same_money_is_a_move_too()
    {
        var feed = new Feed().Reads("10:05", ("old", 6m)).Reads("10:10", ("new", 6m));
        Assert.Equal(Usd.Parse("6"), feed.Bill);
        Assert.Equal("old", Assert.Single(feed.Snapshot.Lines[0].MovedFrom!).Key);
        // It left its key, so coming back it gets the same parts back.
        Assert.False(feed.Snapshot.Lines[1].Closed);
    }

    [Fact]
    public void a_fall_of_lines_that_are_there_is_no_move()
    {
        var feed = new Feed().Reads("10:05", ("k/a/in", 5m), ("k/c/in", 9m)).Reads("10:10", ("k/b/in", 5m), ("k/c/in", 6m));
        // Restated by 3, so only 2 of 5 can have moved without the sum falling further.
        Assert.Equal((Usd.Parse("14"), Usd.Parse("3")), (feed.Bill, feed.Snapshot.Lines.Single(l => l.Model == "a").Total));
    }

    [Fact]
    public void a_wider_bucket_keeps_what_its_answer_lacks()
    {
        var feed = new Feed { Seconds = 900 }.Reads("10:20", ("k", 4m), ("l", 2m));
        feed.Seconds = 3600;
        feed.Reads("10:25", ("k", 4m));
        Assert.Equal(Usd.Parse("6"), feed.Bill);
        Assert.Equal(("l", 3600), (Assert.Single(feed.Snapshot.Missing!).Key, feed.Snapshot.Missing![0].Seconds));
    }

    [Fact]
    public void whatever_vanishes_and_appears_the_bill_is_the_answer_and_what_is_missing() => Gen.Int[0, 9].Array[4].Array[2, 9].Sample(readings =>
    {
        var feed = new Feed();
        var before = Usd.Zero;
        for (var step = 0; step < readings.Length; step++)
        {
            var lines = readings[step].Select((total, i) => ($"k{i / 2}/m{i % 2}/u", (decimal)total)).Where(l => l.Item2 > 0).ToArray();
            var answer = Usd.FromDollars(lines.Sum(l => l.Item2));
            feed.Reads($"10:{step:00}", lines);
            Assert.Equal(feed.Bill, answer + feed.Lacking);
            if (answer >= before) Assert.Equal(answer, feed.Bill);
            before = feed.Bill;
        }
    }, iter: 500);

    private static Usd Sum(UsageSnapshotTaken snapshot) => snapshot.Lines.Aggregate(Usd.Zero, (sum, l) => sum + l.Delta);

    /// <summary>Reads one bucket, 10:00 to 11:00, again and again, and holds what the books would hold.</summary>
    private sealed class Feed
    {
        private readonly Dictionary<LineName, HeldLine> held = [];

        public DimensionSet Dimensions { get; set; } = DimensionSet.KeyModelUnit;

        public bool Dense { get; init; } = true;

        public int Seconds { get; set; } = 3600;

        public Interval Covers { get; set; } = new(At("10:00"), At("11:00"));

        public DateTimeOffset? Bookmark { get; init; }

        public IReadOnlyList<PreviousReading> Previous { get; init; } = [];

        public int LagSeconds { get; init; }

        public IReadOnlyList<UsageSnapshotTaken> Last { get; private set; } = [];

        public UsageSnapshotTaken Snapshot => Assert.Single(Last);

        public Usd Bill => held.Values.Aggregate(Usd.Zero, (sum, l) => sum + l.Total);

        public Usd Lacking => held.Values.Where(l => l.MissingSince is not null).Aggregate(Usd.Zero, (sum, l) => sum + l.Total);

        public HeldLine Held(string key) => held.Values.Single(l => l.Name.Key == key);

        public Feed Nothing()
        {
            Assert.Empty(Last);
            return this;
        }

        /// <summary>A complete answer at a time: lines as <c>key/model/unit</c> with their totals.</summary>
        public Feed Reads(string time, params (string Line, decimal Total)[] lines)
        {
            Last = Observation.Observe("xai", Reading(time, [.. lines.Select(Line)]), held.Values, Previous, LagSeconds, Bookmark);
            foreach (var snapshot in Last) Fold(snapshot);
            return this;
        }

        public Reading Reading(string time, IReadOnlyList<ReadLine> lines) => new()
        {
            Asked = At(time),
            Answered = At(time).AddSeconds(2),
            Covers = Covers,
            Dimensions = Dimensions,
            Seconds = Seconds,
            Lines = lines,
            Dense = Dense,
        };

        private ReadLine Line((string Line, decimal Total) line)
        {
            var name = line.Line.Split('/');
            string? Part(int i, string otherwise) => name.Length > i ? (name[i].Length > 0 ? name[i] : null) : otherwise;
            return new(Covers.Start, Seconds, Part(0, "k"), Part(1, "grok-4"), Part(2, "in"), Usd.FromDollars(line.Total), Usd.FromDollars(line.Total).ToString());
        }

        private void Fold(UsageSnapshotTaken snapshot)
        {
            foreach (var line in snapshot.Lines)
            {
                var name = new LineName(line.Start, line.Seconds, line.Dimensions ?? snapshot.Dimensions, line.Key, line.Model, line.Unit);
                Assert.Equal(held.GetValueOrDefault(name)?.Total, line.Replaces);
                held[name] = new(name, line.Total, line.Withdrawn ? held[name].MissingSince : null);
            }
            foreach (var name in snapshot.Missing ?? []) held[name] = held[name] with { MissingSince = snapshot.Answered };
            foreach (var name in snapshot.Found ?? []) held[name] = held[name] with { MissingSince = null };
        }
    }
}
