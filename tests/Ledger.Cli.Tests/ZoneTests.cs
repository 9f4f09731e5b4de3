using Ledger.Cli.Parsing;

namespace Ledger.Cli.Tests;

/// <summary>One clock: times are read and shown in the zone of -z, else of LEDGER_ZONE, else of the service.</summary>
public sealed class ZoneTests
{
    private const string Missions = """{"missions":[{"id":"m1","title":"X","state":"open","start":"2026-11-16T10:15:00Z","end":null,"windows":[],"agents":["ba"]}],"more":false}""";
    private const string Hours = """
        {"window":{"since":"2026-10-24T22:00:00Z","until":"2026-10-25T23:00:00Z"},"groupBy":["hour"],"total":"6.00","idle":"6.00","unassigned":"0.00",
         "rows":[{"hour":"2026-10-25T00:00:00Z","billed":"1.00"},{"hour":"2026-10-25T01:00:00Z","billed":"2.00"},{"hour":"2026-10-25T02:00:00Z","billed":"3.00"}]}
        """;

    [Theory]
    [InlineData(null, null, null, "  10:15  ")]
    [InlineData(null, null, "Europe/Brussels", "  11:15  ")]
    [InlineData(null, "Asia/Tokyo", "Europe/Brussels", "  19:15  ")]
    [InlineData("America/Los_Angeles", "Asia/Tokyo", "Europe/Brussels", "  02:15  ")]
    [InlineData("utc", "Asia/Tokyo", "Europe/Brussels", "  10:15  ")]
    [InlineData(null, null, "Not/AZone", "  10:15  ")]
    public void times_are_shown_in_the_zone_that_is_nearest_to_who_asks(string? flag, string? variable, string? service, string shown)
    {
        using var fake = new FakeService(Missions) { Zone = service };
        using var desk = new Desk(fake.Url);
        if (variable is not null) desk.Variables["LEDGER_ZONE"] = variable;
        var ran = desk.Run(flag is null ? ["mission", "list"] : ["mission", "list", "-z", flag]);
        Assert.Contains(shown, ran.Out, StringComparison.Ordinal);
        Assert.Contains("\"start\": \"2026-11-16T10:15:00Z\"", desk.Run("mission", "list", "--json", "-z", "Asia/Tokyo").Out, StringComparison.Ordinal);
        Assert.Equal(0, fake.ZoneAsked);
    }

    [Fact]
    public void csv_has_the_offset_of_the_zone()
    {
        using var fake = new FakeService(Missions) { Zone = "Asia/Kolkata" };
        using var desk = new Desk(fake.Url);
        Assert.Contains("2026-11-16T15:45:00+05:30", desk.Run("mission", "list", "--csv").Out, StringComparison.Ordinal);
        Assert.Contains("2026-11-16T10:15:00Z", desk.Run("mission", "list", "--csv", "-z", "UTC").Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-11-16T10:15:07Z", "10:15:07", "10:15")]
    [InlineData("2026-11-14T10:15:00Z", "Sat 10:15", "Sat 10:15")]
    [InlineData("2026-10-01T10:15:00Z", "1 Oct 10:15", "1 Oct 10:15")]
    [InlineData("2025-01-05T10:15:07Z", "5 Jan 2025 10:15:07", "5 Jan 2025")]
    [InlineData("2029-01-05T10:00:00Z", "5 Jan 2029 10:00", "5 Jan 2029")]
    public void an_edge_keeps_its_time_of_day_however_far_away_it_is(string at, string edge, string time) =>
        Assert.Equal((edge, time), (Output.Show.Edge(at, "UTC", Desk.Now), Output.Show.Time(at, "UTC", Desk.Now)));

    [Fact]
    public void the_rows_of_a_report_are_hours_of_the_zone_and_the_one_that_comes_twice_says_so()
    {
        using var fake = new FakeService(Hours) { Zone = "Europe/Brussels" };
        using var desk = new Desk(fake.Url);
        var shown = desk.Run("report", "--by", "hour").Out;
        Assert.Contains("Billed 25 Oct 2026, Brussels", shown, StringComparison.Ordinal);
        string[] hours = [.. shown.Split('\n')[2..5].Select(line => line.Split("  ")[0])];
        Assert.Equal(["25 Oct 02:00", "25 Oct 02:00 +01:00", "25 Oct 03:00"], hours);
        var csv = desk.Run("report", "--by", "hour", "--csv").Out.Split("\r\n");
        Assert.Equal(["2026-10-25T02:00:00+02:00,1.00", "2026-10-25T02:00:00+01:00,2.00", "2026-10-25T03:00:00+01:00,3.00"], csv[1..4]);
        Assert.Contains("\"hour\": \"2026-10-25T00:00:00Z\"", desk.Run("report", "--by", "hour", "--json").Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?since=last-week&until=2026-11-16&by=day", "report", "--since", "last-week", "--until", "2026-11-16", "--by", "day")]
    [InlineData("?since=2026-11-16T10:15&zone=Asia/Kolkata&by=week", "report", "--since", "2026-11-16T10:15", "--by", "week", "-z", "Asia/Kolkata")]
    [InlineData("?zone=Asia/Kolkata", "alert", "list", "-z", "Asia/Kolkata")]
    [InlineData("?mission=X&by=day&zone=Asia/Kolkata", "mission", "cost", "X", "--by", "day", "-z", "Asia/Kolkata")]
    public void the_service_reads_the_words_of_a_report_and_cuts_its_days(string sent, params string[] words)
    {
        using var fake = new FakeService("""{"rows":[],"groupBy":[]}""") { Zone = "Europe/Brussels" };
        using var desk = new Desk(fake.Url);
        desk.Run(words);
        Assert.Equal((sent, 0), (fake.Requests[0].Query, fake.ZoneAsked));
    }

    [Theory]
    [InlineData("2026-11-25 10:00", "2026-11-25T09:00:00Z", true)]
    [InlineData("2026-11-25", "2026-11-24T23:00:00Z", true)]
    [InlineData("today", "2026-11-15T23:00:00Z", true)]
    [InlineData("2026-03-29 02:30", "2026-03-29T01:00:00Z", true)]
    [InlineData("2026-10-25 02:30", "2026-10-25T00:30:00Z", true)]
    [InlineData("2026-11-25T10:00Z", "2026-11-25T10:00:00Z", false)]
    [InlineData("2026-11-25T10:00+01:00", "2026-11-25T09:00:00Z", false)]
    [InlineData("-10m", "2026-11-16T10:40:00Z", false)]
    public void a_time_without_an_offset_is_read_in_the_zone_and_repeated(string given, string read, bool asks)
    {
        using var fake = new FakeService("""{"key":{}}""") { Zone = "Europe/Brussels" };
        using var desk = new Desk(fake.Url);
        foreach (var zone in (string[][])[[], ["-z", "Europe/Brussels"]])
        {
            var ran = desk.Run(["key", "assign", "k", "--agent", "ba", "--from", given, .. zone]);
            Assert.Contains($"\"from\":\"{read}\"", fake.Requests[^1].Body, StringComparison.Ordinal);
            Assert.Equal(asks ? $"--from {given} is read as {read} (Europe/Brussels).\n" : "", ran.Err);
        }
        // Asked for once, only where it is needed and nobody said it.
        Assert.Equal(asks ? 1 : 0, fake.ZoneAsked);
    }

    [Fact]
    public void while_the_service_is_away_a_time_without_a_zone_is_utc()
    {
        using var desk = new Desk();
        Assert.Contains("is read as 2026-11-16T10:15:00Z (UTC).", desk.Run("mission", "start", "X", "--at", "2026-11-16 10:15").Err, StringComparison.Ordinal);
        Assert.Contains("is read as 2026-11-16T09:15:00Z (Europe/Brussels).", desk.Run("mission", "start", "X", "--at", "2026-11-16 10:15", "-z", "Europe/Brussels").Err, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("since=2026-11-15T23:00:00Z", "alert", "list", "--since", "today")]
    [InlineData("since=2026-11-08T23:00:00Z", "alert", "list", "--since", "7d")]
    [InlineData("since=24h", "alert", "list", "--since", "24h")]
    [InlineData("since=2026-11-16T00:00:00Z", "alert", "list", "--since", "today", "-z", "UTC")]
    public void parts_of_the_service_that_cant_be_told_a_zone_get_its_days_as_instants(string sent, params string[] words)
    {
        using var fake = new FakeService("""{"alerts":[]}""") { Zone = "Europe/Brussels" };
        using var desk = new Desk(fake.Url);
        desk.Run(words);
        Assert.StartsWith("?" + sent, fake.Requests[0].Query, StringComparison.Ordinal);
    }

    [Fact]
    public void a_backtest_of_last_week_ends_with_it()
    {
        using var fake = new FakeService("""{"alerts":[],"count":0}""") { Zone = "Europe/Brussels" };
        using var desk = new Desk(fake.Url);
        desk.Run("budget", "backtest", "--since", "last-week");
        Assert.Contains("\"since\":\"2026-11-08T23:00:00Z\",\"until\":\"2026-11-15T23:00:00Z\"", fake.Requests[0].Body, StringComparison.Ordinal);
        desk.Run("budget", "backtest", "--since", "2026-11-01", "--until", "2026-11-07");
        Assert.Contains("\"since\":\"2026-10-31T23:00:00Z\",\"until\":\"2026-11-07T23:00:00Z\"", fake.Requests[1].Body, StringComparison.Ordinal);
    }

    [Fact]
    public void a_zone_that_nobody_knows_is_refused_before_anything_is_sent()
    {
        using var fake = new FakeService(Missions);
        using var desk = new Desk(fake.Url);
        Assert.Equal(Exit.Usage, desk.Run("mission", "list", "-z", "Mars/Olympus").Exit);
        desk.Variables["LEDGER_ZONE"] = "Mars/Olympus";
        var ran = desk.Run("mission", "list");
        Assert.Equal(Exit.Config, ran.Exit);
        Assert.Contains("LEDGER_ZONE", ran.Err, StringComparison.Ordinal);
        Assert.Empty(fake.Requests);
        Assert.Equal(Exit.Ok, desk.Run("mission", "list", "-z", "UTC").Exit);
    }

    [Theory]
    [InlineData("2026-11-16", true)]
    [InlineData("week", true)]
    [InlineData("7d", true)]
    [InlineData("2w", true)]
    [InlineData("24h", false)]
    [InlineData("now", false)]
    [InlineData("2026-11-16T10:15", true)]
    [InlineData("2026-11-16T10:15:00Z", false)]
    public void only_some_edges_depend_on_a_zone(string edge, bool depends) => Assert.Equal(depends, Times.DependsOnZone(edge, Desk.Now));
}
