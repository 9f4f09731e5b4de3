namespace Ledger.Postgres;

/// <summary>timestamptz counts microseconds; DateTime counts tenths of one. What is hashed and stored is the same, cut number.</summary>
internal static class Micros
{
    public static long Of(DateTimeOffset at) => (at.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond
        - ((at.UtcTicks - DateTime.UnixEpoch.Ticks) % TimeSpan.TicksPerMicrosecond < 0 ? 1 : 0);

    public static DateTime ToDateTime(long micros) => DateTime.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);

    public static DateTimeOffset ToOffset(long micros) => new(ToDateTime(micros), TimeSpan.Zero);
}
