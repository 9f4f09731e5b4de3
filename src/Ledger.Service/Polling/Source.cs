using System.Text.Json.Serialization;
using Ledger.Accounts;
using Ledger.Service.Settings;
using Ledger.Service.Xai;
using Marten;

namespace Ledger.Service.Polling;

/// <summary>Why the balance of an account can't be read.</summary>
/// <param name="Kind">One of <see cref="FailureKind"/>.</param>
/// <param name="Detail">What exactly happened.</param>
/// <param name="Since">When it first failed.</param>
public sealed record BalanceFailure(string Kind, string Detail, DateTimeOffset Since)
{
    /// <summary>In plain words, without the account's name.</summary>
    public string Sentence() => ProviderWords.NoBalance(Kind, Detail);
}

/// <summary>How far an account is read: its heartbeat, which changes without an event. A poll that brings nothing new writes only this.</summary>
public sealed record Source
{
    /// <summary>Account id.</summary>
    public required string Account { get; init; }

    /// <summary>When the last complete reading was asked; null: never.</summary>
    public DateTimeOffset? Asked { get; init; }

    /// <summary>When it was answered.</summary>
    public DateTimeOffset? Answered { get; init; }

    /// <summary>When it was last tried.</summary>
    public DateTimeOffset? Attempted { get; init; }

    /// <summary>Failures in a row.</summary>
    public int Failures { get; init; }

    /// <summary>Why the last try failed, as a stable word; null when it did not.</summary>
    public string? Failing { get; init; }

    /// <summary>The same in words, the provider's own where it gave some.</summary>
    public string? Detail { get; init; }

    /// <summary>It is not read before this; null: at once.</summary>
    public DateTimeOffset? NextDue { get; init; }

    /// <summary>The connection (by its instant) for which everything that connecting reads was read; null: none yet.</summary>
    public DateTimeOffset? Backfilled { get; init; }

    /// <summary>When 35 days or more were last read.</summary>
    public DateTimeOffset? DeepAt { get; init; }

    /// <summary>When all that connecting reads was last read.</summary>
    public DateTimeOffset? MonthlyAt { get; init; }

    /// <summary>When the last sync that read from a given instant, and is done, was asked for.</summary>
    public DateTimeOffset? SyncDone { get; init; }

    /// <summary>When the balance was last asked for.</summary>
    public DateTimeOffset? BalanceAt { get; init; }

    /// <summary>When its last answer was asked for that says what prepaid credit is left; null: none was, or an earlier version read it.</summary>
    public DateTimeOffset? CreditReadAt { get; init; }

    /// <summary>Usage answered until then was read along with that balance, which knew of it; null like <see cref="CreditReadAt"/>, or an earlier version read it.</summary>
    public DateTimeOffset? CreditKnows { get; init; }

    /// <summary>Why the balance can't be read, and since when; null when it can.</summary>
    public BalanceFailure? NoBalance { get; init; }

    /// <summary>When the keys were last listed by name.</summary>
    public DateTimeOffset? KeysAt { get; init; }

    /// <summary>What the feed is grouped by, where the provider refused the usual.</summary>
    public DimensionSet Dimensions { get; init; } = DimensionSet.KeyModelUnit;

    /// <summary>Widths that the provider refused for the running hour too, and when last.</summary>
    public IReadOnlyDictionary<int, DateTimeOffset> WidthsRefused { get; init; } = new Dictionary<int, DateTimeOffset>();

    /// <summary>Buckets that have an edge and stay whole, and why; the newest first.</summary>
    public IReadOnlyList<UnsplitBucket> Unsplit { get; init; } = [];

    /// <summary>The connection (by its instant) for which edges older than the regular reading were looked for; null: none yet.</summary>
    public DateTimeOffset? EdgesLookedFor { get; init; }

    /// <summary>By how many seconds the provider's clock is ahead of ours, at least; negative: behind; null: not known.</summary>
    public double? ClockAheadSeconds { get; init; }

    /// <summary>The last complete reading of each stretch of time, whether it changed anything or not.</summary>
    public Coverage Covered { get; init; } = Coverage.None;

    /// <summary>After so long, what was refused or did not add up is asked for again.</summary>
    public static readonly TimeSpan TriedAgain = TimeSpan.FromDays(1);

    private static readonly TimeSpan backoffMax = TimeSpan.FromMinutes(15);

    /// <summary>Should the message that goes on be lost, another one is sent after this.</summary>
    private static readonly TimeSpan goesOnWithin = TimeSpan.FromSeconds(30);

    /// <summary>The account can't be read just now and waits before it is tried again.</summary>
    public bool IsBackingOff(DateTimeOffset now) => Failing is not null && NextDue > now;

    /// <summary>It waits because somebody has to change something first, or because the provider asked for it. One that did not answer may be back any moment.</summary>
    public bool MustWait(DateTimeOffset now) => IsBackingOff(now) && Failing is not (FailureKind.Unreachable or FailureKind.Contract);

    /// <summary>Whether a finer width may be asked for at a start. What was refused, or did not add up, is tried again once a day.</summary>
    public bool MayAsk(Account account, DateTimeOffset start, int seconds, DateTimeOffset now) =>
        seconds >= account.FinestSeconds && !(WidthsRefused.TryGetValue(seconds, out var at) && now - at < TriedAgain)
        && !Unsplit.Any(u => u.Seconds == seconds && u.Start == start && now - u.At < TriedAgain);

    /// <summary>What of a reading stays whole, and what no longer does.</summary>
    public Source WithSplits(FinerReading finer, DateTimeOffset now)
    {
        const int keptMax = 200;
        var (reading, unsplit) = (finer.Reading, finer.Unsplit);
        var running = now.FloorToHour();
        var refused = unsplit.Where(u => u.Why == Split.Refused && u.Start.FloorToHour() == running).Select(u => u.Seconds).ToHashSet();
        return this with
        {
            WidthsRefused = refused.Count == 0 && finer.Served.Count == 0 ? WidthsRefused : WidthsRefused.Where(w => !refused.Contains(w.Key) && !finer.Served.Contains(w.Key)).Concat(refused.Select(s => KeyValuePair.Create(s, now))).ToDictionary(),
            Unsplit =
            [
                .. unsplit.Select(u => new UnsplitBucket(u.Start, u.Seconds, u.Why, now))
                    .Concat(Unsplit.Where(u => !unsplit.Any(n => n.Start == u.Start && n.Seconds == u.Seconds)
                        && !(reading.SplitHours.TryGetValue(u.Start.FloorToHour(), out var width) && (u.Seconds == 1 ? reading.SplitMinutes.Contains(u.Start) : width <= u.Seconds))))
                    .OrderByDescending(u => u.Start).Take(keptMax),
            ],
        };
    }

    /// <summary>A stretch was read and recorded.</summary>
    /// <param name="read">What was read.</param>
    /// <param name="message">Why it was read.</param>
    /// <param name="account">The account.</param>
    /// <param name="isNewest">The stretch ends now.</param>
    /// <param name="isDone">Nothing more is to be read for that reason.</param>
    /// <param name="options">How often it is read, and how far back.</param>
    /// <param name="now">Now.</param>
    public Source Read(AccountReadings read, PollAccount message, Account account, bool isNewest, bool isDone, LedgerOptions options, DateTimeOffset now)
    {
        var (reason, next) = (message.Reason, now + options.PollEvery);
        var days = isDone ? PollPlan.DaysOf(message, options.BackfillDays) : 0;
        return this with
        {
            Asked = isNewest ? read.Asked : Asked,
            Answered = isNewest ? read.Answered : Answered,
            Attempted = now,
            NextDue = reason switch
            {
                // It read some hours only; the regular poll comes as it would have.
                PollReason.Bookmark => NextDue > next ? next : NextDue,
                PollReason.Connect or PollReason.Due when !isDone => now + goesOnWithin,
                PollReason.Reread or PollReason.Monthly or PollReason.Sync when !isDone => NextDue,
                _ => next,
            },
            Backfilled = reason == PollReason.Connect && isDone ? account.ConnectedAt : Backfilled,
            DeepAt = days >= PollPlan.DeepDays || (isDone && reason == PollReason.Connect) ? now : DeepAt,
            MonthlyAt = isDone && days >= options.BackfillDays ? now : MonthlyAt,
            SyncDone = isDone && message.Since is not null ? message.Sent : SyncDone,
            BalanceAt = read.BalanceAt ?? BalanceAt,
            CreditReadAt = read.Balance is { PrepaidLeft: not null } balance ? balance.Asked : CreditReadAt,
            NoBalance = read.NoBalance is { } why ? new(why.Kind, why.Detail, NoBalance?.Since ?? now) : read.Balance is null ? NoBalance : null,
            KeysAt = read.Keys is null ? KeysAt : now,
            Dimensions = read.Dimensions,
            ClockAheadSeconds = read.ClockAhead?.TotalSeconds ?? ClockAheadSeconds,
        };
    }

    /// <summary>It could not be read: it waits twice as long each time, up to a quarter of an hour; as long at once where somebody has to change something first.</summary>
    public Source Failed(ProviderException why, TimeSpan pollEvery, DateTimeOffset now)
    {
        var failures = Failures + 1;
        var pause = why.Kind is FailureKind.Auth or FailureKind.Permission or FailureKind.WrongKind or FailureKind.NotFound ? backoffMax : Backoff(failures, pollEvery);
        if (why.RetryAfter > pause) pause = why.RetryAfter.Value;
        return this with { Attempted = now, Failures = failures, Failing = why.Kind, Detail = why.Detail, NextDue = now + pause };
    }

    /// <summary>Whatever kept it from being read, somebody has just changed something.</summary>
    public Source TriedAtOnce() => this with { NextDue = null, Failures = 0, Failing = null, Detail = null };

    private static TimeSpan Backoff(int failures, TimeSpan pollEvery)
    {
        var longest = TimeSpan.FromTicks(Math.Min(backoffMax.Ticks, pollEvery.Ticks << Math.Min(failures - 1, 10)));
#pragma warning disable CA5394 // Jitter, not a secret.
        return longest * (0.75 + (Random.Shared.NextDouble() / 4));
#pragma warning restore CA5394
    }
}

/// <summary>A bucket that has an edge and stays whole.</summary>
/// <param name="Start">Its start.</param>
/// <param name="Seconds">The width that was wanted: 900, 60 or 1.</param>
/// <param name="Why">See <see cref="Split"/>.</param>
/// <param name="At">When it was last tried.</param>
public sealed record UnsplitBucket(DateTimeOffset Start, int Seconds, string Why, DateTimeOffset At);

/// <summary>Which stretches of an account's time were read completely, and when last. Disjoint, in order of time.</summary>
/// <param name="Stretches">The stretches.</param>
public sealed record Coverage(IReadOnlyList<CoveredStretch> Stretches)
{
    /// <summary>Older stretches are forgotten: only a sync that is asked to reads further back, and it knows itself how far it is.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(120);

    public static Coverage None { get; } = new([]);

    /// <summary>With one more reading; where it overlaps others, it is the last one.</summary>
    public Coverage With(CoveredStretch read)
    {
        var stretches = new List<CoveredStretch>(Stretches.Count + 2);
        foreach (var held in Stretches)
        {
            if (held.End <= read.End - Kept) continue;
            if (held.Start < read.Start) stretches.Add(held with { End = held.End < read.Start ? held.End : read.Start });
            if (held.End > read.End) stretches.Add(held with { Start = held.Start > read.End ? held.Start : read.End });
        }
        stretches.Add(read);
        stretches.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        for (var i = stretches.Count - 1; i > 0; i--)
        {
            if (stretches[i] with { Start = stretches[i - 1].Start } != stretches[i - 1] with { End = stretches[i].End } || stretches[i - 1].End != stretches[i].Start) continue;
            stretches[i - 1] = stretches[i - 1] with { End = stretches[i].End };
            stretches.RemoveAt(i);
        }
        return new(stretches);
    }

    /// <summary>The readings that cover parts of a stretch of time, cut to it.</summary>
    public IReadOnlyList<PreviousReading> Of(Interval time) =>
        [.. Stretches.Where(s => s.Time.Meets(time)).Select(s => (Cut: s.Time.And(time), Read: s)).Select(s => new PreviousReading(s.Cut.Start, s.Cut.End, s.Read.Asked, s.Read.Answered))];

    /// <summary>The last part of a stretch of time that was not read at an instant or later; null: all of it was.</summary>
    public Interval? LastLacking(Interval time, DateTimeOffset since)
    {
        var end = time.End;
        for (var i = Stretches.Count - 1; i >= 0 && end > time.Start; i--)
        {
            var read = Stretches[i];
            if (read.ReadAt < since || read.Start >= end) continue;
            if (read.End < end) return new(read.End > time.Start ? read.End : time.Start, end);
            end = read.Start;
        }
        return end > time.Start ? new(time.Start, end) : null;
    }

    /// <summary>Whether all of a stretch of time was read at an instant or later.</summary>
    public bool Covers(Interval time, DateTimeOffset since) => LastLacking(time, since) is null;

    /// <summary>What the readings say of which an account's stream tells. Readings that changed nothing are not in it, so what was known of them counts as older than it is.</summary>
    public static Coverage FromEvents(IEnumerable<UsageSnapshotTaken> snapshots) => snapshots.Aggregate(None, static (coverage, s) => coverage.After(s));

    /// <summary>With what one snapshot says of its reading and of those before it.</summary>
    public Coverage After(UsageSnapshotTaken snapshot)
    {
        var coverage = this;
        if (snapshot.Part == 1)
        {
            var seconds = snapshot.Lines is [var line, ..] ? line.Seconds : 3600;
            foreach (var before in snapshot.Previous)
                coverage = coverage.With(new(before.Start, before.End, seconds, before.Asked, before.Answered, before.Asked));
            coverage = coverage.With(new(snapshot.Covers.Start, snapshot.Covers.End, seconds, snapshot.Asked, snapshot.Answered, snapshot.Measured?.Asked ?? snapshot.Asked));
        }
        return coverage;
    }
}

/// <summary>A stretch of time and its last complete reading.</summary>
/// <param name="Start">First bucket's start.</param>
/// <param name="End">End of the last bucket.</param>
/// <param name="Seconds">Width of the buckets.</param>
/// <param name="Asked">When the reading counts as asked.</param>
/// <param name="Answered">When it counts as answered.</param>
/// <param name="ReadAt">When it was really asked.</param>
public sealed record CoveredStretch(DateTimeOffset Start, DateTimeOffset End, int Seconds, DateTimeOffset Asked, DateTimeOffset Answered, DateTimeOffset ReadAt)
{
    [JsonIgnore]
    public Interval Time => new(Start, End);
}

public static class SourceQueries
{
    private const int eventsPerPage = 100;

    /// <summary>
    /// Where an account stands. Books that come from another version have snapshots and no documents beside them: then these are made from
    /// the account's events, once.
    /// </summary>
    public static async Task<Source> SourceOf(this IDocumentSession session, string account, CancellationToken ct)
    {
        if (await session.LoadAsync<Source>(account, ct) is { } source) return source;
        var (lines, coverage) = (new HeldLines(account, []), Coverage.None);
        for (var from = 1L; ; from += eventsPerPage)
        {
            var page = await session.Events.FetchStreamAsync(Account.StreamOf(account), version: from + eventsPerPage - 1, fromVersion: from, token: ct);
            foreach (var snapshot in page.Select(e => e.Data).OfType<UsageSnapshotTaken>())
            {
                lines.Apply(snapshot);
                coverage = coverage.After(snapshot);
            }
            if (page.Count < eventsPerPage) break;
        }
        var adopted = new Source { Account = account, Covered = coverage };
        if (lines.Changed() is { Count: > 0 } days)
        {
            foreach (var day in days) session.Store(day);
            session.Store(adopted);
            await session.SaveChangesAsync(ct);
        }
        return adopted;
    }
}
