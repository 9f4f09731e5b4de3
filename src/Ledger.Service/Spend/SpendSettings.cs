using JasperFx.Events.Projections;
using Marten;
using NodaTime;

namespace Ledger.Service.Spend;

/// <summary>What the money views depend on beside the events.</summary>
public sealed record SpendSettings
{
    /// <summary>The time zone whose days spend is added up by.</summary>
    /// <value>An IANA name. The default is <c>UTC</c>. Another zone takes effect with the next rebuild.</value>
    public string Zone { get; init; } = "UTC";

    /// <summary>The zone itself.</summary>
    /// <exception cref="DateTimeZoneNotFoundException">Nobody knows it.</exception>
    public DateTimeZone TimeZone() => DateTimeZoneProviders.Tzdb[Zone];
}

public static class SpendStore
{
    // A page is held in memory twice, read ahead and being written; one event can hold 2,000 lines.
    private const int eventsPerPage = 200;
    private const int eventsReadAhead = 400;

    /// <summary>Adds the money views: their tables and the projection that fills them.</summary>
    public static void Spend(this StoreOptions o, SpendSettings settings)
    {
        o.Storage.Add(new SpendTables(SpendTables.Live));
        o.Projections.Add(new SpendProjection(settings), ProjectionLifecycle.Async, SpendProjection.Name, asynchronous =>
        {
            asynchronous.BatchSize = eventsPerPage;
            asynchronous.MaximumHopperSize = eventsReadAhead;
        });
    }
}
