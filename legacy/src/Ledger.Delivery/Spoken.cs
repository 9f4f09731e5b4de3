namespace Ledger.Delivery;

/// <summary>Lengths of time as people say them, cut to one unit: <c>23 h</c>.</summary>
internal static class Spoken
{
    public static string Of(TimeSpan time) => time switch
    {
        { TotalDays: >= 2 } => $"{(long)time.TotalDays} days",
        { TotalHours: >= 1 } => $"{(long)time.TotalHours} h",
        { TotalMinutes: >= 1 } => $"{(long)time.TotalMinutes} min",
        _ => $"{(long)time.TotalSeconds} s",
    };
}
