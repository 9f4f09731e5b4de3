using Ledger.Digests;
using Ledger.Service.Mail.Pages;
using Ledger.Money;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Mail;

/// <summary>The digest's first part: what the week cost, the month, the credit, the budgets.</summary>
internal static class DigestMoney
{
    public static IEnumerable<Block> Blocks(Digest digest, string zone)
    {
        yield return Headline(digest, zone);
        if (!DigestMail.IsOver(digest)) yield return new Paragraph($"The week is not over: this is what it cost so far.", Tone.Warning);
        else if (digest.Total is not null && !DigestMail.IsWhole(digest)) yield return new Paragraph($"Data is missing (see Data below): the week may have cost more.", Tone.Warning);
        if (digest is { Preliminary: { Ticks: > 0 } preliminary }) yield return new Paragraph($"{preliminary} of it is preliminary: the provider may still move it.");
        yield return Month(digest, zone);

        yield return new Heading($"Credit");
        if (digest.Runways.Count == 0) yield return new Paragraph($"No prepaid credit is known of.");
        foreach (var runway in digest.Runways.Take(10)) yield return Credit(runway, digest, zone);

        yield return new Heading($"Budgets");
        foreach (var block in Budgets(digest, zone)) yield return block;
    }

    private static Lead Headline(Digest digest, string zone)
    {
        var week = Run.Said($"week {DigestMail.Number(digest)} ({Moments.Days(digest.Window, zone)})");
        if (digest.Total is not { } total) return new(null, $"What {week} cost is not known.");
        Line change = $"";
        if (DigestMail.IsWhole(digest))
        {
            change = digest.Before switch
            {
                null => $"; the week before is not known",
                { Ticks: 0 } => $"; the week before cost nothing",
                { } before => $", {Run.Said(Dollars.Growth(before, total) ?? "")} on the week before ({before})",
            };
        }
        return new(null, $"{Run.Said(DigestMail.IsOver(digest) && !DigestMail.IsWhole(digest) ? "At least " : "")}{total} billed in {week}{change}.");
    }

    private static Paragraph Month(Digest digest, string zone)
    {
        var month = Calendar.LocalOf(digest.Window.End.AddTicks(-1), zone).ToString("MMMM", System.Globalization.CultureInfo.InvariantCulture);
        if (digest.MonthToDate is not { } soFar) return new($"What {Run.Said(month)} cost so far is not known.");
        var budget = digest.Budgets.FirstOrDefault(b => b.Period == "month" && b.Scope == Wording.AllSpend);
        Line of = budget is null ? Line.Nothing : $" of {budget.Limit} (budget {budget.Name})";
        Line so = $"{Run.Said(month)} so far: {Run.Strong(Dollars.Show(soFar))}{of}";
        return digest.Month switch
        {
            { Method: "ended", Expected: { } total } => new($"{Run.Said(month)} cost {Run.Strong(Dollars.Show(total))}{of}."),
            { Expected: { } expected } forecast => new($"{so}; on track for {Run.Strong(Dollars.Rough(expected))}{Range(forecast)}."),
            var forecast => new($"{so}. No forecast: {Run.Said(SafeText.Of(forecast.Why ?? "too little data"))}."),
        };
    }

    private static Run? Range(Forecast forecast) => forecast is { Low: { } low, High: { } high } && Dollars.Rough(low) != Dollars.Rough(high) ? Run.Said($" ({Dollars.Rough(low)} to {Dollars.Rough(high)})") : null;

    private static Paragraph Credit(Runway runway, Digest digest, string zone)
    {
        Line left = $"{runway.AccountName}: {Run.Strong(Dollars.Show(runway.Left))}{(runway.Of is { } of ? $" of {of}" : Line.Nothing)} left{AlertDetails.Age(runway, at => Moments.Bare(at, zone, digest.At))}";
        return runway switch
        {
            { Left.Ticks: <= 0 } => new($"{left}: it has run out.", Tone.Critical),
            { RunsOut: { } at } => new($"{left}; runs out {Run.Strong(Moments.Bare(at, zone, digest.At))}{Between(runway, digest, zone)}, at {runway.PerDay ?? runway.LastDay} a day.", at - digest.At < TimeSpan.FromHours(72) ? Tone.Critical : Tone.Plain),
            { Why: { Length: > 0 } why } => new($"{left}; when it runs out is not known: {Run.Said(SafeText.Of(why))}."),
            _ => new($"{left}; it does not run out at present rates."),
        };
    }

    private static Run? Between(Runway runway, Digest digest, string zone) => runway is { RunsOut: { } at, Earliest: { } from, Latest: { } to } && to - from > TimeSpan.FromMinutes(10) && from <= at && at <= to
        ? Run.Said($" (between {Moments.Bare(from, zone, digest.At)} and {Moments.Bare(to, zone, digest.At)})")
        : null;

    private static IEnumerable<Block> Budgets(Digest digest, string zone)
    {
        if (digest.Budgets.Count == 0)
        {
            yield return new Paragraph($"None is set, so nobody is warned. The first one:");
            yield return new Commands(["ledger budget set --scope all --limit 200 --period month"]);
            yield break;
        }
        yield return new Table("Budgets, worst first", [("Budget", false), ("Spent", true), ("Limit", true), ("State", true)],
        [
            .. digest.Budgets.Select(b => new Row(
                [
                    $"{b.Name}", b.Spent is { } spent ? $"{spent}" : (Line)$"{Run.Quiet("not known")}", $"{b.Limit}",
                    $"{State(b)}",
                ], Below(b, digest, zone))),
        ]);
    }

    private static Run State(DigestBudget budget)
    {
        var part = budget.Spent is { } spent && Dollars.Permille(spent, budget.Limit) is { } permille ? $"{Dollars.Percent(permille)} " : "";
        return budget.State switch
        {
            "over" => Run.Badge(part + "over", Tone.Critical),
            "warn" => Run.Badge(part + "warn", Tone.Warning),
            "ok" => Run.Badge(part + "ok", Tone.Good),
            _ => Run.Badge("unknown", Tone.Warning),
        };
    }

    private static Line Below(DigestBudget budget, Digest digest, string zone)
    {
        // Its own days: a day of UTC is two days in Brussels.
        var days = Moments.Days(budget.Window, budget.Zone is { } own && Calendar.IsZone(own) ? own : zone);
        var period = budget switch
        {
            { DaysOver: { } over } => $"worst day {days}, {Wording.Count(over, "day")} over",
            { Period: "day" or "week" or "month" or "quarter" } => $"{budget.Period} of {days}",
            { Period: "life" } => "in all",
            _ => days,
        };
        Line what = $"{budget.Scope}, {Run.Said(period)}";
        return budget.Forecast.Expected is { } expected && budget.Forecast.Method != "ended"
            ? $"{what}; on track for {Run.Said(Dollars.Rough(expected))}{(budget.Forecast.Exceeds is { } at && budget.State != "over" ? (Line)$", reaches the limit {Run.Said(Moments.Bare(at, zone, digest.At))}" : Line.Nothing)}"
            : what;
    }
}
