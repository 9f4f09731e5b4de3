using CsCheck;
using Ledger.Agents;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Spend;
using static Ledger.Tests.Domain.Given;

namespace Ledger.Tests.Domain;

/// <summary>When a rise can have happened, and the pitfalls that window maths fell into elsewhere.</summary>
public sealed class EvidenceTests
{
    private static readonly Interval bucket = new(At("10:00"), At("11:00"));
    private static readonly Gen<DateTimeOffset> instants = Gen.Int[0, (5 * 3600) - 1].Select(seconds => At("08:00").AddSeconds(seconds));

    [Theory]
    // previous asked, lag in minutes, answered → evidence
    [InlineData("10:15", 0, "10:45", "10:15", "10:45")]
    [InlineData("10:15", 5, "10:45", "10:10", "10:45")]
    [InlineData("10:02", 5, "10:45", "10:00", "10:45")]
    [InlineData("09:00", 0, "10:45", "10:00", "10:45")]
    [InlineData("10:15", 0, "12:00", "10:15", "11:00")]
    [InlineData(null, 0, "10:45", "10:00", "10:45")]
    [InlineData(null, 0, "12:00", "10:00", "11:00")]
    // A rise after the bucket was read when it was over: the lag says how far back it may lie, else all of the bucket.
    [InlineData("11:05", 0, "1.09:00", "10:00", "11:00")]
    [InlineData("11:05", 30, "1.09:00", "10:35", "11:00")]
    // Answered before the bucket began (a provider's clock ahead of ours): all of the bucket.
    [InlineData(null, 0, "09:59", "10:00", "11:00")]
    [InlineData(null, 0, "10:00", "10:00", "11:00")]
    [InlineData("10:30", 0, "10:30", "10:00", "10:30")]
    public void a_rise_happened_between_the_last_reading_and_this_one(string? previous, int lag, string answered, string from, string to) =>
        Assert.Equal(new Interval(At(from), At(to)), Evidence.Of(bucket, previous is null ? null : At(previous), TimeSpan.FromMinutes(lag), At(answered)));

    [Fact]
    public void evidence_lies_in_its_bucket_and_is_never_empty() => Gen.Select(instants.Nullable(), Gen.Int[0, 7199].Select(s => TimeSpan.FromSeconds(s)), instants).Sample((previous, lag, answered) =>
    {
        var evidence = Evidence.Of(bucket, previous, lag, answered);
        Assert.False(evidence.IsEmpty);
        Assert.Equal(evidence, evidence.And(bucket));
    }, iter: 500);

    [Fact]
    public void a_reading_exactly_at_the_start_is_the_baseline_and_costs_the_mission_nothing_of_what_it_held()
    {
        var parts = Told(new Books().Mission("m", "10:15", null), ("10:15", 1m), ("10:30", 3m));
        Assert.Equal((Usd.Parse("2"), Usd.Parse("1")), (parts.Of("m"), parts.Idle));
    }

    [Fact]
    public void the_example_of_the_concepts_page_is_what_the_code_says()
    {
        var page = File.ReadAllText(House.Repository.PathOf("docs/concepts.md"));
        void Says(Shares parts, string words)
        {
            var (mission, idle) = (parts.Of("m").ToString(), parts.Idle.ToString());
            Assert.Contains(string.Format(System.Globalization.CultureInfo.InvariantCulture, words, mission, idle), page, StringComparison.Ordinal);
        }
        (string, decimal)[] bracketed = [("10:15", 1m), ("10:45", 5.50m), ("11:05", 6m)];
        Says(Told(new Books().Mission("m", "10:15", "10:45"), bracketed), "M cost **{0}**, idle {1}, together 6.00");
        Says(Told(new Books().Mission("m", "10:15", "10:45"), ("11:05", 6m)), "it carries **{0}**, `prorated`");
        Says(Told(new Books().Mission("m", "10:15", "10:45"), [.. bracketed, ("1.10:00", 3m)]), "M carries **{0}**, idle {1}.");
    }

    [Fact]
    public void a_reading_exactly_at_the_end_takes_nothing_of_what_comes_after()
    {
        var parts = Told(new Books().Mission("m", "10:15", "10:30"), ("10:15", 1m), ("10:30", 3m), ("10:45", 10m));
        Assert.Equal((Usd.Parse("2"), Usd.Parse("8")), (parts.Of("m"), parts.Idle));
    }

    [Fact]
    public void a_reading_well_after_the_end_is_not_charged_to_the_mission_whole()
    {
        // $6 between 10:00 and 10:40; the mission had 10 of those 40 minutes.
        var parts = Told(new Books().Mission("m", "10:00", "10:10"), ("10:40", 6m));
        Assert.Equal((Usd.Parse("1.50"), Usd.Parse("4.50")), (parts.Of("m"), parts.Idle));
    }

    [Fact]
    public void a_baseline_taken_too_early_shares_what_rose_before_the_start()
    {
        var parts = Told(new Books().Mission("m", "10:30", "10:40"), ("10:20", 1m), ("10:40", 3m));
        Assert.Equal((Usd.Parse("1"), Usd.Parse("2")), (parts.Of("m"), parts.Idle));
    }

    [Fact]
    public void a_window_shorter_than_the_bucket_has_a_part_and_never_a_negative_one()
    {
        var parts = Told(new Books().Mission("m", "10:15", "10:15:01"), ("11:05", 3600m));
        Assert.Equal((Usd.Parse("1"), Usd.Parse("3599")), (parts.Of("m"), parts.Idle));
    }

    [Fact]
    public void a_window_that_meets_the_evidence_in_one_point_has_no_part_in_it()
    {
        Assert.Equal(Usd.Zero, Told(new Books().Mission("m", "10:30", "10:45"), ("10:30", 3m)).Of("m"));
        Assert.Equal(Usd.Zero, Told(new Books().Mission("m", "10:00", "10:15"), ("10:15", 0m), ("10:30", 3m)).Of("m"));
    }

    [Fact]
    public void many_small_readings_lose_nothing_to_rounding()
    {
        var (readings, total) = (new List<(string, decimal)>(), 0m);
        for (var second = 1; second <= 3599; second++)
            readings.Add(($"10:{second / 60:00}:{second % 60:00}", total += 0.0000000001m));
        var parts = Told(new Books().Mission("m", "10:00", "10:20").Mission("n", "10:10", "10:40"), [.. readings]);
        Assert.Equal(3599, parts.Sum);
        // A third of a tick goes to nobody but whole ticks do: m alone 10 min, both 10 min, n alone 20 min, idle 20 min.
        Assert.Equal(3599, parts.Of("m").Ticks + parts.Of("n").Ticks + parts.Idle.Ticks);
        Assert.InRange(parts.Of("m").Ticks, 1199, 1201);
    }

    [Fact]
    public void the_smallest_amount_is_carried_by_somebody() =>
        Assert.Equal(1, Told(new Books().Mission("m", "10:00", "10:20").Mission("n", "10:10", "10:40"), ("11:05", 0.0000000001m)).Sum);

    [Fact]
    public void a_day_bucket_cut_by_a_day_elsewhere_is_shared_by_time_and_says_so()
    {
        // 00:00 to 24:00 in Berlin is 23:00 to 23:00 UTC: one hour of the mission lies in the bucket of the day before.
        var day = new Interval(At("00:00"), At("1.00:00"));
        var books = new Books().Mission("m", "-01:00", "23:00");
        var parts = Attributor.Attribute(Usd.Parse("24"), day, books.Key, books.Context);
        Assert.Equal([("m", Method.Prorated, Usd.Parse("23")), (null, Method.Prorated, Usd.Parse("1"))], parts.Select(p => (p.Party.Mission, p.Method, p.Amount)));
        Assert.False(Assert.Single(Bounds.Of(day, books.Key, books.Context)).Sole);
    }

    [Fact]
    public void every_part_whoever_is_left_out_adds_up_with_the_rest()
    {
        // Filter, then share, or share, then filter: the parts do not depend on who is looked at.
        var books = new Books("ba=1,vigilio=2").Mission("m", "10:15", "10:45").Mission("n", "10:30", "11:00", "vigilio");
        var parts = Told(books, ("10:20", 1m), ("10:50", 7m), ("11:05", 9.99m));
        foreach (var mission in new[] { "m", "n" })
            Assert.Equal(parts.Sum, parts.Of(mission).Ticks + parts.All.Where(p => p.Key.Mission != mission).Sum(p => p.Value));
        Assert.Equal(Usd.Parse("9.99").Ticks, parts.Sum);
    }

    [Fact]
    public void a_key_without_owner_keeps_its_spend_in_sight()
    {
        var books = new Books("");
        var part = Assert.Single(Attributor.Attribute(Usd.Parse("6"), bucket, books.Key, books.Context));
        Assert.Equal((Party.Unassigned, Method.Whole, Usd.Parse("6")), (part.Party, part.Method, part.Amount));
    }

    [Fact]
    public void a_mission_whose_agents_own_no_key_is_not_one_that_cost_nothing()
    {
        var books = new Books("vigilio=1").Mission("m", "10:00", "11:00");
        Assert.False(books.Context.OwnedAnyKey(books.Context.Missions["m"]));
        Assert.True(new Books().Mission("m", "10:00", "11:00") is var owned && owned.Context.OwnedAnyKey(owned.Context.Missions["m"]));
        // One owner of a shared key is enough.
        Assert.True(new Books("ba=1,vigilio=2").Mission("m", "10:00", "11:00") is var half && half.Context.OwnedAnyKey(half.Context.Missions["m"]));
    }

    [Fact]
    public void missions_that_can_claim_a_line_come_in_the_order_of_their_ids()
    {
        var books = new Books("ba=1,vigilio=2").Mission("n", "10:00", "10:30").Mission("m", "10:30", "11:00", "vigilio");
        Assert.Equal([new("m", false), new("n", false)], Bounds.Of(bucket, books.Key, books.Context));
    }

    private static Shares Told(Books books, params (string At, decimal Total)[] readings)
    {
        var book = new LineBook();
        DateTimeOffset? previous = null;
        foreach (var (at, total) in readings)
        {
            book.Observe(new(Usd.FromDollars(total), Evidence.Of(bucket, previous, TimeSpan.Zero, At(at))), (amount, evidence) => Attributor.Attribute(amount, evidence, books.Key, books.Context));
            previous = At(at);
        }
        Assert.Equal(book.Total.Ticks, book.Holdings().Sum(h => h.Amount.Ticks));
        return new(book.Holdings().GroupBy(h => h.Party).ToDictionary(g => g.Key, g => g.Sum(h => h.Amount.Ticks)));
    }

    private sealed record Shares(Dictionary<Party, long> All)
    {
        public long Sum => All.Values.Sum();

        public Usd Idle => new(All.Where(p => p.Key is { Mission: null, Agent: not null }).Sum(p => p.Value));

        public Usd Of(string mission) => new(All.Where(p => p.Key.Mission == mission).Sum(p => p.Value));
    }

    private sealed class Books
    {
        public Books(string owners = "ba=1")
        {
            foreach (var agent in new[] { "ba", "vigilio" }) Context.Apply(new AgentAdded(agent, agent, IdleRule.Shares, Now, null));
            var list = owners.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(o => o.Split('=')).Select(o => new Owner(o[0], int.Parse(o[1], System.Globalization.CultureInfo.InvariantCulture)));
            Context.Apply(new KeyAssigned("xai", "k", [.. list], null, Now, null));
        }

        public AttributionContext Context { get; } = new();

        public KeyOwnership Key => Context.Ownership("xai", "k");

        public Books Mission(string id, string start, string? end, string agent = "ba")
        {
            Context.Apply(new MissionStarted(id, id, null, [agent], 1, At(start), Now, null));
            if (end is not null) Context.Apply(new MissionEnded(id, At(end), Now, null));
            return this;
        }
    }
}
