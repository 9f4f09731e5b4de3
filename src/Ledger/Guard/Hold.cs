using Ledger.Money;

namespace Ledger.Guard;

/// <summary>
/// Money an agent asked to keep free for a piece of work. What the agent is billed from then on settles it; what is not billed by its
/// end is free again. Advice among agents, not a block at the provider.
/// </summary>
/// <param name="Hold">Id.</param>
/// <param name="Agent">Who asked; null: nobody in particular.</param>
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

/// <summary>The holds that count.</summary>
public static class HoldRules
{
    /// <summary>The one stream of all holds: parallel agents that ask at once meet in its version.</summary>
    public const string Stream = "holds";

    /// <summary>Longest hold.</summary>
    public static readonly TimeSpan LengthMax = TimeSpan.FromHours(24);

    /// <summary>What of a hold is still kept free, given what its agent was billed since; never below 0.</summary>
    public static Usd Left(HoldTaken hold, Usd billedSince, DateTimeOffset now)
    {
        if (hold.Until <= now || billedSince >= hold.Amount) return Usd.Zero;
        return billedSince > Usd.Zero ? hold.Amount - billedSince : hold.Amount;
    }

    /// <summary>Takes a hold.</summary>
    public static Decision Take(string id, string? agent, Usd amount, TimeSpan length, long after, DateTimeOffset now, string? by)
    {
        if (amount <= Usd.Zero) return Decision.Refuse("hold.invalid", "A hold keeps more than $0 free.", "reserve", $"{amount}");
        if (length <= TimeSpan.Zero || length > LengthMax) return Decision.Refuse("hold.invalid", "A hold lasts from 1 second to 24 hours.", "for");
        return Decision.Accept(new HoldTaken(id, agent, amount, (now + length).ToMicroseconds(), after, now, by));
    }

    /// <summary>Gives a hold back.</summary>
    public static Decision Release(HoldTaken? hold, string id, DateTimeOffset now, string? by) =>
        hold is null ? Decision.Refuse("hold.unknown", $"There is no hold {Names.Printable(id)}: it was given back, or never taken.", "hold", Names.Printable(id))
        : hold.Until <= now ? Decision.Refuse("hold.expired", $"Hold {hold.Hold} ended at {hold.Until.ToText()}; nothing is kept free any more.", "hold", hold.Hold)
        : Decision.Accept(new HoldReleased(id, now, by));
}
