using Ledger.Accounts;

namespace Ledger.Tests.Domain;

/// <summary>Old buckets keep the width they were read in, whatever becomes of the account.</summary>
public sealed class AccountWidthTests
{
    private static readonly DateTimeOffset day = new(2026, 11, 16, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void a_new_width_holds_from_the_next_whole_hour_and_a_stretch_is_cut_there()
    {
        var account = Fold(Connected(3600, 0), new AccountEdited("a", null, 900, day.AddHours(3), null, day.AddHours(2.5), null));
        Assert.Equal(900, account.BucketSeconds);
        Assert.Equal([(new Interval(day, day.AddHours(3)), 3600), (new Interval(day.AddHours(3), day.AddHours(5)), 900)], account.InWidths(new(day, day.AddHours(5))));
    }

    [Fact]
    public void an_account_that_is_connected_again_keeps_the_widths_of_its_past()
    {
        var account = Fold(Connected(900, 0), new AccountRemoved("a", day.AddHours(4), null), Connected(3600, 6.2));
        Assert.False(account.Removed);
        Assert.Equal([(new Interval(day, day.AddHours(7)), 900), (new Interval(day.AddHours(7), day.AddHours(9)), 3600)], account.InWidths(new(day, day.AddHours(9))));
    }

    [Fact]
    public void every_change_of_width_is_kept_not_only_the_last()
    {
        var account = Fold(
            Connected(3600, 0), new AccountEdited("a", null, 900, day.AddHours(2), null, day, null), new AccountEdited("a", null, 3600, day.AddHours(5), null, day, null));
        Assert.Equal([3600, 900, 3600], account.InWidths(new(day, day.AddHours(9))).Select(w => w.Seconds));
    }

    [Fact]
    public void a_width_taken_back_before_it_began_never_held()
    {
        var account = Fold(
            Connected(3600, 0), new AccountEdited("a", null, 900, day.AddHours(2), null, day, null), new AccountEdited("a", null, 3600, day.AddHours(2), null, day, null));
        Assert.All(account.InWidths(new(day, day.AddHours(9))), w => Assert.Equal(3600, w.Seconds));
    }

    private static AccountConnected Connected(int seconds, double hours) => new("a", "xai", "team", "label", seconds, null, day.AddHours(hours), null);

    private static Account Fold(params ILedgerEvent[] events) => events.Aggregate((Account?)null, Account.Fold)!;
}
