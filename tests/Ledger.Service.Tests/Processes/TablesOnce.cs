using Ledger.Service.Tests.Storage;
using Ledger.Service.Tests.Support;
using Npgsql;

namespace Ledger.Service.Tests.Processes;

/// <summary>Comparing all tables takes as long as half of a start: the program that made them leaves them alone, another one does not.</summary>
public sealed class TablesOnce(TestDatabases databases) : IAsyncLifetime
{
    private readonly string home = RunningService.NewHome();
    private string database = "";

    public async ValueTask InitializeAsync() => database = await databases.Create();

    public async ValueTask DisposeAsync()
    {
        await RunningService.Remove(home);
        NpgsqlConnection.ClearAllPools();
        await databases.Drop(database);
    }

    [Fact]
    public async Task a_program_compares_the_tables_at_its_first_start_only()
    {
        await StartAndStop();
        Assert.True(await IndexIsThere());
        await BooksOfVersion01.Execute(database, "drop index spend_v3.part_by_mission");
        await StartAndStop();
        Assert.False(await IndexIsThere());

        // What another program made is compared, and the views of the one before go: they would never be read again.
        await BooksOfVersion01.Execute(database, "update ledger_books set tables_by = 'another'; create schema spend_v1; create table spend_v1.mark (one int)");
        await StartAndStop();
        Assert.True(await IndexIsThere());
        Assert.False(await BooksOfVersion01.Scalar<bool>(database, "select to_regnamespace('spend_v1') is not null"));
    }

    private async Task StartAndStop()
    {
        await using var service = await RunningService.Start(home, RunningService.FreePort(), ("LEDGER_DB", database));
        Assert.Equal(0, await service.Stop());
    }

    private Task<bool> IndexIsThere() => BooksOfVersion01.Scalar<bool>(database, "select to_regclass('spend_v3.part_by_mission') is not null");
}
