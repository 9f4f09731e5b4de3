using System.Text.Json;
using Ledger.Accounts;
using Ledger.Keys;
using Ledger.Service.Xai;
using Marten;

namespace Ledger.Service.Polling;

/// <summary>Why readings were asked for.</summary>
/// <param name="Poll">The message.</param>
/// <param name="CountedAt">The bookmark's instant at which they count as taken; null: at their own.</param>
public sealed record AskedFor(PollAccount Poll, DateTimeOffset? CountedAt);

/// <summary>What was recorded.</summary>
/// <param name="Source">Where the account stands then, not stored yet.</param>
/// <param name="Left">Hours with edges that the requests did not suffice for; null: none.</param>
public sealed record RecordedReading(Source Source, Interval? Left);

/// <summary>Puts what was read into the books, in one transaction: the lines that changed, keys, balance, the end of a failure, and what the next poll decides by.</summary>
public static class RecordReading
{
    private const int keysMax = 900;

    /// <summary>Compares readings with what the books hold. Null: the account was removed meanwhile.</summary>
    /// <param name="session">Its transaction.</param>
    /// <param name="source">Where the account stood.</param>
    /// <param name="read">What was read.</param>
    /// <param name="asked">Why they were read, and the bookmark's instant at which they count as taken.</param>
    /// <param name="edges">Asks more finely where it is needed.</param>
    /// <param name="now">Now, to the microsecond.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<RecordedReading?> Record(this IDocumentSession session, Source source, AccountReadings read, AskedFor asked, EdgeReader edges, DateTimeOffset now, CancellationToken ct)
    {
        // Everything it decides by, in one round trip.
        var names = NamesOf(read);
        var batch = session.CreateBatchQuery();
        var asksStream = batch.Events.FetchForWriting<Account>(Account.StreamOf(source.Account));
        var asksDays = batch.LoadMany<HeldDay>().ByIdList(read.Readings.SelectMany(r => HeldDay.IdsOf(source.Account, r.Covers)).Distinct(StringComparer.Ordinal));
        var asksKeys = batch.LoadMany<KeyOwnership>().ByIdList(names.Keys.Select(k => KeyOwnership.StreamOf(source.Account, k)));
        var asksMissions = batch.MissionsSince(read.Readings.Min(r => r.Covers.Start));
        var asksOwners = batch.KeysOf(source.Account);
        await batch.Execute(ct);
        var stream = await asksStream;
        if (stream.Aggregate is not { Removed: false } account) return null;

        var held = new HeldLines(account.Id, await asksDays);
        var (missions, owners) = (await asksMissions, await asksOwners);
        // Everything is asked for before anything is recorded: a failure leaves nothing half done.
        var readings = new List<Reading>(read.Readings.Count);
        Interval? left = null;
        foreach (var hours in read.Readings)
        {
            var finer = await edges.Read(session, account, source, hours, new(held.Of(hours.Covers), missions, owners), asked.Poll.Reason, ct);
            source = source.WithSplits(finer, now);
            readings.Add(finer.Reading);
            left = finer.Left is { } more ? left?.Spanning(more) ?? more : left;
        }
        var (coverage, counted) = (source.Covered, asked.CountedAt);
        foreach (var reading in readings)
        {
            var parts = Observation.Observe(account.Id, reading, held.Of(reading.Covers), coverage.Of(reading.Covers), account.LagSeconds, counted);
            foreach (var part in parts) held.Apply(part);
            stream.AppendMany(parts);
            coverage = coverage.With(new(reading.Covers.Start, reading.Covers.End, reading.Seconds, counted ?? reading.Asked, counted ?? reading.Answered, reading.Asked));
        }
        foreach (var day in held.Changed()) session.Store(day);
        if (read.Balance is { } balance && IsNews(account.Balance, balance)) stream.AppendOne(balance);
        if (account.Failing is not null) stream.AppendOne(new PollRecovered(account.Id, now));
        await session.SeeKeys(account.Id, names, await asksKeys, now, ct);
        // Finer parts are asked for after the balance: what they add is no spend since.
        var knows = read.Balance is { PrepaidLeft: not null } credit ? readings.Select(r => r.Answered).Append(credit.Asked).Max() : source.CreditKnows;
        return new(source with { Covered = coverage, CreditKnows = knows, Failures = 0, Failing = null, Detail = null }, left);
    }

    /// <summary>The account could not be read: when it is tried again, and an event if that is new.</summary>
    public static async Task<Source> Failed(this IDocumentSession session, Source source, ProviderException why, TimeSpan pollEvery, DateTimeOffset now, CancellationToken ct)
    {
        var failed = source.Failed(why, pollEvery, now);
        session.Store(failed);
        if (why.Kind == AccountReader.Internal) return failed;
        var kind = why.Kind switch { FailureKind.WrongKind => FailureKind.Auth, FailureKind.Invalid => FailureKind.Contract, _ => why.Kind };
        var stream = await session.Events.FetchForWriting<Account>(Account.StreamOf(source.Account), ct);
        if (stream.Aggregate is { Removed: false } account && account.Failing?.Kind != kind) stream.AppendOne(new PollFailed(account.Id, kind, why.Detail, now.ToMicroseconds()));
        return failed;
    }

    /// <summary>The keys that readings and the provider's list speak of, with their names where they are known.</summary>
    private static Dictionary<string, string?> NamesOf(AccountReadings read)
    {
        var names = new Dictionary<string, string?>(read.Keys ?? new Dictionary<string, string?>(), StringComparer.Ordinal);
        foreach (var reading in read.Readings)
        {
            foreach (var line in reading.Lines) names.TryAdd(line.Key ?? "", null);
            foreach (var (key, name) in reading.KeyNames) names[key] = (KeyOwnership.Of("", key) with { Name = names.GetValueOrDefault(key) }).Seen(name).Name;
        }
        return names;
    }

    /// <summary>Keys that are new or have another name.</summary>
    private static async Task SeeKeys(this IDocumentSession session, string account, Dictionary<string, string?> names, IReadOnlyList<KeyOwnership> keys, DateTimeOffset now, CancellationToken ct)
    {
        var known = keys.ToDictionary(k => k.Key, StringComparer.Ordinal);
        var seen = names.Select(n => (Before: known.GetValueOrDefault(n.Key), After: (known.GetValueOrDefault(n.Key) ?? KeyOwnership.Of(account, n.Key)).Seen(n.Value)))
            .Where(k => k.Before?.Name != k.After.Name || k.Before is null)
            .Select(k => new KeySeen(account, k.After.Key, k.After.Name, now))
            .OrderBy(s => s.Key, StringComparer.Ordinal).Take(keysMax).ToArray();
        if (seen.Length == 0) return;

        // Somebody may be assigning the key just now, so its version is checked.
        var batch = session.CreateBatchQuery();
        var streams = seen.Select(s => batch.Events.FetchForWriting<KeyOwnership>(KeyOwnership.StreamOf(account, s.Key))).ToArray();
        await batch.Execute(ct);
        for (var i = 0; i < seen.Length; i++) (await streams[i]).AppendOne(seen[i]);
    }

    private static bool IsNews(BalanceObserved? before, BalanceObserved now) => before is null
        || JsonSerializer.Serialize(before with { Asked = default, Answered = default, Lines = [] }, LedgerJson.Options) != JsonSerializer.Serialize(now with { Asked = default, Answered = default, Lines = [] }, LedgerJson.Options)
        || !before.Lines.SequenceEqual(now.Lines);
}
