using System.Globalization;
using Ledger.Accounts;
using Ledger.Contracts;
using Ledger.Money;
using Ledger.Service.Polling;
using Ledger.Service.Xai;

namespace Ledger.Service.Accounts;

/// <summary>What somebody should know of an account beside its figures: how far back they are looked after, what is told less finely than it could be, and its provider's clock.</summary>
public static class AccountNotes
{
    /// <summary>The most that an answer lists of what stays whole.</summary>
    private const int listMax = 20;

    public static LookedAfterSummary LookedAfter(this Source? source, int backfillDays) => new(PollPlan.DeepDays, source?.DeepAt, backfillDays, source?.MonthlyAt);

    /// <summary>Whole stretches that have an edge, the newest first, and how many there are.</summary>
    public static (IReadOnlyList<UnsplitSummary> Newest, int Count) WhatStaysWhole(this Source? source, int backfillDays, DateTimeOffset now)
    {
        var all = source?.Unsplit ?? [];
        // Quarter-hours are asked for where minutes are refused, so of an hour they say the last word.
        var last = all.Where(u => u.Seconds != 60 || !all.Any(o => o.Seconds == 900 && o.Start == u.Start)).ToArray();
        return ([.. last.Take(listMax).Select(Summary)], last.Length);

        UnsplitSummary Summary(UnsplitBucket u) => new(u.Start, u.Start.AddSeconds(u.Seconds == 1 ? 60 : 3600), u.Seconds, u.Why, $"{Why(u)}{Again(now - u.Start)}", u.At);

        string Again(TimeSpan age) => age.TotalDays < PollPlan.DeepDays ? "; tried again each day" : age.TotalDays < backfillDays ? "; tried again each month" : "";
    }

    /// <summary>What else there is to know, in sentences.</summary>
    public static IReadOnlyList<string> Notes(this Source? source, DateTimeOffset now)
    {
        int[] refused = [.. (source?.WidthsRefused ?? new Dictionary<int, DateTimeOffset>()).Where(w => now - w.Value < Source.TriedAgain).Select(w => w.Key).Order()];
        IEnumerable<string> notes = refused.Length == 0 ? [] : [$"xAI serves no {string.Join(" and no ", refused.Select(Parts))} for this account; tried again each day."];
        return [.. notes, .. source.Clock() is { } clock ? [clock] : Array.Empty<string>()];
    }

    /// <summary>Said where the balance can't be read while usage can; null: it can, or it says nothing of prepaid credit.</summary>
    public static string? CreditNote(this Account account, Source? source, CreditNow? credit) => (source?.NoBalance, credit) switch
    {
        ({ } why, { } known) => $"The balance of {account.Label} can't be read since {why.Since.ToText()}. {why.Sentence()} At most {Dollars.Show(known.Left)} of prepaid credit is left: {Dollars.Show(known.BilledSince)} was billed since {known.ReadAt.ToText()}.",
        ({ } why, null) => $"The balance of {account.Label} can't be read since {why.Since.ToText()}, so nobody knows when credit ends. {why.Sentence()}",
        (null, { Stale: true } known) => $"The balance of {account.Label} was last read at {known.ReadAt.ToText()}: at most {Dollars.Show(known.Left)} of prepaid credit is left.",
        _ => null,
    };

    /// <summary>Said where this machine's clock and the provider's are so far apart that it matters; null: they are not, or it is not known.</summary>
    public static string? Clock(this Source? source) => source?.ClockAheadSeconds is { } ahead && Math.Abs(ahead) > XaiAnswer.ClockApartMax.TotalSeconds
        ? string.Create(CultureInfo.InvariantCulture, $"This machine's clock is at least {Math.Floor(Math.Abs(ahead)):0} s {(ahead > 0 ? "behind" : "ahead of")} xAI's: a mission's edges may be off by as much.")
        : null;

    private static string Why(UnsplitBucket u) => (u.Why, u.Seconds) switch
    {
        (Split.Refused, 60) => "is told by the quarter-hour: xAI serves no minutes for it",
        (Split.Refused, 900) => "stays whole: xAI serves nothing finer for it",
        (Split.Refused, _) => "stays whole: xAI serves no seconds for it",
        (Split.CutOff, _) => $"stays whole: its {Parts(u.Seconds)} have more lines than xAI answers at once",
        (Split.Broken, _) => $"stays whole: what xAI answers for its {Parts(u.Seconds)} can't be used",
        _ => $"stays whole: its {Parts(u.Seconds)} don't add up to the {(u.Seconds == 1 ? "minute" : "hour")}",
    };

    private static string Parts(int seconds) => seconds switch { 1 => "seconds", 60 => "minutes", _ => "quarter-hours" };
}
