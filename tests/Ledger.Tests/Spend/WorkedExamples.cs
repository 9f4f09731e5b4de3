using Ledger.Agents;
using Ledger.Money;

namespace Ledger.Tests.Spend;

/// <summary>The worked examples of the design, one by one.</summary>
public sealed class WorkedExamples
{
    private static Usd Dollars(decimal d) => Usd.FromDollars(d);

    [Fact]
    public void one_late_reading_is_shared_by_time()
    {
        var story = new LineStory().Mission("m", "10:15", "10:45").Reading("11:05", 6.00m);
        Assert.Equal("3.00 prorated 0.00 6.00", story.Cost("m"));
        Assert.Equal(Dollars(3.00m), story.Idle());
    }

    [Fact]
    public void readings_at_both_edges_give_the_mission_exactly_what_rose_between_them()
    {
        var story = Bracketed();
        Assert.Equal("4.50 whole 0.00 6.00", story.Cost("m"));
        Assert.Equal(Dollars(1.50m), story.Idle());
    }

    [Fact]
    public void a_restatement_downwards_scales_what_everybody_held()
    {
        var story = new LineStory().Mission("m", "10:15", "10:45").Reading("11:05", 6.00m).Reading("1.10:00", 3.00m);
        Assert.Equal("1.50 prorated 0.00 3.00", story.Cost("m"));
        Assert.Equal(Dollars(1.50m), story.Idle());
    }

    [Fact]
    public void rising_back_to_the_height_gives_everybody_back_what_they_held()
    {
        var story = Bracketed().Reading("1.10:00", 3.00m).Reading("2.10:00", 6.00m);
        Assert.Equal("4.50 whole 0.00 6.00", story.Cost("m"));
        Assert.Equal(Dollars(1.50m), story.Idle());
    }

    [Fact]
    public void a_window_corrected_to_the_whole_bucket_takes_it_whole()
    {
        var story = new LineStory().Mission("m", "10:15", "10:45").Reading("11:05", 6.00m).Corrected("m", "10:00", "11:00");
        Assert.Equal("6.00 whole 6.00 6.00", story.Cost("m"));
        Assert.Equal(Usd.Zero, story.Idle());
    }

    [Fact]
    public void two_missions_of_one_agent_share_the_time_they_overlap()
    {
        var story = new LineStory().Mission("m", "10:15", "10:45").Mission("n", "10:30", "11:00").Reading("11:05", 6.00m);
        Assert.Equal("2.25 shared 0.00 6.00", story.Cost("m"));
        Assert.Equal("2.25 shared 0.00 6.00", story.Cost("n"));
        Assert.Equal(Dollars(1.50m), story.Idle());
    }

    [Fact]
    public void an_agent_that_yields_its_idle_time_spends_on_its_mission_only()
    {
        var story = new LineStory(IdleRule.Yields).Mission("m", "10:15", "10:45").Reading("11:05", 6.00m);
        Assert.Equal("6.00 prorated 0.00 6.00", story.Cost("m"));
        Assert.Equal(Usd.Zero, story.Idle());
    }

    [Fact]
    public void owners_of_one_key_share_by_weight()
    {
        var story = new LineStory(agents: "ba,vigilio", owners: "ba=1,vigilio=3").Mission("m", "10:15", "10:45").Reading("11:05", 6.00m);
        Assert.Equal("0.75 shared 0.00 6.00", story.Cost("m"));
        Assert.Equal(Dollars(0.75m), story.Idle("ba"));
        Assert.Equal(Dollars(4.50m), story.Idle("vigilio"));
    }

    [Fact]
    public void a_single_tick_goes_to_the_lower_id()
    {
        var story = new LineStory().Mission("n", "10:00", "11:00").Mission("m", "10:00", "11:00").Reading("11:05", 0.0000000001m);
        Assert.Equal("0.0000000001 shared 0.00 0.0000000001", story.Cost("m"));
        Assert.Equal("0.00 - 0.00 0.0000000001", story.Cost("n"));
    }

    [Fact]
    public void what_was_there_before_the_mission_began_is_not_the_missions()
    {
        var story = new LineStory().Mission("m", "10:10", null).Reading("10:05", 6.00m).Reading("10:40", 6.00m);
        Assert.Equal("0.00 - 0.00 6.00", story.Cost("m"));
        Assert.Equal(Dollars(6.00m), story.Idle());
    }

    [Fact]
    public void a_reading_taken_exactly_at_a_windows_start_belongs_to_before_it()
    {
        var story = new LineStory().Mission("m", "10:15", null).Reading("10:05", 0m).Reading("10:15", 2.00m);
        Assert.Equal("0.00 - 0.00 2.00", story.Cost("m"));
    }

    [Fact]
    public void credits_keep_their_own_side()
    {
        var story = new LineStory().Mission("m", "10:15", "10:45").Reading("10:15", 1.00m).Reading("10:45", 5.00m).Reading("11:05", -2.00m).Reading("12:00", 5.00m);
        Assert.Equal("4.00 whole 0.00 5.00", story.Cost("m"));
        Assert.Equal(Dollars(1.00m), story.Idle());
    }

    [Fact]
    public void a_key_given_to_somebody_else_in_the_middle_is_cut_there()
    {
        var story = new LineStory(agents: "ba,vigilio").Owned("vigilio=1", from: "10:30").Mission("m", "10:00", "11:00").Reading("11:05", 6.00m);
        Assert.Equal("3.00 prorated 0.00 6.00", story.Cost("m"));
        Assert.Equal(Dollars(3.00m), story.Idle("vigilio"));
    }

    [Fact]
    public void a_key_nobody_owns_is_unassigned()
    {
        var story = new LineStory(owners: "").Mission("m", "10:00", "11:00").Reading("11:05", 6.00m);
        Assert.Equal("0.00 - 0.00 0.00", story.Cost("m"));
        Assert.Equal(Dollars(6.00m), story.Carried(null, null));
    }

    private static LineStory Bracketed() =>
        new LineStory().Mission("m", "10:15", "10:45").Reading("10:15", 1.00m).Reading("10:45", 5.50m).Reading("11:05", 6.00m);
}
