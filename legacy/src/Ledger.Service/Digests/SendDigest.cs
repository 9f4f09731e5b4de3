using FluentValidation;
using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Digests;

/// <summary>
/// Sends a week's digest by mail: composed and kept the first time, exactly once a week and team. With `again`, or `to` others, the same digest
/// leaves once more under the same Message-ID. `week` is `2026-W47`; default: the last one that is over. A week that is not over is told "so far", and its digest still comes.
/// </summary>
internal sealed record SendDigest(string? Week, IReadOnlyList<string>? To, bool? Again);

internal sealed class SendDigestValidator : AbstractValidator<SendDigest>
{
    private const int recipientsMax = 50;

    public SendDigestValidator()
    {
        RuleFor(r => r.To).Must(to => to is null || to.Count is > 0 and <= recipientsMax).WithErrorCode("recipient.invalid").WithMessage($"to names 1 to {recipientsMax} recipients.");
        RuleForEach(r => r.To).Must(to => EmailAddress.WhyNot(to) is null).WithErrorCode("recipient.invalid").WithMessage((_, to) => $"to is no address: {EmailAddress.WhyNot(to)}.");
    }
}

/// <param name="Week">ISO week.</param>
/// <param name="Subject">The mail's subject.</param>
/// <param name="Already">It had been composed before this call.</param>
/// <param name="Recipients">Who gets a mail by this call; nobody when it had been sent before and was not asked for again.</param>
/// <param name="At">When it was composed.</param>
/// <param name="AsOf">Position its figures stand at.</param>
/// <param name="Hint">What to do to get it once more.</param>
internal sealed record SentDigest(string Week, string Subject, bool Already, IReadOnlyList<string> Recipients, DateTimeOffset At, long AsOf, string? Hint);

internal static class SendDigestEndpoint
{
    public static Task<Answer> Post(SendDigest request, Command command, Journal journal, DigestSender sender, ComposeDigest compose, TimeProvider clock, CancellationToken ct) => journal.Write(command, async ct =>
    {
        var (week, window) = DigestWeek.Of(request.Week, compose.Zone, clock.GetUtcNow());
        var to = request.To?.Distinct(StringComparer.OrdinalIgnoreCase).ToArray();
        var departure = await sender.Decide(week, window, to, request.Again ?? false, command.Key, command.By, ct)
            ?? throw new Refused("digest.recipients", "There is nobody to send it to: set LEDGER_DIGEST_TO (or LEDGER_MAIL_TO), or say --to.", "to");
        var composed = departure.Digest;
        var already = departure.Event is null;
        var answer = new SentDigest(
            week, composed.Subject, already, departure.Messages.Count == 0 ? [] : to ?? composed.Recipients, composed.At, composed.Digest.AsOf,
            already && departure.Messages.Count == 0 ? $"It left {composed.At.ToText()} for {string.Join(", ", composed.Recipients)}; --to sends the same digest once more." : null);
        return new Plan(answer).Append(departure.Stream, departure.Version, departure.Event is { } happened ? [happened] : []).Send(departure.Messages);
    }, ct);
}
