using Ledger.Delivery.Exec;
using Ledger.Delivery.Mail;
using Ledger.Delivery.Webhooks;

namespace Ledger.Delivery;

/// <summary>Sends what the outbox holds, each kind by its own loop. Several may run on one outbox: claims and fences keep them apart.</summary>
public sealed class Deliverer : IAsyncDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly ChannelLoop[] loops;
    private readonly IReadOnlyList<IDisposable> owned;
    private int stopped;
    private Task running = Task.CompletedTask;

    /// <param name="options">Where messages go.</param>
    /// <param name="outbox">Where they come from.</param>
    /// <param name="clock">The time.</param>
    /// <param name="say">Tells the operator; never a secret.</param>
    public Deliverer(DeliveryOptions options, IOutbox outbox, TimeProvider clock, Action<string> say)
    {
        var guard = new AddressGuard(options.AllowPrivate);
        IChannel[] channels =
        [
            options.Smtp is { } smtp ? new SmtpChannel(smtp, options.Sender) : new FileChannel(options.MailFolder, options.Sender),
            options.SlackUrl is { } slack ? new SlackChannel(slack, guard, clock) : new NoChannel(MessageKinds.Slack, "slack", "SLACK_WEBHOOK_URL"),
            options.Webhook is { } webhook ? new WebhookChannel(webhook, guard, clock) : new NoChannel(MessageKinds.Webhook, "webhook", "LEDGER_WEBHOOK_URL"),
            options.Exec is { } program ? new ExecChannel(program) : new NoChannel(MessageKinds.Exec, "exec", "LEDGER_ALERT_EXEC"),
        ];
        owned = [.. channels.OfType<IDisposable>()];
        loops = [.. channels.Select(c => new ChannelLoop(c, outbox, clock, say))];
    }

    /// <summary>Every channel and how it is.</summary>
    public IReadOnlyList<ChannelStatus> Channels => [.. loops.Select(l => new ChannelStatus(l.Info.Name, l.Info.Configured, l.Info.Target, l.Info.Hint, l.Trouble))];

    /// <summary>Begins.</summary>
    public void Start() => running = Task.WhenAll(loops.Select(l => Task.Run(() => l.Run(stopping.Token))));

    /// <summary>Somebody has mended a channel: it is tried now, not when its pause is over.</summary>
    public void TryNow(string name) => Array.Find(loops, l => l.Info.Name == name)?.TryNow();

    /// <summary>Stops: attempts under way end or are cut, and are marked.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref stopped, 1) == 1) return;
        await stopping.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var channel in owned) channel.Dispose();
        stopping.Dispose();
    }
}

/// <summary>A channel and how it is.</summary>
/// <param name="Name"><c>mail</c>, <c>slack</c>, <c>webhook</c>, <c>exec</c>.</param>
/// <param name="Configured">Whether messages go where people look. Mail that goes to files is not.</param>
/// <param name="Target">Where to, without secrets.</param>
/// <param name="Hint">What would configure it.</param>
/// <param name="Trouble">What keeps it from delivering; null when nothing does.</param>
public sealed record ChannelStatus(string Name, bool Configured, string? Target, string? Hint, ChannelTrouble? Trouble);
