using Ledger.Service.Scheduling;

namespace Ledger.Service.Polling;

/// <summary>An account's regular poll. Its next time is what the source says: the interval, a pause after failures, a provider's <c>Retry-After</c>.</summary>
internal sealed class PollJob(Pollers pollers, Sources sources, TimeProvider clock) : IAppointment
{
    public const string Name = "poll";

    // Somebody else reads it just now, or a failure has not been noted yet.
    private static readonly TimeSpan soon = TimeSpan.FromMilliseconds(500);

    public async Task<DateTimeOffset?> Keep(string account, CancellationToken ct)
    {
        // A bookmark or a sync may have read it meanwhile; then this turn is not needed.
        if ((await sources.Get(account, ct)).NextDue is { } later && later > clock.GetUtcNow()) return later;
        if (!await pollers.Call(account, Reason.Due, ct)) return null;
        var due = (await sources.Get(account, ct)).NextDue ?? DateTimeOffset.MinValue;
        var earliest = clock.GetUtcNow() + soon;
        return due > earliest ? due : earliest;
    }
}
