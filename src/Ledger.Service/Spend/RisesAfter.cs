using Ledger.Money;
using Ledger.Spend;

namespace Ledger.Service.Spend;

/// <summary>What a reading added to an agent's spend of an hour; negative when it took back.</summary>
/// <param name="Position">Position of the reading.</param>
/// <param name="At">When it was answered.</param>
/// <param name="Agent">The agent; null for nobody.</param>
/// <param name="Hour">The UTC hour its bucket starts in.</param>
/// <param name="Amount">By how much.</param>
public readonly record struct HourRise(long Position, DateTimeOffset At, string? Agent, DateTimeOffset Hour, Usd Amount);

public sealed partial class SpendView
{
    /// <summary>What readings after a position added, reading by reading. Who owned what when is what the books say now, so an edit adds nothing.</summary>
    /// <param name="position">Readings after it.</param>
    /// <param name="from">Buckets that start there or later.</param>
    /// <param name="limit">Most rises.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<HourRise>> RisesAfter(long position, DateTimeOffset from, int limit, CancellationToken ct)
    {
        var context = await ContextAt(Position, ct);
        var rises = new List<HourRise>();
        await foreach (var line in LinesStarting(new(from, Instants.Max), Position, ct))
        {
            if (line.Facts[^1].Position <= position) continue;
            var was = new Dictionary<Party, Int128>();
            foreach (var (fact, parts) in line.History(context))
            {
                var now = ByParty(parts);
                if (fact.Position > position)
                    foreach (var party in was.Keys.Union(now.Keys))
                        if (now.GetValueOrDefault(party) - was.GetValueOrDefault(party) is var rise && rise != 0)
                            rises.Add(new(fact.Position, fact.Answered, party.Agent, line.Name.Start.FloorToHour(), Money(rise)));
                was = now;
            }
            if (rises.Count >= limit) break;
        }
        return rises;
    }
}
