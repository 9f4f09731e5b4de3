using Ledger.Money;

namespace Ledger.Guard;

/// <summary>
/// Money an agent asked to keep free for a piece of work. What the agent is billed from then on settles it; what is not billed by its
/// end is free again. Advice among agents, not a block at the provider.
/// </summary>
/// <param name="Hold">Id.</param>
/// <param name="Agent">Who asked; null: no agent.</param>
/// <param name="Amount">How much.</param>
/// <param name="Until">First instant at which it is free again.</param>
/// <param name="After">Position of the log when it was taken: spend recorded later settles it.</param>
/// <param name="At">When.</param>
/// <param name="By">Who said it.</param>
public sealed record HoldTaken(string Hold, string? Agent, Usd Amount, DateTimeOffset Until, long After, DateTimeOffset At, string? By) : ILedgerEvent;

/// <summary>A hold was given back early.</summary>
/// <param name="Hold">The hold.</param>
/// <param name="At">When.</param>
/// <param name="By">Who said it.</param>
public sealed record HoldReleased(string Hold, DateTimeOffset At, string? By) : ILedgerEvent;

/// <summary>The holds that count: those that were not given back, and did not end more than a day before the newest was taken.</summary>
public sealed record HoldsBook
{
    /// <summary>The one stream of all holds: parallel agents that ask at once meet in its version.</summary>
    public const string StreamName = "holds";

    /// <summary>Longest hold.</summary>
    public static readonly TimeSpan LengthMax = TimeSpan.FromHours(24);

    /// <summary>In the order they were taken.</summary>
    public IReadOnlyList<HoldTaken> Holds { get; init; } = [];

    /// <summary>The name of its stream.</summary>
    public string Stream { get => field ?? StreamOf(); init; }

    /// <summary>The stream of all holds.</summary>
    public static string StreamOf() => StreamName;

    /// <summary>Folds an event of the holds' stream. Total: an event of another kind changes nothing.</summary>
    public static HoldsBook? Fold(HoldsBook? book, ILedgerEvent happened) => happened switch
    {
        HoldTaken e => (book ?? new()) with { Holds = [.. (book?.Holds ?? []).Where(h => h.Hold != e.Hold && h.Until >= e.At - LengthMax), e] },
        HoldReleased e when book is not null => book with { Holds = [.. book.Holds.Where(h => h.Hold != e.Hold)] },
        _ => book,
    };

    /// <summary>A hold that counts; null when it was given back, or never taken.</summary>
    public HoldTaken? Find(string id) => Holds.FirstOrDefault(h => h.Hold == id);

    /// <summary>What of a hold is still kept free, given what its agent was billed since; never below 0.</summary>
    public static Usd Left(HoldTaken hold, Usd billedSince, DateTimeOffset now)
    {
        if (hold.Until <= now || billedSince >= hold.Amount) return Usd.Zero;
        return billedSince > Usd.Zero ? hold.Amount - billedSince : hold.Amount;
    }

    /// <summary>Takes a hold.</summary>
    public static HoldTaken Take(string id, string? agent, Usd amount, TimeSpan length, long after, DateTimeOffset now, string? by)
    {
        if (amount <= Usd.Zero) throw new Refused("hold.invalid", "A hold keeps more than $0 free.", "reserve", $"{amount}");
        if (length <= TimeSpan.Zero || length > LengthMax) throw new Refused("hold.invalid", "A hold lasts from 1 second to 24 hours.", "for");
        return new(id, agent, amount, (now + length).ToMicroseconds(), after, now, by);
    }

    /// <summary>Gives a hold back.</summary>
    public static HoldReleased Release(HoldTaken? hold, string id, DateTimeOffset now, string? by)
    {
        if (hold is null) throw new Refused("hold.unknown", $"There is no hold {Names.Printable(id)}: it was given back, or never taken.", "hold", id);
        if (hold.Until <= now) throw new Refused("hold.expired", $"Hold {hold.Hold} ended at {hold.Until.ToText()}; nothing is kept free any more.", "hold", hold.Hold);
        return new(id, now, by);
    }
}
