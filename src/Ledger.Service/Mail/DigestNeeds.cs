using Ledger.Alerts;
using Ledger.Digests;
using Ledger.Forecasts;
using Ledger.Money;
using Ledger.Service.Mail.Pages;

namespace Ledger.Service.Mail;

/// <summary>Something in a week that needs somebody.</summary>
/// <param name="Tone">Critical: act now. Warning: it will need somebody if nothing changes.</param>
/// <param name="Short">A few words, for a subject.</param>
/// <param name="What">A sentence with its figure.</param>
/// <param name="Why">Until when, since when, or why.</param>
/// <param name="Bar">A picture of it.</param>
/// <param name="Budget">The budget it is about; null: it is about none.</param>
internal sealed record DigestNeed(Tone Tone, string Short, Line What, Line? Why = null, Bar? Bar = null, DigestBudget? Budget = null);

/// <summary>What needs somebody: sources that are not read, credit that ends, budgets that are over or will be; worst first, then by time left.</summary>
internal static class DigestNeeds
{
    private static readonly TimeSpan endsSoon = TimeSpan.FromHours(24);
    private static readonly TimeSpan endsInSight = TimeSpan.FromHours(72);

    public static IReadOnlyList<DigestNeed> Of(Digest digest, string zone) =>
    [
        .. digest.Gaps.Where(g => g.Until is null).Select(g => Unread(g, digest, zone))
            .Concat(digest.Runways.Select(r => Credit(r, digest, zone)).OfType<DigestNeed>())
            .Concat(digest.Budgets.Select(b => Budget(b, digest, zone)).OfType<DigestNeed>())
            // Stable: within a state they stay in that order.
            .OrderBy(n => n.Tone == Tone.Critical ? 0 : 1),
    ];

    private static DigestNeed Unread(DigestGap gap, Digest digest, string zone)
    {
        var since = Run.Said(Moments.Bare(gap.From, zone, digest.At));
        return new(Tone.Critical, $"no reading since {Moments.Brief(gap.From, zone, digest.At)}", $"{gap.Account} is not read since {since}.", $"{Sentence(gap.Reason)} What it spent since is not in these figures.");
    }

    /// <summary>Credit that is used up, or ends within three days.</summary>
    internal static bool NeedsSomebody(Runway runway, Digest digest) => runway.Left <= Usd.Zero || runway.RunsOut - digest.At <= endsInSight;

    private static DigestNeed? Credit(Runway runway, Digest digest, string zone)
    {
        Line of = digest.Runways.Count > 1 ? (Line)$"Credit of {runway.AccountName}" : $"Credit";
        var bar = runway.Of is { } whole && Dollars.Permille(runway.Left, whole) is { } left ? left : 0;
        var age = AlertDetails.Age(runway, at => Moments.Bare(at, zone, digest.At));
        if (runway.Left <= Usd.Zero)
            return new(Tone.Critical, "credit is used up", $"{of} is used up: {runway.Left}{Whole(runway)} is left{age}.", $"Calls may be refused until somebody buys more.", new(Tone.Critical, 0, HasLimit: false));
        if (runway.RunsOut is not { } ends || !NeedsSomebody(runway, digest)) return null;
        var tone = ends - digest.At <= endsSoon ? Tone.Critical : Tone.Warning;
        var when = Moments.Bare(ends, zone, digest.At);
        return new(
            tone, $"credit ends {Moments.Brief(ends, zone, digest.At)}", $"{of} ends {Run.Said(when)}: {runway.Left}{Whole(runway)} is left{age}.",
            $"{Between(runway, digest, zone)}At {runway.PerDay ?? runway.LastDay} a day. Credit does not refill at the month's end.", new(tone, bar, HasLimit: false));
    }

    private static Line Whole(Runway runway) => runway.Of is { } of ? $" of {of}" : Line.Nothing;

    private static Run? Between(Runway runway, Digest digest, string zone) => runway is { RunsOut: { } at, Earliest: { } from, Latest: { } to } && to - from > TimeSpan.FromMinutes(10) && from <= at && at <= to
        ? Run.Said($"Between {Moments.Bare(from, zone, digest.At)} and {Moments.Bare(to, zone, digest.At)}. ")
        : null;

    private static DigestNeed? Budget(DigestBudget budget, Digest digest, string zone)
    {
        var name = SafeText.Fit(SafeText.Of(budget.Name).Trim(), 40);
        var its = Its(budget, zone);
        var on = new Bar(Tone.Warning, budget.Spent is { } known && Dollars.Permille(known, budget.Limit) is { } permille ? permille : 0, HasLimit: true);
        DigestNeed? need = budget switch
        {
            { State: "over", Spent: { } spent } => new(
                Tone.Critical, $"{name} {Over(budget)}", $"{budget.Name} is {Run.Said(Over(budget))}{its}: {spent} of {budget.Limit}.",
                $"{Limits(budget)}{(budget.Forecast is { Exceeds: { } since, Method: not null } ? (Line)$"; over since {Run.Said(Moments.Bare(since, zone, digest.At))}" : Line.Nothing)}.", on with { Tone = Tone.Critical }),
            { State: "warn", Spent: { } spent, Forecast: { Expected: { } expected, Method: not "ended" } forecast } when expected > budget.Limit => new(
                Tone.Warning, $"{name} on track for {Dollars.Rough(expected)}", $"{budget.Name} is on track for {Run.Said(Dollars.Rough(expected))} of {budget.Limit}{its}: {spent} so far.",
                $"{Limits(budget)}{Range(forecast)}{(forecast.Exceeds is { } at ? (Line)$"; used up {Run.Said(Moments.Bare(at, zone, digest.At))}" : Line.Nothing)}.", on),
            { State: "warn", Spent: { } spent } => new(Tone.Warning, $"{name} at {PercentOf(budget)}", $"{budget.Name} is at {Run.Said(PercentOf(budget))}{its}: {spent} of {budget.Limit}.", $"{Limits(budget)}.", on),
            { State: "unknown" } => new(Tone.Warning, $"{name} is not known", $"Where {budget.Name} stands is not known.", $"{Sentence(budget.Forecast.Why ?? "its spend was not read")}"),
            _ => null,
        };
        return need is null ? null : need with { Budget = budget };
    }

    /// <summary>What was said elsewhere, as a sentence.</summary>
    private static Run Sentence(string said)
    {
        var text = SafeText.Of(said).Trim().TrimEnd('.');
        return Run.Said(text.Length == 0 ? "" : $"{char.ToUpperInvariant(text[0])}{text[1..]}.");
    }

    /// <summary><c>21 % over</c>; never "121 % over".</summary>
    internal static string Over(DigestBudget budget) => Dollars.Permille(budget.Spent!.Value - budget.Limit, budget.Limit) is { } over and >= 5 ? $"{Dollars.Percent(over).Replace("%", " %", StringComparison.Ordinal)} over" : "over its limit";

    /// <summary><c>91 %</c> of its limit.</summary>
    internal static string PercentOf(DigestBudget budget) => budget.Spent is { } spent && Dollars.Permille(spent, budget.Limit) is { } permille ? Dollars.Percent(permille).Replace("%", " %", StringComparison.Ordinal) : "?";

    private static Run Its(DigestBudget budget, string zone) => Run.Said(budget switch
    {
        { DaysOver: > 0 and var days } => $" on {Wording.Count(days, "day")}, most on {Moments.Days(budget.Window, budget.ZoneOr(zone))}",
        { Period: "day" } => $" on {Moments.Days(budget.Window, budget.ZoneOr(zone))}",
        { Period: "week" or "month" or "quarter", State: "over" } when Over(budget)[0] != 'o' => $" its {budget.Period}",
        { Period: "week" or "month" or "quarter" } => $" in its {budget.Period}",
        _ => "",
    });

    private static Run? Range(Forecast forecast) => forecast is { Low: { } low, High: { } high } && Dollars.Rough(low) != Dollars.Rough(high) ? Run.Said($"; between {Dollars.Rough(low)} and {Dollars.Rough(high)}") : null;

    private static Line Limits(DigestBudget budget) => $"It limits {budget.Scope}";

    /// <summary>The zone a budget's days are cut in, where it is known here.</summary>
    internal static string ZoneOr(this DigestBudget budget, string zone) => budget.Zone is { } own && Calendar.IsZone(own) ? own : zone;
}
