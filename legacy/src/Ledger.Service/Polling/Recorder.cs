using System.Text.Json;
using Ledger.Accounts;
using Ledger.Keys;
using Ledger.Service.Writing;
using Ledger.Views;
using Ledger.Views.Spend;

namespace Ledger.Service.Polling;

/// <summary>
/// Puts readings into the log: compares them with what the books hold, appends what changed in one transaction under the lease's
/// fence, and only then says that the stretch was read.
/// </summary>
internal sealed class Recorder(IEventLog log, Books books, SpendQueries spend, Sources sources, Journal journal, TimeProvider clock)
{
    /// <summary>xAI's figures settle within this until the feed has taught us better.</summary>
    public static readonly TimeSpan SettlementStart = TimeSpan.FromMinutes(5);

    // An append holds at most 4 MB; a changed line takes about 200 bytes and at most some 700.
    internal const int LinesPerAppendMax = 8_000;

    private static readonly TimeSpan patience = TimeSpan.FromSeconds(30);

    /// <summary>The account and the version of its stream, once the views hold everything that is in the log.</summary>
    public async Task<Known<Account>> Look(string account, CancellationToken ct)
    {
        var version = await journal.VersionOf(Account.StreamOf(account), ct);
        var head = await log.Head(ct);
        if (!await books.WaitFor(head.Position, patience, ct))
            throw new TimeoutException("The views are behind the log, so a reading can't be compared with what they hold.");
        return new(version, books.Ask(d => d.Accounts.GetValueOrDefault(account)));
    }

    public async Task<int> SettlementLag(Account account, CancellationToken ct) =>
        account.SettlementLagSeconds ?? (int)(await spend.SettlementLag(account.Id, account.ConnectedAt, SettlementStart, clock.GetUtcNow(), ct)).TotalSeconds;

    /// <summary>What readings and balance change, in one append. Null: somebody else wrote to the account meanwhile.</summary>
    public async Task<Recorded?> Record(
        Known<Account> known, IReadOnlyList<Reading> readings, BalanceObserved? balance, DateTimeOffset? bookmark, int lagSeconds, Fence fence, CancellationToken ct)
    {
        var account = known.State!;
        var now = clock.GetUtcNow();
        var own = new List<NewEvent>();
        var lines = 0;
        foreach (var reading in readings)
        {
            var held = await spend.HeldLines(account.Id, reading.Covers, ct);
            var previous = await sources.Coverage(account.Id, reading.Covers, ct);
            foreach (var part in Observation.Observe(account.Id, reading, held, previous, lagSeconds, bookmark))
            {
                own.Add(EventJson.ToNew(part, part.Reading, $"part:{part.Part}", now));
                lines += part.Lines.Count;
            }
        }
        if (lines > LinesPerAppendMax && Halves(readings) is var (earlier, later))
        {
            // Any stretch of whole buckets is a complete reading of itself, so a reading too large for one append is recorded as two.
            if (await Record(known, earlier, null, bookmark, lagSeconds, fence, ct) is not { } first) return null;
            var then = new Known<Account>(known.Version + first.Events, account with { Failing = null });
            return await Record(then, later, balance, bookmark, lagSeconds, fence, ct) is { } second
                ? new(second.Position, first.Lines + second.Lines, first.Events + second.Events)
                : null;
        }
        var cause = $"{account.Id}:{readings[0].Asked.ToText()}:{readings[^1].Answered.ToText()}:{readings[0].Covers.Start.ToText()}";
        if (balance is not null && Changed(account.Balance, balance)) own.Add(EventJson.ToNew(balance, cause, "balance", now));
        if (account.Failing is not null) own.Add(EventJson.ToNew(new PollRecovered(account.Id, now), cause, "recovered", now));

        var streams = new List<StreamAppend> { new(Account.StreamOf(account.Id), known.Version, own) };
        foreach (var seen in Seen(account.Id, readings, now))
            streams.Add(new(KeyOwnership.StreamOf(account.Id, seen.Key), StreamAppend.AnyVersion, [EventJson.ToNew(seen, cause, $"key:{seen.Key}", now)]));

        var written = streams.Sum(s => s.Events.Count);
        long position;
        if (written == 0)
        {
            position = (await log.Head(ct)).Position;
        }
        else
        {
            switch (await log.Append(new() { Streams = streams, Fence = fence }, ct))
            {
                case AppendResult.Written w:
                    position = w.Last;
                    break;
                case AppendResult.AlreadyThere there:
                    position = there.Last;
                    break;
                default:
                    return null;
            }
        }
        await sources.Cover(account.Id, [.. readings.Select(r => (r.Covers, bookmark ?? r.Asked, bookmark ?? r.Answered))], ct);
        return new(position, lines, own.Count);
    }

    /// <summary>The earlier and the later half of what was read; null when it is one hour only.</summary>
    private static (IReadOnlyList<Reading> Earlier, IReadOnlyList<Reading> Later)? Halves(IReadOnlyList<Reading> readings)
    {
        if (readings.Count > 1) return ([.. readings.Take(readings.Count / 2)], [.. readings.Skip(readings.Count / 2)]);
        var covers = readings[0].Covers;
        var hours = (long)(covers.Length / TimeSpan.FromHours(1));
        if (hours < 2) return null;
        var middle = covers.Start + TimeSpan.FromHours(hours / 2);
        return ([Part(new(covers.Start, middle))], [Part(new(middle, covers.End))]);

        Reading Part(Interval stretch) => readings[0] with { Covers = stretch, Lines = [.. readings[0].Lines.Where(l => stretch.Contains(l.Start))] };
    }

    /// <summary>The state of the source changed for the worse. Written only when it did.</summary>
    public async Task Failed(Known<Account> known, string kind, string detail, Fence fence, CancellationToken ct)
    {
        if (known.State is not { Removed: false } account || account.Failing?.Kind == kind) return;
        var now = clock.GetUtcNow().ToMicroseconds();
        var failed = EventJson.ToNew(new PollFailed(account.Id, kind, detail, now), $"{account.Id}:{now.ToText()}", "failed", now);
        await log.Append(new() { Streams = [new(Account.StreamOf(account.Id), known.Version, [failed])], Fence = fence }, ct);
    }

    /// <summary>Keys that are new or have another name.</summary>
    private List<KeySeen> Seen(string account, IReadOnlyList<Reading> readings, DateTimeOffset now)
    {
        var names = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var reading in readings)
        {
            foreach (var line in reading.Lines)
                names.TryAdd(line.Key ?? "", null);
            foreach (var (key, name) in reading.KeyNames)
                names[key] = name;
        }
        return Changed(account, names, now);
    }

    /// <summary>Names of keys from a list.</summary>
    public async Task Keys(string account, IReadOnlyDictionary<string, string?> names, Fence fence, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var seen = Changed(account, names, now);
        if (seen.Count == 0) return;
        await log.Append(new()
        {
            Streams = [.. seen.Select(e => new StreamAppend(KeyOwnership.StreamOf(account, e.Key), StreamAppend.AnyVersion, [EventJson.ToNew(e, $"{account}:{now.ToText()}", $"key:{e.Key}", now)]))],
            Fence = fence,
        }, ct);
    }

    /// <summary>Those of the keys that the books don't know under that name.</summary>
    public List<KeySeen> Changed(string account, IReadOnlyDictionary<string, string?> names, DateTimeOffset now) => books.Ask(d => names
        .Where(n => !d.Keys.TryGetValue((account, n.Key), out var known) || (n.Value is not null && n.Value != known.Name))
        .Select(n => new KeySeen(account, n.Key, Shown(n.Value), now.ToMicroseconds())).OrderBy(e => e.Key, StringComparer.Ordinal).Take(900).ToList());

    private static string? Shown(string? name) => name is null || Names.WhyNot(name) is null ? name : Names.Printable(name);

    private static bool Changed(BalanceObserved? before, BalanceObserved now) => before is null
        || JsonSerializer.Serialize(before with { Asked = default, Answered = default, Lines = [] }, LedgerJson.Options) != JsonSerializer.Serialize(now with { Asked = default, Answered = default, Lines = [] }, LedgerJson.Options)
        || !before.Lines.SequenceEqual(now.Lines);
}

/// <summary>What was written.</summary>
/// <param name="Position">Last position, or the head when nothing changed.</param>
/// <param name="Lines">Lines that changed.</param>
/// <param name="Events">Events in the account's stream.</param>
internal sealed record Recorded(long Position, int Lines, int Events);
