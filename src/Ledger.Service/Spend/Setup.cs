using JasperFx.Events.Projections;
using Ledger.Service.Settings;
using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Spend;

public static class Setup
{
    // A page is held in memory twice, read ahead and being written; one event can hold 2,000 lines.
    private const int eventsPerPage = 50;
    private const int eventsReadAhead = 100;

    public static void AddSpend(this IServiceCollection services)
    {
        services.AddSingleton(s => new TeamZone(s.GetRequiredService<LedgerOptions>().People.Zone));
        services.AddSingleton<SpendViews>();
        services.AddSingleton<ReadAt>();
        services.AddSingleton<DataState>();
        services.AddSingleton<MovedMoney>();
    }

    /// <summary>Adds the money views: their tables and the projection that fills them.</summary>
    /// <param name="o">The store.</param>
    /// <param name="zone">The time zone whose days spend is added up by. Another one takes effect with the next rebuild.</param>
    public static void Spend(this StoreOptions o, string zone)
    {
        o.Storage.Add(new SpendTables(SpendTables.Live));
        o.Projections.Add(new SpendProjection(new(zone)), ProjectionLifecycle.Async, SpendProjection.Name, asynchronous =>
        {
            asynchronous.BatchSize = eventsPerPage;
            asynchronous.MaximumHopperSize = eventsReadAhead;
        });
    }
}
