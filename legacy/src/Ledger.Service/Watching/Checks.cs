using Ledger.Service.Hosting;
using Ledger.Service.Polling;
using Ledger.Views;
using Ledger.Views.Watching;

namespace Ledger.Service.Watching;

/// <summary>
/// What only time brings: sources that fall silent, credit that runs out, missions nobody ends, keys that several share. Any node may
/// run it at any time, several at once: what was told is not told again.
/// </summary>
internal sealed class Checks(WatchQueries queries, Books books, Sources sources, Raiser raiser, ServiceSettings settings)
{
    private readonly SourceFindings stale = new(sources, settings.PollEvery);
    private DateTimeOffset? began;

    /// <summary>Looks once. Throws what keeps it from looking: whoever schedules it tries again.</summary>
    public async Task Run(DateTimeOffset now, CancellationToken ct)
    {
        // Halted books know nothing of now; that the views stopped is said elsewhere.
        if (books.Halted is not null) return;
        began ??= now;
        var groups = new List<IReadOnlyList<Finding>>();
        await using (var look = await Look.Open(queries, books, sources, now, ct))
        {
            groups.AddRange(await stale.Of(look, began.Value, ct));
            groups.AddRange(await RunwayFindings.Of(look, new(look), ct));
            groups.AddRange(await MissionsLeftOpen.Of(look, ct));
            groups.AddRange(await KeysShared.Of(look, ct));
        }
        if (groups.Count > 0) await raiser.Write(groups, null, ct);
    }
}
