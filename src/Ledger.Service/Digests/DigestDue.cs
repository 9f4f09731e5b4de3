using Ledger.Service.Settings;
using Marten;
using Wolverine;
using Wolverine.Attributes;

namespace Ledger.Service.Digests;

/// <summary>The hour of the digest has come, or may have passed while nobody ran: the digest that is due is sent if it was not.</summary>
/// <param name="At">When.</param>
[MessageIdentity("digest-due.v1")]
public sealed record DigestDue(DateTimeOffset At);

public static class DigestDueHandler
{
    private const int takesAtMostSeconds = 300;
    private const string bySchedule = "schedule";

    [MessageTimeout(takesAtMostSeconds)]
    public static async Task<OutgoingMessages> Handle(DigestDue message, IDocumentSession session, DigestSending sending, LedgerOptions options, TimeProvider clock, CancellationToken ct)
    {
        var state = await DigestState.Of(session, options.People, clock.GetUtcNow(), ct);
        // What was sent already is looked at too: somebody may have had it sent to others before its hour.
        if (state is not { Week: { } week, Window: { } window, Skipped: null }) return [];
        // The next check tries again.
        if (!await sending.Ready(ct)) return [];
        return [.. (await sending.Send(session, week, window, new(null, bySchedule, null, false), ct))?.Mails ?? []];
    }
}
