using System.Globalization;
using Ledger.Budgets;
using Ledger.Money;

namespace Ledger.Alerts;

/// <summary>
/// An alert in words, the same wherever somebody reads it: in few words what happened, with its figure; then in a sentence or two until when
/// or since when; then what drives it. How bad it is, the place shows with a mark or a word. Names in it are harmless already.
/// </summary>
public static class Headline
{
    /// <summary>Credit that lasts longer is not worth a word in an alert about something else.</summary>
    private static readonly TimeSpan inSight = TimeSpan.FromHours(72);

    /// <summary>All of it in one line: <c>Credit ends 17:20: $3.19 of $31.00 left. On prod, between 03:50 and Tue 14:20. 85 % of …</c>.</summary>
    /// <param name="alert">The alert.</param>
    /// <param name="zone">The zone it is read in.</param>
    /// <param name="now">When it is read.</param>
    public static string Of(IAlert alert, string zone, DateTimeOffset now) => InOne(
        $"{Short(alert, zone, now)}.", Rest(alert, zone, now), alert is MissionLeftOpen { Ref: { } reference } ? $"Reference: {SafeText.Name(reference, 120)}" : "", Credit(alert, zone, now), Driver(alert) ?? "");

    /// <summary>All of the good news in one line: <c>Resolved: credit is $53.19. …</c>.</summary>
    public static string Of(IRecovery recovery) => InOne($"Resolved: {Brief(recovery)}.", Rest(recovery));

    /// <summary>What happened, in few words with their figure and without a full stop: <c>Credit ends 17:20: $3.19 of $31.00 left</c>.</summary>
    /// <param name="alert">The alert.</param>
    /// <param name="zone">The zone it is read in.</param>
    /// <param name="now">When it is read.</param>
    public static string Short(IAlert alert, string zone, DateTimeOffset now) => Parts(alert, zone, now) is var (who, what) ? who + what : "";

    /// <summary>What is over, in few words: <c>Credit is $53.19</c>.</summary>
    public static string Short(IRecovery recovery) => recovery is RunwayRecovered ? Capital(Brief(recovery)) : Brief(recovery);

    /// <summary>The same within a sentence: <c>credit is $53.19</c>.</summary>
    public static string Brief(IRecovery recovery) => recovery switch
    {
        BudgetRecovered e => $"{SafeText.Name(e.Name)} at {Dollars.Show(e.Spent)} of {Dollars.Show(e.Limit)}",
        RunwayRecovered e => $"credit is {Dollars.Show(e.Left)}",
        SourceRecovered e => $"{SafeText.Name(e.AccountName)} is read again",
        _ => throw new InvalidOperationException($"No words for {recovery.GetType().Name}."),
    };

    /// <summary>The short words in two: whom or what it is about, which may be cut where room is short, and what is said of it, with the amount.</summary>
    /// <param name="alert">The alert.</param>
    /// <param name="zone">The zone it is read in.</param>
    /// <param name="now">When it is read.</param>
    /// <param name="isSubject">In a subject credit is what is left alone.</param>
    public static (string Who, string What) Parts(IAlert alert, string zone, DateTimeOffset now, bool isSubject = false) => alert switch
    {
        RunwayShort { Circumstances.Runway: { Left.Ticks: <= 0 } r } => ($"Credit of {SafeText.Name(r.AccountName)}", " is used up"),
        RunwayShort { Circumstances.Runway: { } r } => (r.RunsOut is { } at ? $"Credit ends {Moments.Rough(at, zone, now)}" : "Credit is low", $": {Dollars.Show(r.Left)}{(r.Of is { } of && !(isSubject && r.RunsOut is not null) ? $" of {Dollars.Show(of)}" : "")} left"),
        RunwayShort e => ($"Credit of {SafeText.Name(e.Account)}", " is low"),
        BudgetThresholdCrossed e => (Capital(Wording.ScopeOf(e)), Crossed(e)),
        SpendAnomalous e => (SafeText.Name(e.Name), $" spends {(Times(e) is { } times ? $"{times} its usual" : "more than usual")}: {Dollars.Show(e.Spent)} in 1 h"),
        SourceStale { Through: { } through } e => ($"No reading of {SafeText.Name(e.AccountName)}", $" since {Moments.Brief(through, zone, now)}"),
        SourceStale e => (SafeText.Name(e.AccountName), " was never read"),
        MissionLeftOpen e => ($"Mission {SafeText.Name(e.Title)}", $" seems left open{(e.Billed is { } billed ? $": {Dollars.Show(billed)}" : "")}"),
        KeyShared e => ($"Key {SafeText.Name(e.Shared.Name ?? e.Shared.Key)} is shared by {Wording.And(e.Shared.Agents)}", $": {Dollars.Show(e.Shared.Amount)} in 24 h"),
        LargeRestatement e => ($"Past figures of {SafeText.Name(e.AccountName)} changed", $": {Dollars.Change(e.Moved)}"),
        HistoryImported e => ($"History of {SafeText.Name(e.AccountName)} was read", $": {Dollars.Show(e.Spent)}"),
        _ => throw new InvalidOperationException($"No words for {alert.GetType().Name}."),
    };

    /// <summary>The next sentence or two: until when, since when, how sure that is. Empty: there is nothing more.</summary>
    /// <param name="alert">The alert.</param>
    /// <param name="zone">The zone it is read in.</param>
    /// <param name="now">When it is read.</param>
    public static string Rest(IAlert alert, string zone, DateTimeOffset now) => alert switch
    {
        RunwayShort { Circumstances.Runway: { } r } => $"On {SafeText.Name(r.AccountName)}{(r.Left.Ticks <= 0 ? ""
            : Wording.Between(r, zone, now) is { } between ? $", {between}"
            : r.RunsOut is not null ? ""
            : r.Why is { Length: > 0 } why ? $"; when it ends is not known: {SafeText.Of(why).TrimEnd('.')}" : "; it does not end at present rates")}.",
        RunwayShort => "",
        BudgetThresholdCrossed e => Forecast(e, zone, now),
        SpendAnomalous e => $"In the hour from {Moments.Brief(e.Hour, zone, now)}; usual at that hour is {Dollars.Show(e.Usual)}.",
        SourceStale e => InOne(Sentence(SafeText.Name(e.Reason, 120)), e.Through is null ? "What it spends is not known." : "What it spent since is not known."),
        MissionLeftOpen e => $"Open since {Moments.Brief(e.Since, zone, now)}, and nobody seems to work on it. The spend of {Wording.And(e.Agents)} goes on counting for it{(e.Billed is null ? "; its cost is not known" : "")}.",
        KeyShared => "No bill can tell them apart.",
        LargeRestatement e => $"The provider changed its figures for {Moments.Days(e.Days, zone)}.",
        HistoryImported e => $"It covers {Moments.Days(e.Window, zone)}. {Passed(e.Passed)}",
        _ => throw new InvalidOperationException($"No words for {alert.GetType().Name}."),
    };

    /// <summary>The next sentence of good news. Empty: there is nothing more.</summary>
    public static string Rest(IRecovery recovery) => recovery switch
    {
        BudgetRecovered { Threshold.Basis: Basis.Forecast } e => $"Its forecast is below {Level(e.Threshold)} again.",
        BudgetRecovered e => $"Below {Level(e.Threshold)} again.",
        RunwayRecovered { Level: [.. var hours, 'h'] } => $"It lasts more than {SafeText.Name(hours)} h.",
        RunwayRecovered { Level: [.. var percent, '%'] } => $"More than {SafeText.Name(percent)} % of it is left.",
        _ => "",
    };

    /// <summary>What drives it, in one sentence: what it went to, and through which key or by whom. Null: nothing stands out.</summary>
    public static string? Driver(IAlert alert)
    {
        var (circumstances, scope, whole) = alert switch
        {
            BudgetThresholdCrossed e => (e.Circumstances, e.Scope, "it"),
            RunwayShort e => (e.Circumstances, null, "the last 24 hours' spend"),
            SpendAnomalous e => (e.Circumstances, "agent:" + e.Agent, "it"),
            HistoryImported e => (e.Circumstances, null, "it"),
            _ => (Circumstances.None, null, "it"),
        };
        Driver?[] both = [Wording.Main(circumstances, scope, "unit", "model"), Wording.Main(circumstances, scope, "key", "agent")];
        var told = both.OfType<Driver>().Select((d, i) => $"{Wording.Percent(d.Permille)}{(i == 0 ? $" of {whole}" : "")} {Wording.Took(d)} ({Dollars.Show(d.Amount)})").ToArray();
        return told.Length == 0 ? null : $"{string.Join(", ", told)}.";
    }

    /// <summary>A threshold in words: <c>80 %</c>, <c>$25.00</c>, <c>forecast 100 %</c>.</summary>
    public static string Said(Threshold threshold) => (threshold.Basis == Basis.Forecast ? "forecast " : "") + Level(threshold);

    /// <summary>What was crossed along with a notice's alert.</summary>
    public static IReadOnlyList<string> AlsoCrossed(Notice notice) =>
    [
        .. ((notice.Alert as BudgetThresholdCrossed)?.Also ?? []).Select(Said)
            .Concat(notice.Also.Select(a => a switch { BudgetThresholdCrossed e => Said(e.Threshold), RunwayShort e => Level(e.Level), _ => a.Alert }))
            .Distinct(StringComparer.Ordinal),
    ];

    private static string Crossed(BudgetThresholdCrossed e)
    {
        var its = e.Period is "day" or "week" or "month" or "quarter" ? $" its {e.Period}" : "";
        if (e.Threshold.Basis == Basis.Forecast && e.Forecast.Expected is { } expected) return $" on track for {Dollars.Rough(expected)} of {Dollars.Show(e.Limit)}";
        var stands = $": {Dollars.Show(e.Spent)} of {Dollars.Show(e.Limit)}";
        if (e.Spent > e.Limit) return $" is over{(its.Length > 0 ? its : " its limit")}{stands}";
        return e.Threshold.Percent is null ? $" at {Said(e.Threshold)}{stands}" : $" at {Level(e.Threshold)} of{(its.Length > 0 ? its : " its limit")}{stands}";
    }

    private static string Forecast(BudgetThresholdCrossed e, string zone, DateTimeOffset now)
    {
        var reached = e.Forecast.Exceeds is { } at && e.Spent < e.Limit ? $"; used up {Moments.Rough(at, zone, now)}" : "";
        if (e.Threshold.Basis == Basis.Forecast && e.Forecast.Expected is not null)
            return $"{Dollars.Show(e.Spent)} {Wording.Period(e.Period, e.Window, zone)} so far{(Wording.Between(e.Forecast) is { } range ? $", {range} by its end" : "")}{reached}.";
        var over = e.Spent > e.Limit ? Wording.Over(e.Spent, e.Limit) ?? $"{Dollars.Show(e.Spent - e.Limit)} over" : "";
        var track = e.Forecast is { Expected: { } expected, Method: not "ended" } ? $"on track for {Dollars.Rough(expected)}{reached}" : "";
        var said = string.Join("; ", new[] { over, track }.Where(s => s.Length > 0));
        return said.Length == 0 ? "" : $"{Capital(said)}.";
    }

    /// <summary>Credit that ends soon, in an alert about something else.</summary>
    private static string Credit(IAlert alert, string zone, DateTimeOffset now) => (alert switch { BudgetThresholdCrossed e => e.Circumstances, SpendAnomalous e => e.Circumstances, _ => null })?.Runway is { Left.Ticks: > 0, RunsOut: { } at } runway && at - now <= inSight
        ? $"Credit of {SafeText.Name(runway.AccountName)} ends {Moments.Rough(at, zone, now)}{(Wording.Between(runway, zone, now) is { } between ? $", {between}" : "")}."
        : "";

    private static string Level(Threshold threshold) => threshold.Percent is { } percent ? string.Create(CultureInfo.InvariantCulture, $"{percent} %") : Dollars.Show(threshold.Amount!.Value);

    /// <summary>A level of credit: <c>24 h left</c>, <c>10 % left</c>.</summary>
    private static string Level(string level) => level.Length > 1 ? $"{SafeText.Name(level[..^1])} {SafeText.Name(level[^1..])} left" : SafeText.Name(level);

    private static string? Times(SpendAnomalous e) => e.Usual.Ticks > 0 && Dollars.Against(e.Usual, e.Spent) is { } times && times.EndsWith('×') ? times : null;

    private static string Passed(IReadOnlyList<PassedThreshold> passed) => passed.Count == 0
        ? "No budget was past a threshold."
        : $"{Wording.Count(passed.Count, "budget")} {(passed.Count == 1 ? "was" : "were")} past a threshold before it was read, which sends no alert: {string.Join("; ", passed.Take(3).Select(p => $"{SafeText.Name(p.Name)} {Said(p.Threshold)}, {Dollars.Show(p.Spent)} of {Dollars.Show(p.Limit)}"))}{(passed.Count > 3 ? " …" : "")}.";

    private static string Sentence(string said) => said.Length == 0 ? "" : $"{Capital(said.TrimEnd('.'))}.";

    private static string Capital(string said) => said.Length == 0 ? said : $"{char.ToUpperInvariant(said[0])}{said[1..]}";

    private static string InOne(params ReadOnlySpan<string> sentences) => string.Join(' ', sentences.ToArray().Where(s => s.Length > 0));
}
