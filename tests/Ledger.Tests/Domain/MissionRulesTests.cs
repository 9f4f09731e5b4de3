using Ledger.Missions;
using static Ledger.Tests.Domain.Given;

namespace Ledger.Tests.Domain;

public sealed class MissionRulesTests
{
    private static readonly MissionStarted started = new("m-1", "Budget TUI", "trentuna/token-monitor#3", ["ba"], 1, At("10:00"), At("10:00"), null);
    private static readonly MissionEnded ended = new("m-1", At("11:00"), At("11:00"), null);

    [Theory]
    [InlineData("https://forge.example.org/o/r/issues/3", true)]
    [InlineData("trentuna/token-monitor#3", true)]
    [InlineData("group/sub/repo#12", true)]
    [InlineData("o/r#ISSUE-7", true)]
    [InlineData("", true)]
    [InlineData(null, true)]
    [InlineData("not a ref", false)]
    [InlineData("#3", false)]
    [InlineData("ftp://x/y", false)]
    [InlineData("owner/repo", false)]
    public void a_reference_that_is_none_is_kept_and_said(string? reference, bool isOne) => Assert.Equal(isOne, Ledger.Missions.Mission.NoteOn(reference) is null);

    private static Mission Open => Mission(started);

    private static Mission Ended => Mission(started, ended);

    private static Mission Twice => Mission(started, ended, new MissionReopened("m-1", At("11:30"), At("11:30"), null), new MissionEnded("m-1", At("11:45"), At("11:45"), null));

    private static Mission Cancelled => Mission(started, new MissionCancelled("m-1", Now, null));

    [Fact]
    public void a_mission_starts_with_what_was_asked_for()
    {
        var e = Start().Then<MissionStarted>();
        Assert.Equal(("m-1", "Budget TUI", "trentuna/token-monitor#3", 1, At("10:00"), Now, "ba"), (e.Mission, e.Title, e.Ref, e.Weight, e.Start, e.At, e.By));
        Assert.Equal(["ba"], e.Agents);
    }

    [Fact]
    public void a_start_asked_for_twice_starts_once() => Start(known: Open).ThenNothing();

    [Fact]
    public void a_reference_is_not_needed() => Assert.Null(Start(reference: null).Then<MissionStarted>().Ref);

    [Fact]
    public void a_start_is_kept_to_the_microsecond() =>
        Assert.Equal(At("10:00"), Start(start: At("10:00").AddTicks(9)).Then<MissionStarted>().Start);

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("(idle)")]
    [InlineData(" (Unassigned) ")]
    [InlineData("(other)")]
    [InlineData("(none)")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("a\u001Bb")]
    [InlineData("a\u202Eb")]
    [InlineData("a\u2066b")]
    [InlineData("a\u200Fb")]
    public void a_title_that_people_cannot_read_is_refused(string title) => ThenRefused(() => Start(title: title), "text.invalid", "title");

    [Fact]
    public void lone_surrogates_are_refused_in_either_order()
    {
        // Not as inline data: they would not survive the way to the test.
        ThenRefused(() => Start(title: "a\uD800b"), "text.invalid", "title");
        ThenRefused(() => Start(title: "a\uDC00\uD800"), "text.invalid", "title");
        Start(title: "a\uD83D\uDE00").Then<MissionStarted>();
    }

    [Fact]
    public void a_refused_text_is_shown_without_what_made_it_dangerous()
    {
        var shown = ThenRefused(() => Start(title: "pay\u202E\0" + new string('x', 500)), "text.invalid").Value!;
        Assert.DoesNotContain(shown, c => char.IsControl(c) || c == '\u202E');
        Assert.InRange(shown.Length, 1, 80);
    }

    [Fact]
    public void titles_and_references_have_a_length()
    {
        Start(title: new string('x', Names.LengthMax)).Then<MissionStarted>();
        ThenRefused(() => Start(title: new string('x', Names.LengthMax + 1)), "text.invalid", "title");
        Start(reference: "https://" + new string('x', Missions.Mission.RefLengthMax - 8)).Then<MissionStarted>();
        ThenRefused(() => Start(reference: new string('x', Missions.Mission.RefLengthMax + 1)), "text.invalid", "ref");
        ThenRefused(() => Start(reference: "a\0b"), "text.invalid", "ref");
    }

    [Fact]
    public void a_mission_has_agents_each_once()
    {
        ThenRefused(() => Start(agents: []), "request.invalid", "agents");
        ThenRefused(() => Start(agents: ["ba", "ba"]), "request.invalid", "agents");
        Start(agents: [.. Enumerable.Range(0, Missions.Mission.AgentsMax).Select(i => $"a{i}")]).Then<MissionStarted>();
        ThenRefused(() => Start(agents: [.. Enumerable.Range(0, Missions.Mission.AgentsMax + 1).Select(i => $"a{i}")]), "request.invalid", "agents");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1_000_001)]
    [InlineData(int.MinValue)]
    public void a_weight_that_shares_nothing_or_everything_is_refused(int weight)
    {
        ThenRefused(() => Start(weight: weight), "weight.invalid", "weight", $"{weight}");
        ThenRefused(() => Edit(Open, weight: weight), "weight.invalid", "weight", $"{weight}");
    }

    [Fact]
    public void a_start_lies_between_2015_and_ten_minutes_from_now()
    {
        Start(start: Instants.Min).Then<MissionStarted>();
        ThenRefused(() => Start(start: Instants.Min.AddTicks(-10)), "time.out_of_range", "at", "2014-12-31T23:59:59.999999Z");
        Start(start: Now.AddMinutes(10)).Then<MissionStarted>();
        ThenRefused(() => Start(start: Now.AddMinutes(10).AddTicks(10)), "time.out_of_range", "at");
    }

    [Fact]
    public void an_edit_checks_the_title_and_moves_the_reference()
    {
        ThenRefused(() => Edit(Open, title: "a\nb"), "text.invalid", "title");
        Assert.Equal("owner/repo#4", Mission(started, new MissionEdited("m-1", null, "owner/repo#4", null, null, Now, null)).Ref);
        Assert.Null(Mission(started, new MissionEdited("m-1", null, "", null, null, Now, null)).Ref);
        Assert.Equal(started.Ref, Mission(started, new MissionEdited("m-1", "another", null, null, null, Now, null)).Ref);
    }

    [Fact]
    public void a_life_ends_with_the_last_window_or_not_at_all()
    {
        Assert.Equal(new(At("10:00"), At("11:00")), Ended.Life);
        Assert.Equal(new(At("10:00"), Instants.Max), Open.Life);
    }

    [Fact]
    public void a_mission_ends_where_it_is_told_to() =>
        Assert.Equal(At("11:00"), Open.End(At("11:00"), Now, "ba").Then<MissionEnded>().End);

    [Fact]
    public void an_end_at_or_before_the_start_is_refused()
    {
        ThenRefused(() => Open.End(At("10:00"), Now, null), "mission.end_before_start", "at", "2026-11-16T10:00:00Z");
        ThenRefused(() => Open.End(At("09:59"), Now, null), "mission.end_before_start", "at");
        Open.End(At("10:00").AddTicks(10), Now, null).Then<MissionEnded>();
    }

    [Fact]
    public void a_second_end_is_refused_and_says_what_to_do_instead()
    {
        var why = ThenRefused(() => Ended.End(At("11:30"), Now, null), "mission.not_open");
        Assert.Contains("mission edit m-1 --end", why.Detail, StringComparison.Ordinal);
        Assert.Contains("2026-11-16T11:00:00Z", why.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void a_far_future_end_is_refused() => ThenRefused(() => Open.End(Now.AddDays(1), Now, null), "time.out_of_range", "at");

    [Fact]
    public void reopening_adds_a_window_and_leaves_the_gap_out()
    {
        var e = Ended.Reopen(At("11:30"), Now, "ba").Then<MissionReopened>();
        var mission = Mission(started, ended, e);
        Assert.Equal(MissionState.Open, mission.State);
        Assert.Equal([new(At("10:00"), At("11:00")), new(At("11:30"), null)], mission.Windows);
        Assert.DoesNotContain(mission.Intervals, s => s.Contains(At("11:15")));
    }

    [Fact]
    public void reopening_may_touch_the_last_window_but_not_reach_into_it()
    {
        Ended.Reopen(At("11:00"), Now, null).Then<MissionReopened>();
        ThenRefused(() => Ended.Reopen(At("10:59"), Now, null), "mission.overlaps_itself", "at", "2026-11-16T10:59:00Z");
        ThenRefused(() => Open.Reopen(At("11:00"), Now, null), "mission.not_ended");
    }

    [Fact]
    public void both_edges_can_be_moved_after_the_fact()
    {
        var e = Edit(Twice, start: At("09:30"), end: At("11:50")).Then<MissionWindowCorrected>();
        var mission = Missions.Mission.Fold(Twice, e)!;
        Assert.Equal([new(At("09:30"), At("11:00")), new(At("11:30"), At("11:50"))], mission.Windows);
    }

    [Fact]
    public void an_edge_cannot_be_moved_past_the_other_edge_of_its_window()
    {
        ThenRefused(() => Edit(Ended, start: At("11:00")), "mission.end_before_start", "start");
        ThenRefused(() => Edit(Ended, end: At("10:00")), "mission.end_before_start", "end");
        ThenRefused(() => Edit(Twice, start: At("11:15")), "mission.end_before_start", "start");
        ThenRefused(() => Edit(Twice, end: At("11:30")), "mission.end_before_start", "end");
        Edit(Ended, start: At("11:10"), end: At("11:20")).Then<MissionWindowCorrected>();
    }

    [Fact]
    public void the_end_of_an_open_mission_is_not_corrected_but_declared() =>
        ThenRefused(() => Edit(Open, end: At("11:00")), "mission.not_ended", "end");

    [Fact]
    public void an_edit_that_changes_nothing_is_not_written()
    {
        Edit(Ended, start: At("10:00"), end: At("11:00"), title: "Budget TUI", reference: "trentuna/token-monitor#3", agents: ["ba"], weight: 1).ThenNothing();
        Edit(Ended).ThenNothing();
    }

    [Fact]
    public void a_window_and_a_title_edited_together_are_two_events_in_one_decision()
    {
        var events = Edit(Ended, start: At("09:30"), title: "Other");
        Assert.Collection(events, e => Assert.IsType<MissionWindowCorrected>(e), e => Assert.Equal("Other", Assert.IsType<MissionEdited>(e).Title));
    }

    [Fact]
    public void a_reference_can_be_taken_away()
    {
        var e = Edit(Open, reference: "").Then<MissionEdited>();
        Assert.Null(Missions.Mission.Fold(Open, e)!.Ref);
        Edit(Mission(started with { Ref = null }), reference: "").ThenNothing();
    }

    [Fact]
    public void a_cancelled_mission_carries_nothing_and_takes_nothing_more()
    {
        Assert.Equal(MissionState.Cancelled, Cancelled.State);
        Assert.Empty(Cancelled.Intervals);
        ThenRefused(() => Cancelled.End(At("11:00"), Now, null), "mission.cancelled");
        ThenRefused(() => Cancelled.Reopen(At("11:00"), Now, null), "mission.cancelled");
        ThenRefused(() => Cancelled.Cancel(Now, null), "mission.cancelled");
        ThenRefused(() => Edit(Cancelled, title: "Other"), "mission.cancelled");
    }

    [Fact]
    public void an_event_of_another_stream_changes_no_mission() =>
        Assert.Same(Open.Title, Missions.Mission.Fold(Open, new Agents.AgentAdded("ba", "ba", Agents.IdleRule.Shares, Now, null))!.Title);

    private static MissionStarted? Start(
        Mission? known = null, string title = "Budget TUI", string? reference = "trentuna/token-monitor#3", string[]? agents = null, int weight = 1, DateTimeOffset? start = null) =>
        Missions.Mission.Start(known, "m-1", title, reference, agents ?? ["ba"], weight, start ?? At("10:00"), Now, "ba");

    private static IReadOnlyList<ILedgerEvent> Edit(
        Mission mission, DateTimeOffset? start = null, DateTimeOffset? end = null, string? title = null, string? reference = null, string[]? agents = null, int? weight = null) =>
        mission.Edit(start, end, title, reference, agents, weight, Now, null);
}
