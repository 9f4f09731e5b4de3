using Ledger.Digests;
using Ledger.Money;
using Ledger.Service.Http;
using Ledger.Service.Notifying;

namespace Ledger.Service.Digests;

/// <summary>Digests that were composed in the last weeks, the latest first: what they said, and to whom.</summary>
internal sealed record DigestList(IReadOnlyList<DigestLine> Digests);

internal sealed record DigestLine(string Week, string Subject, Usd? Total, IReadOnlyList<string> Recipients, DateTimeOffset At, string? By, long AsOf, long Position);

internal static class ListDigests
{
    private const int weeksMax = 60;

    public static async Task<DigestList> Get(int? weeks, DigestArchive archive, ComposeDigest compose, Team team, TimeProvider clock, CancellationToken ct)
    {
        if (weeks is < 1 or > weeksMax) throw new Refused("request.invalid", $"weeks is a number from 1 to {weeksMax}.", "weeks", $"{weeks}");
        var found = new List<DigestLine>();
        foreach (var week in DigestArchive.WeeksBefore(DigestCalendar.WeekOf(clock.GetUtcNow(), compose.Zone).Week, compose.Zone, weeks ?? 12))
            if (await archive.Find(team.Id, week, long.MaxValue, ct) is { } kept)
                found.Add(new(week, kept.Digest.Subject, kept.Digest.Digest.Total, kept.Digest.Recipients, kept.Digest.At, kept.Digest.By, kept.Digest.Digest.AsOf, kept.Position));
        return new(found);
    }
}
