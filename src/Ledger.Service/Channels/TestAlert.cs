using System.Text.Json;
using FluentValidation;
using Ledger.Contracts;
using Ledger.Service.Http;
using Ledger.Service.Mail;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Wolverine.Http;
using Wolverine.Runtime;

namespace Ledger.Service.Channels;

public sealed class TestAlertValidator : AbstractValidator<TestAlert>
{
    public TestAlertValidator()
    {
        RuleFor(r => r.Channel).Must(channel => !string.IsNullOrWhiteSpace(channel)).WithMessage("{PropertyName} is needed.");
        RuleFor(r => r.To).Must(to => to is null || EmailAddress.WhyNot(to) is null).WithErrorCode("recipient.invalid")
            .WithMessage((_, to) => $"to is no address: {EmailAddress.WhyNot(to)}.");
        RuleFor(r => r.To).NotNull().When(r => r.Channel == ChannelNames.Email).WithErrorCode("recipient.invalid").WithMessage("A mail needs a recipient: say to.");
    }
}

/// <summary>A test notification through the queue of its channel, answered with what became of it.</summary>
public static class TestAlertEndpoint
{
    private const string line = "This is a test from Ledger: the channel works, nothing needs to be done.";
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(15);

    [WolverinePost("/api/v1/alerts/test"), Authorize(Policy = Scopes.Admin)]
    public static async Task<TestedAlert> Post(
        TestAlert request, [FromHeader(Name = "Idempotency-Key")] string key, ChannelHealth health, IWolverineRuntime runtime, TimeProvider clock, CancellationToken ct)
    {
        var channel = health.Channels.FirstOrDefault(c => c.Name == request.Channel)
            ?? throw new Refused("channel.unknown", $"{Names.Printable(request.Channel!)} is no channel.", "channel", request.Channel, ChannelNames.All);
        // Mail without a server goes to files, which works and is said; the others lead nowhere.
        if (channel is { Configured: false, Target: null }) throw new Refused("channel.unconfigured", $"{channel.Name} is not configured: {channel.Hint}", "channel", channel.Name);

        var message = Message(channel.Name, request.To, key, clock.GetUtcNow().ToMicroseconds());
        // Sent at once, not with this request's transaction: the answer says what became of it.
        var note = await health.FirstOutcome(message.Id, () => new MessageBus(runtime).PublishAsync(message).AsTask(), patience, ct);
        var outcome = note is null ? "pending" : note.State.ToString().ToLowerInvariant();
        return new(note?.Envelope, channel.Name, outcome, channel.Target, note?.Reason ?? health.TroubleOf(channel.Name)?.Reason, note?.Attempts ?? 0, channel.Hint);
    }

    /// <summary>What a test says: that it is one, and that nothing needs to be done.</summary>
    internal static INotification Message(string channel, string? to, string cause, DateTimeOffset at)
    {
        var (id, notification) = (Ids.DerivedFrom(cause, $"test:{channel}"), Ids.Short("t", cause));
        return channel switch
        {
            ChannelNames.Email => new SendMail(
                id, notification, NotificationClasses.Test, to!, [to!], "Ledger: a test", $"{line}\n\nSent {at.ToText()}, notification {notification}.\n", null, $"{notification}.test@ledger.invalid", "test.ledger.invalid", at),
            ChannelNames.Slack => new SendSlack(id, notification, NotificationClasses.Test, line, null, at),
            ChannelNames.Webhook => new SendWebhook(id, notification, NotificationClasses.Test, Payload(cause, at), at),
            ChannelNames.Exec => new RunProgram(id, notification, NotificationClasses.Test, Payload(cause, at), at),
            _ => throw new ArgumentException($"{channel} is no channel.", nameof(channel)),
        };
    }

    private static JsonElement Payload(string cause, DateTimeOffset at) => JsonSerializer.SerializeToElement(new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["schema"] = "1.0",
        ["id"] = Ids.DerivedFrom(cause, "test").ToString("D"),
        ["event"] = "test",
        ["severity"] = "info",
        ["currency"] = "USD",
        ["data_as_of"] = at.ToText(),
        ["event_message"] = line,
    });
}
