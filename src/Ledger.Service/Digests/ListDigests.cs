using Ledger.Contracts;
using Ledger.Digests;
using Ledger.Service.Alerts;
using Ledger.Service.Http;
using Ledger.Service.Settings;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Digests;

/// <summary>Digests that were composed in the last weeks, the latest first: what they said, and to whom.</summary>
public static class ListDigests
{
    private const int weeksMax = 60;
    private const int weeksUsual = 12;

    [WolverineGet("/api/v1/digests"), Authorize(Policy = Scopes.Read)]
    public static async Task<DigestList> Get(int? weeks, IQuerySession session, LedgerOptions options, TimeProvider clock, CancellationToken ct)
    {
        if (weeks is < 1 or > weeksMax) throw new Refused("request.invalid", $"weeks is a number from 1 to {weeksMax}.", "weeks", $"{weeks}");
        var zone = options.People.Zone;
        string[] streams = [.. DigestWeeks.Earlier(DigestCalendar.WeekOf(clock.GetUtcNow(), zone).Week, zone, weeks ?? weeksUsual).Select(w => DigestComposed.StreamOf(Team.IdOf(options.People), w))];
        var composed = await DigestPast.Composed(session, streams, long.MaxValue, ct);
        return new([.. streams.Where(composed.ContainsKey).Select(s => composed[s]).Select(c => Summary(c.Composed, c.Position))]);
    }

    private static DigestSummary Summary(DigestComposed c, long position) => new(c.Week, c.Subject, c.Digest.Total, c.Recipients, c.At, c.By, c.Digest.AsOf, position);
}
