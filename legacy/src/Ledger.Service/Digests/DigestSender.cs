using Ledger.Digests;
using Ledger.Mail;
using Ledger.Service.Hosting;
using Ledger.Service.Http;
using Ledger.Service.Notifying;
using Ledger.Views;

namespace Ledger.Service.Digests;

/// <summary>What is to be written so that a digest leaves; nothing where it has left already.</summary>
/// <param name="Stream">Its stream.</param>
/// <param name="Version">The version it must be at.</param>
/// <param name="Event">What happened; null when it happened before.</param>
/// <param name="Messages">One a recipient.</param>
/// <param name="Digest">The digest, as it was first composed.</param>
internal sealed record Departure(string Stream, long Version, DigestComposed? Event, IReadOnlyList<NewMessage> Messages, DigestComposed Digest);

/// <summary>
/// Decides what leaves. One digest a week and team, whoever tries: the week's stream must be empty, and the event and its mails are one
/// append. A second sending is the same digest with the same Message-ID, never a new one.
/// </summary>
internal sealed class DigestSender(IEventLog log, Books books, ComposeDigest compose, DigestArchive archive, Team team, ServiceSettings settings, TimeProvider clock)
{
    private const int bytesMax = 2_000_000;
    private const int bodyBytesMax = 250_000;
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(10);

    /// <param name="week">ISO week.</param>
    /// <param name="window">Its window.</param>
    /// <param name="to">To these instead; null: to whom it is set.</param>
    /// <param name="again">Once more, although it has left.</param>
    /// <param name="cause">What asks: a second sending is one message a cause and recipient.</param>
    /// <param name="by">Who; null: the schedule.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Null: there is nobody to send it to.</returns>
    public async Task<Departure?> Decide(string week, Interval window, IReadOnlyList<string>? to, bool again, string cause, string? by, CancellationToken ct)
    {
        var head = await log.Head(ct);
        if (!await books.WaitFor(head.Position, patience, ct))
            throw new Refused("log.busy", "The views are behind the log just now, so the digest would miss something; try again.") { RetryAfter = TimeSpan.FromSeconds(2) };
        var now = clock.GetUtcNow().ToMicroseconds();
        var stream = DigestComposed.StreamOf(team.Id, week);
        if (await archive.Find(team.Id, week, long.MaxValue, ct) is { Digest: var sent })
        {
            // Somebody may have had it sent to others before its hour came: those it is set for still get it, once.
            var waiting = by is null && sent.By is not null ? settings.People.DigestRecipients.Except(sent.Recipients, StringComparer.OrdinalIgnoreCase).ToArray() : [];
            var readers = to ?? (again ? sent.Recipients : waiting);
            return new(stream, await log.StreamVersion(stream, ct), null, await Mails(sent, readers, $"{stream}\n{cause}", now), sent);
        }
        var recipients = to ?? settings.People.DigestRecipients;
        if (recipients.Count == 0) return null;
        var digest = await compose.Of(week, window, null, ct);
        stream = DigestArchive.StreamOf(team.Id, digest);
        var composed = new DigestComposed(digest.Team, week, DigestMail.SubjectOf(digest), digest, [.. recipients], now, by);
        return new(stream, 0, composed, await Mails(composed, recipients, stream, now), composed);
    }

    private async Task<IReadOnlyList<NewMessage>> Mails(DigestComposed composed, IReadOnlyList<string> recipients, string cause, DateTimeOffset now)
    {
        if (recipients.Count == 0) return [];
        var mail = await DigestMail.Render(composed.Digest);
        var id = Ids.Short("d", DigestArchive.StreamOf(team.Id, composed.Digest));
        IReadOnlyList<NewMessage> With(string? html) =>
        [
            .. recipients.Select(to => MessageJson.ToNew(
                new MailMessageBody(
                    id, NotificationClasses.Digest, to, recipients, composed.Subject, mail.Text, html,
                    MailIds.Message($"digest-{composed.Week.ToLowerInvariant()}.{id}", composed.Team), MailIds.List("digests", composed.Team), now),
                cause, $"mail:{to}", now)),
        ];
        var messages = With(mail.Html);
        // Event and mails are one append, which is bounded. The text says all of it.
        return messages.Sum(m => (long)m.Body.Length) <= bytesMax && messages.All(m => m.Body.Length <= bodyBytesMax) ? messages : With(null);
    }
}
