using Ledger.Cli;

namespace Ledger.Service.Tests;

/// <summary>The command line against the real service: what bad input gets there, and the story of a budget.</summary>
public sealed class CommandLine(CommandLine.World world) : IClassFixture<CommandLine.World>
{
    public sealed class World : IAsyncLifetime
    {
        internal TestHost Host { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Host = await BudgetStories.Spent("6.00");
            (await Host.Post("budgets", """{"name":"team","scope":"all","limits":[{"period":"month","limit":"500"}]}""")).Ok();
            (await Host.Post("budgets", """{"name":"gone","scope":"all","limits":[{"period":"month","limit":"500"}]}""")).Ok();
            (await Host.Post("budgets/gone/close")).Ok();
            await Host.Sync();
        }

        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }

    [Theory]
    [InlineData("budget.invalid", 65, "limit", "budget", "set", "--scope", "all", "--limit", "0", "--period", "month")]
    [InlineData("budget.invalid", 65, "limit", "budget", "set", "--scope", "all", "--limit", "-5", "--period", "month")]
    [InlineData("budget.invalid", 65, "limit", "budget", "set", "--scope", "all", "--limit", "1000000001", "--period", "month")]
    [InlineData("budget.invalid", 65, "limit", "budget", "set", "--scope", "all", "--limit", "lots", "--period", "month")]
    [InlineData("budget.invalid", 65, "period", "budget", "set", "--scope", "all", "--limit", "5", "--period", "eon")]
    [InlineData("zone.unknown", 65, "zone", "budget", "set", "--scope", "all", "--limit", "5", "--period", "day", "--zone", "Mars/Olympus")]
    [InlineData("scope.invalid", 64, "scope", "budget", "set", "--scope", "planet:mars", "--limit", "5", "--period", "day")]
    [InlineData("agent.unknown", 65, "scope", "budget", "set", "--scope", "agent:nobody", "--limit", "5", "--period", "day")]
    [InlineData("budget.invalid", 65, "thresholds", "budget", "set", "--scope", "all", "--limit", "5", "--period", "day", "--threshold", "80%,50%")]
    [InlineData("recipient.invalid", 65, "recipients[0]", "budget", "set", "--scope", "all", "--limit", "5", "--period", "day", "--to", "nobody")]
    [InlineData("recipient.invalid", 65, "recipients[0]", "budget", "set", "--scope", "all", "--limit", "5", "--period", "day", "--to", "a@b.example\r\nBcc: c@d.example")]
    [InlineData("text.invalid", 65, "name", "budget", "set", "--scope", "all", "--limit", "5", "--period", "day", "--name", "a\r\nBcc: c@d.example")]
    [InlineData("text.invalid", 65, "name", "budget", "set", "--scope", "all", "--limit", "5", "--period", "day", "--name", "a\u202eb")]
    [InlineData("channel.unknown", 64, "channels", "budget", "set", "--scope", "all", "--limit", "5", "--period", "day", "--channel", "pigeon")]
    [InlineData("time.out_of_range", 65, "until", "budget", "raise", "team", "--limit", "600", "--until", "2026-11-01")]
    [InlineData("budget.unknown", 65, "budget", "budget", "raise", "taem", "--limit", "600", "--until", "7d")]
    [InlineData("budget.closed", 65, "budget", "budget", "raise", "gone", "--limit", "600", "--until", "7d")]
    [InlineData("budget.unknown", 65, "budget", "budget", "close", "taem")]
    [InlineData("alert.unknown", 65, "id", "alert", "ack", "a-nothing00")]
    [InlineData("hold.invalid", 65, "reserve", "guard", "--agent", "ba", "--reserve", "0")]
    [InlineData("hold.invalid", 65, "forSeconds", "guard", "--agent", "ba", "--reserve", "1", "--for", "2d")]
    [InlineData("hold.unknown", 65, "hold", "guard", "--release", "h-nothing00")]
    [InlineData("agent.unknown", 65, "agent", "guard", "--agent", "nobody")]
    [InlineData("budget.unknown", 65, "budget", "guard", "--budget", "taem")]
    public async Task bad_input_has_its_code_its_field_and_its_exit_and_writes_nothing(string code, int exit, string field, params string[] words)
    {
        var written = await BudgetStories.Written(world.Host);
        var (ran, text) = Run(world.Host, [.. words, "--json"]);
        Assert.True(exit == ran, text);
        var problem = System.Text.Json.Nodes.JsonNode.Parse(text)!["problem"]!;
        Assert.Equal((code, field), ((string?)problem["code"], (string?)problem["field"]));
        if (code == "budget.unknown") Assert.Equal("team", (string?)problem["candidates"]![0]);
        Assert.Equal(written, await BudgetStories.Written(world.Host));
    }

    [Fact]
    public async Task a_budget_from_its_setting_to_its_end()
    {
        await using var host = await BudgetStories.Spent("6.00");
        Assert.Equal(0, Run(host, "budget", "set", "--scope", "agent:ba", "--period", "day=$7,month=20").Exit);
        Assert.Equal(0, Run(host, "budget", "list").Exit);
        var (exit, taken) = Run(host, "guard", "--agent", "ba", "--budget", "agent:ba", "--reserve", "0.50", "--json");
        Assert.True(exit == 0, taken);
        var hold = (string)System.Text.Json.Nodes.JsonNode.Parse(taken)!["hold"]!["id"]!;
        Assert.Equal(1, Run(host, "guard", "--agent", "ba", "--reserve", "0.80").Exit);
        Assert.Equal(0, Run(host, "guard", "--release", hold).Exit);
        Assert.Equal(0, Run(host, "guard", "--agent", "ba", "--reserve", "0.80").Exit);
        Assert.Equal(0, Run(host, "budget", "raise", "agent:ba", "--period", "day", "--limit", "9", "--until", "1d").Exit);

        var file = Path.Combine(host.Settings.Home, "budgets.json");
        await File.WriteAllTextAsync(file, """{ "budgets": [ { "scope": "agent:ba", "limits": [ { "period": "month", "limit": 30 }, ] }, ] } // one""");
        Assert.Equal(2, Run(host, "budget", "plan", file).Exit);
        Assert.Equal(0, Run(host, "budget", "apply", file).Exit);
        Assert.Equal(0, Run(host, "budget", "plan", file).Exit);
        foreach (var words in new[] { "budget backtest --since 7d", "alert list", "runway", "forecast --scope agent:ba", "outbox list", "status" })
            Assert.Equal((0, words), (Run(host, words.Split(' ')).Exit, words));
        Assert.Equal(0, Run(host, "budget", "close", "AGENT:BA").Exit);
        Assert.Contains("No budgets.", Run(host, "budget", "list").Text, StringComparison.Ordinal);
    }

    private static (int Exit, string Text) Run(TestHost host, params string[] words)
    {
        var (output, errors) = (new StringWriter(), new StringWriter());
        // One user throughout: what was written is seen by what is read next.
        var home = Path.Combine(host.Settings.Home, "user");
        var exit = Entry.Run(words, new()
        {
            Variable = name => name switch { "LEDGER_HOME" or "HOME" => home, "LEDGER_URL" => host.Host.Url.ToString(), "LEDGER_TOKEN" => TestHost.AdminToken, _ => null },
            Out = output,
            Err = errors,
            OpenIn = () => new MemoryStream(),
            Clock = host.Clock,
            Become = (_, _, _) => 0,
        });
        return (exit, words.Contains("--json") ? output.ToString() : output.ToString() + errors);
    }
}
