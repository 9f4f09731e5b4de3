using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Quartz;

namespace Ledger.Service.Scheduling;

/// <summary>One job's turn: finds it by name, runs it, sets its next time. All that Quartz knows of us; its class name is stored in every row.</summary>
[DisallowConcurrentExecution]
internal sealed class Firing(IServiceProvider services, Schedule schedule, ILogger<Firing> logger) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        var (job, of) = (context.JobDetail.Key.Group, context.JobDetail.Key.Name);
        try
        {
            if (services.GetKeyedService<IRoutine>(job) is { } routine)
                await routine.Run(cancellationToken);
            else if (services.GetKeyedService<IAppointment>(job) is { } appointment)
                await SetNext(job, of, await appointment.Keep(of, cancellationToken), cancellationToken);
            else
                // Another version's: a node that knows it has its turn next time.
                logger.LogWarning("{Job} is no job of this version", job);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // This node stops; the store hands the turn to another.
            throw;
        }
        catch (Exception e)
        {
            // The trigger stands as it is, so there is a next time. The message is not logged: it may quote what the job was told in confidence.
            logger.LogError("The job {Job} of {Of} failed with {Kind}{Trace}", job, of, e.GetType().Name, $"{Environment.NewLine}{e.StackTrace}");
        }
    }

    private Task SetNext(string job, string of, DateTimeOffset? next, CancellationToken ct) =>
        next is { } at ? schedule.At(job, of, at, ct) : schedule.Remove(job, of, ct);
}
