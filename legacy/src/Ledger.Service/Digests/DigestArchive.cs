using System.Globalization;
using Ledger.Digests;
using Ledger.Money;

namespace Ledger.Service.Digests;

/// <summary>Digests that were composed; they stand in the log as they were sent.</summary>
internal sealed class DigestArchive(IEventLog log)
{
    /// <summary>Weeks before this one whose figures are looked at again.</summary>
    public const int WeeksBack = 8;

    /// <summary>The digest of a week; null: none was composed, as far as a position.</summary>
    public async Task<(DigestComposed Digest, long Position)?> Find(string team, string week, long position, CancellationToken ct)
    {
        foreach (var recorded in await log.ReadStream(DigestComposed.StreamOf(team, week), 0, 1, ct))
            if (recorded.Position <= position && EventJson.Read(recorded) is DigestComposed composed)
                return (composed, recorded.Position);
        return null;
    }

    /// <summary>
    /// What earlier weeks were last said to cost, and what they cost by now, where that differs. Of a move that a later digest has told
    /// already, only what moved since is news.
    /// </summary>
    public async Task<IReadOnlyList<DigestMoved>> Moved(string team, string week, TimeZoneInfo zone, DigestSpend spend, long position, CancellationToken ct)
    {
        var said = new SortedDictionary<string, (Interval Window, Usd Total)>(StringComparer.Ordinal);
        foreach (var earlier in WeeksBefore(week, zone, WeeksBack).Reverse())
        {
            if (await Find(team, earlier, position, ct) is not { Digest: var composed }) continue;
            if (composed.Digest.Total is { } total) said[earlier] = (composed.Digest.Window, total);
            foreach (var moved in composed.Digest.Moved)
                if (said.TryGetValue(moved.Week, out var known)) said[moved.Week] = known with { Total = moved.Now };
        }
        var news = new List<DigestMoved>();
        foreach (var (name, (window, total)) in said.Reverse())
            if (await spend.Total(window, ct) is var now && now != total)
                news.Add(new(name, total, now));
        return news;
    }

    /// <summary>Names of the weeks before one, the latest first.</summary>
    public static IEnumerable<string> WeeksBefore(string week, TimeZoneInfo zone, int count)
    {
        if (!DigestCalendar.TryWeek(week, zone, out var window)) yield break;
        // The middle of a week is in it, whatever the clocks did.
        var middle = window.Start.AddDays(3.5);
        for (var i = 1; i <= count; i++) yield return DigestCalendar.WeekOf(middle.AddDays(-7 * i), zone).Week;
    }

    /// <summary>The stream of a digest: a week that is not over may be told of any number of times, and that is not its digest.</summary>
    public static string StreamOf(string team, Digest digest) => DigestComposed.StreamOf(
        team, digest.At >= digest.Window.End ? digest.Week : string.Create(CultureInfo.InvariantCulture, $"{digest.Week}-so-far-{digest.AsOf}"));
}
