using Ledger.Accounts;
using Ledger.Money;

namespace Ledger.Tests.Domain;

/// <summary>Prepaid credit from reading to reading: it rises by money that comes in, never because a month turns.</summary>
public sealed class CreditTests
{
    private static readonly DateTimeOffset turn = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void within_a_month_it_is_what_the_provider_says()
    {
        Assert.Equal("$2.00 of $81.00", After(Said("2026-11", "81", "79")));
        Assert.Equal("$1.50 of $81.00", After(Said("2026-11", "81", "79"), Said("2026-11", "81", "79.5")));
        // The provider takes back what it counted as used.
        Assert.Equal("$3.00 of $81.00", After(Said("2026-11", "81", "79"), Said("2026-11", "81", "78")));
    }

    [Fact]
    public void a_new_month_is_no_top_up()
    {
        // Nothing is settled at the turn; then November's spend is taken off.
        Assert.Equal("$2.00 of $81.00", After(Said("2026-11", "81", "79"), Said("2026-12", "81", "0")));
        Assert.Equal("$1.25 of $81.00", After(Said("2026-11", "81", "79"), Said("2026-12", "81", "0"), Said("2026-12", "81", "0.75")));
        Assert.Equal("$1.25 of $81.00", After(Said("2026-11", "81", "79"), Said("2026-12", "81", "0"), Said("2026-12", "2", "0.75", settled: "2026-11")));
        Assert.Equal("$0.90 of $81.00", After(Said("2026-11", "81", "79"), Said("2026-12", "81", "0"), Said("2026-12", "2", "0.75", settled: "2026-11"), Said("2026-12", "2", "1.1", settled: "2026-11")));
    }

    [Fact]
    public void it_is_settled_without_a_list_where_the_new_month_begins_with_less() =>
        Assert.Equal("$2.00 of $81.00", After(Said("2026-11", "81", "79", funding: null), Said("2026-12", "81", "0", funding: null), Said("2026-12", "2", "0", funding: null)));

    [Fact]
    public void a_row_of_spend_alone_settles_nothing_while_the_credit_is_as_high_as_before() =>
        Assert.Equal("$2.00 of $81.00", After(Said("2026-11", "81", "79"), Said("2026-12", "81", "0", settled: "2026-11")));

    [Fact]
    public void a_settlement_that_takes_less_off_than_was_used_gives_the_rest_back() =>
        Assert.Equal("$21.00 of $81.00", After(Said("2026-11", "81", "79"), Said("2026-12", "81", "0"), Said("2026-12", "21", "0", settled: "2026-11")));

    [Fact]
    public void a_month_that_turns_while_it_is_read_gives_nothing_back()
    {
        // The cycle is the new one, the figures are still those of the old one.
        Assert.Equal("$2.00 of $81.00", After(Said("2026-11", "81", "79"), Said("2026-12", "81", "79"), Said("2026-12", "81", "0")));
        Assert.Equal("$1.50 of $81.00", After(Said("2026-11", "81", "79"), Said("2026-12", "81", "79.5"), Said("2026-12", "81", "0")));
        Assert.Equal("$1.20 of $81.00", After(Said("2026-11", "81", "79"), Said("2026-12", "81", "79.5"), Said("2026-12", "81", "0"), Said("2026-12", "81", "0.3")));
        // An answer of the old month after one of the new.
        Assert.Equal("$2.00 of $81.00", After(Said("2026-11", "81", "79"), Said("2026-12", "81", "0"), Said("2026-11", "81", "79")));
    }

    [Fact]
    public void purchases_refunds_and_grants_make_it_rise()
    {
        Assert.Equal("$52.00 of $131.00", After(Said("2026-11", "81", "79"), Said("2026-11", "131", "79", funding: "131")));
        // Not listed, but what the month began with rose: somebody bought.
        Assert.Equal("$52.00 of $131.00", After(Said("2026-11", "81", "79", funding: null), Said("2026-11", "131", "79", funding: null)));
        // Bought at the turn, while November is not settled yet; and once it is.
        Assert.Equal("$52.00 of $52.00", After(Said("2026-11", "81", "79"), Said("2026-12", "131", "0", funding: "131")));
        Assert.Equal("$51.00 of $52.00", After(Said("2026-11", "81", "79"), Said("2026-12", "131", "0", funding: "131"), Said("2026-12", "52", "1", funding: "131", settled: "2026-11")));
    }

    [Fact]
    public void an_answer_that_does_not_say_changes_nothing() =>
        Assert.Equal("$2.00 of $81.00", After(Said("2026-11", "81", "79"), new("xai-1", 2026, 12, null, null, null, null, null, null, null, [], turn, turn)));

    [Theory]
    [InlineData("30", "29.5", "0.5")]
    [InlineData("30", "0", "30")]
    [InlineData("30", "31", "0")]
    [InlineData("30", "-1", "30")]
    [InlineData("-2", "5", "-2")]
    public void it_is_carried_on_by_what_was_billed_since(string left, string billed, string now) =>
        Assert.Equal(Usd.Parse(now), CreditNow.From(new(Usd.Parse(left), Usd.Parse("31"), "2026-11", default, default, null), turn, Usd.Parse(billed)).Left);

    private static string After(params BalanceObserved[] said)
    {
        var credit = said.Aggregate(default(Credit), Credit.After)!;
        return $"{Dollars.Show(credit.Left)} of {Dollars.Show(credit.Of)}";
    }

    private static BalanceObserved Said(string cycle, string begun, string used, string? funding = "81", string? settled = "2026-10")
    {
        var (year, month) = (int.Parse(cycle[..4]), int.Parse(cycle[5..]));
        var at = month == 12 ? turn.AddMinutes(5) : turn.AddMinutes(-5);
        return new(
            "xai-1", year, month, Usd.Parse(used), Usd.Parse(begun), Usd.Parse(used), Usd.Parse(begun) - Usd.Parse(used), null, Usd.Zero, Usd.Parse("81"), [], at, at, funding is null ? null : Usd.Parse(funding), settled);
    }
}
