using System.Globalization;
using Ledger.Budgets;
using Ledger.Forecasts;
using Ledger.Money;

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

    /// <summary>What a driver is called.</summary>
    public static string Driver(Driver driver) => driver.Value is null && driver.Name is null ? "not named by billing" : SafeText.Name(driver.Name ?? driver.Value);

    /// <summary>What a driver did, as the end of a sentence: <c>was X searches</c>, <c>went through key xai-ba</c>.</summary>
    public static string Took(Driver driver) => driver.Dimension switch
    {
        "key" => $"went through key {Driver(driver)}",
        "agent" => $"was spent by {Driver(driver)}",
        "model" => $"went to {Driver(driver)}",
        _ => $"was {Driver(driver)}",
    };

    /// <summary>The driver that says most in the first of some dimensions that has one. What the alert is about anyway says nothing.</summary>
    public static Driver? Main(Circumstances circumstances, string? scope, params ReadOnlySpan<string> dimensions)
    {
        var own = scope is not null && Budgets.Scope.TryParse(scope, out var parsed) ? parsed.Kind.ToString().ToLowerInvariant() : null;
        foreach (var dimension in dimensions)
            if (dimension != own && circumstances.Drivers.FirstOrDefault(d => d.Dimension == dimension && d.Permille >= 250 && d.Value is not null) is { } driver)
                return driver;
        return null;
    }

    /// <summary>Between which instants credit ends, one day named once: <c>between Mon 03:50 and Tue 14:20</c>. Null: they are the same, or not known.</summary>
    /// <param name="runway">The run-out.</param>
    /// <param name="zone">The zone it is read in.</param>
    /// <param name="now">When it is read.</param>
    public static string? Between(Runway runway, string zone, DateTimeOffset now)
    {
        if (runway is not { RunsOut: { } at, Earliest: { } from, Latest: { } to } || from > at || at > to) return null;
        // As fine as the run-out itself; on one day both alike.
        var isOneDay = Calendar.LocalOf(from, zone).Date == Calendar.LocalOf(to, zone).Date;
        var isFine = Moments.IsNear(at, now);
        var (first, last) = (Moments.Rough(from, zone, now, isFine && (isOneDay || Moments.IsNear(from, now))), Moments.Rough(to, zone, now, isFine && (isOneDay || Moments.IsNear(to, now))));
        if (first == last) return null;
        return $"between {first} and {(isOneDay && last.Split(' ') is [_, var time] ? time : last)}";
    }

    /// <summary>Between which amounts a period will end: <c>between $33 and $44</c>. Null: they are the same, or not known.</summary>
    public static string? Between(Forecast forecast) =>
        forecast is { Low: { } low, High: { } high } && Dollars.Rough(low) != Dollars.Rough(high) ? $"between {Dollars.Rough(low)} and {Dollars.Rough(high)}" : null;

    /// <summary>How far beyond a limit, in percent of it: <c>21 % over</c>, never "121 %". Null: by less than can be said so.</summary>
    public static string? Over(Usd spent, Usd limit) => Dollars.Permille(spent - limit, limit) is { } over and >= 5 ? $"{Percent(over)} over" : null;

    /// <summary>Of a limit: <c>91 %</c>; beyond it <c>21 % over</c>.</summary>
    public static string OfLimit(Usd spent, Usd limit) => spent > limit && Over(spent, limit) is { } over ? over : Dollars.Permille(spent, limit) is { } permille ? Percent(permille) : "-";

    /// <summary>Thousandths as whole percent, with their space: <c>58 %</c>.</summary>
    public static string Percent(int permille) => Dollars.Percent(permille).Replace("%", " %", StringComparison.Ordinal);

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
