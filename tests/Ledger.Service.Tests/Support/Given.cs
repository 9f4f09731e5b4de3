using Ledger.Accounts;
using Ledger.Keys;
using Ledger.Money;
using Ledger.Service.Polling;
using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Tests.Support;

/// <summary>What a provider said, written as a poll would write it: for tests that need spend and no provider.</summary>
public sealed class Given
{
    private const string model = "grok-4-fast-reasoning";
    private const string unit = "prompt";

    private readonly Dictionary<LineName, Usd> totals = [];
    private readonly LedgerHost host;
    private readonly string account;
    private PreviousReading? previous;
    private int readings;

    private Given(LedgerHost host, string account) => (this.host, this.account) = (host, account);

    /// <summary>A connected account whose figures settle at once.</summary>
    public static async Task<Given> Account(LedgerHost host, string label = "prod")
    {
        var id = Ledger.Accounts.Account.IdOf("xai", label);
        var given = new Given(host, id);
        await given.Append(Ledger.Accounts.Account.StreamOf(id), new AccountConnected(id, "xai", label, label, 3600, 0, host.Clock.GetUtcNow(), "test"));
        return given;
    }

    /// <summary>A key that billing names.</summary>
    public async Task<string> Key(string name, string? id = null)
    {
        id ??= $"key-of-{name}";
        await Append(KeyOwnership.StreamOf(account, id), new KeySeen(account, id, name, host.Clock.GetUtcNow()));
        return id;
    }

    /// <summary>A key, the agent that owns it from the beginning, and what it costs in an hour.</summary>
    public async Task<string> Spender(string agent, DateTimeOffset hour, string total)
    {
        var key = await Key($"xai-{agent}");
        (await host.Post("agents", new { name = agent })).Ok();
        (await host.Post("keys/assign", new { key, owners = new Dictionary<string, int> { [agent] = 1 } })).Ok();
        await Bills((key, hour, total));
        return key;
    }

    /// <summary>A complete reading, answered now; hours keep the totals that are not named. Answers the position.</summary>
    public async Task<long> Bills(params (string Key, DateTimeOffset Hour, string Total)[] lines)
    {
        var now = host.Clock.GetUtcNow().ToMicroseconds();
        var covers = new Interval(now.FloorToHour().AddDays(-35), now.FloorToHour().AddHours(1));
        var changed = new List<SnapshotLine>();
        foreach (var (key, hour, total) in lines)
        {
            var name = new LineName(hour, 3600, null, key, model, unit);
            changed.Add(new() { Start = hour, Seconds = 3600, Key = key, Model = model, Unit = unit, Total = Usd.Parse(total), Replaces = totals.TryGetValue(name, out var held) ? held : null });
            totals[name] = Usd.Parse(total);
        }
        var position = await Append(Ledger.Accounts.Account.StreamOf(account), new UsageSnapshotTaken
        {
            Account = account,
            Reading = $"{account}-{++readings}",
            Part = 1,
            Parts = 1,
            Asked = now,
            Answered = now,
            Covers = covers,
            Dimensions = DimensionSet.KeyModelUnit,
            SettlementLagSeconds = 0,
            Previous = previous is null ? [] : [previous],
            Lines = changed,
        });
        previous = new(covers.Start, covers.End, now, now);
        return position;
    }

    private async Task<long> Append(string stream, ILedgerEvent happened)
    {
        await using var session = host.Services.GetRequiredService<IDocumentStore>().LightweightSession();
        var now = host.Clock.GetUtcNow();
        var appended = session.Events.Append(stream, happened);
        var source = await session.LoadAsync<Source>(account) ?? new() { Account = account };
        session.Store(happened is UsageSnapshotTaken read ? source with { Asked = now, Answered = now, NextDue = now.AddDays(1), Covered = source.Covered.With(new(read.Covers.Start, read.Covers.End, 3600, now, now, now)) } : source with { NextDue = now.AddDays(1) });
        await session.SaveChangesAsync();
        return appended.Events[^1].Sequence;
    }
}
