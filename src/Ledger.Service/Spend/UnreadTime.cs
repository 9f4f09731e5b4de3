using Ledger.Accounts;
using Ledger.Contracts;
using Ledger.Service.Polling;

namespace Ledger.Service.Spend;

/// <summary>Time of a window that was never read completely: what was billed in it is not known, which is not nothing.</summary>
/// <param name="Stretches">The newest first.</param>
/// <param name="IsAll">Nothing of the window that is over was read of any account.</param>
public sealed record UnreadTime(IReadOnlyList<UnreadSummary> Stretches, bool IsAll)
{
    private const int stretchesMax = 20;

    /// <param name="window">What is asked about. Its future is nobody's to read yet.</param>
    /// <param name="accounts">Accounts that are, or were, connected.</param>
    /// <param name="pollEvery">How often accounts are read.</param>
    /// <param name="now">Now.</param>
    /// <param name="firstRead">When an account's oldest known time begins, for time so long ago that what was read of it is forgotten.</param>
    public static UnreadTime Of(
        Interval window, IEnumerable<(Account Account, Source? Source)> accounts, TimeSpan pollEvery, DateTimeOffset now, Func<Account, Source?, DateTimeOffset?> firstRead)
    {
        var (stretches, isAll, hasAny) = (new List<UnreadSummary>(), true, false);
        foreach (var (account, source) in accounts)
        {
            var over = window.And(new(DateTimeOffset.MinValue, End(account, source, pollEvery, now)));
            if (over.IsEmpty) continue;
            hasAny = true;
            var lacking = Lacking(over, account, source, firstRead).Where(s => !s.IsEmpty).ToArray();
            stretches.AddRange(lacking.Select(s => new UnreadSummary(account.Label, s.Start, s.End, ReadFrom(s.End, source))));
            isAll &= lacking.Aggregate(TimeSpan.Zero, (sum, s) => sum + s.Length) == over.Length;
        }
        return new([.. stretches.OrderByDescending(s => s.From).ThenBy(s => s.Account, StringComparer.Ordinal).Take(stretchesMax)], hasAny && isAll);
    }

    /// <summary>Until when an account's time should have been read. What came since the last poll is told by the age of the data.</summary>
    private static DateTimeOffset End(Account account, Source? source, TimeSpan pollEvery, DateTimeOffset now)
    {
        var read = source?.Covered.Stretches is [.., var last] ? last.End : (DateTimeOffset?)null;
        if (account.Removed) return read ?? account.RemovedAt ?? now;
        return read < now && !DataFreshness.Of(source!.Asked, pollEvery, now).Stale ? read.Value : now;
    }

    private static IEnumerable<Interval> Lacking(Interval time, Account account, Source? source, Func<Account, Source?, DateTimeOffset?> firstRead)
    {
        var covered = source?.Covered ?? Coverage.None;
        DateTimeOffset? forgottenUntil = covered.Stretches is [.., var last] ? last.End - Coverage.Kept : account.Removed ? time.End : null;
        for (var left = time; covered.LastLacking(left, DateTimeOffset.MinValue) is { } lacking; left = left with { End = lacking.Start })
        {
            var forgotten = forgottenUntil > lacking.Start && firstRead(account, source) is { } first ? lacking.And(new(first, forgottenUntil.Value)) : default;
            if (forgotten.IsEmpty)
            {
                yield return lacking;
                continue;
            }
            yield return new(forgotten.End, lacking.End);
            yield return new(lacking.Start, forgotten.Start);
        }
    }

    /// <summary>Where reading begins behind a stretch; null: nothing later was read either.</summary>
    private static DateTimeOffset? ReadFrom(DateTimeOffset end, Source? source)
    {
        foreach (var read in source?.Covered.Stretches ?? [])
            if (read.End > end) return read.Start > end ? read.Start : end;
        return null;
    }
}
