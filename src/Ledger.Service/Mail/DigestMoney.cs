using System.Globalization;
using Ledger.Alerts;
using Ledger.Digests;
using Ledger.Forecasts;
using Ledger.Money;
using Ledger.Service.Mail.Pages;

namespace Ledger.Service.Mail;

/// <summary>The digest's first part: what needs somebody, what the week cost, the month, credit that lasts, the budgets.</summary>
internal static class DigestMoney
{
    private const int needsMax = 3;
    private const int runwaysMax = 10;

    public static IEnumerable<Block> Blocks(Digest digest, IReadOnlyList<Needed> needs, string zone)
    {
        foreach (var block in Needs(digest, needs, zone)) yield return block;
        yield return Billed(digest);
        if (!DigestMail.IsOver(digest)) yield return new Paragraph($"The week is not over: this is what it cost so far.", Tone.Warning);
        else if (digest.Total is not null && !DigestMail.IsWhole(digest)) yield return new Paragraph($"Data is missing (see Data below): the week may have cost more.", Tone.Warning);
        yield return Month(digest, zone);
        foreach (var runway in Lasting(digest, zone)) yield return runway;
        foreach (var block in Budgets(digest, needs, zone)) yield return block;
    }

    private static IEnumerable<Block> Needs(Digest digest, IReadOnlyList<Needed> needs, string zone)
    {
        if (needs.Count == 0)
        {
            var known = digest.Total is not null;
            yield return new Need(known ? Tone.Good : Tone.Plain, known ? (Line)$"Nothing needs you." : $"Nothing was ever read: whether something needs you is not known.", Lasts(digest, zone));
            yield break;
        }
        yield return new Heading($"Needs you");
        foreach (var need in Told(needs)) yield return new Need(need.Tone, need.What, need.Why, need.Bar);
        if (needs.Count > needsMax + 1) yield return new Paragraph($"And {needs.Count - needsMax} more: {Run.Said(string.Join(", ", needs.Skip(needsMax).Take(10).Select(n => SafeText.Of(n.Short))))}.");
    }

    /// <summary>Three; a fourth as well where it takes no more room than the line that counts it.</summary>
    private static IEnumerable<Needed> Told(IReadOnlyList<Needed> needs) => needs.Count <= needsMax + 1 ? needs : needs.Take(needsMax);

    private static Line? Lasts(Digest digest, string zone) => digest.Runways.Where(r => r.Left > Usd.Zero).ToArray() switch
    {
        [{ RunsOut: { } at }] => $"Credit lasts until {Run.Said(Moments.Rough(at, zone, digest.At))}.",
        _ => null,
    };

    private static Figure Billed(Digest digest)
    {
        var week = Run.Said($"week {DigestMail.Number(digest)}");
        Line label = DigestMail.IsOver(digest) ? (Line)$"Billed in {week}:" : $"Billed in {week} so far:";
        if (digest.Total is not { } total) return new(label, $"not known", $"", []);
        var before = DigestMail.IsWhole(digest) ? digest.Before switch
        {
            null => (Line)$"the week before is not known",
            { Ticks: 0 } => $"the week before cost nothing",
            { } then => $"{Run.Said(Dollars.Against(then, total) ?? "")}{Run.Said(Dollars.Against(then, total)?.EndsWith('×') == true ? " the week before" : " on the week before")} ({then})",
        } : Line.Nothing;
        Line amount = $"{Run.Said(DigestMail.IsOver(digest) && !DigestMail.IsWhole(digest) ? "at least " : "")}{Run.Said(Dollars.Show(total))}";
        return new(label, amount, before, [.. Days(digest, total)]);
    }

    private static IEnumerable<FigureColumn> Days(Digest digest, Usd total)
    {
        if (digest.Days is not { Count: > 0 } days) yield break;
        var most = days.Max(d => d.Billed?.Ticks ?? 0);
        var shown = Shown.Parts(Shown.Of(total), [.. days.Select(d => d.Billed ?? Usd.Zero)]);
        foreach (var (i, day) in days.Index())
            yield return new(day.Day.ToString("ddd", CultureInfo.InvariantCulture), day.Billed is null ? null : shown[i].ToString(), most <= 0 || day.Billed is not { } billed ? 0 : (int)Int128.Clamp((Int128)billed.Ticks * 1000 / most, 0, 1000));
    }

    private static Paragraph Month(Digest digest, string zone)
    {
        var month = Calendar.LocalOf(digest.Window.End.AddTicks(-1), zone).ToString("MMMM", CultureInfo.InvariantCulture);
        if (digest.MonthToDate is not { } soFar) return new($"What {Run.Said(month)} cost so far is not known.");
        var budget = digest.Budgets.FirstOrDefault(b => b.Period == "month" && b.Scope == Wording.AllSpend);
        Line of = budget is null ? Line.Nothing : $" of {budget.Limit}";
        var bar = budget is null ? null : new Bar(ToneOf(budget), Dollars.Permille(soFar, budget.Limit) ?? 0, HasLimit: true);
        Line so = $"{Run.Strong($"{month}: {Dollars.Show(soFar)}")}{of}";
        return digest.Month switch
        {
            { Method: "ended" } => new($"{so}, the month is over.", Bar: bar),
            { Expected: { } expected } forecast => new($"{so}, on track for {Run.Said(Dollars.Rough(expected))}{Range(forecast)}.", Bar: bar),
            var forecast => new($"{so}. No forecast: {Run.Said(SafeText.Of(forecast.Why ?? "too little data"))}.", Bar: bar),
        };
    }

    private static Run? Range(Forecast forecast) => Wording.Between(forecast) is { } range ? Run.Said($" ({range})") : null;

    /// <summary>Credit that needs nobody.</summary>
    private static IEnumerable<Paragraph> Lasting(Digest digest, string zone)
    {
        foreach (var runway in digest.Runways.Take(runwaysMax))
        {
            if (NeedsYou.NeedsSomebody(runway, digest.At)) continue;
            Line left = $"{Run.Strong("Credit:")} {runway.Left}{(runway.Of is { } of ? $" of {of}" : Line.Nothing)} left on {runway.AccountName}{AlertDetails.Age(runway, at => Moments.Bare(at, zone, digest.At))}";
            yield return runway switch
            {
                { RunsOut: { } at } => new($"{left}; it lasts until {Run.Said(Moments.Rough(at, zone, digest.At))}, at {runway.PerDay ?? runway.LastDay} a day."),
                { Why: { Length: > 0 } why } => new($"{left}; when it ends is not known: {Run.Said(SafeText.Of(why))}."),
                _ => new($"{left}; it does not end at present rates."),
            };
        }
    }

    private static IEnumerable<Block> Budgets(Digest digest, IReadOnlyList<Needed> needs, string zone)
    {
        if (digest.Budgets.Count == 0)
        {
            yield return new Heading($"Budgets");
            yield return new Paragraph($"None is set, so nobody is warned. The first one:");
            yield return new Commands(["ledger budget set --scope all --limit 200 --period month"]);
            yield break;
        }
        // What needs somebody was said above.
        var said = Told(needs).Select(n => n.Budget).OfType<DigestBudget>().ToHashSet(ReferenceEqualityComparer.Instance);
        var (ok, bad) = (digest.Budgets.Where(b => b.State == "ok").ToArray(), digest.Budgets.Where(b => b.State != "ok" && !said.Contains(b)).ToArray());
        if (ok.Length + bad.Length == 0) yield break;
        yield return new Heading($"{Run.Said(said.Count > 0 ? "Other budgets" : "Budgets")}");
        if (bad.Length > 0)
            yield return new Table("Budgets that are not within their limit, worst first", [("Budget", false), ("Spent", true), ("Limit", true), ("State", true)],
            [
                .. bad.Select(b => new Row(
                    [$"{b.Name}", b.Spent is { } spent ? $"{spent}" : (Line)$"{Run.Quiet("not known")}", $"{b.Limit}", $"{State(b)}"],
                    Below(b, digest, zone), Bar: b.Spent is { } known ? new(ToneOf(b), Dollars.Permille(known, b.Limit) ?? 0, HasLimit: true) : null)),
            ]);
        if (ok.Length > 0)
            yield return new Paragraph($"{Run.Said(bad.Length + said.Count > 0 ? $"{ok.Length} within budget: " : "All within budget: ")}{AlertDetails.Joined(ok.Take(8).Select(b => (Line)$"{b.Name} {Run.Said(NeedsYou.PercentOf(b))} of {b.Limit}"))}{Run.Said(ok.Length > 8 ? " …" : "")}.");
    }

    private static Tone ToneOf(DigestBudget budget) => budget.State switch { "over" => Tone.Critical, "warn" => Tone.Warning, "ok" => Tone.Good, _ => Tone.Plain };

    private static Run State(DigestBudget budget) => budget.State switch
    {
        "over" => Run.Badge($"{Marks.Of(Tone.Critical)} {NeedsYou.Over(budget)}", Tone.Critical),
        "warn" => Run.Badge($"{Marks.Of(Tone.Warning)} {NeedsYou.PercentOf(budget)}", Tone.Warning),
        _ => Run.Badge($"{Marks.Of(Tone.Plain)} not known", Tone.Plain),
    };

    private static Line Below(DigestBudget budget, Digest digest, string zone)
    {
        // Its own days: a day of UTC is two days in Brussels.
        var days = Moments.Days(budget.Window, budget.ZoneOr(zone));
        var period = budget switch
        {
            { DaysOver: { } over } => $"worst day {days}, {Wording.Count(over, "day")} over",
            { Period: "day" or "week" or "month" or "quarter" } => $"{budget.Period} of {days}",
            { Period: "life" } => "in all",
            _ => days,
        };
        Line what = $"{budget.Scope}, {Run.Said(period)}";
        return budget.Forecast.Expected is { } expected && budget.Forecast.Method != "ended"
            ? $"{what}; on track for {Run.Said(Dollars.Rough(expected))}{(budget.Forecast.Exceeds is { } at && budget.State != "over" ? (Line)$", used up {Run.Said(Moments.Rough(at, zone, digest.At))}" : Line.Nothing)}"
            : what;
    }
}
