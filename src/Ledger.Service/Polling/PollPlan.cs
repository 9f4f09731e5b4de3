using Ledger.Accounts;

namespace Ledger.Service.Polling;

/// <summary>Which stretch of an account's time a poll asks for next. What was read already, by whichever message, is not asked for again.</summary>
public static class PollPlan
{
    private const int regularDays = 3;
    private const int hoursAtOnce = 7 * 24;
    private const int hoursADay = 24;

    /// <summary>What is read anew each day.</summary>
    public const int DeepDays = 35;

    /// <summary>How often 35 days are read anew.</summary>
    public static readonly TimeSpan RereadEvery = TimeSpan.FromDays(1);

    /// <summary>How often all that connecting reads is read anew.</summary>
    public static readonly TimeSpan MonthlyEvery = TimeSpan.FromDays(30);

    /// <summary>The stretch to ask for; null: nothing is to be read.</summary>
    public static Interval? Next(PollAccount message, Account account, Source source, int backfillDays, DateTimeOffset now)
    {
        var midnight = Midnight(now);
        return message.Reason switch
        {
            PollReason.Due when message.HoursMax is null && source.NextDue > now => null,
            PollReason.Due => Lacking(midnight.AddDays(-regularDays), message.Sent),
            // After a refusal somebody has to change something first: bookmarks don't probe more often than polls do.
            PollReason.Bookmark when source.MustWait(now) || source.Asked >= message.Sent => null,
            PollReason.Bookmark => Lacking(source.Asked > midnight.AddDays(-regularDays) ? source.Asked.Value.FloorToHour() : midnight, message.Sent),
            PollReason.Reread when source.IsBackingOff(now) || RereadDue(source, account) > now => null,
            PollReason.Reread => Lacking(midnight.AddDays(-DeepDays), RereadDue(source, account)),
            PollReason.Monthly when source.IsBackingOff(now) || MonthlyDue(source, account) > now => null,
            PollReason.Monthly => Lacking(midnight.AddDays(-backfillDays), MonthlyDue(source, account)),
            PollReason.Sync => Lacking(message.Since?.FloorToHour() ?? midnight.AddDays(-DeepDays), message.Sent),
            PollReason.Connect when source.Backfilled == account.ConnectedAt || source.IsBackingOff(now) => null,
            PollReason.Connect => Lacking(midnight.AddDays(-backfillDays), account.ConnectedAt),
            _ => throw new ArgumentOutOfRangeException(nameof(message), message.Reason, "No such reason."),
        };

        // The newest first, at most a week at once, whole days where it is several.
        Interval? Lacking(DateTimeOffset from, DateTimeOffset since)
        {
            if (source.Covered.LastLacking(new(from, message.ReadTo ?? now), since) is not { } lacking) return null;
            var hours = message.HoursMax ?? hoursAtOnce;
            if (lacking.Length > TimeSpan.FromHours(hours))
            {
                var start = lacking.End.AddHours(-hours);
                if (hours >= hoursADay && start.TimeOfDay > TimeSpan.Zero) start = new(start.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
                lacking = lacking with { Start = start > lacking.Start ? start : lacking.Start };
            }
            return lacking;
        }
    }

    /// <summary>What every regular poll reads.</summary>
    public static Interval RegularDays(DateTimeOffset now) => new(Midnight(now).AddDays(-regularDays), now);

    /// <summary>What a sync reads, up to the instant it was asked for at. Readings cover whole buckets, so it ends there whatever their width.</summary>
    public static Interval SyncedTime(PollAccount sync) => new(sync.Since?.FloorToHour() ?? Midnight(sync.Sent).AddDays(-DeepDays), sync.Sent);

    /// <summary>How many whole days a message reads in the end.</summary>
    public static int DaysOf(PollAccount message, int backfillDays) => message.Reason switch
    {
        PollReason.Connect or PollReason.Monthly => backfillDays,
        PollReason.Reread => DeepDays,
        PollReason.Sync => (int)(Midnight(message.Sent) - SyncedTime(message).Start).TotalDays,
        _ => 0,
    };

    /// <summary>When 35 days are to be read anew.</summary>
    public static DateTimeOffset RereadDue(Source source, Account account) => (source.DeepAt ?? account.ConnectedAt) + RereadEvery;

    /// <summary>When all that connecting reads is to be read anew.</summary>
    public static DateTimeOffset MonthlyDue(Source source, Account account) => (source.MonthlyAt ?? account.ConnectedAt) + MonthlyEvery;

    /// <summary>Whether a stretch ends where the reading was asked, so that it is about the present.</summary>
    public static bool Reaches(Interval stretch, DateTimeOffset asked) => stretch.End > asked.FloorToHour();

    /// <summary>How many hours to ask for where the answers were too large; null: there are no fewer.</summary>
    public static int? Shorter(Interval stretch) => stretch.Length <= TimeSpan.FromHours(1) ? null : (int)Math.Ceiling(stretch.Length.TotalHours / 2);

    /// <summary>After one that was not cut off, twice as many are tried.</summary>
    public static int? Longer(int? hours) => hours is { } h ? Math.Min(h * 2, hoursAtOnce) : null;

    private static DateTimeOffset Midnight(DateTimeOffset at) => new(at.UtcDateTime.Date, TimeSpan.Zero);
}
