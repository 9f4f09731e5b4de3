using System.Text.Json;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Digests;
using Ledger.Money;
using Ledger.Service.Mail;

namespace Ledger.Service.Tests.Mail;

/// <summary>What mails keep to, whatever they tell.</summary>
public sealed class MailRules
{
    [Fact]
    public void a_headline_says_it_all_in_one_line() => Assert.Equal(
        "[WARN 80%] agent vigilio: $24.10 of $30.00 this month; on track for $38 (reaches the limit Fri 27 Nov 14:00 UTC). Credit of prod runs out Wed 25 Nov 14:00 UTC ± 9 h. Driver: X search calls 58%.",
        Headline.Of(Samples.Crossed(), "UTC"));

    [Fact]
    public void a_run_out_that_lies_unevenly_in_its_range_has_both_ends_said() => Assert.Equal(
        "Wed 25 Nov 14:00 UTC (from Wed 25 Nov 12:00 UTC to Fri 27 Nov 14:00 UTC)",
        Wording.RunsOut(Samples.Runway with { Earliest = Samples.Runway.RunsOut!.Value.AddHours(-2), Latest = Samples.Runway.RunsOut.Value.AddHours(48) }, "UTC", Samples.Now));

    [Theory]
    [InlineData("42.17", "47.23", "+12%")]
    [InlineData("10", "5", "-50%")]
    [InlineData("10", "10.01", "±0%")]
    [InlineData("0", "5", null)]
    [InlineData("1", "11", "more than 10 times")]
    [InlineData("922337203", "0", "-100%")]
    public void growth_is_in_whole_percent(string before, string now, string? said) => Assert.Equal(said, Dollars.Growth(Usd.Parse(before), Usd.Parse(now)));

    [Theory]
    [InlineData("0.0042", "$0.0042", "$0.0042", "<$0.01")]
    [InlineData("0.0000000001", "<$0.000001", "<$0.000001", "<$0.01")]
    [InlineData("38.40", "$38.40", "$38", "$38.40")]
    [InlineData("9.99", "$9.99", "$9.99", "$9.99")]
    [InlineData("-1234.50", "-$1,234.50", "-$1,235", "-$1,234.50")]
    [InlineData("0", "$0.00", "$0.00", "$0.00")]
    public void something_never_reads_like_nothing(string amount, string shown, string rough, string column) =>
        Assert.Equal((shown, rough, column), (Dollars.Show(Usd.Parse(amount)), Dollars.Rough(Usd.Parse(amount)), Dollars.Column(Usd.Parse(amount))));

    [Fact]
    public void what_is_crossed_at_once_in_one_budget_is_one_notice_under_its_worst()
    {
        var notices = Notice.Of([Samples.Crossed(50, severity: Severity.Info), Samples.Crossed(100, "30.10", Severity.Critical), Samples.Crossed(100, "30.10", Severity.Warning, Basis.Forecast), Samples.Stale, Samples.Short("4h", Severity.Critical)]);
        Assert.Equal(["RunwayShort", "BudgetThresholdCrossed", "SourceStale"], notices.Select(n => n.Alert.GetType().Name));
        Assert.Equal(["forecast 100%", "50%"], Headline.AlsoCrossed(notices[1]));
    }

    [Fact]
    public async Task twenty_are_told_in_detail_and_the_rest_is_counted()
    {
        var mail = await AlertMail.Render(Samples.News(Enumerable.Range(0, 500).Select(i => Samples.Crossed(name: $"budget {i:000}") with { Budget = $"b-{i}" })));
        Assert.Contains(", and 499 more", mail.Subject, StringComparison.Ordinal);
        Assert.Contains("And 480 more\n", mail.Text, StringComparison.Ordinal);
        Assert.Contains("ledger alert list", mail.Html, StringComparison.Ordinal);
        Assert.True(mail.Html.Length < 100_000, $"{mail.Html.Length}");
    }

    [Fact]
    public void a_subject_of_a_week_with_missing_data_never_reads_low()
    {
        Assert.Equal("Week 47: $47.23, +12 % – vigilio monthly on track for $38", DigestMail.SubjectOf(Samples.GoodWeek));
        Assert.Equal("Week 47: at least $47.23 – no reading since Fri 17:10", DigestMail.SubjectOf(Samples.BlindWeek));
        Assert.Equal("[trentuna] Week 47: not known – nothing was read", DigestMail.SubjectOf(Samples.EmptyWeek));
        Assert.StartsWith("Week 47: $47.23 so far – ", DigestMail.SubjectOf(Samples.GoodWeek with { At = Samples.GoodWeek.Window.End.AddDays(-2) }), StringComparison.Ordinal);
        Assert.StartsWith("Week 47: $47.23 – ", DigestMail.SubjectOf(Samples.GoodWeek with { Before = null }), StringComparison.Ordinal);
        Assert.Equal("[trentuna] Week 47: $47.23, +12 % – all within budget", DigestMail.SubjectOf(Samples.GoodWeek with { Budgets = [Samples.GoodWeek.Budgets[1]] }));
    }

    [Fact]
    public async Task no_subject_is_longer_than_an_inbox_shows_and_none_loses_its_amount()
    {
        var names = new[] { "trentuna", new string('W', 200), "模型的团队" };
        foreach (var team in names)
        {
            foreach (var digest in new[] { Samples.GoodWeek, Samples.BadWeek, Samples.BlindWeek, Samples.EmptyWeek, Samples.BrusselsWeek }.Select(d => d with { Team = team }))
            {
                var subject = DigestMail.SubjectOf(digest);
                Assert.InRange(SafeText.Width(subject), 10, 59);
                Assert.Contains(digest.Total is { } total ? Dollars.Show(total) : "not known", subject, StringComparison.Ordinal);
            }
            foreach (var title in names)
            {
                foreach (var news in new[] { Samples.News(Samples.Crossed(name: title)), Samples.News(Samples.Crossed() with { ScopeName = title }), Samples.News(Samples.Crossed(100, "17.00", Severity.Warning, Basis.Forecast) with { ScopeName = title }), Samples.News(Samples.Short()), Samples.News(Samples.Anomalous with { Name = title }), Samples.News(Samples.Stale, Samples.Crossed(100, "30.10", Severity.Critical)), Samples.News(Samples.LeftOpen with { Title = title }) })
                {
                    var subject = (await AlertMail.Render(news with { Team = team })).Subject;
                    Assert.InRange(SafeText.Width(subject), 10, 59);
                    if (news.Notices is [{ Alert: BudgetThresholdCrossed or RunwayShort or SpendAnomalous }]) Assert.Contains('$', subject);
                }
            }
        }
    }

    [Fact]
    public async Task a_digest_reads_the_same_after_it_was_kept()
    {
        var recorded = JsonSerializer.SerializeToUtf8Bytes(new DigestComposed("trentuna", "2026-W47", "s", Samples.BadWeek, ["a@b.example"], Samples.Now, null), LedgerJson.Options);
        var again = JsonSerializer.Deserialize<DigestComposed>(recorded, LedgerJson.Options)!;
        Assert.Equal(await DigestMail.Render(Samples.BadWeek), await DigestMail.Render(again.Digest));
    }

    [Fact]
    public async Task the_sections_of_a_digest_stand_in_their_order()
    {
        var text = (await DigestMail.Render(Samples.BadWeek)).Text;
        string[] order = ["Needs you\n", "Billed in week 47", "November: ", "Missions: ", "Agents\n", "What it was spent on\n", "Alerts of the week: ", "Restated since the last digest\n", "What would help\n", "Nothing to report: ", "ledger digest preview --week"];
        Assert.Equal(order, order.OrderBy(o => text.IndexOf(o, StringComparison.Ordinal)));
        Assert.All(order, o => Assert.Contains(o, text, StringComparison.Ordinal));
    }
}
