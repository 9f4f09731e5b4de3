using System.Globalization;
using Ledger.Budgets;
using Ledger.Forecasts;

namespace Ledger.Alerts;

/// <summary>The words that alerts, chat lines, mails and digests share, so that the same thing is called the same everywhere.</summary>
public static class Wording
{
    /// <summary>What is limited, in people's words: <c>all spend</c>, <c>agent vigilio</c>.</summary>
    /// <param name="scope">As events keep it.</param>
    /// <param name="nameOf">The name of an id; null: it is called by its id.</param>
    public static string Scope(string scope, Func<Scope, string?> nameOf)
    {
        if (!Budgets.Scope.TryParse(scope, out var parsed)) return SafeText.Name(scope);
        return parsed.Kind == ScopeKind.Everything ? AllSpend : $"{parsed.Kind.ToString().ToLowerInvariant()} {SafeText.Name(nameOf(parsed) ?? parsed.Value)}";
    }

    /// <summary>A budget as the subject of a sentence: <c>Budget TUI</c>; where it is called by its scope alone, <c>All spend</c>, <c>Agent vigilio</c>.</summary>
    /// <param name="name">The budget's name.</param>
    /// <param name="scope">What it limits.</param>
    /// <param name="nameOf">The name of an id; null: it is called by its id.</param>
    public static string Budget(string name, Scope scope, Func<Scope, string?> nameOf)
    {
        var words = name == scope.ToString() || (nameOf(scope) is { } known && name == (scope with { Value = known }).ToString()) ? Scope(scope.ToString(), nameOf) : $"budget {SafeText.Name(name)}";
        return $"{char.ToUpperInvariant(words[0])}{words[1..]}";
    }

    /// <summary>What everything is called.</summary>
    public const string AllSpend = "all spend";

    /// <summary>The budget's scope, where the alert knows its name, else the budget's own name.</summary>
    public static string ScopeOf(BudgetThresholdCrossed crossed)
    {
        var opaque = false;
        var words = Scope(crossed.Scope, scope =>
        {
            var name = crossed.ScopeName ?? crossed.Circumstances.Drivers.FirstOrDefault(d => string.Equals(d.Dimension, scope.Kind.ToString(), StringComparison.OrdinalIgnoreCase) && d.Value == scope.Value)?.Name
                ?? (scope.Kind == ScopeKind.Key ? crossed.Circumstances.SharedKeys.FirstOrDefault(k => k.Key == scope.Value)?.Name : null)
                ?? (scope.Kind == ScopeKind.Account && crossed.Circumstances.Runway is { } runway && runway.Account == scope.Value ? runway.AccountName : null);
            opaque = name is null && scope.Kind is ScopeKind.Account or ScopeKind.Key or ScopeKind.Mission;
            return name;
        });
        return opaque ? $"budget {SafeText.Name(crossed.Name)}" : words;
    }

    /// <summary>When a budget's window is: <c>this month</c>, <c>in all</c>, <c>1–30 Nov 2026</c>.</summary>
    public static string Period(string period, Interval window, string zone) =>
        Budgets.Period.TryParse(period, out var parsed) && parsed.Kind != PeriodKind.Custom
            ? parsed.Kind switch { PeriodKind.Day => "today", PeriodKind.Life => "in all", var kind => $"this {kind.ToString().ToLowerInvariant()}" }
            : Moments.Days(window, zone);

    /// <summary><c>agent</c>, <c>model</c> … as a reader calls it: what billing calls a unit is what was used.</summary>
    public static string Driver(Driver driver) => driver.Value is null && driver.Name is null ? "not named by billing" : SafeText.Name(driver.Name ?? driver.Value);

    /// <summary>The driver that says most: what was used, else on which model, through which key, by whom. What the alert is about anyway says nothing.</summary>
    public static Driver? Main(Circumstances circumstances, string? scope = null)
    {
        var own = scope is not null && Budgets.Scope.TryParse(scope, out var parsed) ? parsed.Kind.ToString().ToLowerInvariant() : null;
        foreach (var dimension in Dimensions)
            if (dimension != own && circumstances.Drivers.FirstOrDefault(d => d.Dimension == dimension && d.Permille >= 250 && d.Value is not null) is { } driver)
                return driver;
        return null;
    }

    /// <summary>Dimensions of drivers in the order they are told.</summary>
    public static IReadOnlyList<string> Dimensions { get; } = ["unit", "model", "key", "agent"];

    /// <summary>When credit runs out, as a range: <c>Tue 25 Nov 14:00 UTC ± 9 h</c>, or with both ends where they lie unevenly.</summary>
    public static string? RunsOut(Runway runway, string zone, DateTimeOffset now)
    {
        if (runway.RunsOut is not { } at) return null;
        string Of(DateTimeOffset instant) => Moments.Of(instant, zone, now);
        if (runway is not { Earliest: { } earliest, Latest: { } latest } || earliest > at || latest < at) return Of(at);
        var (before, after) = (at - earliest, latest - at);
        var wider = before > after ? before : after;
        if (wider < TimeSpan.FromMinutes(5)) return Of(at);
        var (first, middle, last) = (Calendar.LocalOf(earliest, zone), Calendar.LocalOf(at, zone), Calendar.LocalOf(latest, zone));
        return wider <= 1.5 * (before < after ? before : after)
            ? $"{Of(at)} ± {Moments.About(wider)}"
            : first.Date == middle.Date && last.Date == middle.Date
                ? $"{Of(at)} ({first:HH:mm} to {last:HH:mm})"
                : $"{Of(at)} (from {Of(earliest)} to {Of(latest)})";
    }

    /// <summary>Names in a row: <c>ba, face and vigilio</c>.</summary>
    public static string And(IEnumerable<string> names)
    {
        var safe = names.Take(6).Select(n => SafeText.Name(n, 40)).ToArray();
        return safe.Length < 2 ? string.Concat(safe) : $"{string.Join(", ", safe[..^1])} and {safe[^1]}";
    }

    /// <summary><c>1 alert</c>, <c>3 alerts</c>.</summary>
    public static string Count(long count, string one, string? many = null) => string.Create(CultureInfo.InvariantCulture, $"{count:#,0} {(count == 1 ? one : many ?? one + "s")}");

    /// <summary>What an amount is per: <c>a day</c>, <c>a week</c>, or nothing where it is once.</summary>
    public static string Per(string per) => per switch { "day" => " a day", "week" => " a week", "month" => " a month", _ => "" };
}
