using Ledger.Accounts;
using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Xai;
using static Ledger.Service.Tests.Xai.Payload;

namespace Ledger.Service.Tests.Xai;

public sealed class XaiClientTests
{
    [Fact]
    public async Task usage_comes_back_to_the_tick_although_the_wire_carries_doubles()
    {
        await using var scene = await Scene.Set();
        for (var i = 0; i < 300; i++) scene.Spend("0.1000000001", "2026-11-16T10:15:00Z");
        scene.Spend("0.2", "2026-11-16T12:10:00Z", Prices.Code, Prices.Prompt);

        var usage = await scene.Read("2026-11-16T09:30:00Z");

        var reading = Assert.Single(usage.Readings);
        Assert.Equal(new Interval(At("2026-11-16T09:00:00Z"), At("2026-11-16T13:00:00Z")), reading.Covers);
        Assert.Equal(DimensionSet.KeyModelUnit, reading.Dimensions);
        Assert.True(reading.Dense);
        Assert.Equal(8, reading.Lines.Count);
        var line = reading.Lines.Single(line => line.Start == At("2026-11-16T10:00:00Z") && line.Model == Prices.Reasoning);
        Assert.Equal((scene.Vigilio.Id, Prices.Cached, 3600), (line.Key, line.Unit, line.Seconds));
        Assert.Equal(Usd.Parse("30.00000003"), line.Total);
        Assert.True(line.Raw.Length > "30.00000003".Length, $"The wire should carry the noise of doubles, not {line.Raw}.");
        Assert.Equal(scene.Team.Billed().Ticks, reading.Lines.Sum(each => each.Total.Ticks));
        Assert.Equal("xai-vigilio", reading.KeyNames[scene.Vigilio.Id]);
        Assert.Equal((1, false, false, false), (usage.Requests, usage.ModelRefused, usage.QuarterHourRefused, usage.DimensionsDropped));
    }

    [Fact]
    public async Task ninety_days_are_read_in_stretches_of_seven_and_cut_into_days()
    {
        await using var scene = await Scene.Set();
        for (var day = 0; day < 90; day++) scene.Team.Spend("vigilio", scene.Vigilio.Id, Prices.Reasoning, Prices.Prompt, new(1000 + day), scene.Now.AddDays(-day));

        var midnight = At("2026-11-16T00:00:00Z");
        var usage = await scene.Client.ReadUsage(scene.Team.Id, new(midnight.AddDays(-89), scene.Now));

        Assert.Equal(13, usage.Requests);
        var days = Assert.Single(usage.Readings).PerDay();
        Assert.Equal(90, days.Count);
        Assert.Equal(new Interval(midnight.AddDays(-89), midnight.AddDays(-88)), days[0].Covers);
        Assert.Equal(new Interval(midnight, midnight.AddHours(13)), days[^1].Covers);
        Assert.All(days, (day, index) => Assert.Equal(1000 + 89 - index, day.Lines.Sum(line => line.Total.Ticks)));
        Assert.Equal(scene.Team.Billed().Ticks, days.Sum(day => day.Lines.Sum(line => line.Total.Ticks)));
    }

    [Fact]
    public async Task quarter_hours_are_read_where_they_are_asked_for()
    {
        await using var scene = await Scene.Set();
        scene.Spend("1", "2026-11-16T10:14:59Z");
        scene.Spend("2", "2026-11-16T10:15:00Z");
        var usage = await scene.Read("2026-11-16T10:00:00Z", "2026-11-16T10:40:00Z", 900);
        Assert.Equal([("1.00", 900), ("2.00", 900), ("0.00", 900)], usage.Readings[0].Lines.Select(line => (line.Total.ToString(), line.Seconds)));
        Assert.Equal((900, false), (usage.BucketSeconds, usage.QuarterHourRefused));
    }

    [Fact]
    public async Task refused_quarter_hours_mean_by_the_hour()
    {
        await using var scene = await Scene.Set();
        scene.Xai.Faults.QuarterHourRefused = true;
        scene.Spend("1", "2026-11-16T10:14:59Z");
        scene.Spend("2", "2026-11-16T11:15:00Z");
        var usage = await scene.Read("2026-11-16T10:15:00Z", "2026-11-16T11:45:00Z", 900);
        Assert.Equal((3600, true, false, 2), (usage.BucketSeconds, usage.QuarterHourRefused, usage.ModelRefused, usage.Requests));
        var reading = Assert.Single(usage.Readings);
        Assert.Equal(new Interval(At("2026-11-16T10:00:00Z"), At("2026-11-16T12:00:00Z")), reading.Covers);
        Assert.Equal([("1.00", 3600), ("2.00", 3600)], reading.Lines.Select(line => (line.Total.ToString(), line.Seconds)));
    }

    [Fact]
    public async Task minutes_and_seconds_are_read_as_they_were_spent()
    {
        await using var scene = await Scene.Set();
        scene.Spend("1", "2026-11-16T10:14:59Z");
        scene.Spend("2", "2026-11-16T10:15:00Z");
        var minutes = await scene.Fine("2026-11-16T10:00:00Z", "2026-11-16T11:00:00Z", 60);
        Assert.Equal([(At("2026-11-16T10:14:00Z"), "1.00", 60), (At("2026-11-16T10:15:00Z"), "2.00", 60)], Spent(minutes));
        Assert.Equal((null, 1, 60), (minutes.Why, minutes.Requests, minutes.Lines.Count));
        Assert.Equal([(At("2026-11-16T10:14:59Z"), "1.00", 1)], Spent(await scene.Fine("2026-11-16T10:14:00Z", "2026-11-16T10:15:00Z", 1)));

        static IEnumerable<(DateTimeOffset, string, int)> Spent(FineUsage usage) => usage.Lines.Where(l => l.Total != Usd.Zero).Select(l => (l.Start, l.Total.ToString(), l.Seconds));
    }

    [Theory]
    [InlineData(Fault.InvalidArgument, Split.Refused, 1)]
    [InlineData(Fault.MisalignedBucket, Split.Broken, 1)]
    [InlineData(Fault.DuplicatePoint, Split.Broken, 1)]
    [InlineData(Fault.FutureBucket, Split.Broken, 1)]
    public async Task a_finer_answer_that_can_not_be_used_says_why(Fault fault, string why, int requests)
    {
        await using var scene = await Scene.Set();
        scene.Spend("1", "2026-11-16T10:14:59Z");
        scene.Xai.Faults.Order(fault, XaiCall.Usage, argument: fault == Fault.InvalidArgument ? "timeUnit" : null);
        var usage = await scene.Fine("2026-11-16T10:00:00Z", "2026-11-16T11:00:00Z", fault == Fault.MisalignedBucket ? 900 : 60);
        Assert.Equal((why, requests, 0), (usage.Why, usage.Requests, usage.Lines.Count));
    }

    [Fact]
    public async Task a_finer_answer_that_is_cut_off_is_asked_for_in_halves_and_drops_nothing()
    {
        await using var scene = await Scene.Set();
        scene.Spend("1", "2026-11-16T10:14:59Z");
        scene.Xai.Faults.Order(Fault.LimitReached, XaiCall.Usage);
        var usage = await scene.Fine("2026-11-16T10:00:00Z", "2026-11-16T11:00:00Z", 60);
        Assert.Equal((null, 3, "1.00"), (usage.Why, usage.Requests, new Usd(usage.Lines.Sum(l => l.Total.Ticks)).ToString()));
        Assert.All(usage.Lines, l => Assert.NotNull(l.Model));

        scene.Xai.Faults.GroupsMax = 0;
        Assert.Equal(Split.CutOff, (await scene.Fine("2026-11-16T10:14:00Z", "2026-11-16T10:15:00Z", 1)).Why);
    }

    [Fact]
    public async Task a_refused_model_means_by_description_and_the_choice_is_told()
    {
        await using var scene = await Scene.Set();
        scene.Xai.Faults.ModelRefused = true;
        scene.Spend("1", "2026-11-16T10:14:59Z");
        var usage = await scene.Read("2026-11-16T10:00:00Z");
        Assert.Equal((true, DimensionSet.KeyDescriptionUnit, 3), (usage.ModelRefused, usage.Readings[0].Dimensions, usage.Requests));
        Assert.Equal("Chat " + Prices.Reasoning, usage.Readings[0].Lines[0].Model);

        var kept = await scene.Client.ReadUsage(scene.Team.Id, new(At("2026-11-16T10:00:00Z"), scene.Now), dimensions: usage.Dimensions);
        Assert.Equal((false, DimensionSet.KeyDescriptionUnit, 1), (kept.ModelRefused, kept.Readings[0].Dimensions, kept.Requests));
    }

    [Fact]
    public async Task both_may_be_refused_at_once()
    {
        await using var scene = await Scene.Set();
        (scene.Xai.Faults.ModelRefused, scene.Xai.Faults.QuarterHourRefused) = (true, true);
        scene.Spend("1", "2026-11-16T10:14:59Z");
        var usage = await scene.Read("2026-11-16T10:00:00Z", seconds: 900);
        Assert.Equal((3600, true, true), (usage.BucketSeconds, usage.QuarterHourRefused, usage.ModelRefused));
        Assert.Equal("1.00", usage.Readings[0].Lines[0].Total.ToString());
    }

    [Fact]
    public async Task another_refused_argument_is_not_taken_for_a_refused_dimension()
    {
        await using var scene = await Scene.Set();
        scene.Xai.Faults.Order(Fault.InvalidArgument, XaiCall.Usage, 9, "Invalid argument: timeRange");
        var e = await Assert.ThrowsAsync<ProviderException>(() => scene.Read("2026-11-16T10:00:00Z", seconds: 900));
        Assert.Equal((FailureKind.Invalid, 400), (e.Kind, e.Status));
        Assert.Contains("timeRange", e.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_crowded_stretch_is_split_in_time_and_loses_nothing()
    {
        await using var scene = await Scene.Set();
        for (var hour = 0; hour < 12; hour++) scene.Spend("1", $"2026-11-16T{hour:00}:10:00Z", "model-" + hour);
        scene.Xai.Faults.GroupsMax = 3;
        var usage = await scene.Read("2026-11-16T00:00:00Z", "2026-11-16T12:00:00Z");
        var reading = Assert.Single(usage.Readings);
        Assert.Equal("12.00", new Usd(reading.Lines.Sum(line => line.Total.Ticks)).ToString());
        Assert.Equal((DimensionSet.KeyModelUnit, false), (reading.Dimensions, usage.DimensionsDropped));
        Assert.Equal(12, reading.Lines.Select(line => line.Model).Distinct().Count());
        Assert.Equal(7, usage.Requests);
    }

    [Fact]
    public async Task an_hour_that_is_crowded_by_itself_loses_the_model_then_the_unit_and_never_the_key()
    {
        await using var scene = await Scene.Set();
        var ba = scene.Team.AddKey("xai-ba");
        scene.Spend("5", "2026-11-16T08:10:00Z");
        for (var i = 0; i < 9; i++)
        {
            scene.Spend("1", "2026-11-16T09:10:00Z", "model-" + i);
            scene.Spend("1", "2026-11-16T10:10:00Z", "model-" + i, "unit " + i);
            scene.Spend("1", "2026-11-16T10:20:00Z", "model-" + i, "unit " + i, ba);
        }
        scene.Xai.Faults.GroupsMax = 4;

        var usage = await scene.Read("2026-11-16T08:00:00Z", "2026-11-16T11:00:00Z");

        Assert.True(usage.DimensionsDropped);
        Assert.Equal([DimensionSet.KeyModelUnit, DimensionSet.KeyUnit, DimensionSet.Key], usage.Readings.Select(reading => reading.Dimensions));
        Assert.Equal(["5.00", "9.00", "18.00"], usage.Readings.Select(reading => new Usd(reading.Lines.Sum(line => line.Total.Ticks)).ToString()));
        Assert.Equal(2, usage.Readings[2].Lines.Count);
        Assert.All(usage.Readings[2].Lines, line => Assert.Equal(("9.00", null, null), (line.Total.ToString(), line.Model, line.Unit)));
        for (var i = 1; i < 3; i++) Assert.Equal(usage.Readings[i - 1].Covers.End, usage.Readings[i].Covers.Start);
    }

    [Theory]
    [InlineData("2026-11-16T10:00:00Z", "2026-11-16T11:45:00Z")]
    [InlineData("2026-11-16T09:15:00Z", "2026-11-16T11:45:00Z")]
    [InlineData("2026-11-16T09:45:00Z", "2026-11-16T12:15:00Z")]
    public async Task crowded_quarter_hours_are_split_at_the_hour_first_wherever_they_begin(string from, string to)
    {
        await using var scene = await Scene.Set();
        for (var i = 0; i < 4; i++)
        {
            scene.Spend("1", "2026-11-16T10:05:00Z", "early-" + i);
            scene.Spend("1", "2026-11-16T11:05:00Z", "late-" + i);
        }
        scene.Xai.Faults.GroupsMax = 4;
        var usage = await scene.Read(from, to, 900);
        var reading = Assert.Single(usage.Readings);
        Assert.Equal((new Interval(At(from), At(to)), DimensionSet.KeyModelUnit, false), (reading.Covers, reading.Dimensions, usage.DimensionsDropped));
        Assert.Equal("8.00", new Usd(reading.Lines.Sum(line => line.Total.Ticks)).ToString());
    }

    [Fact]
    public async Task a_crowded_hour_of_quarters_is_split_into_quarters_before_anything_is_left_out()
    {
        await using var scene = await Scene.Set();
        for (var i = 0; i < 8; i++) scene.Spend("1", $"2026-11-16T10:{i * 7:00}:00Z", "model-" + i);
        scene.Xai.Faults.GroupsMax = 3;
        var usage = await scene.Read("2026-11-16T10:00:00Z", "2026-11-16T11:00:00Z", 900);
        var reading = Assert.Single(usage.Readings);
        Assert.Equal((DimensionSet.KeyModelUnit, false), (reading.Dimensions, usage.DimensionsDropped));
        Assert.Equal(8, reading.Lines.Select(line => line.Model).Distinct().Count());
    }

    [Fact]
    public async Task a_quiet_stretch_beside_a_dense_one_does_not_make_the_reading_less_dense()
    {
        await using var scene = await Scene.Set();
        Assert.False((await scene.Read("2026-11-01T00:00:00Z")).Readings.Single().Dense);
        scene.Spend("1", "2026-11-16T10:05:00Z");
        Assert.True((await scene.Read("2026-11-01T00:00:00Z")).Readings.Single().Dense);
    }

    [Fact]
    public async Task splitting_stays_within_its_requests_and_reads_the_newest_first()
    {
        await using var scene = await Scene.Set();
        for (var hour = 0; hour < 72; hour++)
        {
            for (var i = 0; i < 5; i++) scene.Team.Spend("vigilio", scene.Vigilio.Id, "model-" + i, Prices.Prompt, new(100), At("2026-11-13T00:10:00Z").AddHours(hour));
        }
        scene.Xai.Faults.GroupsMax = 4;
        var (end, ticks, goes) = (At("2026-11-16T00:00:00Z"), 0L, 0);
        while (end > At("2026-11-13T00:00:00Z"))
        {
            var before = scene.Xai.Calls(XaiCall.Usage);
            var usage = await scene.Read("2026-11-13T00:00:00Z", end.ToText());
            Assert.InRange(usage.Requests, 10, 64);
            Assert.Equal(usage.Requests, scene.Xai.Calls(XaiCall.Usage) - before);
            Assert.Equal(end, usage.Readings[^1].Covers.End);
            Assert.Equal((int)(end - usage.Readings[0].Covers.Start).TotalHours, usage.HoursAtOnce);
            Assert.All(usage.Readings, reading => Assert.Equal(DimensionSet.KeyUnit, reading.Dimensions));
            (end, ticks, goes) = (usage.Readings[0].Covers.Start, ticks + usage.Readings.Sum(reading => reading.Lines.Sum(line => line.Total.Ticks)), goes + 1);
        }
        Assert.Equal(72 * 5 * 100, ticks);
        Assert.InRange(goes, 2, 5);
    }

    [Fact]
    public async Task where_no_answer_was_whole_within_the_requests_it_says_how_much_less_to_ask_for()
    {
        await using var scene = await Scene.Set();
        for (var hour = 0; hour < 72; hour++) scene.Team.Spend("vigilio", scene.Vigilio.Id, "model-" + hour, Prices.Prompt, new(100), At("2026-11-13T00:10:00Z").AddHours(hour));
        scene.Xai.Faults.GroupsMax = 1;
        var client = scene.NewClient(scene.Management.Text, options => options with { RequestsMax = 7 });
        var usage = await client.ReadUsage(scene.Team.Id, new(At("2026-11-13T00:00:00Z"), At("2026-11-16T00:00:00Z")));
        Assert.Empty(usage.Readings);
        Assert.InRange(usage.HoursAtOnce!.Value, 1, 9);
        Assert.Equal(5, usage.Requests);
    }

    [Fact]
    public async Task an_answer_that_can_never_be_whole_is_refused_within_its_requests()
    {
        await using var scene = await Scene.Set();
        scene.Spend("1", "2026-11-16T10:10:00Z");
        scene.Xai.Faults.Order(Fault.LimitReached, XaiCall.Usage, int.MaxValue);
        var e = await Assert.ThrowsAsync<ProviderException>(() => scene.Read("2026-11-10T00:00:00Z"));
        Assert.Equal(FailureKind.Contract, e.Kind);
        Assert.InRange(scene.Xai.Calls(XaiCall.Usage), 3, 64);
    }

    [Fact]
    public async Task a_spend_that_settles_late_is_seen_late()
    {
        await using var scene = await Scene.Set();
        scene.Team.SettlementDelay = TimeSpan.FromMinutes(20);
        scene.Spend("1", "2026-11-16T12:15:00Z");
        Assert.Empty((await scene.Read("2026-11-16T12:00:00Z")).Readings[0].Lines);
        scene.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal("1.00", (await scene.Read("2026-11-16T12:00:00Z")).Readings[0].Lines.Single().Total.ToString());
    }

    [Fact]
    public async Task a_past_hour_is_restated_down_and_up()
    {
        await using var scene = await Scene.Set();
        scene.Spend("6", "2026-11-16T10:15:00Z");
        foreach (var total in (string[])["3.00", "7.50", "0.00"])
        {
            scene.Team.Restate(At("2026-11-16T10:59:00Z"), scene.Vigilio.Id, Prices.Reasoning, Prices.Cached, Usd.Parse(total));
            Assert.Equal(total, (await scene.Read("2026-11-16T10:00:00Z", "2026-11-16T11:00:00Z")).Readings[0].Lines.Single().Total.ToString());
        }
        Assert.Equal("6.00", scene.Team.TrueCost(["vigilio"], [new(At("2026-11-16T10:00:00Z"), At("2026-11-16T11:00:00Z"))]).ToString());
    }

    [Fact]
    public async Task a_line_that_vanished_is_missing_from_an_answer_that_is_otherwise_whole()
    {
        await using var scene = await Scene.Set();
        scene.Spend("6", "2026-11-16T10:15:00Z");
        scene.Spend("1", "2026-11-16T10:15:00Z", Prices.Code);
        scene.Team.Vanish(At("2026-11-16T10:15:00Z"), scene.Vigilio.Id, Prices.Reasoning, Prices.Cached);
        var reading = (await scene.Read("2026-11-16T10:00:00Z", "2026-11-16T11:00:00Z")).Readings[0];
        Assert.Equal(Prices.Code, Assert.Single(reading.Lines).Model);
        Assert.True(reading.Dense);
        scene.Team.Unvanish();
        Assert.Equal(2, (await scene.Read("2026-11-16T10:00:00Z", "2026-11-16T11:00:00Z")).Readings[0].Lines.Count);
    }

    [Fact]
    public async Task an_answer_with_a_hole_is_not_dense()
    {
        await using var scene = await Scene.Set();
        scene.Spend("6", "2026-11-16T10:15:00Z");
        scene.Xai.Faults.Order(Fault.Gap, XaiCall.Usage);
        Assert.False((await scene.Read("2026-11-16T09:00:00Z")).Readings[0].Dense);
        Assert.True((await scene.Read("2026-11-16T09:00:00Z")).Readings[0].Dense);
    }

    [Fact]
    public async Task the_validation_finds_the_team()
    {
        await using var scene = await Scene.Set();
        var identity = await scene.Client.Validate();
        Assert.Equal((scene.Team.Id, "ledger-reader"), (identity.Team, identity.Name));
        Assert.Equal([XaiRights.BillingRead, XaiRights.ListApiKeys], identity.Acls);
        Assert.Equal(TimeSpan.Zero, identity.ClockAhead);
        scene.Management.Misspelt = true;
        Assert.Equal(identity.Redacted, (await scene.Client.Validate()).Redacted);
    }

    [Fact]
    public async Task all_pages_of_keys_are_read()
    {
        await using var scene = await Scene.Set();
        scene.Xai.KeysPageMax = 2;
        for (var i = 0; i < 4; i++) scene.Team.AddKey("key " + i);
        scene.Team.AddKey("not made yet", scene.Now.AddHours(1));
        var keys = await scene.Client.Keys(scene.Team.Id);
        Assert.Equal(["xai-vigilio", "key 0", "key 1", "key 2", "key 3"], keys.Select(key => key.Name));
        Assert.Equal(3, scene.Xai.Calls(XaiCall.Keys));
    }

    [Fact]
    public async Task pages_of_keys_that_never_end_are_refused()
    {
        await using var scene = await Scene.Set();
        scene.Xai.Faults.Order(Fault.Body, XaiCall.Keys, 5, """{"apiKeys":[{"apiKeyId":"a"}],"paginationToken":"again"}""");
        var e = await Assert.ThrowsAsync<ProviderException>(() => scene.Client.Keys(scene.Team.Id));
        Assert.Equal(FailureKind.Contract, e.Kind);
        Assert.Equal(2, scene.Xai.Calls(XaiCall.Keys));
    }

    [Fact]
    public async Task the_balance_is_that_of_the_preview_and_not_of_the_settled_ledger()
    {
        await using var scene = await Scene.Set();
        scene.Team.FreeCredit = Usd.Parse("1.00");
        scene.Team.SpendingLimit = Usd.Parse("50");
        scene.Team.BuyCredit(Usd.Parse("31"), scene.Now.AddDays(-40));
        scene.Spend("4", "2026-10-30T10:00:00Z");
        scene.Spend("7", "2026-11-02T10:00:00Z");

        var balance = await scene.Client.ReadBalance(scene.Team.Id);

        Assert.Equal((2026, 11, "7.00"), (balance.CycleYear, balance.CycleMonth, balance.CycleTotal.ToString()));
        Assert.Equal(("28.00", "7.00", "21.00"), (balance.PrepaidCredit.ToString(), balance.PrepaidUsed.ToString(), balance.PrepaidLeft.ToString()));
        Assert.Equal(("0.00", "50.00", "31.00"), (balance.FreeCredit.ToString(), balance.SpendingLimit.ToString(), balance.Purchases.ToString()));
        Assert.Equal(new InvoiceLine(Prices.Reasoning, Prices.Cached, 140_000_000, "5", Usd.Parse("7")), Assert.Single(balance.Lines));
        Assert.Equal("21.00", balance.For("account-1").PrepaidLeft.ToString());
    }

    [Fact]
    public async Task a_team_that_never_prepaid_and_a_right_that_lacks_leave_figures_unknown()
    {
        await using var scene = await Scene.Set();
        scene.Xai.Faults.NeverPrepaid = true;
        scene.Xai.LimitsRight = "team-token:endpoint:GetSpendingLimits";
        var balance = await scene.Client.ReadBalance(scene.Team.Id);
        Assert.Null(balance.Purchases);
        Assert.Equal(Usd.Zero, balance.PrepaidLeft);
    }

    [Fact]
    public async Task asked_and_answered_frame_the_requests()
    {
        await using var scene = await Scene.Set();
        scene.Spend("1", "2026-11-16T10:10:00Z");
        var client = scene.NewClient(scene.Management.Text, clock: new Ticking(scene.Now));
        var reading = (await client.ReadUsage(scene.Team.Id, new(At("2026-11-01T00:00:00Z"), At("2026-11-16T12:00:00Z")))).Readings.Single();
        // One second passes at each look at the clock: three requests, each looks when it asks and when it is answered.
        Assert.Equal(scene.Now.AddSeconds(2), reading.Asked);
        Assert.Equal(scene.Now.AddSeconds(7), reading.Answered);
    }

    [Theory]
    [InlineData("2026-11-16T12:30:00Z", "2026-11-16T12:30:00Z")]
    [InlineData("2026-11-17T00:00:00Z", "2026-11-18T00:00:00Z")]
    [InlineData("2026-01-01T00:00:00Z", "2026-11-16T12:00:00Z")]
    public async Task a_range_without_length_or_of_half_a_year_is_a_mistake_of_the_caller(string from, string to)
    {
        await using var scene = await Scene.Set();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => scene.Read(from, to));
    }

    private sealed class Ticking(DateTimeOffset start) : TimeProvider
    {
        private int looks;

        public override DateTimeOffset GetUtcNow() => start.AddSeconds(Interlocked.Increment(ref looks));
    }
}
