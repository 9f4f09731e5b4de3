using Ledger.Accounts;

namespace Ledger.Service.Xai;

/// <summary>Cuts readings at UTC midnights.</summary>
public static class ReadingDays
{
    /// <summary>
    /// The reading as one per UTC day, in order; each covers its part of the time and keeps when it was asked and answered. A backfill
    /// asks for several days at once and is recorded day by day.
    /// </summary>
    public static IReadOnlyList<Reading> PerDay(this Reading reading)
    {
        var covers = reading.Covers;
        var days = new List<Reading>();
        var lines = reading.Lines.ToLookup(line => line.Start.UtcDateTime.Date);
        for (var start = covers.Start; start < covers.End;)
        {
            var midnight = new DateTimeOffset(start.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
            var end = midnight < covers.End ? midnight : covers.End;
            days.Add(reading with { Covers = new(start, end), Lines = [.. lines[start.UtcDateTime.Date]] });
            start = end;
        }
        return days;
    }
}
