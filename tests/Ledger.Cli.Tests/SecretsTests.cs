using Ledger.Cli.Parsing;

namespace Ledger.Cli.Tests;

public sealed class SecretsTests
{
    private const string Canary = "xai-token-CANARY-4711";
    private const string Connected = """{"account":{"id":"a","label":"prod","provider":"xai","team":"team_1","state":"ok"},"keys":[],"readings":1,"lines":2,"billed":"3.00","position":5,"warnings":[]}""";

    [Fact]
    public void no_flag_takes_a_secret()
    {
        foreach (var flag in Help.All().SelectMany(verb => verb.Options).Concat(Flags.Common()))
            Assert.False(flag.HelpName is not null && flag.Name is "--token" or "--secret" or "--password" or "--credential" or "--api-key" or "--management-key", $"{flag.Name} takes a value");
        var add = Help.All().First(verb => Help.NameOf(verb) == "account add");
        Assert.Null(add.Options.FirstOrDefault(flag => flag.HelpName is not null && flag.Name.Contains("key", StringComparison.Ordinal) && flag.Name != "--idempotency-key"));
    }

    [Theory]
    [InlineData("account", "add", "xai", Canary)]
    [InlineData("account", "add", Canary)]
    [InlineData("account", "add", "xai", "--key", Canary)]
    [InlineData("account", "add", "xai", "--key=" + Canary)]
    [InlineData("account", "add", "xai", "--credential=" + Canary)]
    [InlineData("account", "rotate", "prod", Canary)]
    public void a_secret_on_the_command_line_is_refused_and_never_repeated(params string[] words)
    {
        using var service = new FakeService(Connected);
        using var desk = new Desk(service.Url);
        foreach (var ran in new[] { desk.Run(words), desk.Run([.. words, "--json"]) })
        {
            Assert.Equal(Exit.Usage, ran.Exit);
            Assert.DoesNotContain("CANARY", ran.Out + ran.Err, StringComparison.Ordinal);
        }
        Assert.Empty(service.Requests);
    }

    [Theory]
    [InlineData(Canary + "\n", false)]
    [InlineData("  " + Canary + " \r\n", true)]
    public void a_secret_from_standard_input_is_trimmed_and_that_is_said(string input, bool said)
    {
        using var service = new FakeService(Connected);
        using var desk = new Desk(service.Url) { Input = input };
        var ran = desk.Run("account", "add", "xai", "--label", "prod", "--key-stdin");
        Assert.Equal(Exit.Ok, ran.Exit);
        Assert.Equal(said, ran.Err.Contains("trimmed", StringComparison.Ordinal));
        Assert.Contains($"\"credential\":\"{Canary}\"", service.Requests[0].Body, StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", ran.Out + ran.Err, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("XAI_MANAGEMENT_KEY")]
    [InlineData("XAI_MANAGEMENT_API_KEY")]
    [InlineData("XAI_MANAGEMENT_KEY_FILE")]
    [InlineData("XAI_MANAGEMENT_API_KEY_FILE")]
    public void a_secret_may_come_from_the_environment(string name)
    {
        using var service = new FakeService(Connected);
        using var desk = new Desk(service.Url);
        var file = Path.Combine(desk.Home, "key");
        File.WriteAllText(file, Canary + "\n");
        desk.Variables[name] = name.EndsWith("_FILE", StringComparison.Ordinal) ? file : Canary;
        Assert.Equal(Exit.Ok, desk.Run("account", "add", "xai").Exit);
        Assert.Contains(Canary, service.Requests[0].Body, StringComparison.Ordinal);
    }

    [Fact]
    public void a_secret_is_asked_for_on_a_terminal_only()
    {
        using var service = new FakeService("""{"account":{"label":"prod"}}""");
        using var desk = new Desk(service.Url);
        var ran = desk.Run("account", "rotate", "prod");
        Assert.Equal(Exit.Usage, ran.Exit);
        Assert.Contains("--key-stdin", ran.Err, StringComparison.Ordinal);
        desk.TypedSecret = Canary;
        Assert.Equal(Exit.Ok, desk.Run("account", "rotate", "prod").Exit);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    [InlineData("one\ntwo")]
    public void what_can_not_be_a_secret_is_refused_before_it_is_sent(string input)
    {
        using var service = new FakeService(Connected);
        using var desk = new Desk(service.Url) { Input = input };
        Assert.Equal(Exit.Data, desk.Run("account", "add", "xai", "--key-stdin").Exit);
        Assert.Empty(service.Requests);
    }
}
