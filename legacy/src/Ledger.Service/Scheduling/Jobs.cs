using Ledger.Service.Digests;
using Ledger.Service.Hosting;
using Ledger.Service.Polling;
using Ledger.Service.Watching;
using Microsoft.Extensions.DependencyInjection;
using Quartz;

namespace Ledger.Service.Scheduling;

/// <summary>Done every so often, on one node at a time: <c>services.Every&lt;ChecksJob&gt;("checks", TimeSpan.FromMinutes(1))</c> is all it needs.</summary>
internal interface IRoutine
{
    /// <summary>Does it once. A failure is logged, and the next time comes all the same.</summary>
    Task Run(CancellationToken ct);
}

/// <summary>Done at an instant that is set with <see cref="Schedule.At"/>, on one node, until it names no next one.</summary>
/// <example>
/// A digest that is due on Mondays:
/// <code>
/// services.At&lt;DigestJob&gt;("digest");
/// await schedule.At("digest", team, week.NextAfter(clock.GetUtcNow()), ct);   // at start, and when the day or the zone is changed
/// public async Task&lt;DateTimeOffset?&gt; Keep(string team, CancellationToken ct)
/// {
///     await Send(team, ct);                          // says itself that it is sent already: a node may die before it names the next time
///     return week.NextAfter(clock.GetUtcNow());
/// }
/// </code>
/// </example>
internal interface IAppointment
{
    /// <summary>Does it once. When it fails, or the node dies, it is tried again within a minute.</summary>
    /// <param name="of">What it is for, as it was set: an account, a team.</param>
    /// <param name="ct">The node stops; another one goes on.</param>
    /// <returns>When to do it next; null: never again.</returns>
    Task<DateTimeOffset?> Keep(string of, CancellationToken ct);
}

/// <summary>An <see cref="IRoutine"/> and how often it is done.</summary>
internal sealed record Routine(string Job, TimeSpan Every);

/// <summary>Everything that is done on schedule: the one list. Names are stored, so they stay as they are.</summary>
internal static class Jobs
{
    public static IServiceCollection AddJobs(this IServiceCollection services) => services
        .At<PollJob>(PollJob.Name)
        .At<DigestJob>(DigestJob.Name)
        .At<RereadJob>(RereadJob.Name)
        .Every<ChecksJob>("checks", TimeSpan.FromMinutes(1))
        .Every<HousekeepingJob>("housekeeping", TimeSpan.FromHours(1));

    /// <summary>What runs them, as this node.</summary>
    public static IServiceCollection AddSchedule(this IServiceCollection services)
    {
        var node = Node.New();
        return services.AddSingleton(node).AddSingleton<ScheduleTables>().AddSingleton<Schedule>().AddQuartz(quartz => ScheduleTables.Configure(quartz, node));
    }

    private static IServiceCollection Every<T>(this IServiceCollection services, string job, TimeSpan interval) where T : class, IRoutine =>
        services.AddKeyedSingleton<IRoutine, T>(job).AddSingleton(new Routine(job, interval));

    private static IServiceCollection At<T>(this IServiceCollection services, string job) where T : class, IAppointment =>
        services.AddKeyedSingleton<IAppointment, T>(job);
}
