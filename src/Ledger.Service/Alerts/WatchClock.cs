using Wolverine.Attributes;

namespace Ledger.Service.Alerts;

/// <summary>A minute has passed: look at what time alone changes, such as sources that fall silent, missions left open and raises that ended.</summary>
/// <param name="At">The minute.</param>
[MessageIdentity("watch-clock.v1")]
public sealed record WatchClock(DateTimeOffset At);

public static class WatchClockHandler
{
    [MessageTimeout(AlertWatch.TakesAtMostSeconds)]
    public static Task Handle(WatchClock message, AlertWatch watch, CancellationToken ct) => watch.Look(ct);
}
