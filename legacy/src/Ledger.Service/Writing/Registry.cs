using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Budgets;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Service.Http;
using Ledger.Views;

namespace Ledger.Service.Writing;

/// <summary>What is known of agents, keys, missions and accounts, with the version of the stream it was learnt from.</summary>
/// <param name="Version">To expect when appending.</param>
/// <param name="State">Null: not there.</param>
internal readonly record struct Known<T>(long Version, T? State)
    where T : class;

/// <summary>
/// Finds things. The views' directory knows what there is; a short stream is read itself, so that a decision rests on the log and
/// not on how far the views are.
/// </summary>
internal sealed class Registry(IEventLog log, Books books, Journal journal)
{
    private const int pageLength = 1_000;
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(5);

    public static string StreamOfMission(string id) => $"mission-{id}";

    public static string StreamOfAgent(string id) => $"agent-{id}";

    public static string StreamOfKey(string account, string key) => $"key-{account}-{key}";

    /// <summary>How far the directory and the views are.</summary>
    public long Position => books.Position;

    /// <summary>Asks the directory as it is.</summary>
    public T Ask<T>(Func<AttributionContext, T> question) => books.Ask(question);

    /// <summary>Asks the directory once it holds everything that is in the log by now.</summary>
    public async Task<T> AskCurrent<T>(Func<AttributionContext, T> question, CancellationToken ct)
    {
        var head = await log.Head(ct);
        return await books.WaitFor(head.Position, patience, ct)
            ? books.Ask(question)
            : throw new Refused("log.busy", "The views are behind the log just now, so this can't be looked up; nothing was written. Try again.") { RetryAfter = TimeSpan.FromSeconds(2) };
    }

    public async Task<Known<Mission>> Mission(string id, CancellationToken ct)
    {
        var (version, known) = await Fold(StreamOfMission(id), ct);
        return new(version, known.Missions.GetValueOrDefault(id));
    }

    public async Task<Known<Agent>> Agent(string id, CancellationToken ct)
    {
        var (version, known) = await Fold(StreamOfAgent(id), ct);
        return new(version, known.Agents.GetValueOrDefault(id));
    }

    public async Task<Known<KeyOwnership>> Key(string account, string key, CancellationToken ct)
    {
        var (version, known) = await Fold(StreamOfKey(account, key), ct);
        return new(version, version == 0 ? null : known.Ownership(account, key));
    }

    public async Task<Known<Budget>> Budget(string id, CancellationToken ct)
    {
        var (version, known) = await Fold(Ledger.Budgets.Budget.StreamOf(id), ct);
        return new(version, known.Budgets.GetValueOrDefault(id));
    }

    /// <summary>An account's stream is long, so its state comes from the directory, and the version from before the look.</summary>
    public async Task<Known<Account>> Account(string id, CancellationToken ct)
    {
        var version = await journal.VersionOf(Ledger.Accounts.Account.StreamOf(id), ct);
        return new(version, await AskCurrent(d => d.Accounts.GetValueOrDefault(id), ct));
    }

    private async Task<(long Version, AttributionContext Known)> Fold(string stream, CancellationToken ct)
    {
        var known = new AttributionContext();
        long version = 0;
        while (true)
        {
            var page = await log.ReadStream(stream, version, pageLength, ct);
            foreach (var recorded in page)
            {
                if (EventJson.Read(recorded) is { } happened) known.Apply(happened);
                version = recorded.Version;
            }
            if (page.Count < pageLength) return (version, known);
        }
    }
}
