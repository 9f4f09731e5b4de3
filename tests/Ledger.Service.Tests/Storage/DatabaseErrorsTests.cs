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
    public async Task what_the_database_can_not_take_now_is_busy_and_a_full_disk_is_said()
    {
        await using var host = await LedgerHost.Start(databases);
        // No room, no memory, no connection left, a standby, a server that starts or can't read.
        foreach (var (state, isOfWrites) in new[] { ("53000", false), ("53100", true), ("53200", true), ("53300", false), ("53400", false), ("25006", true), ("57P03", false), ("58030", false) })
        {
            await Execute(host, $"create or replace function refuses() returns trigger language plpgsql as $$ begin raise exception 'not now' using errcode = '{state}'; end $$");
            await Execute(host, "create trigger refuses before insert on mt_events for each statement execute function refuses()");
            var name = $"of-{state.ToLowerInvariant()}";
            var reply = (await host.Post("agents", new { name })).Refused("log.busy");
            Assert.Equal(503, reply.Status);
            Assert.NotNull(reply.Headers.RetryAfter);
            Assert.Equal(0, await host.Scalar<long>($"select count(*) from mt_doc_agent where id like '%{name}'"));
            foreach (var path in new[] { "status", "/health/ready", "doctor" }) Assert.Equal((path, isOfWrites), (path, (await host.Get(path)).Text.Contains($"not now (SQLSTATE {state})", StringComparison.Ordinal)));

            await Execute(host, "drop trigger refuses on mt_events");
            (await host.Post("agents", new { name })).Ok();
            Assert.DoesNotContain("SQLSTATE", (await host.Get("status")).Text, StringComparison.Ordinal);
        }
    }

    private static async Task Execute(LedgerHost host, string sql)
    {
        await using var command = host.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
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
