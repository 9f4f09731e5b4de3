using Ledger.Accounts;
using Ledger.Digests;
using Ledger.Service.Alerts;
using Ledger.Service.Settings;
using Marten;

namespace Ledger.Service.Digests;

/// <summary>What is to be said of the digest; for status.</summary>
/// <param name="Week">The last week whose digest is due; null: none is, because nothing was connected before its hour.</param>
/// <param name="Window">Its window.</param>
/// <param name="IsSent">It was composed and sent.</param>
/// <param name="Next">When the next one is due.</param>
/// <param name="Skipped">Why it was not sent; null when it was, or will be.</param>
public sealed record DigestState(string? Week, Interval? Window, bool IsSent, DateTimeOffset Next, string? Skipped)
{
    public static async Task<DigestState> Of(IQuerySession session, PeopleOptions people, DateTimeOffset now, CancellationToken ct)
    {
        var next = DigestCalendar.Next(now, people.DigestDay, people.DigestHour, people.Zone);
        var due = DigestCalendar.Next(now.AddDays(-8), people.DigestDay, people.DigestHour, people.Zone);
        while (DigestCalendar.Next(due, people.DigestDay, people.DigestHour, people.Zone) is var later && later <= now) due = later;
        // Before anything was connected there was no week to tell of.
        if (!await session.Query<Account>().Where(a => !a.Removed && a.ConnectedAt < due).AnyAsync(ct)) return new(null, null, false, next, null);

        var (week, window) = DigestWeeks.Before(due, people.Zone);
        var stream = DigestComposed.StreamOf(Team.IdOf(people), week);
        var isSent = (await DigestPast.Composed(session, [stream], long.MaxValue, ct)).Count > 0;
        var skipped = !isSent && people.DigestRecipients.Count == 0 ? $"The digest of {week} was not sent: nobody is named in LEDGER_DIGEST_TO or LEDGER_MAIL_TO." : null;
        return new(week, window, isSent, next, skipped);
    }
}
