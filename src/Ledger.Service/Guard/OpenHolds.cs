using JasperFx.Events;
using Ledger.Contracts;
using Ledger.Guard;
using Ledger.Money;
using Ledger.Service.Spend;
using Marten;
using Npgsql;

namespace Ledger.Service.Guard;

/// <summary>A hold and what it still keeps free.</summary>
public readonly record struct OpenHold(HoldTaken Hold, Usd Left)
{
    public HoldSummary Summary => new(Hold.Hold, Hold.Agent, Hold.Amount, Left, Hold.Until, Hold.At, Hold.By);
}

/// <summary>What holds still keep free: each is settled by what its agent was billed since, the oldest first, and no dollar settles two.</summary>
public static class OpenHolds
{
    /// <summary>More holds than these can't be open at once.</summary>
    public const int Max = 500;

    private const int risesMax = 100_000;

    /// <summary>One at a time decides about holds; who waits longer than this is told to try again.</summary>
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(10);

    /// <summary>The holds that still keep something free.</summary>
    public static async Task<IReadOnlyList<OpenHold>> Of(HoldsBook? book, SpendView view, DateTimeOffset now, CancellationToken ct)
    {
        HoldTaken[] all = [.. (book?.Holds ?? []).OrderBy(h => h.After).ThenBy(h => h.At).ThenBy(h => h.Hold, StringComparer.Ordinal)];
        if (!all.Any(h => h.Until > now)) return [];
        // One that is over keeps nothing free; but what was billed in its time was its own, and settles none that was taken beside it.
        var oldest = all.Where(h => h.Until > now).Min(h => h.At);
        HoldTaken[] counted = [.. all.Where(h => h.Until > oldest)];
        var rises = await view.RisesAfter(counted[0].After, counted.Min(Begins).FloorToHour(), risesMax, ct);
        var left = new List<OpenHold>();
        var usedByAll = Usd.Zero;
        // Those of no agent come last: any dollar settles them that has not settled an agent's own.
        foreach (var same in counted.GroupBy(h => h.Agent).OrderBy(g => g.Key is null))
        {
            var used = same.Key is null ? usedByAll : Usd.Zero;
            foreach (var hold in same)
            {
                var since = rises.Where(r => r.Position > hold.After && r.Hour > Begins(hold) && r.At < hold.Until && (hold.Agent is null || r.Agent == hold.Agent))
                    .Aggregate(Usd.Zero, (sum, r) => sum + r.Amount) - used;
                var rest = HoldsBook.Left(hold, since, hold.Until > now ? now : hold.At);
                used += hold.Amount - rest;
                if (hold.Until > now) left.Add(new(hold, rest));
            }
            if (same.Key is not null) usedByAll += used;
        }
        return left;
    }

    /// <summary>The stream of all holds, until the session ends for nobody else: agents that ask at once are answered one after the other.</summary>
    /// <remarks>A lock on the stream's row would not do: before the first hold there is no row.</remarks>
    public static async Task<IEventStream<HoldsBook>> FetchHoldsAlone(this IDocumentSession session, CancellationToken ct)
    {
        await session.BeginTransactionAsync(ct);
        try
        {
            await using var command = new NpgsqlCommand($"""
                set local lock_timeout = {(int)patience.TotalMilliseconds};
                select pg_advisory_xact_lock(hashtextextended('{HoldsBook.StreamName}', 0));
                set local lock_timeout = 0
                """);
            await session.ExecuteAsync(command, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            throw new Refused("log.busy", "Too many ask for holds just now; nothing was written. Try again.") { RetryAfter = TimeSpan.FromSeconds(1) };
        }
        return await session.Events.FetchForWriting<HoldsBook>(HoldsBook.StreamName, ct);
    }

    /// <summary>Buckets that were over when it was taken are other work, billed late or restated.</summary>
    private static DateTimeOffset Begins(HoldTaken hold) => hold.At.AddHours(-1);
}
