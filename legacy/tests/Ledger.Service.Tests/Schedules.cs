using System.Collections.Concurrent;
using Ledger.Postgres;
using Ledger.Service.Scheduling;
using Ledger.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ledger.Service.Tests;

/// <summary>The schedule by itself: nodes on one database, with jobs that only note that they were done.</summary>
public sealed class Schedules
{
    [Fact]
    public async Task nodes_that_start_at_once_make_the_tables_once()
    {
        await using var database = await TestDatabase.Create();
        var nodes = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => Nodes.Start(database, new()))));
        Assert.Equal(1, await database.Scalar<long>("select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'quartz' and c.relname = 'qrtz_triggers'"));
        Assert.Equal(0, await database.Scalar<long>("select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relname like 'qrtz%'"));
        Assert.Equal(1, await database.Scalar<long>("select count(*) from quartz.qrtz_triggers where trigger_group = 'routine'"));
        Assert.Equal(6, await database.Scalar<long>("select count(*) from quartz.qrtz_scheduler_state"));
        foreach (var node in nodes) await node.DisposeAsync();
        Assert.Equal(0, await database.Scalar<long>("select count(*) from quartz.qrtz_scheduler_state"));
    }

    [Fact]
    public async Task tables_of_another_version_are_refused_in_words_and_left_alone()
    {
        await using var database = await TestDatabase.Create();
        await (await Nodes.Start(database, new())).DisposeAsync();
        await database.Execute("alter table quartz.qrtz_triggers drop column fixed_delay");
        var refused = await Assert.ThrowsAsync<SchemaMismatchException>(() => Nodes.Start(database, new()));
        Assert.Contains("drop schema quartz", refused.Message, StringComparison.Ordinal);
        await database.Execute("drop schema quartz cascade");
        await (await Nodes.Start(database, new())).DisposeAsync();
    }

    [Fact]
    public async Task nodes_share_what_is_due_and_do_nothing_twice()
    {
        await using var database = await TestDatabase.Create();
        var clock = new TestClock();
        await using var one = await Nodes.Start(database, clock, start: false);
        await using var two = await Nodes.Start(database, clock, start: false);
        one.Done.Takes = two.Done.Takes = TimeSpan.FromMilliseconds(300);
        for (var i = 0; i < 40; i++) await one.Schedule.At("appointment", $"a{i}", clock.GetUtcNow(), default);
        await Task.WhenAll(one.Schedule.Start(default), two.Schedule.Start(default));
        await TestHost.Until(() => Task.FromResult(one.Done.Count + two.Done.Count >= 40), "40 appointments kept");
        await Task.Delay(1_000);
        Assert.Equal(40, one.Done.Of.Concat(two.Done.Of).Distinct().Count());
        Assert.Equal(40, one.Done.Count + two.Done.Count);
        Assert.True(one.Done.Count > 0 && two.Done.Count > 0, $"{one.Done.Count} and {two.Done.Count}");
        Assert.Equal(0, await database.Scalar<long>("select count(*) from quartz.qrtz_triggers where trigger_group = 'appointment'"));
    }

    [Fact]
    public async Task what_was_missed_while_no_node_ran_is_done_once()
    {
        await using var database = await TestDatabase.Create();
        var clock = new TestClock();
        await using (var before = await Nodes.Start(database, clock))
            await before.Schedule.At("appointment", "a", clock.GetUtcNow().AddMinutes(10), default);
        clock.Advance(TimeSpan.FromHours(3));
        await using var after = await Nodes.Start(database, clock);
        await TestHost.Until(() => Task.FromResult(after.Done.Count >= 1 && after.Done.Rounds >= 1), "both done");
        await Task.Delay(3_000);
        // 180 rounds were missed, and an appointment with its 170 further tries.
        Assert.Equal((1, 1), (after.Done.Rounds, after.Done.Count));
    }

    [Fact]
    public async Task a_short_stop_leaves_no_backlog_either()
    {
        await using var database = await TestDatabase.Create();
        var clock = new TestClock();
        await (await Nodes.Start(database, clock, every: TimeSpan.FromSeconds(1))).DisposeAsync();
        clock.Advance(TimeSpan.FromSeconds(50));
        await using var after = await Nodes.Start(database, clock, every: TimeSpan.FromSeconds(1));
        await Task.Delay(3_500);
        Assert.InRange(after.Done.Rounds, 1, 5);
    }

    [Fact]
    public async Task a_restart_neither_loses_an_appointment_nor_begins_an_interval_anew()
    {
        await using var database = await TestDatabase.Create();
        var clock = new TestClock();
        await using (var before = await Nodes.Start(database, clock))
            await before.Schedule.At("appointment", "a", clock.GetUtcNow().AddSeconds(70), default);
        for (var i = 0; i < 3; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(19));
            await using var between = await Nodes.Start(database, clock);
            Assert.Equal((0, 0), (between.Done.Rounds, between.Done.Count));
        }
        clock.Advance(TimeSpan.FromSeconds(13));
        await using var after = await Nodes.Start(database, clock);
        await TestHost.Until(() => Task.FromResult((after.Done.Rounds, after.Done.Count) == (1, 1)), "both done");
    }

    [Fact]
    public async Task a_job_that_fails_is_logged_without_its_words_and_tried_again()
    {
        await using var database = await TestDatabase.Create();
        var clock = new TestClock();
        await using var node = await Nodes.Start(database, clock);
        node.Done.Fails = true;
        await node.Schedule.At("appointment", "a", clock.GetUtcNow(), default);
        await TestHost.Until(() => Task.FromResult(node.Done.Count == 1), "the first try");
        await TestHost.Until(() => Task.FromResult(node.Logged.Any(l => l.Contains("appointment of a failed with InvalidOperationException", StringComparison.Ordinal))), "a line in the log");
        Assert.DoesNotContain(node.Logged, l => l.Contains(Done.Secret, StringComparison.Ordinal));
        node.Done.Fails = false;
        clock.Advance(TimeSpan.FromSeconds(62));
        await TestHost.Until(() => Task.FromResult(node.Done.Count == 2 && node.Done.Rounds == 1), "the second try, and the routine's round");
        await TestHost.Until(async () => await database.Scalar<long>("select count(*) from quartz.qrtz_triggers where trigger_group = 'appointment'") == 0, "the end of it");
    }

    [Fact]
    public async Task an_appointment_is_kept_when_its_job_said()
    {
        await using var database = await TestDatabase.Create();
        var clock = new TestClock();
        await using var node = await Nodes.Start(database, clock);
        node.Done.Next = () => clock.GetUtcNow().AddDays(7);
        await node.Schedule.At("appointment", "week", clock.GetUtcNow().AddHours(1), default);
        await node.Schedule.At("appointment", "gone", clock.GetUtcNow().AddHours(1), default);
        await node.Schedule.Remove("appointment", "gone", default);
        for (var week = 1; week <= 3; week++)
        {
            clock.Advance(week == 1 ? TimeSpan.FromHours(1) : TimeSpan.FromDays(7));
            await TestHost.Until(() => Task.FromResult(node.Done.Count == week), $"week {week}");
            await TestHost.Until(async () => await database.Scalar<long>("select count(*) from quartz.qrtz_fired_triggers where trigger_group = 'appointment'") == 0, "the end of its turn");
        }
        await Task.Delay(2_500);
        Assert.Equal(["week", "week", "week"], node.Done.Of);
    }

    [Fact]
    public async Task a_node_that_stops_in_the_middle_hands_over_at_once()
    {
        await using var database = await TestDatabase.Create();
        var clock = new TestClock();
        var one = await Nodes.Start(database, clock);
        one.Done.Takes = TimeSpan.FromMinutes(5);
        await one.Schedule.At("appointment", "a", clock.GetUtcNow(), default);
        await TestHost.Until(() => Task.FromResult(one.Done.Begun == 1), "the beginning");
        await using var two = await Nodes.Start(database, clock);
        var began = TimeProvider.System.GetTimestamp();
        await one.DisposeAsync();
        await TestHost.Until(() => Task.FromResult(two.Done.Count == 1), "the other node's turn");
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(8));
        Assert.Equal(0, one.Done.Count);
    }

    [Fact]
    public async Task a_routine_that_was_given_up_begins_again_with_a_start_and_a_new_interval_counts_from_it()
    {
        await using var database = await TestDatabase.Create();
        var clock = new TestClock();
        await (await Nodes.Start(database, clock)).DisposeAsync();
        await database.Execute("update quartz.qrtz_triggers set trigger_state = 'ERROR'");
        await using (var again = await Nodes.Start(database, clock))
            Assert.Equal("WAITING", await database.Scalar<string>("select trigger_state from quartz.qrtz_triggers"));
        await using var changed = await Nodes.Start(database, clock, every: TimeSpan.FromSeconds(1));
        await TestHost.Until(() => Task.FromResult(changed.Done.Rounds > 0), "a round");
    }

    [Fact]
    public async Task a_job_of_another_version_is_left_to_those_who_know_it()
    {
        await using var database = await TestDatabase.Create();
        var clock = new TestClock();
        await using var node = await Nodes.Start(database, clock);
        await node.Schedule.At("from-the-future", "a", clock.GetUtcNow(), default);
        await TestHost.Until(() => Task.FromResult(node.Logged.Any(l => l.Contains("from-the-future", StringComparison.Ordinal))), "a line in the log");
        Assert.Equal(1, await database.Scalar<long>("select count(*) from quartz.qrtz_triggers where trigger_group = 'from-the-future'"));
    }

    private sealed class Nodes(ServiceProvider services, LedgerDatabase database, Done done, ConcurrentQueue<string> logged) : IAsyncDisposable
    {
        public Schedule Schedule => services.GetRequiredService<Schedule>();
        public Done Done => done;
        public ConcurrentQueue<string> Logged => logged;

        public static async Task<Nodes> Start(TestDatabase at, TestClock clock, TimeSpan? every = null, bool start = true)
        {
            var (done, logged) = (new Done(clock), new ConcurrentQueue<string>());
            var database = LedgerDatabase.Connect(at.ConnectionString);
            var services = new ServiceCollection()
                .AddLogging(l => l.AddProvider(new Kept(logged)).SetMinimumLevel(Microsoft.Extensions.Logging.LogLevel.Warning))
                .AddSingleton<TimeProvider>(clock).AddSingleton(database).AddSchedule()
                .AddKeyedSingleton<IRoutine>("routine", done).AddSingleton(new Routine("routine", every ?? TimeSpan.FromMinutes(1)))
                .AddKeyedSingleton<IAppointment>("appointment", done).BuildServiceProvider();
            var node = new Nodes(services, database, done, logged);
            try
            {
                await node.Schedule.Open(default);
                if (start) await node.Schedule.Start(default);
                return node;
            }
            catch
            {
                await node.DisposeAsync();
                throw;
            }
        }

        public async ValueTask DisposeAsync()
        {
            // As the host does: the schedule stops while what it is made of is still there.
            await Schedule.DisposeAsync();
            await services.DisposeAsync();
            await database.DisposeAsync();
        }
    }

    private sealed class Done(TimeProvider clock) : IRoutine, IAppointment
    {
        public const string Secret = "xai-token-0123456789";
        private readonly ConcurrentQueue<string> kept = [];
        private int rounds;
        private int begun;

        public int Rounds => Volatile.Read(ref rounds);
        public int Begun => Volatile.Read(ref begun);
        public int Count => kept.Count;
        public IEnumerable<string> Of => kept;
        public TimeSpan Takes { get; set; }
        public bool Fails { get; set; }
        public Func<DateTimeOffset?> Next { get; set; } = () => null;

        public Task Run(CancellationToken ct)
        {
            Interlocked.Increment(ref rounds);
            return Task.CompletedTask;
        }

        public async Task<DateTimeOffset?> Keep(string of, CancellationToken ct)
        {
            Interlocked.Increment(ref begun);
            await Task.Delay(Takes, clock, ct);
            kept.Enqueue(of);
            return Fails ? throw new InvalidOperationException($"The provider does not take {Secret}.") : Next();
        }
    }

    private sealed class Kept(ConcurrentQueue<string> lines) : Microsoft.Extensions.Logging.ILoggerProvider, Microsoft.Extensions.Logging.ILogger
    {
        public Microsoft.Extensions.Logging.ILogger CreateLogger(string categoryName) => this;
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;
        public void Log<TState>(Microsoft.Extensions.Logging.LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{formatter(state, exception)} {exception}");
        public void Dispose() { }
    }
}
