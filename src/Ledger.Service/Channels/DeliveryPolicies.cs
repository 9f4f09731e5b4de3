using Ledger.Service.Mail;
using Wolverine;
using Wolverine.ErrorHandling;

namespace Ledger.Service.Channels;

/// <summary>One durable queue a channel, and what happens when a delivery fails: tried again for about a day, then kept as a dead letter.</summary>
public static class DeliveryPolicies
{
    // 23.6 hours in all.
    private static readonly TimeSpan[] delays =
    [
        TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1),
        TimeSpan.FromHours(2), TimeSpan.FromHours(4), TimeSpan.FromHours(8), TimeSpan.FromHours(8),
    ];

    /// <summary>How often a message is tried before it becomes a dead letter.</summary>
    public static int AttemptsMax => delays.Length + 1;

    public static void Channels(this WolverineOptions options)
    {
        Queue<SendMail>(options, 4);
        Queue<SendSlack>(options, 1);
        Queue<SendWebhook>(options, 16);
        Queue<RunProgram>(options, 1);

        options.OnException<DeliveryRefused>().MoveToErrorQueue();
        // What the receiver asks for overrules our own pace, but not the number of tries. Wolverine's schedules go by the wall clock.
        IFailureActions waiting = options.OnException<DeliveryFailed>(e => e.Wait is not null);
        foreach (var _ in delays)
            waiting = waiting.CustomAction((_, lifecycle, failure) => new(lifecycle.ReScheduleAsync(DateTimeOffset.UtcNow + ((DeliveryFailed)failure).Wait!.Value)), "Schedule the retry for when the receiver wants it").Then;
        options.OnException<DeliveryFailed>().ScheduleRetry(delays).WithBoundedJitter(0.1);
    }

    /// <summary>The pause after a failed attempt; zero after the last.</summary>
    internal static TimeSpan DelayAfter(int attempt) => attempt >= 1 && attempt <= delays.Length ? delays[attempt - 1] : TimeSpan.Zero;

    /// <summary>When most attempts of a channel find it away, the others wait in the database instead of trying one by one.</summary>
    private static void Queue<T>(WolverineOptions options, int atOnce) =>
        options.LocalQueueFor<T>().UseDurableInbox().MaximumParallelMessages(atOnce).CircuitBreaker(breaker =>
        {
            breaker.Include<DeliveryFailed>(e => e.IsChannelDown);
            breaker.MinimumThreshold = 5;
            breaker.FailurePercentageThreshold = 60;
            breaker.TrackingPeriod = TimeSpan.FromMinutes(2);
            breaker.PauseTime = TimeSpan.FromMinutes(1);
        });
}
