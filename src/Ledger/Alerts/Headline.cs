using System.Globalization;
using Ledger.Budgets;
using Ledger.Forecasts;
using Ledger.Money;

namespace Ledger.Alerts;

/// <summary>
/// An alert in one complete line: how bad, who, how much of what, when it runs out, what drives it. Everything else a person reads of
/// it begins with this line or with its parts. Names in it are harmless already.
/// </summary>
public static class Headline
{
    /// <summary>The whole line.</summary>
    /// <param name="alert">The alert.</param>
    /// <param name="zone">The team's time zone.</param>
    public static string Of(IAlert alert, string zone)
    {
        var rest = Rest(alert, zone);
        return $"[{Mark(alert)}] {Sentence(alert, zone)}{(rest.Length > 0 ? " " + rest : "")}";
    }

    /// <summary>The whole line of good news.</summary>
    public static string Of(IRecovery recovery) => $"[OK] {Sentence(recovery)}";

    /// <summary><c>WARN 80%</c>, <c>CRIT 4h</c>, <c>INFO</c>.</summary>
    public static string Mark(IAlert alert) => (alert.Severity switch { Severity.Critical => "CRIT", Severity.Warning => "WARN", _ => "INFO" }) + alert switch
    {
        BudgetThresholdCrossed e => $" {Said(e.Threshold)}",
        RunwayShort e => $" {SafeText.Name(e.Level)}",
        _ => "",
    };

    /// <summary>What happened, without mark and ending: fit for a mail's subject.</summary>
    public static string Brief(IAlert alert, string zone) => alert switch
    {
        BudgetThresholdCrossed { Threshold.Basis: Basis.Forecast, Forecast.Expected: { } expected } e =>
            $"{Wording.ScopeOf(e)} on track for {Dollars.Rough(expected)} of {Dollars.Show(e.Limit)} {Wording.Period(e.Period, e.Window, zone)}",
        BudgetThresholdCrossed e => $"{Wording.ScopeOf(e)} at {Dollars.Show(e.Spent)} of {Dollars.Show(e.Limit)} {Wording.Period(e.Period, e.Window, zone)}",
        RunwayShort { Circumstances.Runway: { } r } => $"{Left(r)} credit left on {SafeText.Name(r.AccountName)}{(Wording.RunsOut(r, zone, alert.At) is { } when ? $", out {when}" : "")}",
        RunwayShort e => $"prepaid credit of {SafeText.Name(e.Account)} is short",
        SpendAnomalous e => $"agent {SafeText.Name(e.Name)} spends unusually much: {Dollars.Show(e.Spent)} in an hour, usually {Dollars.Show(e.Usual)}",
        SourceStale e => $"{SafeText.Name(e.AccountName)} is not being read",
        MissionLeftOpen e => $"mission {SafeText.Name(e.Title)} seems left open",
        KeyShared e => $"key {SafeText.Name(e.Shared.Name ?? e.Shared.Key)} is shared by {Wording.And(e.Shared.Agents)}",
        LargeRestatement e => $"figures of {SafeText.Name(e.AccountName)} moved by {Dollars.Change(e.Moved)}",
        HistoryImported e => $"history of {SafeText.Name(e.AccountName)} read in: {Dollars.Show(e.Spent)}",
        _ => throw new InvalidOperationException($"No words for {alert.GetType().Name}."),
    };

    /// <summary>What happened, as a sentence with its dollars.</summary>
    public static string Sentence(IAlert alert, string zone) => alert switch
    {
        BudgetThresholdCrossed e => Crossed(e, zone),
        RunwayShort { Circumstances.Runway: { } r } => $"prepaid credit of {SafeText.Name(r.AccountName)}: {Left(r)} left{(Wording.RunsOut(r, zone, alert.At) is { } when ? $", runs out {when}" : r.Why is { Length: > 0 } why ? $"; when it runs out is not known: {SafeText.Of(why)}" : ", not running out at present rates")}.",
        SpendAnomalous e => $"agent {SafeText.Name(e.Name)} spent {Dollars.Show(e.Spent)} in the hour from {Moments.Of(e.Hour, zone, e.At)}{Usual(e)}.",
        SourceStale { Through: null } e => $"{SafeText.Name(e.AccountName)} was never read{Because(e.Reason)}: what it spends is not known.",
        SourceStale e => $"{SafeText.Name(e.AccountName)} was last read {Moments.Of(e.Through.Value, zone, e.At)}{Because(e.Reason)}: what it spent since is not known.",
        MissionLeftOpen e => $"mission {SafeText.Name(e.Title)}{(e.Ref is { } r ? $" ({SafeText.Name(r, 80)})" : "")} is open since {Moments.Of(e.Since, zone, e.At)} and nobody seems to work on it; it goes on taking the spend of {Wording.And(e.Agents)}, {(e.Billed is { } billed ? $"{Dollars.Show(billed)} so far" : "its cost is not known")}.",
        KeyShared e => $"{Brief(e, zone)}: no bill can tell them apart; {Dollars.Show(e.Shared.Amount)} went through it in 24 h.",
        LargeRestatement e => $"the provider changed its figures of {SafeText.Name(e.AccountName)} for {Moments.Days(e.Days, zone)} by {Dollars.Change(e.Moved)}.",
        HistoryImported e => $"history of {SafeText.Name(e.AccountName)} was read in: {Dollars.Show(e.Spent)} for {Moments.Days(e.Window, zone)}; {Passed(e.Passed)}.",
        _ => $"{Brief(alert, zone)}.",
    };

    /// <summary>What is over, as a sentence.</summary>
    public static string Sentence(IRecovery recovery) => recovery switch
    {
        BudgetRecovered { Threshold.Basis: Basis.Forecast } e => $"budget {SafeText.Name(e.Name)}: the forecast is below {Level(e.Threshold)} again, {Dollars.Show(e.Spent)} of {Dollars.Show(e.Limit)} spent.",
        BudgetRecovered e => $"budget {SafeText.Name(e.Name)} is below {Level(e.Threshold)} again: {Dollars.Show(e.Spent)} of {Dollars.Show(e.Limit)} spent.",
        RunwayRecovered e => $"prepaid credit is past the {SafeText.Name(e.Level)} mark again: {Dollars.Show(e.Left)} left.",
        SourceRecovered e => $"{SafeText.Name(e.AccountName)} is read again.",
        _ => throw new InvalidOperationException($"No words for {recovery.GetType().Name}."),
    };

    /// <summary>A threshold as the mark says it: <c>80%</c>, <c>$25.00</c>, <c>forecast 100%</c>.</summary>
    public static string Said(Threshold threshold) => (threshold.Basis == Basis.Forecast ? "forecast " : "") + Level(threshold);

    /// <summary>What was crossed along with a notice's alert, in the words of the marks.</summary>
    public static IReadOnlyList<string> AlsoCrossed(Notice notice) =>
    [
        .. ((notice.Alert as BudgetThresholdCrossed)?.Also ?? []).Select(Said)
            .Concat(notice.Also.Select(a => a switch { BudgetThresholdCrossed e => Said(e.Threshold), RunwayShort e => SafeText.Name(e.Level), _ => Mark(a) }))
            .Distinct(StringComparer.Ordinal),
    ];

    private static string Level(Threshold threshold) => threshold.Percent is { } percent ? string.Create(CultureInfo.InvariantCulture, $"{percent}%") : Dollars.Show(threshold.Amount!.Value);

    private static string Crossed(BudgetThresholdCrossed e, string zone)
    {
        var (who, period, reached) = (Wording.ScopeOf(e), Wording.Period(e.Period, e.Window, zone), e.Forecast.Exceeds is { } at ? $" (reaches the limit {Moments.Of(at, zone, e.At)})" : "");
        if (e.Threshold.Basis == Basis.Forecast && e.Forecast.Expected is { } will)
            return $"{who}: on track for {Dollars.Rough(will)}{Range(e.Forecast)} of {Dollars.Show(e.Limit)} {period}{reached}; {Dollars.Show(e.Spent)} so far.";
        var over = e.Spent > e.Limit ? $", {Dollars.Show(e.Spent - e.Limit)} over" : "";
        return $"{who}: {Dollars.Show(e.Spent)} of {Dollars.Show(e.Limit)} {period}{over}"
            + (e.Forecast is { Expected: { } expected, Method: not "ended" } ? $"; on track for {Dollars.Rough(expected)}{(over.Length == 0 ? reached : "")}." : ".");
    }

    private static string Range(Forecast forecast) =>
        forecast is { Low: { } low, High: { } high } && Dollars.Rough(low) != Dollars.Rough(high) ? $" ({Dollars.Rough(low)} to {Dollars.Rough(high)})" : "";

    private static string Rest(IAlert alert, string zone)
    {
        var (circumstances, scope) = alert switch
        {
            BudgetThresholdCrossed e => (e.Circumstances, e.Scope),
            RunwayShort e => (e.Circumstances, null),
            SpendAnomalous e => (e.Circumstances, "agent:" + e.Agent),
            _ => (Circumstances.None, null),
        };
        var parts = new List<string>();
        if (alert is not RunwayShort && circumstances.Runway is { } runway && Wording.RunsOut(runway, zone, alert.At) is { } when) parts.Add($"Credit of {SafeText.Name(runway.AccountName)} runs out {when}.");
        if (Wording.Main(circumstances, scope) is { } driver) parts.Add($"Driver: {Wording.Driver(driver)} {Dollars.Percent(driver.Permille)}.");
        return string.Join(' ', parts);
    }

    private static string Left(Runway runway) => $"{Dollars.Show(runway.Left)}{(runway.Of is { } of ? $" of {Dollars.Show(of)}" : "")}";

    private static string Because(string? reason) => string.IsNullOrWhiteSpace(reason) ? "" : $" ({SafeText.Name(reason, 120)})";

    private static string Usual(SpendAnomalous e) => e.Usual.Ticks > 0 && e.Spent.Ticks / e.Usual.Ticks is var times and >= 2
        ? string.Create(CultureInfo.InvariantCulture, $", {times:#,0} times the usual {Dollars.Show(e.Usual)}")
        : $"; usual at that hour is {Dollars.Show(e.Usual)}";

    private static string Passed(IReadOnlyList<PassedThreshold> passed) => passed.Count == 0
        ? "no budget had been passed by it"
        : $"{Wording.Count(passed.Count, "budget")} had been passed before anybody watched, and nobody is alerted for that ({string.Join("; ", passed.Take(3).Select(p => $"{SafeText.Name(p.Name)} {Said(p.Threshold)}, {Dollars.Show(p.Spent)} of {Dollars.Show(p.Limit)}"))}{(passed.Count > 3 ? " …" : "")})";
}
