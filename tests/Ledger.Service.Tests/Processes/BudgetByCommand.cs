namespace Ledger.Service.Tests.Processes;

/// <summary>A budget from its setting to its end, by commands alone.</summary>
public sealed class BudgetByCommand(SpentTeam team) : IClassFixture<SpentTeam>
{
    [Fact]
    public async Task it_is_set_watched_raised_declared_and_closed()
    {
        team.Connect();
        var terminal = team.Terminal;
        terminal.Run("budget", "set", "--scope", "agent:ba", "--period", "day=$7,month=20").Ok();
        terminal.Run("budget", "list").Ok();
        var hold = (string)terminal.Run("guard", "--agent", "ba", "--budget", "agent:ba", "--reserve", "0.50", "--json").Ok().Json["hold"]!["id"]!;
        Assert.Equal(1, terminal.Run("guard", "--agent", "ba", "--reserve", "0.80").Exit);
        terminal.Run("guard", "--release", hold).Ok();
        terminal.Run("guard", "--agent", "ba", "--reserve", "0.80").Ok();
        terminal.Run("budget", "raise", "agent:ba", "--period", "day", "--limit", "9", "--until", "1d").Ok();

        var file = Path.Combine(team.Home, "budgets.json");
        await File.WriteAllTextAsync(file, """{ "budgets": [ { "scope": "agent:ba", "limits": [ { "period": "month", "limit": 30 }, ] }, ] } // one""");
        Assert.Equal(2, terminal.Run("budget", "plan", file).Exit);
        terminal.Run("budget", "apply", file).Ok();
        terminal.Run("budget", "plan", file).Ok();
        foreach (var words in new[] { "budget backtest --since 7d", "alert list", "runway", "forecast --scope agent:ba", "outbox list", "status" })
            terminal.Run(words.Split(' ')).Ok();
        terminal.Run("budget", "close", "AGENT:BA").Ok();
        Assert.Contains("No budgets.", terminal.Run("budget", "list").Out, StringComparison.Ordinal);
    }
}
