using Ledger.Accounts;
using static Ledger.Tests.Domain.Given;

namespace Ledger.Tests.Domain;

public sealed class DataFreshnessTests
{
    private static readonly TimeSpan pollEvery = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData("11:55", 300, false)]
    [InlineData("11:49", 660, false)]
    [InlineData("11:48:59", 661, true)]
    [InlineData("12:01", 0, false)]
    public void data_is_stale_after_two_polls_and_a_minute(string asked, long lag, bool stale) =>
        Assert.Equal(new(At(asked), lag, stale), DataFreshness.Of(At(asked), pollEvery, Now));

    [Fact]
    public void what_was_never_read_is_unknown_and_says_so()
    {
        Assert.Equal(DataFreshness.Unknown, DataFreshness.Of(null, pollEvery, Now));
        Assert.Equal(new(null, null, true), DataFreshness.Unknown);
        Assert.NotNull(DataFreshness.Unknown.Why);
        Assert.Null(DataFreshness.Of(Now, pollEvery, Now).Why);
    }

    [Fact]
    public void several_accounts_are_as_old_as_the_oldest()
    {
        var (fresh, old) = (DataFreshness.Of(At("11:59"), pollEvery, Now), DataFreshness.Of(At("11:00"), pollEvery, Now));
        Assert.Equal(old, DataFreshness.OldestOf([fresh, old]));
        Assert.Equal(DataFreshness.Unknown, DataFreshness.OldestOf([fresh, DataFreshness.Unknown]));
        Assert.Equal(DataFreshness.Unknown, DataFreshness.OldestOf([]));
    }
}
