using JasperFx.Events;
using JasperFx.Events.Projections;
using Ledger.Agents;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Money;
using Ledger.Service.Alerts;
using Ledger.Service.Channels;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Ledger.Service.Tests.Mail;
using Ledger.Service.Tests.Support;
using Marten;
using Marten.Events.Daemon.Coordination;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Wolverine;
using Wolverine.Runtime;

namespace Ledger.Service.Tests.Alerts;

/// <summary>An alert is written once, whatever stops, is lost or does the same at the same time.</summary>
public sealed class OnceTests(TestDatabases databases)
{
    [Fact]
    public async Task restarts_and_lost_marks_tell_nothing_again()
    {
        await using var scene = await AlertScene.Begin(databases);
        await scene.SetBudget("all", "10.00");
        await scene.Spend("ba", "5.00");
        Assert.Equal(["all 50%"], await scene.Crossed());
        await using (var session = scene.Session())
        {
            session.Delete<WatchMark>(WatchMark.Only);
            await session.SaveChangesAsync();
        }
        await scene.Restart();
        await scene.Tick();
        await scene.Spend("ba", "5.01");
        Assert.Single(await scene.Raised());
        Assert.Equal(1, await scene.Mails());
    }

    [Fact]
    public async Task looks_at_the_same_moment_tell_once()
    {
        await using var scene = await AlertScene.Begin(databases, change: o => o with { IsSolo = false });
        await scene.SetBudget("all", "10.00");
        await using var two = await scene.Host.Another(o => o with { IsSolo = false, People = scene.Host.Options.People });
        var position = await scene.Read(("ba", "8.50", scene.Hour));
        var looks = from host in new[] { scene.Host, two } from i in Enumerable.Range(0, 3) select host.Services.GetRequiredService<IMessageBus>().InvokeAsync(new WatchSpend(0, position));
        await Task.WhenAll(looks);
        Assert.Equal(["all 80%", "all 50% (told)"], await scene.Crossed());
        Assert.Equal(1, await scene.Mails());
    }

    [Fact]
    public async Task two_that_count_notifications_at_the_same_moment_both_count()
    {
        await using var scene = await AlertScene.Begin(databases);
        var audience = new Audience("trentuna", "UTC", ["ludo@example.org"], new Dictionary<string, Budget>());
        var channels = new ChannelOptions { MailFolder = scene.Host.Options.Home };
        // Before there is a count, and once there is one.
        for (var told = 0; told < 4; told += 2)
        {
            await using IDocumentSession one = scene.Session(), other = scene.Session();
            foreach (var session in new[] { one, other }) Assert.Single(await session.Notify(new([Samples.Stale], []), audience, channels, scene.Now, default));
            await one.SaveChangesAsync();
            Assert.True(DatabaseErrors.IsConflict(await Assert.ThrowsAnyAsync<Exception>(() => other.SaveChangesAsync())));
            await using var again = scene.Session();
            await again.Notify(new([Samples.Stale], []), audience, channels, scene.Now, default);
            await again.SaveChangesAsync();
            Assert.Equal(told + 2, (await again.LoadAsync<NotificationLimit>(NotificationLimit.IdOf("email", "ludo@example.org")))!.Sent.Count);
        }
    }

    [Fact]
    public async Task what_came_while_nobody_watched_is_looked_at_afterwards()
    {
        await using var scene = await AlertScene.Begin(databases);
        await scene.SetBudget("all", "10.00");
        await scene.Spend("ba", "1.00");
        var position = await scene.WhileStopped(() => scene.Read(("ba", "5.00", scene.Hour)));
        await scene.Looked(position);
        Assert.Equal(["all 50%"], await scene.Crossed());
        Assert.Equal(1, await scene.Mails());
    }

    [Fact]
    public async Task what_was_recorded_waits_until_messages_can_be_published()
    {
        using var host = new Starting();
        var watch = new WatchSubscription(host, TimeProvider.System);
        await using var scene = await AlertScene.Begin(databases);
        await using var session = scene.Session();
        var bus = new MessageContext(scene.Host.Services.GetRequiredService<IWolverineRuntime>());
        var daemon = scene.Host.Services.GetRequiredService<IProjectionCoordinator>().DaemonForMainDatabase();
        await LedgerHost.Until(() => Task.FromResult(daemon.CurrentAgents().Any(a => a.Name.Name == WatchSubscription.Name)), "the watch to run");
        var page = new EventRange(daemon.CurrentAgents().Single(a => a.Name.Name == WatchSubscription.Name), 0, 1) { Events = [new Event<AgentEdited>(new("ba", null, IdleRule.Yields, scene.Now, null))] };
        var processed = watch.ProcessEventsAsync(page, null!, session, bus, default);
        await Task.Delay(50);
        Assert.False(processed.IsCompleted);
        host.Started.Cancel();
        await processed;
    }

    /// <summary>A host that has not started yet.</summary>
    private sealed class Starting : IHostApplicationLifetime, IDisposable
    {
        public CancellationTokenSource Started { get; } = new();

        public CancellationToken ApplicationStarted => Started.Token;

        public CancellationToken ApplicationStopping => default;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication()
        {
        }

        public void Dispose() => Started.Dispose();
    }

    [Fact]
    public async Task views_that_stand_still_are_not_judged_by_and_it_is_said()
    {
        await using var scene = await AlertScene.Begin(databases);
        await scene.SetBudget("all", "10.00");
        await scene.Spend("ba", "1.00");
        long position;
        await using (var connection = new NpgsqlConnection(scene.Host.Options.Database))
        {
            await connection.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using var held = new NpgsqlCommand($"select * from {SpendTables.Live}.mark for update", connection);
            await held.ExecuteNonQueryAsync();
            position = await scene.Read(("ba", "9.00", scene.Hour));
            await LedgerHost.Until(async () => (await scene.Mark()).Trouble is not null, "trouble is said");
            await scene.Tick();
            Assert.Empty(await scene.Raised());
            await using var session = scene.Session();
            Assert.Contains("behind the log", (await WatchState.Of(session, default)).Trouble, StringComparison.Ordinal);
        }
        await scene.Looked(position);
        Assert.Equal(["all 80%", "all 50% (told)"], await scene.Crossed());
        Assert.Null((await scene.Mark()).Trouble);
    }

    [Fact]
    public async Task good_news_that_another_look_has_written_is_not_written_or_told_again()
    {
        await using var scene = await AlertScene.Begin(databases);
        await scene.Spend("ba", "0.01");
        await using var context = await WatchContext.Open(scene.Host.Services.GetRequiredService<SpendViews>(), scene.Host.Services.GetRequiredService<IDocumentStore>(), TimeSpan.FromMinutes(5), scene.Now, default);
        var stale = new SourceStale(Alert.IdOf("stale:1"), "stale:1", Severity.Warning, AlertScene.Account, "prod", scene.Now.AddHours(-3), "silent", scene.Now);
        // Each look found it before the other had written it.
        foreach (ILedgerEvent found in new ILedgerEvent[] { stale, new SourceRecovered(stale.Alert, AlertScene.Account, "prod", scene.Now), new SourceRecovered(stale.Alert, AlertScene.Account, "prod", scene.Now.AddSeconds(1)) })
            await scene.Host.Services.GetRequiredService<RaiseAlert>().Write([[new Finding(found)]], context, m => m, default);
        Assert.Equal([nameof(SourceStale), nameof(SourceRecovered)], (await scene.Raised()).Select(e => e.GetType().Name));
        await scene.GoodNews(passes: false);
        Assert.Equal(2, await scene.Mails());
    }

    [Fact]
    public async Task one_that_cannot_be_told_of_holds_up_no_other_and_is_said()
    {
        await using var scene = await AlertScene.Begin(databases);
        await scene.Spend("ba", "0.01");
        await using var context = await WatchContext.Open(scene.Host.Services.GetRequiredService<SpendViews>(), scene.Host.Services.GetRequiredService<IDocumentStore>(), TimeSpan.FromMinutes(5), scene.Now, default);
        IReadOnlyList<IReadOnlyList<Finding>> found = [.. Enumerable.Range(0, 5).Select(i => (IReadOnlyList<Finding>)[Shared(scene, i, i == 3 ? null : $"k-{i}")])];
        await scene.Host.Services.GetRequiredService<RaiseAlert>().Write(found, context, m => m with { Position = 1_000 }, default);
        Assert.Equal(["k-0", "k-1", "k-2", "k-4"], (await scene.Raised()).OfType<KeyShared>().Select(e => e.Shared.Key));
        var mark = await scene.Mark();
        Assert.NotEqual(1_000, mark.Position);
        Assert.StartsWith("1 findings can't be written", mark.Trouble, StringComparison.Ordinal);
    }

    private static Finding Shared(AlertScene scene, int number, string? key) =>
        new(new KeyShared(Alert.IdOf($"shared:{number}"), $"shared:{number}", Severity.Info, AlertScene.Account, key is null ? null! : new(key, null, ["ba", "vigilio"], Usd.Parse("1.00")), scene.Now));
}
