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
        "Agent vigilio at 80 % of its month: $24.10 of $30.00. On track for $38; used up Fri 27 Nov. Credit of prod ends Wed 14:00, between Wed 05:00 and 23:00. 58 % of it was X search calls ($13.98), 94 % went through key xai-vigilio ($22.65).",
        Headline.Of(Samples.Crossed(), "UTC", Samples.Now));

    [Fact]
    public void every_alert_begins_with_what_happened_and_its_figure_in_few_words() => Assert.Equal(
        [
            "Credit ends Wed 14:00: $3.19 of $31.00 left", "Agent vigilio is over its month: $36.60 of $30.00", "Agent vigilio on track for $38 of $30.00", "vigilio spends 7.8× its usual: $6.20 in 1 h",
            "vigilio spends more than usual: $6.20 in 1 h", "No reading of prod since 07:15", "prod was never read", "Mission Budget TUI seems left open: $12.30", "Key xai-vigilio is shared by ba and vigilio: $2.55 in 24 h",
            "Past figures of prod changed: -$12.31", "History of prod was read: $412.88",
        ],
        new IAlert[]
        {
            Samples.Short(), Samples.Crossed(100, "36.60"), Samples.Crossed(100, "17.00", basis: Basis.Forecast), Samples.Anomalous, Samples.Anomalous with { Usual = Usd.Zero }, Samples.Stale, Samples.Stale with { Through = null },
            Samples.LeftOpen, Samples.Shared, Samples.Restated, Samples.Imported,
        }.Select(a => Headline.Short(a, "UTC", Samples.Now)));

    [Fact]
    public void what_is_over_a_limit_is_told_by_how_much_and_never_as_more_than_all_of_it()
    {
        Assert.StartsWith("Agent vigilio is over its month: $36.60 of $30.00. 22 % over; on track for $38. ", Headline.Of(Samples.Crossed(100, "36.60"), "UTC", Samples.Now), StringComparison.Ordinal);
        Assert.StartsWith("Agent vigilio is over its month: $30.01 of $30.00. $0.01 over; on track for $38. ", Headline.Of(Samples.Crossed(100, "30.01"), "UTC", Samples.Now), StringComparison.Ordinal);
        Assert.StartsWith("Agent vigilio at 100 % of its month: $30.00 of $30.00. On track", Headline.Of(Samples.Crossed(100, "30"), "UTC", Samples.Now), StringComparison.Ordinal);
        Assert.Equal(("22 % over", "100 %", "91 %", "-"), (Wording.OfLimit(Dollar("12.20"), Dollar("10")), Wording.OfLimit(Dollar("10"), Dollar("10")), Wording.OfLimit(Dollar("9.10"), Dollar("10")), Wording.OfLimit(Dollar("1"), Usd.Zero)));
    }

    [Fact]
    public async Task mail_chat_and_list_say_an_alert_in_the_same_words()
    {
        foreach (var alert in new IAlert[] { Samples.Short("24h", Severity.Critical), Samples.Crossed(), Samples.Anomalous, Samples.Stale, Samples.LeftOpen, Samples.Shared, Samples.Restated, Samples.Imported })
        {
            var few = Headline.Short(alert, "Europe/Brussels", Samples.Now);
            var mail = await AlertMail.Render(Samples.News(alert) with { Zone = "Europe/Brussels" });
            Assert.Contains($"\n{few}\n", mail.Text, StringComparison.Ordinal);
            Assert.Contains(few, (await StormMail.Render(Samples.News(alert) with { Zone = "Europe/Brussels" }, 20)).Text.ReplaceLineEndings(" ").Replace("   ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.StartsWith(few[..few.LastIndexOf(few.Contains(" of $", StringComparison.Ordinal) ? " of $" : ":", StringComparison.Ordinal)], mail.Subject, StringComparison.Ordinal);
            Assert.StartsWith($"{few}.", Headline.Of(alert, "Europe/Brussels", Samples.Now), StringComparison.Ordinal);
            Assert.DoesNotMatch("CRIT|WARN|INFO|UTC", mail.Subject + Headline.Of(alert, "Europe/Brussels", Samples.Now));
        }
    }

    [Fact]
    public void good_news_says_what_is_there_again()
    {
        Assert.Equal("Resolved: credit is $53.19. It lasts more than 72 h.", Headline.Of(new RunwayRecovered("a-1", "xai-1", "72h", Dollar("53.19"), Samples.Now)));
        Assert.Equal("Resolved: credit is $53.19. More than 10 % of it is left.", Headline.Of(new RunwayRecovered("a-1", "xai-1", "10%", Dollar("53.19"), Samples.Now)));
        Assert.Equal("Resolved: team at $7.10 of $10.00. Below 80 % again.", Headline.Of(new BudgetRecovered("a-1", "b-1", "team", new(Basis.Actual, 80, null), Dollar("7.10"), Dollar("10"), Samples.Now)));
        Assert.Equal("Resolved: team at $7.10 of $10.00. Its forecast is below 100 % again.", Headline.Of(new BudgetRecovered("a-1", "b-1", "team", new(Basis.Forecast, 100, null), Dollar("7.10"), Dollar("10"), Samples.Now)));
        Assert.Equal("Resolved: lab is read again.", Headline.Of(new SourceRecovered("a-1", "xai-1", "lab", Samples.Now)));
    }

    [Theory]
    [InlineData("2026-11-25T12:00:00Z", "2026-11-27T14:00:00Z", "between Wed 12:00 and Fri 27 Nov")]
    [InlineData("2026-11-25T05:07:00Z", "2026-11-25T23:09:00Z", "between Wed 05:00 and 23:00")]
    [InlineData("2026-11-24T23:07:00Z", "2026-11-25T23:09:00Z", "between 23:00 and Wed 23:00")]
    [InlineData("2026-11-25T14:00:00Z", "2026-11-25T14:00:00Z", null)]
    [InlineData("2026-11-25T14:01:00Z", "2026-11-25T14:09:00Z", null)]
    // Told by the day it has its ends by the day; and on one day both ends are told alike.
    [InlineData("2026-11-27T14:00:00Z", "2026-11-29T14:00:00Z", "between Fri 27 Nov and Sun 29 Nov")]
    [InlineData("2026-11-27T14:00:00Z", "2026-11-27T15:00:00Z", null)]
    [InlineData("2026-11-26T09:00:00Z", "2026-11-26T15:00:00Z", "between Thu 09:00 and 15:00")]
    public void a_run_out_has_both_ends_of_its_range_said_as_short_as_they_are_known(string earliest, string latest, string? said) => Assert.Equal(
        said, Wording.Between(Samples.Runway with { RunsOut = Samples.At(earliest), Earliest = Samples.At(earliest), Latest = Samples.At(latest) }, "UTC", Samples.Now));

    [Fact]
    public async Task a_digest_of_before_keeps_its_words_without_their_code()
    {
        var text = (await DigestMail.Render(Samples.GoodWeek with { Alerts = [Samples.GoodWeek.Alerts[1], Samples.GoodWeek.Alerts[1] with { Headline = "[ours] is a name" }] })).Text;
        Assert.Contains("● Agent vigilio: $15.02 of $30.00 this month", text, StringComparison.Ordinal);
        Assert.Contains("● [ours] is a name", text, StringComparison.Ordinal);
    }

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
        Assert.Equal(["forecast 100 %", "50 %"], Headline.AlsoCrossed(notices[1]));
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

    private static Usd Dollar(string text) => Samples.Dollars(text);
}
