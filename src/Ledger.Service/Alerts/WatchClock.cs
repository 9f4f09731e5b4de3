using Wolverine.Attributes;

namespace Ledger.Service.Alerts;

/// <summary>A minute has passed. The schedule runs this where it fires; the look itself goes through the queue, behind those that are asked for.</summary>
/// <param name="At">The minute.</param>
[MessageIdentity("minute-passed.v1")]
public sealed record MinutePassed(DateTimeOffset At);

public static class MinutePassedHandler
{
    public static WatchClock Handle(MinutePassed message) => new(message.At);
}

/// <summary>Look at what time alone changes, such as sources that fall silent, missions left open and raises that ended.</summary>
/// <param name="At">Since when.</param>
[MessageIdentity("watch-clock.v1")]
public sealed record WatchClock(DateTimeOffset At);

public static class WatchClockHandler
{
    [MessageTimeout(AlertWatch.TakesAtMostSeconds)]
    public static Task Handle(WatchClock message, AlertWatch watch, CancellationToken ct) => watch.Look(ct);
}
