namespace Ledger.Accounts;

/// <summary>How late a provider's figures settle, learned from the feed.</summary>
public static class Settlement
{
    /// <summary>Never judged later than this.</summary>
    public static readonly TimeSpan LagMax = TimeSpan.FromHours(6);

    /// <summary>Rises older than this are forgotten.</summary>
    public static readonly TimeSpan LearnFrom = TimeSpan.FromDays(14);

    /// <summary>So much history is needed before the provider's start value is left.</summary>
    public static readonly TimeSpan LearnAfter = TimeSpan.FromDays(1);

    /// <summary>The amount-weighted 95th percentile of (answered − bucket end) over rises of closed buckets that had a previous reading.</summary>
    /// <param name="rises">Lateness in whole seconds and ticks risen, any order.</param>
    /// <param name="readFor">How long the account has been read.</param>
    /// <param name="start">The provider's start value.</param>
    public static TimeSpan Learned(IEnumerable<(long LateSeconds, Int128 Ticks)> rises, TimeSpan readFor, TimeSpan start)
    {
        var ordered = rises.Where(r => r.Ticks > 0 && r.LateSeconds >= 0).OrderBy(r => r.LateSeconds).ToArray();
        Int128 all = 0;
        foreach (var (_, ticks) in ordered)
            all += ticks;
        if (readFor < LearnAfter || all == 0) return start;

        Int128 sum = 0;
        foreach (var (late, ticks) in ordered)
        {
            sum += ticks;
            if (sum * 20 >= all * 19)
            {
                var lag = TimeSpan.FromSeconds(late);
                return lag < LagMax ? lag : LagMax;
            }
        }
        return start;
    }
}
