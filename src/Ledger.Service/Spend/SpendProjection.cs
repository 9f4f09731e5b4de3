using JasperFx.Events;
using JasperFx.Events.Projections;
using Marten;
using Marten.Events.Projections;
using Npgsql;

namespace Ledger.Service.Spend;

/// <summary>
/// Turns events into the money views. Marten hands it the events in the order of their positions, a page at a time; the rows are
/// written in the transaction that moves the projection's progress.
/// </summary>
[ProjectionVersion(3)]
public sealed class SpendProjection(TeamZone zone) : IProjection
{
    public const string Name = "Spend";

    /// <summary>The row of <c>mt_event_progression</c> that says how far it is.</summary>
    public const string Progress = "Spend:V3:All";

    private readonly SpendWriter writer = new(SpendTables.Live, zone);

    public async Task ApplyAsync(IDocumentOperations operations, IReadOnlyList<IEvent> events, CancellationToken cancellation)
    {
        var page = await SpendPage.Of(events, operations, cancellation);
        ((ITransactionParticipantRegistrar)operations).AddTransactionParticipant(new PageWriter(writer, page));
    }

    /// <summary>Writes one page. A commit that failed in passing is tried again, and the page with it.</summary>
    private sealed class PageWriter(SpendWriter writer, SpendPage page) : ITransactionParticipant
    {
        public Task BeforeCommitAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken token) => writer.Write(page, connection, token);

        public Task AfterCommitAsync(CancellationToken token)
        {
            writer.Accept();
            return Task.CompletedTask;
        }
    }
}
