using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Service.Mail;

namespace Ledger.Service.Tests.Mail;

/// <summary>Every kind of mail, as it is read. Read them as somebody tired would.</summary>
public sealed class GoldenMails
{
    public static TheoryData<string> Kinds => [.. alerts.Keys];

    private static readonly Dictionary<string, AlertNews> alerts = new(StringComparer.Ordinal)
    {
        ["budget-80"] = Samples.News(Samples.Crossed(), Samples.Crossed(50, severity: Severity.Info)),
        ["budget-forecast"] = Samples.News(Samples.Crossed(100, "17.00", Severity.Warning, Basis.Forecast)),
        ["budget-over"] = Samples.News(Samples.Crossed(100, "30.22", Severity.Critical) with { Circumstances = Circumstances.None with { AsOf = 4711 } }),
        ["runway-72h"] = Samples.News(Samples.Short(), Samples.Short("10%")),
        ["anomaly"] = Samples.News(Samples.Anomalous),
        ["stale"] = Samples.News(Samples.Stale),
        ["left-open"] = Samples.News(Samples.LeftOpen),
        ["key-shared"] = Samples.News(Samples.Shared),
        ["restated"] = Samples.News(Samples.Restated),
        ["history"] = Samples.News(Samples.Imported),
        ["several"] = Samples.News(Samples.Crossed(), Samples.Short("24h", Severity.Critical), Samples.Shared, Samples.Stale, Samples.LeftOpen) with
        {
            Recoveries = [new SourceRecovered("a-3c4d5e6f", "xai-9", "lab", Samples.Now), new BudgetRecovered("a-4d5e6f70", "b-3", "face weekly", new(Basis.Actual, 80, null), Samples.Dollars("7.10"), Samples.Dollars("10.00"), Samples.Now)],
            HeldBack = 17,
        },
        ["recovered"] = Samples.News() with { Recoveries = [new RunwayRecovered("a-5e6f7081", "xai-1a2b3c4d", "72h", Samples.Dollars("53.19"), Samples.Now)] },
        ["old-data"] = Samples.News(Samples.Crossed() with { Circumstances = Samples.Circumstances with { Through = Samples.Now.AddHours(-7), Runway = null, SharedKeys = [] }, Forecast = new(null, null, null, null, null, "too little data: 4 h of spend, 6 h needed") }),
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task an_alert_reads_as_it_was_reviewed(string kind) => GoldenMail.Matches(await AlertMail.Render(alerts[kind]), kind);

    [Fact]
    public async Task the_digest_of_a_good_week_reads_as_it_was_reviewed() => GoldenMail.Matches(await DigestMail.Render(Samples.GoodWeek), "digest-good");

    [Fact]
    public async Task the_digest_of_a_bad_week_reads_as_it_was_reviewed() => GoldenMail.Matches(await DigestMail.Render(Samples.BadWeek), "digest-bad");

    [Fact]
    public async Task the_digest_of_a_week_with_gaps_reads_as_it_was_reviewed() => GoldenMail.Matches(await DigestMail.Render(Samples.BlindWeek), "digest-gaps");

    [Fact]
    public async Task the_digest_of_a_week_of_which_nothing_is_known_reads_as_it_was_reviewed() => GoldenMail.Matches(await DigestMail.Render(Samples.EmptyWeek), "digest-unknown");

    [Fact]
    public async Task a_team_in_brussels_reads_its_own_time_while_summer_time_ends()
    {
        GoldenMail.Matches(await AlertMail.Render(Samples.Brussels), "runway-brussels");
        GoldenMail.Matches(await DigestMail.Render(Samples.BrusselsWeek), "digest-brussels");
    }

    [Fact]
    public void the_digest_as_markdown_reads_as_it_was_reviewed() => Golden.Matches(DigestMail.Markdown(Samples.GoodWeek), GoldenMail.PathOf("digest-good.md"));

    [Fact]
    public void the_page_for_readers_shows_mails_as_they_are()
    {
        var page = Repository.Read("docs/digest-and-alerts.md");
        foreach (var name in new[] { "budget-80.txt", "digest-good.txt" })
            Assert.Contains(Repository.Read(GoldenMail.PathOf(name)).TrimEnd('\n'), page, StringComparison.Ordinal);
        Assert.Contains(Headline.Of(Samples.Crossed(), "UTC", Samples.Now), page, StringComparison.Ordinal);
    }
}
