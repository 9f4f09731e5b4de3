using Ledger.Alerts;
using Ledger.Digests;
using Ledger.Forecasts;
using Ledger.Money;
using Ledger.Service.Mail.Pages;

namespace Ledger.Service.Mail;

/// <summary>Something that needs somebody.</summary>
/// <param name="Tone">Critical: act now. Warning: it will need somebody if nothing changes.</param>
/// <param name="Short">A few words, for a subject.</param>
/// <param name="What">A sentence with its figure.</param>
/// <param name="Why">Until when, since when, or why.</param>
/// <param name="Bar">A picture of it.</param>
/// <param name="Budget">The budget it is about; null: it is about none.</param>
internal sealed record Needed(Tone Tone, string Short, Line What, Line? Why = null, Bar? Bar = null, DigestBudget? Budget = null);

/// <summary>What needs somebody: sources that are not read, credit that ends, budgets that are over or will be; worst first, then by time left.</summary>
internal static class NeedsYou
{
    private static readonly TimeSpan endsSoon = TimeSpan.FromHours(24);
    private static readonly TimeSpan endsInSight = TimeSpan.FromHours(72);

    public static IReadOnlyList<Needed> Of(Digest digest, string zone) => Of(digest.Gaps, digest.Runways, digest.Budgets, digest.At, zone);

    public static IReadOnlyList<Needed> Of(IEnumerable<DigestGap> gaps, IReadOnlyCollection<Runway> runways, IEnumerable<DigestBudget> budgets, DateTimeOffset now, string zone) =>
    [
        .. gaps.Where(g => g.Until is null).Select(g => Unread(g, now, zone))
            .Concat(runways.Select(r => Credit(r, runways.Count > 1, now, zone)).OfType<Needed>())
            .Concat(budgets.Select(b => Budget(b, now, zone)).OfType<Needed>())
            // Stable: within a state they stay in that order.
            .OrderBy(n => n.Tone == Tone.Critical ? 0 : 1),
    ];

    private static Needed Unread(DigestGap gap, DateTimeOffset now, string zone)
    {
        var since = Run.Said(Moments.Bare(gap.From, zone, now));
        return new(Tone.Critical, $"no reading since {Moments.Brief(gap.From, zone, now)}", $"{gap.Account} is not read since {since}.", $"{Sentence(gap.Reason)} What it spent since is not in these figures.");
    }

    /// <summary>Credit that is used up, or ends within three days.</summary>
    internal static bool NeedsSomebody(Runway runway, DateTimeOffset now) => runway.Left <= Usd.Zero || runway.RunsOut - now <= endsInSight;

    private static Needed? Credit(Runway runway, bool isOneOfSeveral, DateTimeOffset now, string zone)
    {
        Line of = isOneOfSeveral ? (Line)$"Credit of {runway.AccountName}" : $"Credit";
        var bar = runway.Of is { } whole && Dollars.Permille(runway.Left, whole) is { } left ? left : 0;
        var age = AlertDetails.Age(runway, at => Moments.Bare(at, zone, now));
        if (runway.Left <= Usd.Zero)
            return new(Tone.Critical, "credit is used up", $"{of} is used up: {runway.Left}{Whole(runway)} is left{age}.", $"Calls may be refused until somebody buys more.", new(Tone.Critical, 0, HasLimit: false));
        if (runway.RunsOut is not { } ends || !NeedsSomebody(runway, now)) return null;
        var tone = ends - now <= endsSoon ? Tone.Critical : Tone.Warning;
        var when = Moments.Rough(ends, zone, now);
        return new(
            tone, $"credit ends {when}", $"{of} ends {Run.Said(when)}: {runway.Left}{Whole(runway)} is left{age}.",
            $"{Between(runway, now, zone)}At {runway.PerDay ?? runway.LastDay} a day. Credit does not refill at the month's end.", new(tone, bar, HasLimit: false));
    }

    private static Line Whole(Runway runway) => runway.Of is { } of ? $" of {of}" : Line.Nothing;

    private static Run? Between(Runway runway, DateTimeOffset now, string zone) => Wording.Between(runway, zone, now) is { } between ? Run.Said($"B{between[1..]}. ") : null;

    private static Needed? Budget(DigestBudget budget, DateTimeOffset now, string zone)
    {
        var name = SafeText.Fit(SafeText.Of(budget.Name).Trim(), 40);
        var its = Its(budget, zone);
        var on = new Bar(Tone.Warning, budget.Spent is { } known && Dollars.Permille(known, budget.Limit) is { } permille ? permille : 0, HasLimit: true);
        Needed? need = budget switch
        {
            { State: "over", Spent: { } spent } => new(
                Tone.Critical, $"{name} {Over(budget)}", $"{budget.Name} is {Run.Said(Over(budget))}{its}: {spent} of {budget.Limit}.",
                $"{Limits(budget)}{(budget.Forecast is { Exceeds: { } since, Method: not null } ? (Line)$"; over since {Run.Said(Moments.Bare(since, zone, now))}" : Line.Nothing)}.", on with { Tone = Tone.Critical }),
            { State: "warn", Spent: { } spent, Forecast: { Expected: { } expected, Method: not "ended" } forecast } when expected > budget.Limit => new(
                Tone.Warning, $"{name} on track for {Dollars.Rough(expected)}", $"{budget.Name} is on track for {Run.Said(Dollars.Rough(expected))} of {budget.Limit}{its}: {spent} so far.",
                $"{Limits(budget)}{Range(forecast)}{(forecast.Exceeds is { } at ? (Line)$"; used up {Run.Said(Moments.Rough(at, zone, now))}" : Line.Nothing)}.", on),
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
    internal static string Over(DigestBudget budget) => Wording.Over(budget.Spent!.Value, budget.Limit) ?? "over its limit";

    /// <summary><c>91 %</c> of its limit.</summary>
    internal static string PercentOf(DigestBudget budget) => budget.Spent is { } spent && Dollars.Permille(spent, budget.Limit) is { } permille ? Wording.Percent(permille) : "?";

    private static Run Its(DigestBudget budget, string zone) => Run.Said(budget switch
    {
        { DaysOver: > 0 and var days } => $" on {Wording.Count(days, "day")}, most on {Moments.Days(budget.Window, budget.ZoneOr(zone))}",
        { Period: "day" } => $" on {Moments.Days(budget.Window, budget.ZoneOr(zone))}",
        { Period: "week" or "month" or "quarter", State: "over" } when Over(budget)[0] != 'o' => $" its {budget.Period}",
        { Period: "week" or "month" or "quarter" } => $" in its {budget.Period}",
        _ => "",
    });

    private static Run? Range(Forecast forecast) => Wording.Between(forecast) is { } range ? Run.Said($"; {range}") : null;

    private static Line Limits(DigestBudget budget) => $"It limits {budget.Scope}";

    /// <summary>The zone a budget's days are cut in, where it is known here.</summary>
    internal static string ZoneOr(this DigestBudget budget, string zone) => budget.Zone is { } own && Calendar.IsZone(own) ? own : zone;
}
