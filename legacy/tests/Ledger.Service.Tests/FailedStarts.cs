using System.Net;
using System.Net.Sockets;
using Ledger.Postgres;
using Ledger.Service.Hosting;
using Ledger.Testing;

namespace Ledger.Service.Tests;

/// <summary>A start that fails half-way leaves nothing running and nothing held.</summary>
public sealed class FailedStarts
{
    [Fact]
    public async Task a_port_that_is_taken_leaves_no_lease_behind_that_others_would_wait_for()
    {
        await using var database = await TestDatabase.Create(Migration.FromResources("service", typeof(LedgerHost).Assembly));
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var settings = new ServiceSettings
        {
            Home = Path.Combine(Path.GetTempPath(), $"ledger-home-{Guid.NewGuid():N}"),
            Database = database.ConnectionString,
            AllowUnsafeDatabase = true,
            Url = new($"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}"),
            Token = TestHost.AdminToken,
        };
        await Assert.ThrowsAnyAsync<IOException>(() => LedgerHost.Start(settings, TimeProvider.System, _ => { }, CancellationToken.None));
        Assert.Equal(0, await database.Scalar<long>("select count(*) from ledger_lease where holder is not null and until > clock_timestamp()"));
        Directory.Delete(settings.Home, recursive: true);
    }
}
