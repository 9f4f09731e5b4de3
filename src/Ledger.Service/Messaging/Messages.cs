using JasperFx;
using JasperFx.CodeGeneration;
using Ledger.Service.Http;
using Ledger.Service.Settings;
using Ledger.Service.Storage;
using Wolverine;
using Wolverine.ErrorHandling;

namespace Ledger.Service.Messaging;

public static class Setup
{
    private static readonly TimeSpan executionMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan unheldMax = TimeSpan.FromSeconds(30);

    /// <summary>How messages are kept, written and handed from node to node.</summary>
    public static void Messages(this WolverineOptions opts, LedgerOptions options, bool tablesAreMade)
    {
        opts.ServiceName = "ledger";
        opts.ApplicationAssembly = typeof(LedgerService).Assembly;
        // Compiling handlers at run time takes seconds and 175 MB. eng/codegen wrote them into Internal/Generated; GeneratedCode checks at start that none is missing.
        opts.CodeGeneration.TypeLoadMode = TypeLoadMode.Static;
        opts.Policies.AutoApplyTransactions();
        opts.Policies.UseDurableLocalQueues();
        opts.UseSystemTextJsonForSerialization(LedgerJson.Configure);
        opts.DefaultExecutionTimeout = executionMax;

        if (tablesAreMade) opts.AutoBuildMessageStorageOnStartup = AutoCreate.None;
        var durability = opts.Durability;
        durability.Mode = options.IsSolo ? DurabilityMode.Solo : DurabilityMode.Balanced;
        durability.MessageStorageSchemaName = "messages";
        durability.ScheduledJobPollingTime = TimeSpan.FromSeconds(1);
        durability.KeepAfterMessageHandling = TimeSpan.FromHours(1);
        durability.DeadLetterQueueExpirationEnabled = true;
        durability.DeadLetterQueueExpiration = TimeSpan.FromDays(30);
        durability.EnableDeduplicatedResponses = true;
        durability.DeduplicationWindow = Idempotency.Kept;
        // A commit that a cut left unanswered may have stored messages that this node does not know it has. What it does hold is never taken from it.
        durability.InboxStaleTime = unheldMax;
        durability.OutboxStaleTime = unheldMax;
        // Another node takes over within 15 s: a dead one is stale after 10 s, forgotten at the second look after that, and its work is handed out at the next.
        durability.HealthCheckPollingTime = TimeSpan.FromSeconds(1);
        durability.StaleNodeTimeout = TimeSpan.FromSeconds(10);
        durability.CheckAssignmentPeriod = TimeSpan.FromSeconds(2);
    }

    /// <summary>What is tried again, how often. Who delivers adds its own rules.</summary>
    public static void Failures(this WolverineOptions opts)
    {
        opts.OnException<Exception>(DatabaseErrors.IsConflict).RetryWithCooldown(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(250));
        opts.OnException<Exception>(DatabaseErrors.IsTransient).ScheduleRetry(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10));
    }
}
