using Ledger.Guard;
using Ledger.Money;
using Ledger.Tests.Domain;

namespace Ledger.Tests.Guard;

/// <summary>Money that is kept free for a while.</summary>
public sealed class HoldTests
{
    private static readonly DateTimeOffset now = Given.Now;

    [Theory]
    [InlineData("0", 59, "10")]
    [InlineData("-1", 59, "10")]
    [InlineData("3", 59, "7")]
    [InlineData("9.9999999999", 59, "0.0000000001")]
    [InlineData("10", 59, "0")]
    [InlineData("11", 59, "0")]
    [InlineData("3", 60, "0")]
    public void what_was_billed_since_settles_a_hold_and_its_end_frees_the_rest(string billed, int minutes, string left) =>
        Assert.Equal(Usd.Parse(left), HoldsBook.Left(Taken("h-1"), Usd.Parse(billed), now.AddMinutes(minutes)));

    [Fact]
    public void giving_one_back_leaves_the_others()
    {
        var book = HoldsBook.Fold(HoldsBook.Fold(null, Taken("h-1")), Taken("h-2"));
        Assert.Equal(["h-1", "h-2"], book!.Holds.Select(h => h.Hold));
        var after = HoldsBook.Fold(book, HoldsBook.Release(book.Find("h-1"), "h-1", now, null))!;
        Assert.Equal(["h-2"], after.Holds.Select(h => h.Hold));
        Assert.Null(HoldsBook.Fold(null, new HoldReleased("h-1", now, null)));
    }

    [Fact]
    public void a_hold_has_a_length_and_can_be_given_back_until_it_ends()
    {
        Assert.Equal(now.AddDays(1), HoldsBook.Take("h-1", "ba", Usd.Parse("1"), TimeSpan.FromDays(1), 1, now, null).Until);
        Given.ThenRefused(() => HoldsBook.Take("h-1", "ba", Usd.Parse("1"), TimeSpan.FromDays(1) + TimeSpan.FromTicks(1), 1, now, null), "hold.invalid", "for");
        Given.ThenRefused(() => HoldsBook.Take("h-1", "ba", Usd.Parse("1"), TimeSpan.Zero, 1, now, null), "hold.invalid", "for");
        HoldsBook.Release(Taken("h-1"), "h-1", now.AddMinutes(60).AddTicks(-1), null);
        Given.ThenRefused(() => HoldsBook.Release(Taken("h-1"), "h-1", now.AddMinutes(60), null), "hold.expired", "hold");
    }

    private static HoldTaken Taken(string id) => HoldsBook.Take(id, "ba", Usd.Parse("10"), TimeSpan.FromHours(1), 1, now, null);
}
