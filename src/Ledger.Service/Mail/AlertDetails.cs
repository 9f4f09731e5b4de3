using Ledger.Budgets;
using Ledger.Service.Mail.Pages;
using Ledger.Money;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Mail;

/// <summary>What stands below an alert's first sentence: drivers, credit, advice, details.</summary>
internal static class AlertDetails
{
    private static readonly TimeSpan staleAfter = TimeSpan.FromHours(2);

    /// <param name="notice">What is told.</param>
    /// <param name="told">What the mail said already.</param>
    /// <param name="first">The first of the mail has its drivers as a table; those below it as a sentence.</param>
    public static IEnumerable<Block> Of(Notice notice, Told told, bool first)
    {
        var (circumstances, scope) = notice.Alert switch
        {
            BudgetThresholdCrossed e => (e.Circumstances, e.Scope),
            RunwayShort e => (e.Circumstances, null),
            SpendAnomalous e => (e.Circumstances, "agent:" + e.Agent),
            HistoryImported e => (e.Circumstances, null),
            _ => ((Circumstances?)null, (string?)null),
        };
        if (circumstances is { Through: { } through } && told.At - through > staleAfter && told.New("stale"))
            yield return new Paragraph($"The figures are those of {Run.Said(told.Time(through))}: what was spent since is not known.", Tone.Warning);
        if (circumstances is not null)
        {
            foreach (var block in Drivers(circumstances, scope, first)) yield return block;
            foreach (var shared in circumstances.SharedKeys.Where(k => told.New($"shared:{k.Key}")))
                yield return new Paragraph($"Key {Key(shared)} is shared by {Run.Said(Wording.And(shared.Agents))}: {shared.Amount} through it can't be told apart.");
            if (circumstances.Runway is { } runway && told.New($"runway:{runway.Account}")) yield return Credit(runway, told);
        }
        if (Action(notice.Alert, circumstances) is { } action && told.New(action.Text))
            yield return new Advice($"{Run.Strong("What helps most:")} {Run.Said(SafeText.Of(action.Text))}", Command.Safe(action.Command));
        yield return new Facts([.. Small(notice, circumstances, told)]);
    }

    private static IEnumerable<Block> Drivers(Circumstances circumstances, string? scope, bool table)
    {
        var own = scope is not null && Scope.TryParse(scope, out var parsed) ? parsed.Kind.ToString() : null;
        var drivers = Wording.Dimensions.Where(d => !d.Equals(own, StringComparison.OrdinalIgnoreCase))
            .SelectMany(d => circumstances.Drivers.Where(x => x.Dimension == d).Take(2).Where((x, i) => i == 0 || x.Permille >= 100)).ToArray();
        if (drivers.Length == 0) yield break;
        if (table)
        {
            yield return new Table("What drives it", [("What drives it", false), ("Part", true), ("Billed", true)],
                [.. drivers.Select(d => new Row([$"{Run.Quiet(d.Dimension)} {Name(d)}", $"{Run.Said(Dollars.Percent(d.Permille))}", $"{d.Amount}"]))]);
            yield break;
        }
        var main = drivers.GroupBy(d => d.Dimension).Select(g => g.First()).Select(d => (Line)$"{Run.Quiet(d.Dimension)} {Name(d)} {Run.Said(Dollars.Percent(d.Permille))}");
        yield return new Paragraph($"Driven by {Joined(main)}.");
    }

    internal static Line Joined(IEnumerable<Line> lines)
    {
        var joined = Line.Nothing;
        foreach (var line in lines)
        {
            if (joined.Runs.Count > 0) joined.AppendLiteral(", ");
            joined.AppendFormatted(line);
        }
        return joined;
    }

    private static Paragraph Credit(Runway runway, Told told)
    {
        Line rates = $"Spent: {runway.LastHour} in the last hour, {runway.LastDay} in 24 h, {runway.LastWeek} in 7 days.";
        Line left = $"{Run.Strong("Credit:")} {runway.Left}{(runway.Of is { } of ? $" of {of}" : Line.Nothing)} left on {runway.AccountName}{Age(runway, told.Time)}";
        return runway switch
        {
            { Left.Ticks: <= 0 } => new($"{left}: it has run out. {rates}", Tone.Critical),
            { RunsOut: not null } => new($"{left}; it runs out {Run.Strong(Wording.RunsOut(runway, told.Zone, told.At)!)}. {rates}"),
            { Why: { Length: > 0 } why } => new($"{left}; when it runs out is not known: {Run.Said(SafeText.Of(why))}. {rates}"),
            _ => new($"{left}; it does not run out at present rates. {rates}"),
        };
    }

    /// <summary>How old the balance is, where that matters.</summary>
    internal static Line Age(Runway runway, Func<DateTimeOffset, string> time) => runway is { CreditReadAt: { } read, BilledSince: { } since } && (runway.CreditStale || runway.CreditTrouble is not null)
        ? $" (the balance was last read {Run.Said(time(read))}; {since} was billed since)"
        : Line.Nothing;

    /// <summary>What was computed when the alert was raised; where nothing was, what obviously ends it.</summary>
    private static Recommendation? Action(IAlert alert, Circumstances? circumstances) => circumstances?.Action ?? alert switch
    {
        MissionLeftOpen e => new("end-mission", "End it if it is done, at the time the work ended; its cost is worked out anew.", e.Billed ?? Usd.Zero, "once", $"mission end {e.Mission} --at TIME"),
        KeyShared e => new("split-key", $"Give each of {Wording.And(e.Shared.Agents)} a key of its own: then {Dollars.Show(e.Shared.Amount)} a day can be told apart.", e.Shared.Amount, "day", "ledger key assign KEY --agent NAME"),
        SourceStale => new("look", "Look what the provider refuses, and read it again.", Usd.Zero, "once", "ledger doctor"),
        _ => null,
    };

    private static IEnumerable<(string, Line)> Small(Notice notice, Circumstances? circumstances, Told told)
    {
        if (Headline.AlsoCrossed(notice) is { Count: > 0 } also) yield return ("Also crossed", $"{Run.Said(string.Join(", ", also.Take(8)))}");
        switch (notice.Alert)
        {
            case BudgetThresholdCrossed e:
                yield return ("Passed", $"{Run.Said(Headline.Said(e.Threshold))}{Run.Said(e.Threshold.Percent is null ? "" : " of the limit")}");
                yield return ("Budget", $"{e.Name}, {e.Period} ({Run.Said(Moments.Days(e.Window, told.Zone))}), limit {e.Limit}");
                if (e.Forecast.Method != "ended") yield return ("Forecast", e.Forecast.Expected is { } expected
                    ? $"{Run.Said(Dollars.Rough(expected))} by the end, {Run.Said(Dollars.Rough(e.Forecast.Low ?? expected))} to {Run.Said(Dollars.Rough(e.Forecast.High ?? expected))}, by {e.Forecast.Method}"
                    : (Line)$"not known: {Run.Said(SafeText.Of(e.Forecast.Why ?? "there is too little data"))}");
                break;
            case LargeRestatement e:
                yield return ("Position", $"{e.AsOf}");
                break;
            case HistoryImported e when e.Passed.Count > 3:
                yield return ("Passed", AlertDetails.Joined(e.Passed.Take(20).Select(p => (Line)$"{p.Name} {Run.Said(Headline.Said(p.Threshold))} ({p.Spent} of {p.Limit})")));
                break;
        }
        if (circumstances is { AsOf: > 0 })
            yield return ("Data", circumstances.Through is { } through ? $"up to {Run.Said(told.Time(through))}, position {Run.Said($"{circumstances.AsOf}")}; the last two days are preliminary, the provider may still move them" : (Line)$"nothing read yet, position {Run.Said($"{circumstances.AsOf}")}");
        yield return ("Alert", $"{notice.Alert.Alert}, raised {Run.Said(told.Time(notice.Alert.At))}");
        yield return ("Seen it", $"{new Run($"ledger alert ack {SafeText.Of(notice.Alert.Alert)}", Meant.Code)}");
    }

    private static Line Name(Driver driver) => driver.Value is null && driver.Name is null ? (Line)$"not named by billing" : $"{driver.Name ?? driver.Value}";

    private static Run Key(SharedKey key) => Run.Name(key.Name ?? key.Key);
}
