using FluentValidation;
using Ledger.Delivery;
using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Delivery;

/// <summary>Proves a channel: a test notification through the outbox, answered with what became of it (15 s at most). `channel` is email, slack, webhook or exec; `to` a mail's recipient.</summary>
internal sealed record TestAlert(string? Channel, string? To);

internal sealed class TestAlertValidator : AbstractValidator<TestAlert>
{
    public TestAlertValidator()
    {
        RuleFor(r => r.Channel).Required();
        RuleFor(r => r.To).Must(to => to is null || EmailAddress.WhyNot(to) is null).WithErrorCode("recipient.invalid")
            .WithMessage((_, to) => $"to is no address: {EmailAddress.WhyNot(to)}.");
        RuleFor(r => r.To).NotNull().When(r => r.Channel == "email").WithErrorCode("recipient.invalid").WithMessage("A mail needs a recipient: say to.");
    }
}

/// <param name="Id">The message's id in the outbox.</param>
/// <param name="Channel">Which.</param>
/// <param name="Outcome">delivered, refused, waiting (another try follows) or pending (no answer yet).</param>
/// <param name="Target">Where to, without secrets.</param>
/// <param name="Reason">Why not delivered, so far.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Hint">What would be better.</param>
internal sealed record TestedAlert(Guid Id, string Channel, string Outcome, string? Target, string? Reason, int Attempts, string? Hint);

internal static class TestAlertEndpoint
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan lookEvery = TimeSpan.FromMilliseconds(50);

    public static async Task<Answer> Post(TestAlert request, Command command, Journal journal, IEventLog log, IOutbox outbox, Deliverer deliverer, TimeProvider clock, CancellationToken ct)
    {
        if (await journal.Before(command, ct) is { } before) return before;
        var channel = deliverer.Channels.FirstOrDefault(c => c.Name == request.Channel)
            ?? throw new Refused("channel.unknown", $"{Names.Printable(request.Channel!)} is no channel.", "channel", request.Channel, [.. deliverer.Channels.Select(c => c.Name)]);
        // Mail without a server goes to files, which works and is said; the others lead nowhere.
        if (channel is { Configured: false, Target: null }) throw new Refused("channel.unconfigured", $"{channel.Name} is not configured: {channel.Hint}", "channel", channel.Name);

        var message = MessageJson.ToNew(TestNotification.For(channel.Name, request.To, command.Key, clock.GetUtcNow()), command.Key, $"test:{channel.Name}", clock.GetUtcNow());
        deliverer.TryNow(channel.Name);
        await log.Append(new() { Streams = [], Messages = [message] }, ct);
        var kept = await Outcome(outbox, message.Id, ct);
        var outcome = kept switch
        {
            { State: MessageState.Delivered } => "delivered",
            { State: MessageState.Dead } => "refused",
            { Reason: not null } => "waiting",
            _ => "pending",
        };
        var state = deliverer.Channels.First(c => c.Name == channel.Name);
        return await journal.Write(command, _ => Plan.Nothing(new TestedAlert(message.Id, channel.Name, outcome, channel.Target, kept?.Reason ?? state.Trouble?.Reason, kept?.Attempts ?? 0, channel.Hint)), ct);
    }

    /// <summary>Waits for the first answer, good or bad.</summary>
    private static async Task<KeptMessage?> Outcome(IOutbox outbox, Guid id, CancellationToken ct)
    {
        for (var began = Environment.TickCount64; ; await Task.Delay(lookEvery, ct))
        {
            var kept = await outbox.Find(id, ct);
            if (kept is { State: not MessageState.Waiting } or { Reason: not null } || Environment.TickCount64 - began >= patience.TotalMilliseconds) return kept;
        }
    }
}
