namespace Ledger.Service.Tests.Support;

/// <summary>A clock that runs, from any instant on, and can be moved ahead. Timers run in real time.</summary>
public sealed class TestClock : TimeProvider
{
    private readonly Lock gate = new();
    private readonly long began = System.GetTimestamp();
    private DateTimeOffset start;
    private long advanced;

    /// <param name="start">Default: well inside the current hour's first half, so that a test does not cross an hour.</param>
    public TestClock(DateTimeOffset? start = null) => this.start = start ?? new DateTimeOffset(2026, 11, 16, 10, 5, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate) return start + System.GetElapsedTime(began);
    }

    /// <summary>Intervals see the clock move too.</summary>
    public override long GetTimestamp()
    {
        lock (gate) return System.GetTimestamp() + advanced;
    }

    public void Advance(TimeSpan by)
    {
        lock (gate)
        {
            start += by;
            advanced += (long)(by.TotalSeconds * TimestampFrequency);
        }
    }

    public void AdvanceTo(DateTimeOffset at)
    {
        var by = at - GetUtcNow();
        Assert.True(by >= TimeSpan.Zero, $"The clock is past {at.ToText()} already.");
        Advance(by);
    }
}
