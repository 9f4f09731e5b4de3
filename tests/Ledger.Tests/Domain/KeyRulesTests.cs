using Ledger.Keys;
using static Ledger.Tests.Domain.Given;

namespace Ledger.Tests.Domain;

public sealed class KeyRulesTests
{
    private static readonly KeyOwnership fresh = new() { Account = "xai", Key = "k", Name = "xai-vigilio" };

    private static KeyOwnership Owned => fresh.With(new(DateTimeOffset.MinValue, [new("vigilio", 1)]));

    [Fact]
    public void a_first_owner_had_the_key_from_the_beginning() => Assert.Null(Assign(fresh).From);

    [Fact]
    public void a_later_owner_has_it_from_now() => Assert.Equal(Now, Assign(Owned).From);

    [Fact]
    public void an_instant_said_wins_over_both()
    {
        Assert.Equal(At("09:00"), Assign(fresh, from: At("09:00")).From);
        Assert.Equal(At("09:00"), Assign(Owned, from: At("09:00")).From);
    }

    [Fact]
    public void owners_are_kept_in_one_order_however_they_were_said() =>
        Assert.Equal([new("ba", 1), new("vigilio", 3)], Assign(fresh, [new("vigilio", 3), new("ba", 1)]).Owners);

    [Fact]
    public void a_key_can_be_nobodys_again() => Assert.Empty(Assign(Owned, []).Owners);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1_000_001)]
    public void a_weight_that_is_no_share_is_refused_and_names_its_owner(int weight) =>
        ThenRefused(() => fresh.Assign([new("ba", 1), new("vigilio", weight)], null, Now, null), "weight.invalid", "owners.vigilio", $"{weight}");

    [Fact]
    public void the_largest_weight_is_a_million() => Assign(fresh, [new("ba", 1_000_000)]);

    [Fact]
    public void an_owner_twice_is_refused() =>
        ThenRefused(() => fresh.Assign([new("ba", 1), new("ba", 2)], null, Now, null), "request.invalid", "owners");

    [Fact]
    public void owners_are_bounded()
    {
        Assign(fresh, [.. Enumerable.Range(0, KeyOwnership.OwnersMax).Select(i => new Owner($"a{i}", 1))]);
        ThenRefused(() => fresh.Assign([.. Enumerable.Range(0, KeyOwnership.OwnersMax + 1).Select(i => new Owner($"a{i}", 1))], null, Now, null), "request.invalid", "owners");
    }

    [Fact]
    public void an_instant_before_2015_or_far_ahead_is_refused()
    {
        ThenRefused(() => fresh.Assign([], Instants.Min.AddSeconds(-1), Now, null), "time.out_of_range", "from");
        ThenRefused(() => fresh.Assign([], Now.AddMinutes(11), Now, null), "time.out_of_range", "from");
    }

    [Fact]
    public void an_assignment_holds_until_the_next_ones_start()
    {
        var key = Owned.With(new(At("10:00"), [new("ba", 1)])).With(new(At("11:00"), []));
        Assert.Equal("vigilio", Assert.Single(key.OwnersAt(At("09:59"))).Agent);
        Assert.Equal("ba", Assert.Single(key.OwnersAt(At("10:00"))).Agent);
        Assert.Equal("ba", Assert.Single(key.OwnersAt(At("10:59"))).Agent);
        Assert.Empty(key.OwnersAt(At("11:00")));
    }

    [Fact]
    public void an_assignment_said_later_for_earlier_ends_at_the_one_that_was_there()
    {
        var key = Owned.With(new(At("11:00"), [new("ba", 1)])).With(new(At("10:00"), [new("hannibal", 1)]));
        Assert.Equal(
            [(At("09:00"), At("10:00"), "vigilio"), (At("10:00"), At("11:00"), "hannibal"), (At("11:00"), At("12:00"), "ba")],
            key.Stretches(new(At("09:00"), At("12:00"))).Select(s => (s.Stretch.Start, s.Stretch.End, s.Owners[0].Agent)));
    }

    [Fact]
    public void an_assignment_of_the_same_start_replaces_the_one_that_was_there()
    {
        var key = Owned.With(new(At("10:00"), [new("ba", 1)])).With(new(At("10:00"), [new("hannibal", 1)]));
        Assert.Equal("hannibal", Assert.Single(key.OwnersAt(At("10:00"))).Agent);
        Assert.Equal(2, key.Assignments.Count);
    }

    [Fact]
    public void stretches_cover_what_was_asked_and_nothing_else()
    {
        var key = fresh.With(new(At("10:00"), [new("ba", 1)])).With(new(At("11:00"), []));
        Assert.Equal([(At("09:30"), At("10:00"), 0), (At("10:00"), At("10:30"), 1)], key.Stretches(new(At("09:30"), At("10:30"))).Select(s => (s.Stretch.Start, s.Stretch.End, s.Owners.Count)));
        Assert.Empty(key.Stretches(new(At("10:00"), At("10:00"))));
        Assert.Single(fresh.Stretches(Interval.Always));
    }

    private static KeyAssigned Assign(KeyOwnership key, Owner[]? owners = null, DateTimeOffset? from = null) =>
        key.Assign(owners ?? [new("ba", 1)], from, Now, "olga").Then<KeyAssigned>();
}
