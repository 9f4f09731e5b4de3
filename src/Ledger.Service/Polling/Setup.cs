using Ledger.Service.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Wolverine;
using Wolverine.Postgresql;

namespace Ledger.Service.Polling;

public static class Setup
{
    /// <summary>Accounts share these; a slow one holds up those of its slot for one stretch.</summary>
    private const int slots = 8;

    private const string slot = "polls";

    /// <summary>The names of their queues in the database.</summary>
    public static IEnumerable<string> Slots => Enumerable.Range(1, slots).Select(i => $"{slot}{i}");

    private static readonly TimeSpan sweepEvery = TimeSpan.FromSeconds(15);

    public static void AddPolling(this IServiceCollection services)
    {
        services.AddSingleton<AccountReader>().AddSingleton<EdgeReader>();
        // Each attempt that fails would be told, with its stack; what comes of them is at the account.
        services.AddLogging(logging => logging.AddFilter("Polly", LogLevel.Critical));
    }

    /// <summary>An account is read by one message at a time, whichever node handles it, and swept for every few seconds.</summary>
    public static void Polling(this WolverineOptions opts, LedgerOptions options)
    {
        opts.MessagePartitioning.ByMessage<PollAccount>(m => m.Account).ByMessage<RefineEdges>(m => m.Account);
        opts.MessagePartitioning.GlobalPartitioned(polls =>
        {
            polls.UseShardedPostgresqlQueues(slot, slots);
            polls.Message<PollAccount>();
            polls.Message<RefineEdges>();
        });
        var every = (int)Math.Clamp(options.PollEvery.TotalSeconds, 1, sweepEvery.TotalSeconds);
        opts.Schedules.ScheduleRecurring("poll-sweep", $"*/{every} * * * * *", at => new PollSweep(at));
    }
}
