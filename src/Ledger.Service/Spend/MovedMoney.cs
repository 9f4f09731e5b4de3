using Ledger.Money;
using Ledger.Service.Storage;
using Ledger.Spend;

namespace Ledger.Service.Spend;

/// <summary>How much money an edit of history moves between parties.</summary>
/// <remarks>
/// It is worked out before the edit is written, so that it is part of the one answer that is kept for repeats: the edit's events applied to
/// the books as they stand.
/// </remarks>
public sealed class MovedMoney(SpendViews views, Positions positions)
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(10);

    /// <summary>Dollars that were taken from some and given to others; null when the views did not reach the end of the log in time.</summary>
    public async Task<Usd?> By(IReadOnlyList<ILedgerEvent> edit, CancellationToken ct)
    {
        if (edit.Count == 0) return Usd.Zero;
        if (!await views.WaitFor(await positions.Last(ct), patience, ct)) return null;
        await using var view = await views.Open(ct);
        return await view.WouldMove(edit, ct);
    }
}

public sealed partial class SpendView
{
    /// <summary>How much money an edit that is not written yet would move between parties.</summary>
    public async Task<Usd> WouldMove(IReadOnlyList<ILedgerEvent> edit, CancellationToken ct)
    {
        var was = await ContextAt(Position, ct);
        var edited = await ContextAt(Position, ct);
        var touched = edit.SelectMany(edited.Apply).ToArray();
        if (touched.Length == 0) return Usd.Zero;
        return await MovedBetween(was, edited, touched, Position, ct);
    }

    /// <summary>What the parties that gained got in all, which is what the others lost.</summary>
    private async Task<Usd> MovedBetween(AttributionContext was, AttributionContext now, IReadOnlyList<Touched> touched, long position, CancellationToken ct)
    {
        var moved = new Dictionary<Party, Int128>();
        await foreach (var line in LinesMeeting(touched, position, ct))
        {
            foreach (var part in line.Parts(now)) moved[part.Party] = moved.GetValueOrDefault(part.Party) + part.Amount.Ticks;
            foreach (var part in line.Parts(was)) moved[part.Party] = moved.GetValueOrDefault(part.Party) - part.Amount.Ticks;
        }
        Int128 sum = 0;
        foreach (var given in moved.Values.Where(m => m > 0)) sum += given;
        return Money(sum);
    }
}
