using Ledger.Accounts;
using Ledger.Demo.Simulator;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Service.Polling;
using Ledger.Service.Settings;
using Ledger.Service.Spend;
using Ledger.Service.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;

namespace Ledger.Service.Tests.Polling;

/// <summary>What tests of polls ask of a host.</summary>
internal static class PollingScene
{
    /// <summary>A host with a team whose one key has spent $2 since 10:01.</summary>
    public static async Task<LedgerHost> Connected(TestDatabases databases, Func<LedgerOptions, LedgerOptions>? change = null, ManagementKey? key = null)
    {
        var host = await LedgerHost.Start(databases, change);
        var spending = host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-39));
        host.Team.Spend("ba", spending.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("2.00"), host.Clock.GetUtcNow().AddMinutes(-4));
        await host.Connect(key: key);
        return host;
    }

    public static void Spends(this LedgerHost host, string amount, DateTimeOffset? at = null) =>
        host.Team.Spend("ba", host.Team.Keys[0].Id, Prices.Reasoning, Prices.Prompt, Usd.Parse(amount), at);

    public static async Task<Account> Account(this LedgerHost host)
    {
        await using var session = host.Services.GetRequiredService<IDocumentStore>().QuerySession();
        return await session.Query<Account>().FirstAsync();
    }

    public static async Task<Source> Source(this LedgerHost host)
    {
        await using var session = host.Services.GetRequiredService<IDocumentStore>().QuerySession();
        return await session.Query<Source>().FirstAsync();
    }

    /// <summary>Events of accounts and keys; alerts that follow from them are not counted.</summary>
    public static Task<long> Facts(this LedgerHost host) => host.Scalar<long>("select count(*) from mt_events where stream_id like 'account-%' or stream_id like 'key-%'");

    public static async Task<string?> State(this LedgerHost host) => (string?)(await host.Get("accounts")).Ok()["accounts"]![0]!["state"];

    public static async Task Publish(this LedgerHost host, object message)
    {
        await using var scope = host.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<IMessageBus>().PublishAsync(message);
    }

    /// <summary>What the views hold, once they hold all that is in the log.</summary>
    public static async Task<Usd> Billed(this LedgerHost host, DateTimeOffset? since = null, DateTimeOffset? until = null)
    {
        var views = host.Services.GetRequiredService<SpendViews>();
        Assert.True(await views.WaitFor(await host.Head(), TimeSpan.FromSeconds(20), CancellationToken.None));
        await using var view = await views.Open(CancellationToken.None);
        var now = host.Clock.GetUtcNow();
        return (await view.Report(new() { Since = since ?? now.AddDays(-60), Until = until ?? now.AddHours(1), By = [], PreliminaryFrom = now }, CancellationToken.None)).Total;
    }

    /// <summary>A mission that begins now, and the message that its bookmark sends, as the endpoint does both.</summary>
    public static async Task<DateTimeOffset> Bookmarks(this LedgerHost host, string id, bool ask = true)
    {
        await using var session = host.Services.GetRequiredService<IDocumentStore>().LightweightSession();
        var at = host.Clock.GetUtcNow().ToMicroseconds();
        session.Events.StartStream<Mission>(Mission.StreamOf(id), new MissionStarted(id, id, null, ["ba"], 1, at, at, "test"));
        await session.SaveChangesAsync();
        if (ask) await host.Publish(new PollAccount((await host.Account()).Id, PollReason.Bookmark, at, at));
        return at;
    }

    /// <summary>The readings that the last snapshots told of, as they count.</summary>
    public static async Task<IReadOnlyList<UsageSnapshotTaken>> Snapshots(this LedgerHost host)
    {
        await using var session = host.Services.GetRequiredService<IDocumentStore>().QuerySession();
        return [.. (await session.Events.FetchStreamAsync((await host.Account()).Stream)).Select(e => e.Data).OfType<UsageSnapshotTaken>()];
    }
}
