using System.CommandLine;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Tests;

public sealed class ArgumentsTests
{
    [Fact]
    public void a_value_may_stand_behind_a_space_or_an_equals_sign()
    {
        var parsed = Started("Budget TUI", "--ref", "a/b#1", "--weight=3");
        Assert.Equal("Budget TUI", parsed.GetValue<string>("TITLE"));
        Assert.Equal("a/b#1", parsed.GetValue<string>("--ref"));
        Assert.Equal("3", parsed.GetValue<string>("--weight"));
    }

    [Fact]
    public void a_value_may_begin_with_a_dash() => Assert.Equal("-10m", Started("X", "--at", "-10m").GetValue<string>("--at"));

    [Fact]
    public void after_two_dashes_everything_is_an_argument() => Assert.Equal("--at", Started("--", "--at").GetValue<string>("TITLE"));

    [Fact]
    public void a_title_may_begin_with_an_at_sign_and_names_no_file() => Assert.Equal("@home", Started("@home").GetValue<string>("TITLE"));

    [Fact]
    public void agents_given_twice_are_joined()
    {
        using var service = new FakeService("""{"mission":{"id":"m-1"},"position":1}""");
        using var desk = new Desk(service.Url);
        desk.Run("mission", "start", "X", "--agent", "ba", "--agent", "hannibal");
        Assert.Contains("""["ba","hannibal"]""", service.Requests[0].Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("usage.flag", "--agent", "X", "--agnet", "ba")]
    [InlineData("usage.flag", "--agent", "--agnet", "ba")]
    [InlineData("usage.flag", "-x", "-x")]
    [InlineData("usage.flag", "--timezone", "X", "--timezon", "UTC")]
    [InlineData("usage.value", "--at", "X", "--at")]
    [InlineData("usage.value", "--at", "X", "--at", "--json")]
    [InlineData("usage.value", "--at", "X", "--at", "-j")]
    [InlineData("usage.value", "--at", "X", "--at=")]
    [InlineData("usage.value", "--at", "X", "--at", " ")]
    [InlineData("usage.value", "--json", "X", "--json=yes")]
    [InlineData("usage.twice", "--at", "X", "--at", "now", "--at", "now")]
    [InlineData("usage.argument", "TITLE")]
    [InlineData("usage.argument", "quotes", "Budget", "TUI")]
    public void a_wrong_command_line_is_refused_with_the_usage_of_the_verb(string code, string said, params string[] words)
    {
        var refusal = Misuse.Of(Started(words))!;
        Assert.Equal((code, Exit.Usage), (refusal.Problem.Code, refusal.Problem.Exit));
        Assert.Contains(said, refusal.Problem.Detail, StringComparison.Ordinal);
        Assert.StartsWith("usage: ledger mission start TITLE", refusal.Usage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1h")]
    [InlineData("9j")]
    public void a_value_of_two_characters_is_no_flag_for_ending_like_one(string value) =>
        Assert.Equal(value, Entry.Parse(["guard", "--for", value]).GetValue<string>("--for"));

    [Theory]
    [InlineData("--verison", "ledger --version")]
    [InlineData("--frobnicate", "ledger help")]
    public void an_unknown_flag_alone_is_refused(string flag, string meant)
    {
        using var desk = new Desk();
        var ran = desk.Run(flag);
        Assert.Equal((Exit.Usage, ""), (ran.Exit, ran.Out));
        Assert.Contains(meant, ran.Err, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mision", "ledger mission")]
    [InlineData("start", "ledger mission start")]
    [InlineData("accounts", "ledger account")]
    [InlineData("tui", "ledger help")]
    [InlineData("wallet", "ledger help")]
    [InlineData("bulletin", "ledger help")]
    public void an_unknown_command_is_refused_with_the_nearest(string noun, string meant)
    {
        using var desk = new Desk();
        var ran = desk.Run(noun, "list");
        Assert.Equal(Exit.Usage, ran.Exit);
        Assert.Contains(meant, ran.Err, StringComparison.Ordinal);
        Assert.Empty(ran.Out);
    }

    [Theory]
    [InlineData("mision", "status")]
    [InlineData("--json", "mision", "report")]
    [InlineData("mision", "up")]
    public void an_unknown_command_before_a_known_word_is_still_unknown(params string[] words)
    {
        using var desk = new Desk();
        Assert.Equal(Exit.Usage, desk.Run(words).Exit);
        Assert.Equal("usage.command", Misuse.Of(Entry.Parse(words))!.Problem.Code);
        Assert.Empty(desk.Became);
    }

    [Fact]
    public void an_unknown_verb_is_refused_with_the_nearest()
    {
        using var desk = new Desk();
        Assert.Contains("ledger mission start", desk.Run("mission", "strat").Err, StringComparison.Ordinal);
    }

    [Fact]
    public void common_flags_may_stand_before_the_noun_and_before_the_verb()
    {
        using var service = new FakeService("""{"missions":[],"more":false}""");
        using var desk = new Desk();
        Assert.Equal(Exit.Ok, desk.Run("--json", "--url", service.Url, "mission", "--quiet", "list").Exit);
    }

    [Fact]
    public void under_the_name_mission_the_noun_is_understood()
    {
        using var desk = new Desk { Variables = { ["LEDGER_AS"] = "mission" } };
        Assert.Contains("ledger mission start", desk.Run("start", "--help").Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mission", "start", "X", "--weight", "0")]
    [InlineData("mission", "start", "X", "--weight", "-1")]
    [InlineData("mission", "start", "X", "--weight", "1.5")]
    [InlineData("mission", "start", "X", "--weight", "1000001")]
    [InlineData("mission", "start", "X", "--agent", ",")]
    [InlineData("mission", "start", "X", "--agent", "ba,ba")]
    [InlineData("mission", "start", "X", "--at", "noon")]
    [InlineData("mission", "start", "X", "--at", "2026-02-30")]
    [InlineData("mission", "start", "X", "--at", "2026-11-16T25:00Z")]
    [InlineData("mission", "start", "X", "--at", "2026-11-16T10:00 CET")]
    [InlineData("mission", "start", "X", "--at", "2014-12-31")]
    [InlineData("mission", "start", "X", "--at", "9999-01-01")]
    [InlineData("mission", "start", "a\u0007b")]
    [InlineData("mission", "start", "a\0b")]
    [InlineData("mission", "start", "   ")]
    [InlineData("mission", "list", "--state", "done")]
    [InlineData("mission", "list", "--limit", "0")]
    [InlineData("mission", "list", "--format", "xml")]
    [InlineData("mission", "list", "--json", "--csv")]
    [InlineData("mission", "list", "--timezone", "Mars/Olympus")]
    [InlineData("mission", "cost", "X", "--by", "colour")]
    [InlineData("mission", "cost", "X", "--as-of", "99999999999999999999")]
    [InlineData("mission", "diff", "X")]
    [InlineData("mission", "edit", "X")]
    [InlineData("report", "--since", "tomorrowish")]
    [InlineData("report", "--order", "up")]
    [InlineData("explain", "budget", "X")]
    [InlineData("key", "assign", "K")]
    [InlineData("key", "assign", "K", "--agent", "ba=0")]
    [InlineData("key", "assign", "K", "--agent", "ba=-3")]
    [InlineData("key", "assign", "K", "--agent", "ba=1,ba=2")]
    [InlineData("key", "assign", "K", "--agent", "ba", "--nobody")]
    [InlineData("agent", "add")]
    [InlineData("agent", "add", "ba", "--idle", "sleeps")]
    [InlineData("agent", "add", "ba", "--from-keys")]
    [InlineData("account", "add", "openai")]
    [InlineData("account", "add", "xai", "--bucket", "5m")]
    [InlineData("account", "add", "xai", "--settlement-lag", "7h")]
    [InlineData("token", "add", "x", "--scope", "all")]
    public void what_can_be_known_to_be_wrong_is_refused_before_anything_is_sent(params string[] words)
    {
        using var service = new FakeService("{}");
        using var desk = new Desk(service.Url);
        Assert.Equal(Exit.Usage, desk.Run(words).Exit);
        Assert.Empty(service.Requests);
        Assert.Empty(desk.Spooled);
    }

    private static ParseResult Started(params string[] words) => Entry.Parse(["mission", "start", .. words]);
}
