namespace Ledger.Cli.Tests;

/// <summary>A client that is older or newer than its service works where it can, and says so where it can't.</summary>
public sealed class VersionTests
{
    [Theory]
    [InlineData("0.9.0", true)]
    [InlineData("0.1.0", false)]
    [InlineData(null, false)]
    public void what_another_version_does_not_know_is_said_to_be_its_version(string? version, bool said)
    {
        using var service = new FakeService(_ => FakeService.Problem(404, "not_found", Exit.Data, "There is nothing here.")) { Version = version };
        using var desk = new Desk(service.Url);
        var ran = desk.Run("runway");
        Assert.Equal(Exit.Data, ran.Exit);
        Assert.Equal(said, ran.Err.Contains("The service is 0.9.0 and this program 0.1.0", StringComparison.Ordinal));
    }

    [Fact]
    public void a_refusal_that_has_nothing_to_do_with_it_is_left_alone()
    {
        using var service = new FakeService(_ => FakeService.Problem(404, "mission.unknown", Exit.Data, "There is no such mission.")) { Version = "0.9.0" };
        using var desk = new Desk(service.Url);
        Assert.DoesNotContain("0.9.0", desk.Run("mission", "cost", "x").Err, StringComparison.Ordinal);
    }

    [Fact]
    public void status_says_that_versions_differ_and_an_answer_with_more_in_it_is_read_all_the_same()
    {
        using var service = new FakeService("""{"version":"0.9.0","position":1,"accounts":[],"views":[],"tomorrow":{"new":true},"spend":{"today":"1.00"},"warnings":[]}""") { Version = "0.9.0" };
        using var desk = new Desk(service.Url);
        var ran = desk.Run("status");
        Assert.Equal(Exit.Ok, ran.Exit);
        Assert.Contains("the service is 0.9.0, this program 0.1.0", ran.Out, StringComparison.Ordinal);
        Assert.Contains("\"tomorrow\"", desk.Run("status", "--json").Out, StringComparison.Ordinal);
    }
}
