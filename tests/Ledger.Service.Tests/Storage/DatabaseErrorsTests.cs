using Ledger.Agents;
using Ledger.Service.Alerts;
using Ledger.Service.Http;
using Ledger.Service.Storage;
using Ledger.Service.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Ledger.Service.Tests.Storage;

/// <summary>What Marten really throws, told apart.</summary>
public sealed class DatabaseErrorsTests(TestDatabases databases)
{
    [Fact]
    public async Task several_conflicts_of_one_transaction_are_a_lost_race()
    {
        await using var host = await LedgerHost.Start(databases);
        await using var winner = Session(host);
        await using var loser = Session(host);
        foreach (var session in new[] { winner, loser })
        {
            session.Insert(new WatchMark { Position = 1 });
            session.Events.StartStream<Agent>(Agent.StreamOf("twice"), new AgentAdded("twice", "twice", IdleRule.Shares, host.Clock.GetUtcNow(), null));
        }
        await winner.SaveChangesAsync();
        var lost = await Assert.ThrowsAnyAsync<Exception>(() => loser.SaveChangesAsync());
        Assert.True(DatabaseErrors.IsConflict(lost), lost.ToString());
        Assert.False(DatabaseErrors.IsTransient(lost));
        Assert.Equal("conflict.retry", Problems.Explain(lost, out var wait).Code);
        Assert.NotNull(wait);
        var both = new AggregateException(lost, new JasperFx.ConcurrencyException(typeof(WatchMark), "watch"));
        Assert.Equal("conflict.retry", Problems.Explain(both, out _).Code);
        Assert.Equal("internal", Problems.Explain(new AggregateException(lost, new InvalidOperationException()), out _).Code);
    }

    [Fact]
    public async Task a_connection_that_is_cut_under_a_command_may_be_tried_later()
    {
        await using var host = await LedgerHost.Start(databases);
        await using var session = Session(host);
        var cut = await Assert.ThrowsAnyAsync<Exception>(() => session.AdvancedSql.QueryAsync<bool>("select pg_terminate_backend(pg_backend_pid())", CancellationToken.None));
        Assert.True(DatabaseErrors.IsTransient(cut), cut.ToString());
        Assert.False(DatabaseErrors.IsConflict(cut));
        Assert.Equal("log.busy", Problems.Explain(cut, out _).Code);
        Assert.True(DatabaseErrors.IsTransient(new AggregateException(cut, new NpgsqlException("The connection ended.", new IOException()))));
    }

    [Fact]
    public async Task a_connection_that_is_cut_under_a_transaction_may_be_tried_later()
    {
        await using var host = await LedgerHost.Start(databases);
        for (var i = 0; i < 5; i++)
        {
            await using var session = Session(host);
            session.Events.StartStream<Agent>(Agent.StreamOf($"cut{i}"), new AgentAdded($"cut{i}", $"cut{i}", IdleRule.Shares, host.Clock.GetUtcNow(), null));
            session.QueueSqlCommand("select pg_terminate_backend(pg_backend_pid())");
            var cut = await Assert.ThrowsAnyAsync<Exception>(() => session.SaveChangesAsync());
            Assert.True(DatabaseErrors.IsTransient(cut), cut.ToString());
            Assert.Equal("log.busy", Problems.Explain(cut, out _).Code);
        }
        Assert.False(DatabaseErrors.IsTransient(new InvalidOperationException("Something of ours.")));
        Assert.False(DatabaseErrors.IsTransient(new ObjectDisposedException("Something of ours.")));
    }

    private static IDocumentSession Session(LedgerHost host) => host.Services.GetRequiredService<IDocumentStore>().LightweightSession();
}
