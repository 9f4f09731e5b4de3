using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Tests.Support;
using Npgsql;

namespace Ledger.Service.Tests.Processes;

/// <summary>
/// The service as a process beside a simulated xAI team, where agent <c>ba</c> owns the one key and spent $6.00 just now; and somebody at
/// a terminal who connected it.
/// </summary>
public sealed class SpentTeam(TestDatabases databases) : IAsyncLifetime
{
    private readonly string home = RunningService.NewHome();
    private RunningService? service;
    private string database = "";

    internal SimulatedXai Xai { get; private set; } = null!;

    internal SimulatedTeam Team { get; private set; } = null!;

    internal ManagementKey Key { get; private set; } = null!;

    internal Terminal Terminal { get; private set; } = null!;

    internal string Home => home;

    public async ValueTask InitializeAsync()
    {
        Xai = await SimulatedXai.Start(TimeProvider.System);
        Team = new SimulatedTeam(TimeProvider.System);
        var now = TimeProvider.System.GetUtcNow();
        var key = Team.AddKey("xai-ba", now.AddDays(-10));
        Team.BuyCredit(Usd.Parse("1000"), now.AddDays(-20));
        Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("6.00"));
        Key = Xai.Issue(Team);
        database = await databases.Create();
        service = await RunningService.Start(home, RunningService.FreePort(), ("LEDGER_DB", database), ("XAI_MANAGEMENT_URL", Xai.BaseAddress.ToString()));
        Terminal = new(home, service.Url);
    }

    public async ValueTask DisposeAsync()
    {
        if (service is not null) await service.DisposeAsync();
        await RunningService.Remove(home);
        await Xai.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
        await databases.Drop(database);
    }

    internal void Connect()
    {
        Terminal.Run(["account", "add", "xai", "--label", "prod", "--settlement-lag", "0s", "--key-stdin"], Key.Text).Ok();
        Terminal.Run("agent", "add", "--from-keys").Ok();
    }

    /// <summary>How many events about budgets, holds and alerts the books hold: nothing writes those by itself here.</summary>
    internal async Task<long> Written()
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            "select count(*) from mt_events where type in ('budget-set.v1', 'budget-raised.v1', 'budget-closed.v1', 'hold-taken.v1', 'hold-released.v1', 'alert-acknowledged.v1')", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
