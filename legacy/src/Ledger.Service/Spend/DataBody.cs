using Ledger.Money;
using Ledger.Service.Accounts;
using Ledger.Service.Hosting;
using Ledger.Service.Polling;
using Ledger.Service.Writing;
using Ledger.Views.Spend;

namespace Ledger.Service.Spend;

/// <summary>How far the figures can be relied on.</summary>
/// <param name="Through">Last complete reading of the oldest account; null: one was never read, or there is none.</param>
/// <param name="LagSeconds">How long ago that is.</param>
/// <param name="Stale">Longer ago than polling should take, or the views are behind what the caller wrote.</param>
/// <param name="Preliminary">The part of billed that may still move; null where nothing is billed.</param>
/// <param name="Missing">Lines that the provider's answers lack; they keep their totals.</param>
internal sealed record DataBody(DateTimeOffset? Through, long? LagSeconds, bool Stale, Usd? Preliminary, IReadOnlyList<MissingBody> Missing);

internal sealed record MissingBody(DateTimeOffset Start, string Account, string? Key, string? Model, string? Unit, Usd Total, DateTimeOffset Since);

/// <summary>Where an answer stands.</summary>
internal sealed record AsOfBody(long Position, DateTimeOffset? Time)
{
    public static AsOfBody Of(AsOf at) => new(at.Position, at.Time);
}

/// <summary>What every answer with money says of its data.</summary>
internal sealed class DataStates(Registry registry, Sources sources, SpendQueries spend, ServiceSettings settings, TimeProvider clock)
{
    private const int missingMax = 50;

    /// <summary>Figures of this UTC day and later may still move: xAI's settle within two days.</summary>
    public DateTimeOffset PreliminaryFrom => clock.GetUtcNow().AddDays(-2);

    public async Task<DataBody> Now(Usd? preliminary, bool behind, CancellationToken ct)
    {
        var all = await sources.All(ct);
        var now = clock.GetUtcNow();
        var (accounts, labels) = registry.Ask(d => (
            d.Accounts.Values.Where(a => !a.Removed).Select(a => a.Id).ToArray(),
            d.Accounts.Values.ToDictionary(a => a.Id, a => a.Label, StringComparer.Ordinal)));
        var freshness = accounts.Select(a => Freshness.Of(all.GetValueOrDefault(a), settings.PollEvery, now)).ToArray();
        var known = freshness.Length > 0 && freshness.All(f => f.Through is not null);
        var missing = await spend.Missing(missingMax, ct);
        return new(
            known ? freshness.Min(f => f.Through) : null,
            known ? freshness.Max(f => f.LagSeconds) : null,
            behind || freshness.Any(f => f.Stale), preliminary,
            [.. missing.Select(m => new MissingBody(m.Name.Start, labels.GetValueOrDefault(m.Account, m.Account), m.Name.Key, m.Name.Model, m.Name.Unit, m.Total, m.Since))]);
    }
}
