using System.Collections.Concurrent;
using System.Diagnostics;
using Ledger.Postgres.Embedded;
using Ledger.Testing;
using Npgsql;
using Xunit;
using static Ledger.EngineCompliance.Given;

namespace Ledger.Postgres.Tests;

public sealed class CrashTests
{
    private static readonly CancellationToken ct = CancellationToken.None;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_connection_cut_right_after_the_commit_was_sent_is_resolved_without_a_duplicate(bool withKey)
    {
        const int cuts = 12;
        await using var database = await TestDatabase.Create();
        var direct = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        await using var proxy = new TcpProxy(direct.Host!, direct.Port);
        await using var proxied = LedgerDatabase.Connect(
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port }.ConnectionString);
        await using var log = await PostgresEventLog.Open(proxied, null, ct);
        // Every other commit is slow on the server: whoever looks for its outcome without waiting for it sees nothing yet.
        await database.Execute("""
            create function slow() returns trigger language plpgsql as $$
            begin
                if (select count(*) from fresh where data ? 'slow') > 0 then perform pg_sleep(0.4); end if;
                return null;
            end $$;
            create trigger slow after insert on mt_events referencing new table as fresh for each statement execute function slow()
            """);
        await log.Append(One("a", "first"), ct);
        for (var i = 0; i < cuts; i++)
        {
            var armed = 1;
            proxy.CutAfter = bytes => TcpProxy.Holds(bytes, "cut-me") && Interlocked.Exchange(ref armed, 0) == 1;
            var data = i % 2 == 0 ? """{"x":"cut-me"}""" : """{"x":"cut-me","slow":true}""";
            // A new stream is read first, a known one goes by memory: both ways to commit are cut.
            var stream = i % 4 < 2 ? "a" : $"new-{i}";
            var request = Append(Stream(stream, -1, Event($"cut-{i}", data))) with
            {
                Idempotency = withKey ? Key($"k{i}") : null,
                Messages = [Message($"m{i}")],
            };
            Assert.Equal(new AppendResult.Written(i + 2, i + 2), await log.Append(request, ct));
            Assert.Equal(i + 1, proxy.Cuts);
        }
        Assert.Equal(cuts + 1, (await log.Head(ct)).Position);
        Assert.Equal(cuts, await database.Scalar<long>("select count(*) from ledger_outbox"));
        Assert.Equal(withKey ? cuts : 0, await database.Scalar<long>("select count(*) from ledger_idem"));
        Assert.Null((await LogVerifier.Verify(database.Database, null, ct)).Fault);
    }

    [Fact]
    public async Task an_outcome_that_cannot_be_found_out_is_said_to_be_unknown_and_asking_again_tells()
    {
        await using var database = await TestDatabase.Create();
        var direct = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        await using var proxy = new TcpProxy(direct.Host!, direct.Port);
        await using var proxied = LedgerDatabase.Connect(
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port }.ConnectionString);
        await using var log = await PostgresEventLog.Open(proxied, new PostgresLogOptions { ResolvePatience = TimeSpan.FromSeconds(1) }, ct);
        proxy.CutAfter = bytes =>
        {
            if (!TcpProxy.Holds(bytes, "cut-me"))
                return false;
            proxy.Closed = true;
            return true;
        };
        var request = Append(Stream("a", 0, Event("1", """{"x":"cut-me"}"""))) with { Idempotency = Key("k") };
        await Assert.ThrowsAsync<AppendOutcomeUnknownException>(() => log.Append(request, ct));
        proxy.CutAfter = null;
        proxy.Closed = false;
        Assert.Equal(new AppendResult.AlreadyThere(1, null), await log.Append(request, ct));
    }

    [Fact]
    public async Task a_connection_that_goes_silent_during_the_commit_is_given_up_and_resolved()
    {
        await using var database = await TestDatabase.Create();
        var direct = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        await using var proxy = new TcpProxy(direct.Host!, direct.Port);
        await using var proxied = LedgerDatabase.Connect(
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port, CancellationTimeout = 500 }.ConnectionString);
        await using var log = await PostgresEventLog.Open(proxied, new PostgresLogOptions { StatementTimeout = TimeSpan.FromMilliseconds(500) }, ct);
        await log.Append(One("a", "first"), ct);
        var armed = 1;
        proxy.CutAfter = bytes =>
        {
            if (TcpProxy.Holds(bytes, "cut-me") && Interlocked.Exchange(ref armed, 0) == 1)
            {
                // These bytes still arrive; no answer does, and nothing is closed.
                proxy.Silent = true;
                _ = Task.Delay(1200, ct).ContinueWith(_ => proxy.Silent = false, TaskScheduler.Default);
            }
            return false;
        };
        var request = Append(Stream("a", 1, Event("1", """{"x":"cut-me"}""")));
        Assert.Equal(new AppendResult.Written(2, 2), await log.Append(request, ct).WaitAsync(TimeSpan.FromSeconds(30), ct));
        Assert.Equal(2, (await log.Head(ct)).Position);
    }

    [Fact]
    public async Task a_database_that_is_away_before_the_commit_was_sent_is_busy_and_nothing_is_written()
    {
        await using var database = await TestDatabase.Create();
        var direct = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        await using var proxy = new TcpProxy(direct.Host!, direct.Port);
        await using var proxied = LedgerDatabase.Connect(
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port }.ConnectionString);
        await using var log = await PostgresEventLog.Open(proxied, new PostgresLogOptions { RetryPause = TimeSpan.FromMilliseconds(5) }, ct);
        proxy.Closed = true;
        proxy.CutAll();
        await Assert.ThrowsAsync<LogBusyException>(() => log.Append(One("a", "1"), ct));
        proxy.Closed = false;
        Assert.Equal(new AppendResult.Written(1, 1), await log.Append(One("a", "1"), ct));
    }

    [Fact]
    public async Task connections_cut_at_any_moment_lose_and_double_nothing()
    {
        await using var database = await TestDatabase.Create();
        var direct = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        await using var proxy = new TcpProxy(direct.Host!, direct.Port);
        await using var proxied = LedgerDatabase.Connect(
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port }.ConnectionString);
        await using var log = await PostgresEventLog.Open(proxied, new PostgresLogOptions { RetryPause = TimeSpan.FromMilliseconds(5) }, ct);
        await Load(log, database.Database, TimeSpan.FromSeconds(4), async random =>
        {
            await Task.Delay(random.Next(20, 120), ct);
            proxy.CutAll();
        });
    }

    [Fact]
    public async Task a_server_killed_again_and_again_under_load_loses_nothing_that_was_acknowledged_and_nothing_that_was_seen()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"ledger-kill-{Environment.ProcessId}");
        var options = new PostgresClusterOptions { DataFolder = folder };
        var cluster = await PostgresCluster.Start(options, null, ct);
        try
        {
            await using var database = LedgerDatabase.Connect(cluster.ConnectionString);
            await Migrations.Run(database, [], ct);
            await using var log = await PostgresEventLog.Open(database, new PostgresLogOptions { ResolvePatience = TimeSpan.FromSeconds(60) }, ct);
            var kills = 0;
            await Load(log, database, TimeSpan.FromSeconds(8), async random =>
            {
                await Task.Delay(random.Next(200, 700), ct);
                using (var server = Process.GetProcessById(cluster.ServerPid))
                    server.Kill();
                await cluster.DisposeAsync();
                cluster = await PostgresCluster.Start(options, null, ct);
                kills++;
            });
            Assert.True(kills >= 2, $"{kills} kills");
        }
        finally
        {
            await cluster.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Writers that ask again with the same ids, a follower that remembers all it saw, and somebody who breaks things.</summary>
    private static async Task Load(PostgresEventLog log, LedgerDatabase database, TimeSpan length, Func<Random, Task> harm)
    {
        var acknowledged = new ConcurrentDictionary<Guid, long>();
        var written = 0;
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 6).Select(w => Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var request = w % 2 == 0 ? One($"w{w}", $"{w}-{i}", expected: i) with { Idempotency = Key($"{w}-{i}") } : One($"w{w}", $"{w}-{i}", expected: i);
                while (true)
                {
                    try
                    {
                        var position = await log.Append(request, CancellationToken.None) switch
                        {
                            AppendResult.Written once => once.Last,
                            AppendResult.AlreadyThere before => before.Last,
                            var other => throw new InvalidOperationException($"Writer {w} got {other} for its event {i}."),
                        };
                        acknowledged[request.Streams[0].Events[0].Id] = position;
                        Interlocked.Increment(ref written);
                        break;
                    }
                    catch (Exception e) when (e is LogBusyException or AppendOutcomeUnknownException)
                    {
                        await Task.Delay(20, CancellationToken.None);
                    }
                }
            }
        }, ct)).ToArray();
        var seen = new List<(long Position, Guid Id)>();
        var following = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    foreach (var e in await log.ReadAll(seen.Count, 500, CancellationToken.None))
                    {
                        Assert.Equal(seen.Count + 1, e.Position);
                        seen.Add((e.Position, e.Id));
                    }
                }
                catch (NpgsqlException)
                {
                    await Task.Delay(20, CancellationToken.None);
                }
            }
        }, ct);

        var random = new Random(11);
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < length && !writers.Any(w => w.IsFaulted))
            await harm(random);
        await stop.CancelAsync();
        await Task.WhenAll(writers);
        await following;

        var all = new List<Recorded>();
        while (true)
        {
            try
            {
                var page = await log.ReadAll(all.Count, 5000, ct);
                if (page.Count == 0)
                    break;
                all.AddRange(page);
            }
            catch (NpgsqlException)
            {
                await Task.Delay(20, ct);
            }
        }
        Assert.True(written > 20, $"only {written} written");
        Assert.Equal(Enumerable.Range(1, all.Count).Select(i => (long)i), all.Select(e => e.Position));
        Assert.Equal(all.Count, all.Select(e => e.Id).Distinct().Count());
        Assert.All(acknowledged, a => Assert.Equal(a.Key, all[(int)a.Value - 1].Id));
        Assert.Equal(seen, all.Take(seen.Count).Select(e => (e.Position, e.Id)));
        // Every writer went on until its last was answered, so there is nothing in the log that nobody was told of.
        Assert.Equal(acknowledged.Count, all.Count);
        Assert.Null((await LogVerifier.Verify(database, null, ct)).Fault);
    }
}
