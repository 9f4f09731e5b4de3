using Ledger.Service.Scheduling;

namespace Ledger.Service.Polling;

/// <summary>An account's daily reading of 35 days: what the provider restated late.</summary>
internal sealed class RereadJob(Pollers pollers, Sources sources, TimeProvider clock) : IAppointment
{
    public const string Name = "re-read";

    private static readonly TimeSpan soon = TimeSpan.FromMinutes(1);

    /// <summary>When an account's next one is due.</summary>
    public static DateTimeOffset NextOf(SourceState state, DateTimeOffset now)
    {
        if (state.DeepAt is { } last && last + AccountPoller.DeepEvery > now) return last + AccountPoller.DeepEvery;
        // Backing off holds for this too.
        return state.Failing is not null && state.NextDue > now ? state.NextDue.Value : now;
    }

    public async Task<DateTimeOffset?> Keep(string account, CancellationToken ct)
    {
        var next = NextOf(await sources.Get(account, ct), clock.GetUtcNow());
        if (next > clock.GetUtcNow()) return next;
        if (!await pollers.Call(account, Reason.Reread, ct)) return null;
        next = NextOf(await sources.Get(account, ct), clock.GetUtcNow());
        var earliest = clock.GetUtcNow() + soon;
        return next > earliest ? next : earliest;
    }
}
