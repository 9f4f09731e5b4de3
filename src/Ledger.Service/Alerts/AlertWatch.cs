using Ledger.Service.Settings;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;

namespace Ledger.Service.Alerts;

/// <summary>
/// Looks at the books as they are and raises what nobody was told of. Nothing is kept from one look to the next but how far it went: what
/// was told stands in the log, so any node can look at any moment.
/// </summary>
public sealed class AlertWatch(SpendViews views, IDocumentStore store, Positions positions, RaiseAlert raise, LedgerOptions options, TimeProvider clock)
{
    /// <summary>A look at very many budgets takes longer than other messages may.</summary>
    public const int TakesAtMostSeconds = 300;

    private static readonly TimeSpan patience = TimeSpan.FromSeconds(2);

    private readonly DateTimeOffset began = clock.GetUtcNow();

    /// <summary>Looks at what was recorded up to a position, unless that was done. False: the money views are not there yet, so it is to be asked again.</summary>
    public async Task<bool> Look(WatchSpend asked, CancellationToken ct)
    {
        var mark = await Mark(ct);
        if (mark.Position >= asked.UpTo) return true;
        if (await views.WaitFor(asked.UpTo, patience, ct))
        {
            await Look(mark, mark.Position ?? asked.After, byTime: false, ct);
            return true;
        }
        // One that waits for more will look at this too.
        if (mark.WaitsFor > asked.UpTo) return true;
        await Behind(asked.UpTo, ct);
        return false;
    }

    /// <summary>Looks at everything, also at what time alone changes.</summary>
    public async Task Look(CancellationToken ct)
    {
        var recorded = await positions.HighWater(ct);
        // What the views hold is not what is; a figure that stands still raises nothing, and nobody may think that all is well.
        if (!await views.WaitFor(recorded, patience, ct))
        {
            await Behind(recorded, ct);
            return;
        }
        var mark = await Mark(ct);
        await Look(mark, mark.Position ?? recorded, byTime: true, ct);
    }

    private async Task Look(WatchMark mark, long after, bool byTime, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        await using var context = await WatchContext.Open(views, store, options.PollEvery, clock.GetUtcNow(), ct);
        var circumstances = new AlertCircumstances(context, options.People.Zone);
        var standings = await BudgetAlerts.Standings(context, ct);
        var (restated, untold) = await SpendAlerts.Restated(context, after, mark.Untold, options.People.Zone, ct);
        List<IReadOnlyList<Finding>> found =
        [
            .. await BudgetAlerts.Find(context, circumstances, standings, ct),
            .. await SpendAlerts.Unusual(context, circumstances, ct),
            .. restated,
            .. await RunwayAlerts.Find(context, circumstances, ct),
            .. await HistoryAlerts.Find(context, circumstances, [.. standings.Where(s => s.At == context.Now).Select(s => s.State)], options.BackfillDays, ct),
        ];
        if (byTime)
        {
            found.AddRange(await SourceAlerts.Find(context, options.PollEvery, this.began, ct));
            found.AddRange(await MissionAlerts.Find(context, ct));
            found.AddRange(await KeyAlerts.Find(context, ct));
        }
        await raise.Write(found, context, m => m with { Position = context.Spend.Position, At = context.Now, Took = clock.GetElapsedTime(began), WaitsFor = null, Trouble = null, Untold = untold }, ct);
    }

    private Task Behind(long position, CancellationToken ct) =>
        raise.Mark(m => m with { WaitsFor = position, Trouble = $"The money views are behind the log, which is at position {position}: what is not in them can't be judged." }, ct);

    private async Task<WatchMark> Mark(CancellationToken ct)
    {
        await using var session = store.QuerySession();
        return await session.LoadAsync<WatchMark>(WatchMark.Only, ct) ?? new();
    }
}
