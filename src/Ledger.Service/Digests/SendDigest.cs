using FluentValidation;
using Ledger.Alerts;
using Ledger.Contracts;
using Ledger.Digests;
using Ledger.Service.Channels;
using Ledger.Service.Http;
using Ledger.Service.Mail;
using Ledger.Service.Settings;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine;
using Wolverine.Http;

namespace Ledger.Service.Digests;

public sealed class SendDigestValidator : AbstractValidator<SendDigest>
{
    private const int recipientsMax = 50;

    public SendDigestValidator()
    {
        RuleFor(r => r.To).Must(to => to is null || to.Count is > 0 and <= recipientsMax).WithErrorCode("recipient.invalid").WithMessage($"to names 1 to {recipientsMax} recipients.");
        RuleForEach(r => r.To).Must(to => EmailAddress.WhyNot(to) is null).WithErrorCode("recipient.invalid").WithMessage((_, to) => $"to is no address: {EmailAddress.WhyNot(to)}.");
    }
}

public static class SendDigestEndpoint
{
    [WolverinePost("/api/v1/digest/send"), Authorize(Policy = Scopes.Write)]
    public static async Task<(SentDigest, OutgoingMessages)> Post(SendDigest request, Caller caller, IDocumentSession session, DigestSending sending, TimeProvider clock, CancellationToken ct)
    {
        var (week, window) = sending.Meant(request.Week, clock.GetUtcNow());
        if (!await sending.Ready(ct))
            throw new Refused("log.busy", "The views are behind the log just now, so the digest would miss something; try again.") { RetryAfter = TimeSpan.FromSeconds(2) };
        var to = request.To?.Distinct(StringComparer.OrdinalIgnoreCase).ToArray();
        var sent = await sending.Send(session, week, window, new(caller.Name, caller.Key, to, request.Again ?? false), ct)
            ?? throw new Refused("digest.recipients", "There is nobody to send it to: set LEDGER_DIGEST_TO (or LEDGER_MAIL_TO), or say --to.", "to");
        var composed = sent.Composed;
        var hint = sent.Had.Count > 0 ? $"{Wording.And(sent.Had)} had it already; --again sends the same digest once more."
            : composed.At < window.End ? $"Week {week} is not over: this is no digest that `ledger digest list` keeps."
            : null;
        return (
            new(week, composed.Subject, sent.Already, [.. sent.Mails.Select(m => m.To)], composed.At, composed.Digest.AsOf, hint),
            [.. sent.Mails]);
    }
}

/// <summary>Who asks for a digest.</summary>
/// <param name="By">Who; null: the schedule.</param>
/// <param name="Cause">A second sending is one mail a cause and recipient.</param>
/// <param name="To">To these instead of whom it is set for.</param>
/// <param name="Again">Once more, although it was sent.</param>
public sealed record DigestRequest(string? By, string Cause, IReadOnlyList<string>? To, bool Again);

/// <summary>A digest and the mails that leave with it now.</summary>
/// <param name="Composed">The digest as it was first composed.</param>
/// <param name="Already">It had been composed before.</param>
/// <param name="Mails">One a recipient.</param>
/// <param name="Had">Who was meant and gets none, for they had it.</param>
public sealed record DigestMails(DigestComposed Composed, bool Already, IReadOnlyList<SendMail> Mails, IReadOnlyList<string> Had);

/// <summary>Whom a digest was sent to after it had been composed. Everybody gets it once, unless somebody asks for it again.</summary>
public sealed record DigestReaders
{
    /// <summary>The digest's stream.</summary>
    public required string Id { get; init; }

    public IReadOnlyList<string> Sent { get; init; } = [];
}

/// <summary>
/// Sends digests. There is one a week and team, whoever tries: its stream is started with the mails, in one transaction. A second sending is
/// the same digest under the same Message-ID, never a new one.
/// </summary>
public sealed class DigestSending(ComposeDigest compose, LedgerOptions options, TimeProvider clock)
{
    private const int mailsLengthMax = 2_000_000;
    private const int mailLengthMax = 250_000;

    private string Team => Alerts.Team.IdOf(options.People);

    /// <summary>Which week is meant.</summary>
    public (string Week, Interval Window) Meant(string? week, DateTimeOffset now) => DigestWeeks.Meant(week, options.People.Zone, now);

    /// <summary>Waits until the money views hold what is recorded now. False: they don't, so a digest would miss something.</summary>
    public Task<bool> Ready(CancellationToken ct) => compose.Ready(ct);

    /// <summary>Writes into the session what is new and answers the mails, to be published with it. Null: there is nobody to send it to.</summary>
    public async Task<DigestMails?> Send(IDocumentSession session, string week, Interval window, DigestRequest request, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var stream = DigestComposed.StreamOf(Team, week);
        if ((await DigestPast.Composed(session, [stream], long.MaxValue, ct)).TryGetValue(stream, out var found))
        {
            var composed = found.Composed;
            // Somebody may have had it sent to others before its hour came: those it is set for still get it.
            var meant = request.To ?? (request.By is not null ? composed.Recipients : composed.By is null ? [] : options.People.DigestRecipients);
            var told = await session.LoadAsync<DigestReaders>(stream, ct) ?? new() { Id = stream };
            string[] had = request.Again ? [] : [.. meant.Intersect(composed.Recipients.Concat(told.Sent), StringComparer.OrdinalIgnoreCase)];
            string[] readers = [.. meant.Except(had, StringComparer.OrdinalIgnoreCase)];
            if (readers.Length > 0) session.Store(told with { Sent = [.. told.Sent.Concat(readers).Distinct(StringComparer.OrdinalIgnoreCase)] });
            return new(composed, Already: true, await Mails(composed, readers, $"{stream}\n{request.Cause}", now), had);
        }
        var recipients = request.To ?? options.People.DigestRecipients;
        if (recipients.Count == 0) return null;
        var digest = await compose.Of(week, window, null, ct);
        stream = DigestWeeks.StreamOf(Team, digest);
        var first = new DigestComposed(digest.Team, week, DigestMail.SubjectOf(digest), digest, [.. recipients], now, request.By);
        session.Events.StartStream(stream, first);
        return new(first, Already: false, await Mails(first, recipients, stream, now), []);
    }

    private async Task<IReadOnlyList<SendMail>> Mails(DigestComposed composed, IReadOnlyList<string> recipients, string cause, DateTimeOffset now)
    {
        if (recipients.Count == 0) return [];
        var mail = await DigestMail.Render(composed.Digest, options.People.Forge);
        // All mails of a digest are one transaction, which is bounded. The text says all of it.
        var length = mail.Text.Length + mail.Html.Length;
        var html = length <= mailLengthMax && (long)length * recipients.Count <= mailsLengthMax ? mail.Html : null;
        var id = Ids.Short("d", DigestWeeks.StreamOf(Team, composed.Digest));
        return
        [
            .. recipients.Select(to => new SendMail(
                Ids.DerivedFrom(cause, $"mail:{to}"), id, NotificationClasses.Digest, to, recipients, composed.Subject, mail.Text, html,
                MailIds.Message($"digest-{composed.Week.ToLowerInvariant()}.{id}", composed.Team), MailIds.List("digests", composed.Team), now)),
        ];
    }
}
