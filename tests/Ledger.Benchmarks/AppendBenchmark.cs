using Ledger.Accounts;
using Ledger.Money;
using Ledger.Service.Polling;
using Ledger.Service.Storage;
using Ledger.Service.Tests.Support;
using JasperFx.Events;
using Marten;

namespace Ledger.Benchmarks;

/// <summary>
/// A reading becomes one append with the documents beside it. The limit is Marten alone: the same events and documents in a store without
/// projections, on the same server. Said beside it: what the product needs before it appends, to compare the reading with what the books hold.
/// </summary>
internal static class AppendBenchmark
{
    private const string account = "xai-append";
    private const int warmUp = 20;
    private const int rounds = 150;
    private static readonly DateTimeOffset day = new(2026, 11, 16, 0, 0, 0, TimeSpan.Zero);

    public static async Task Run(TestDatabases databases)
    {
        foreach (var lines in (int[])[10, 100, 2_000]) await Run(databases, lines);
    }

    private static async Task Run(TestDatabases databases, int lines)
    {
        await using var product = await Open(await databases.Create(), o => o.Books());
        await using var bare = await Open(await databases.Create(), Bare);
        foreach (var store in (DocumentStore[])[product, bare])
        {
            await using var session = store.LightweightSession();
            session.Events.Append(Account.StreamOf(account), new AccountConnected(account, "xai", "team", "prod", 3600, 300, day.AddDays(-60), null, 3600));
            session.Store(new Source { Account = account });
            await session.SaveChangesAsync();
        }

        var (whole, ours, limit, ratios) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var round = 1; round <= warmUp + rounds; round++)
        {
            var (compared, took, written) = await Product(product, Reading(lines, round));
            var least = await Alone(bare, written);
            if (round <= warmUp) continue;
            whole.Add(compared + took);
            ours.Add(took);
            limit.Add(least);
            ratios.Add(least / took);
        }
        Figures.Say($"{lines} changed lines: append {ours.Median():F1} ms, Marten alone {limit.Median():F1} ms: {limit.Median() / ours.Median():F2} of its rate, median of the pairs {ratios.Median():F2} (aim 0.9); with the comparison before it {whole.Median():F1} ms");
    }

    /// <summary>What one append wrote.</summary>
    private sealed record Written(object[] Events, HeldDay[] Days, Source Source);

    /// <summary>The account splits nothing, so nobody is asked.</summary>
    private static readonly EdgeReader edges = new(null!, null!, TimeProvider.System);

    /// <summary>From the answer of the provider to the commit. Where the account stands was read before it was asked.</summary>
    private static async Task<(double Comparing, double Appending, Written Written)> Product(DocumentStore store, Reading reading)
    {
        await using var session = store.LightweightSession();
        var source = (await session.LoadAsync<Source>(account))!;
        Source? after = null;
        var comparing = await Figures.Milliseconds(async () =>
        {
            var read = new AccountReadings([reading], DimensionSet.KeyModelUnit, null, null, null, null, null);
            after = (await session.Record(source, read, new(new(account, PollReason.Due, reading.Asked), null), edges, reading.Answered, CancellationToken.None))!.Source;
            session.Store(after);
        });
        var pending = session.PendingChanges;
        var written = new Written([.. pending.Streams().SelectMany(s => s.Events).Select(e => e.Data)], [.. pending.AllChangedFor<HeldDay>()], after!);
        return (comparing, await Figures.Milliseconds(() => session.SaveChangesAsync()), written);
    }

    private static async Task<double> Alone(DocumentStore store, Written written)
    {
        await using var session = store.LightweightSession();
        await session.LoadAsync<Source>(account);
        session.Events.Append(Account.StreamOf(account), written.Events);
        session.Store(written.Days);
        session.Store(written.Source);
        return await Figures.Milliseconds(() => session.SaveChangesAsync());
    }

    private static async Task<DocumentStore> Open(string database, Action<StoreOptions> books)
    {
        var store = DocumentStore.For(o =>
        {
            o.Connection(database);
            books(o);
            o.Documents();
        });
        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        return store;
    }

    /// <summary>The same settings of the log, and none of our projections.</summary>
    private static void Bare(StoreOptions o)
    {
        o.Events.StreamIdentity = StreamIdentity.AsString;
        o.Events.AppendMode = EventAppendMode.QuickWithServerTimestamps;
        o.Events.UseListenNotifyForEventAppends = true;
        o.UseSystemTextJsonForSerialization(LedgerJson.Options, Weasel.Core.EnumStorage.AsString, Weasel.Core.Casing.CamelCase);
        foreach (var (type, name) in EventNames.All) o.Events.MapEventType(type, name);
    }

    /// <summary>Every line rose since the round before.</summary>
    private static Reading Reading(int lines, int round)
    {
        var at = day.AddHours(23).AddSeconds(round);
        return new()
        {
            Asked = at,
            Answered = at.AddMilliseconds(400),
            Covers = new(day, day.AddDays(1)),
            Dimensions = DimensionSet.KeyModelUnit,
            Lines = [.. Enumerable.Range(0, lines).Select(i => new ReadLine(day.AddHours(i % 24), 3600, $"k{i / 24 % 10}", $"grok-{i / 240}", "Prompt text tokens", new Usd((round * 10_000_000L) + i), "0.001"))],
            Dense = false,
        };
    }
}
