using Ledger.Budgets;
using Ledger.Spend;
using Npgsql;

namespace Ledger.Service.Spend;

public sealed partial class SpendView
{
    /// <summary>
    /// All spend of a stretch in the order in which it was known: what was read live, when it was answered; what was read in afterwards, when
    /// its bucket was over. Who owned what when is what the books say now, as if it had always been so.
    /// </summary>
    /// <param name="starts">Buckets that start in it.</param>
    /// <param name="connected">Since when each account is watched.</param>
    /// <param name="limit">Most rows.</param>
    /// <param name="ct">Cancels.</param>
    public async IAsyncEnumerable<KnownSpend> Replay(
        Interval starts, IReadOnlyDictionary<string, DateTimeOffset> connected, int limit, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var context = await ContextAt(Position, ct);
        // Lines come in the order of their buckets, and nothing is known before its bucket begins: what was known by then can go out.
        var waiting = new PriorityQueue<KnownSpend, (DateTimeOffset Known, DateTimeOffset Start)>();
        var left = limit;
        await foreach (var line in LinesStarting(starts, Position, ct))
        {
            while (left > 0 && waiting.TryPeek(out _, out var next) && next.Known < line.Name.Start)
            {
                left--;
                yield return waiting.Dequeue();
            }
            if (left == 0) yield break;
            foreach (var part in Known(line, context, connected))
                waiting.Enqueue(part, (part.Known, part.Start));
        }
        while (left-- > 0 && waiting.TryDequeue(out var part, out _))
            yield return part;
    }

    /// <summary>A line's rises and falls, as they became known.</summary>
    private static IEnumerable<KnownSpend> Known(SpendLine line, AttributionContext context, IReadOnlyDictionary<string, DateTimeOffset> connected)
    {
        var name = line.Name;
        var history = connected.TryGetValue(name.Account, out var before) && name.Bucket.End <= before;
        var was = new Dictionary<Party, Int128>();
        foreach (var (fact, parts) in line.History(context))
        {
            var now = ByParty(parts);
            var known = history ? name.Bucket.End : fact.Answered > name.Start ? fact.Answered : name.Start;
            foreach (var party in was.Keys.Union(now.Keys))
                if (now.GetValueOrDefault(party) - was.GetValueOrDefault(party) is var rise && rise != 0)
                    yield return new(known, name.Start, name.Account, name.Key, name.Model, name.Unit, party.Agent ?? "", party.Mission ?? "", Money(rise));
            was = now;
        }
    }

    /// <summary>What was known of an account's prepaid money, in order.</summary>
    public async Task<IReadOnlyList<KnownCredit>> Balances(Interval answered, int limit, CancellationToken ct)
    {
        var balances = new List<KnownCredit>();
        await using var command = new NpgsqlCommand($"select account, answered, credit, remaining from {schema}.balance where answered >= $1 and answered < $2 order by answered, position limit $3", connection);
        Within(command, answered);
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            balances.Add(new(reader.GetString(0), reader.GetFieldValue<DateTimeOffset>(1), reader.IsDBNull(2) ? null : new(reader.GetInt64(2)), reader.IsDBNull(3) ? null : new(reader.GetInt64(3))));
        return balances;
    }
}
