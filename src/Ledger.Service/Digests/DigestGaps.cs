using Ledger.Accounts;
using Ledger.Digests;

namespace Ledger.Service.Digests;

/// <summary>Where a week's data is missing or stale, from what the log says of its sources and from how far they are read.</summary>
public static class DigestGaps
{
    private const int gapsMax = 20;
    private static readonly TimeSpan rereadEachTime = TimeSpan.FromDays(3);

    /// <summary>A failure that the next polls mend is no gap: nothing of it is missing.</summary>
    private static readonly TimeSpan worthAWord = TimeSpan.FromMinutes(15);

    /// <param name="accounts">Connected accounts.</param>
    /// <param name="through">How far each is read; null: never.</param>
    /// <param name="states">Failures and recoveries since the week began, by account, in order.</param>
    /// <param name="week">The week.</param>
    /// <param name="now">Now.</param>
    public static IReadOnlyList<DigestGap> Of(
        IReadOnlyList<Account> accounts, IReadOnlyDictionary<string, DateTimeOffset?> through, ILookup<string, ILedgerEvent> states, Interval week, DateTimeOffset now)
    {
        var gaps = new List<DigestGap>();
        foreach (var account in accounts)
        {
            var read = through.GetValueOrDefault(account.Id);
            var before = gaps.Count;
            foreach (var (from, until, reason) in Failures(account, states[account.Id], week))
                if (from < week.End && (until is not { } end || (end > week.Start && end - from >= worthAWord)))
                    gaps.Add(new(account.Label, from, until, reason + Since(from, until)));
            // Nobody was there to fail: the service itself was away, or is slow.
            if (gaps.Skip(before).All(g => g.Until is not null) && now >= week.End && !(read >= week.End))
                gaps.Add(new(account.Label, read is { } at && at > week.Start ? at : week.Start, null, read is null ? "it was never read" : "it was not read since"));
        }
        return [.. gaps.OrderBy(g => g.Until is not null).ThenBy(g => g.From).ThenBy(g => g.Account, StringComparer.Ordinal).Take(gapsMax)];
    }

    /// <summary>The reading that ends a failure goes back three days, so what a shorter one missed is in the books; a longer one's is within a day.</summary>
    private static string Since(DateTimeOffset from, DateTimeOffset? until) =>
        until is not { } end ? "" : end - from <= rereadEachTime ? "; read again since, and what was missed is in" : "; read again since";

    /// <summary>Stretches in which an account could not be read.</summary>
    private static IEnumerable<(DateTimeOffset From, DateTimeOffset? Until, string Reason)> Failures(Account account, IEnumerable<ILedgerEvent> states, Interval week)
    {
        PollFailed? failed = null;
        var seen = false;
        foreach (var state in states)
        {
            switch (state)
            {
                case PollFailed e:
                    failed ??= e;
                    break;
                case PollRecovered e when failed is not null:
                    yield return (failed.At, e.At, Words(failed));
                    failed = null;
                    break;
                case PollRecovered e when !seen:
                    yield return (week.Start, e.At, "it could not be read since before this week");
                    break;
            }
            seen = true;
        }
        if (failed is not null) yield return (failed.At, null, Words(failed));
        else if (!seen && account.Failing is { } still && still.At < week.End) yield return (still.At, null, Words(still));
    }

    private static string Words(PollFailed failed) => failed.Kind switch
    {
        "auth" => "the provider refuses the key",
        "permission" => "the key may not read billing",
        "rate-limited" => "the provider asked to wait",
        "unreachable" => "the provider could not be reached",
        "contract" => "the provider's answers could not be used",
        "not-found" => "the provider does not know the team",
        var kind => $"it could not be read ({Names.Printable(kind)})",
    };
}
