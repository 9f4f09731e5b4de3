using Ledger.Service.Settings;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;
using Wolverine.Marten;

namespace Ledger.Service.Alerts;

public static class Setup
{
    private const string queue = "watch";
    private const string everyMinute = "* * * * *";

    public static void AddAlerts(this IServiceCollection services) => services.AddSingleton<RaiseAlert>().AddSingleton<AlertWatch>();

    public static MartenServiceCollectionExtensions.MartenConfigurationExpression SubscribeToAlerts(this MartenServiceCollectionExtensions.MartenConfigurationExpression marten) =>
        marten.SubscribeToEventsWithServices<WatchSubscription>(ServiceLifetime.Singleton);

    /// <summary>Looks are taken one at a time.</summary>
    public static void Alerts(this WolverineOptions opts, LedgerOptions options)
    {
        opts.LocalQueue(queue).UseDurableInbox().Sequential();
        opts.PublishMessage<WatchSpend>().ToLocalQueue(queue);
        opts.PublishMessage<WatchClock>().ToLocalQueue(queue);
        opts.Schedules.ScheduleRecurring<MinutePassed>("watch-clock", everyMinute, at => new MinutePassed(at));
    }
}
