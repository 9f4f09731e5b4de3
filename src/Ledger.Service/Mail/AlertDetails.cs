using Ledger.Budgets;
using Ledger.Service.Mail.Pages;
using Ledger.Money;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Mail;

/// <summary>What stands below an alert's first sentences: what drives it, credit, advice, details.</summary>
internal static class AlertDetails
{
    private static readonly TimeSpan staleAfter = TimeSpan.FromHours(2);

    /// <param name="notice">What is told.</param>
    /// <param name="told">What the mail said already.</param>
    public static IEnumerable<Block> Of(Notice notice, Told told)
    {
        var alert = notice.Alert;
        var circumstances = alert switch
        {
            BudgetThresholdCrossed e => e.Circumstances,
            RunwayShort e => e.Circumstances,
            SpendAnomalous e => e.Circumstances,
            HistoryImported e => e.Circumstances,
            _ => (Circumstances?)null,
        };
        if (circumstances is { Through: { } through } && told.At - through > staleAfter && told.New("stale"))
            yield return new Paragraph($"The figures are those of {Run.Said(told.Time(through))}: what was spent since is not known.", Tone.Warning);
        if (Headline.Driver(alert) is { } driver) yield return new Paragraph($"{Run.Said(driver)}");
        if (circumstances is not null)
        {
            foreach (var shared in circumstances.SharedKeys.Where(k => told.New($"shared:{k.Key}")))
                yield return new Paragraph($"Key {Key(shared)} is shared by {Run.Said(Wording.And(shared.Agents))}: {shared.Amount} through it can't be told apart.");
            if (circumstances.Runway is { } runway && told.New($"runway:{runway.Account}")) yield return Credit(runway, told, isSaid: alert is RunwayShort);
        }
        if (Action(alert, circumstances) is { } action && told.New(action.Text))
            yield return new Advice($"{Run.Strong("Do this first:")} {Run.Said(SafeText.Of(action.Text))}", Command.Safe(action.Command));
        yield return new Facts([.. Small(notice, circumstances, told)]);
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

    /// <summary>What is left and what was spent lately; of credit that the alert is about the latter alone.</summary>
    private static Paragraph Credit(Runway runway, Told told, bool isSaid)
    {
        Line spent = $"Spent: {runway.LastHour} in the last hour, {runway.LastDay} in 24 h, {runway.LastWeek} in 7 days";
        var age = Age(runway, told.Time);
        if (isSaid) return new($"{spent}{age}.");
        Line left = $"{Run.Strong("Credit:")} {runway.Left}{(runway.Of is { } of ? $" of {of}" : Line.Nothing)} left on {runway.AccountName}{age}";
        return runway switch
        {
            { Left.Ticks: <= 0 } => new($"{left}: it is used up. {spent}.", Tone.Critical),
            { RunsOut: { } at } => new($"{left}; it ends {Run.Strong(Moments.Rough(at, told.Zone, told.At))}{Run.Said(Wording.Between(runway, told.Zone, told.At) is { } between ? $", {between}" : "")}. {spent}."),
            { Why: { Length: > 0 } why } => new($"{left}; when it ends is not known: {Run.Said(SafeText.Of(why))}. {spent}."),
            _ => new($"{left}; it does not end at present rates. {spent}."),
        };
    }

    /// <summary>How old the balance is, where that matters.</summary>
    internal static Line Age(Runway runway, Func<DateTimeOffset, string> time) => runway is { CreditReadAt: { } read, BilledSince: { } since } && (runway.CreditStale || runway.CreditTrouble is not null)
        ? $" (the balance was last read {Run.Said(time(read))}; {since} was billed since)"
        : Line.Nothing;

    /// <summary>What was computed when the alert was raised; where nothing was, what obviously ends it.</summary>
    private static Recommendation? Action(IAlert alert, Circumstances? circumstances) => circumstances?.Action ?? alert switch
    {
        MissionLeftOpen e => new("end-mission", "End it if it is done, at the time the work ended. Its cost is then worked out again.", e.Billed ?? Usd.Zero, "once", $"mission end {e.Mission} --at TIME"),
        KeyShared e => new("split-key", $"Give each of {Wording.And(e.Shared.Agents)} a key of its own: then {Dollars.Show(e.Shared.Amount)} a day can be told apart.", e.Shared.Amount, "day", "ledger key assign KEY --agent NAME"),
        SourceStale => new("look", "Find out what the provider refuses, and read it again.", Usd.Zero, "once", "ledger doctor"),
        _ => null,
    };

    private static IEnumerable<(string, Line)> Small(Notice notice, Circumstances? circumstances, Told told)
    {
        if (notice.Alert is BudgetThresholdCrossed { Threshold: var threshold }) yield return ("Crossed", $"{Run.Said(Headline.Said(threshold))}{Run.Said(threshold.Percent is null ? "" : " of the limit")}");
        if (Headline.AlsoCrossed(notice) is { Count: > 0 } also) yield return ("Also crossed", $"{Run.Said(string.Join(", ", also.Take(8)))}");
        switch (notice.Alert)
        {
            case BudgetThresholdCrossed e:
                yield return ("Budget", $"{e.Name}, {e.Period} ({Run.Said(Moments.Days(e.Window, told.Zone))}), limit {e.Limit}");
                if (e is { Threshold.Basis: Basis.Actual, Forecast: { Method: not "ended" } forecast }) yield return ("Forecast", forecast.Expected is { } expected
                    ? $"{Run.Said(Dollars.Rough(expected))} by the end{Run.Said(Wording.Between(forecast) is { } range ? $", {range}" : "")}"
                    : (Line)$"not known: {Run.Said(SafeText.Of(forecast.Why ?? "there is too little data"))}");
                break;
            case MissionLeftOpen { Ref: { } reference }:
                yield return ("Reference", Line.Of(Run.Reference(reference, told.Forge)));
                break;
            case LargeRestatement e:
                yield return ("Position", $"{e.AsOf}");
                break;
            case HistoryImported e when e.Passed.Count > 3:
                yield return ("Crossed", AlertDetails.Joined(e.Passed.Take(20).Select(p => (Line)$"{p.Name} {Run.Said(Headline.Said(p.Threshold))} ({p.Spent} of {p.Limit})")));
                break;
        }
        if (circumstances is { AsOf: > 0 })
            yield return ("Data", circumstances.Through is { } through ? $"up to {Run.Said(told.Time(through))}, position {circumstances.AsOf}; the last two days are preliminary: the provider may still change them" : (Line)$"nothing read yet, position {circumstances.AsOf}");
        yield return ("Alert", $"{notice.Alert.Alert}, raised {Run.Said(told.Time(notice.Alert.At))}");
        yield return ("Acknowledge", $"{new Run($"ledger alert ack {SafeText.Of(notice.Alert.Alert)}", Meant.Code)}");
    }

    private static Run Key(SharedKey key) => Run.Name(key.Name ?? key.Key);
}
