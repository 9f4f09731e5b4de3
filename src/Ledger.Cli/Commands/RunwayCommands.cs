using System.Text.Json;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>runway</c> and <c>forecast</c>: how long it lasts, and where it ends.</summary>
internal static class RunwayCommands
{
    public static Verb Runway() => new("runway", "prepaid credit left, how fast it burns, when it runs out")
    {
        About = "Credit is what the provider's invoice preview said when it was read, less what was billed since. Rates are those of the last hour, day\nand week of data; the range is that of the quickest and the slowest of them.",
        Options = { Flags.AccountOf, Flags.MaxAge },
        Examples = ["ledger runway", "ledger runway --account prod --json"],
        Run = RunRunway,
    };

    public static Verb ForecastCommand() => new("forecast", "what will have been spent when the period ends, as a range, and by which method")
    {
        About = "Refuses, saying why, while there is too little data to go by.",
        Options = { BudgetCommands.Scope, Flags.Value("period", "P", "day, week, month, quarter, or life of a mission (month)"), Flags.Value("zone", "ZONE", "time zone the period is cut in (the team's)"), Flags.MaxAge },
        Examples = ["ledger forecast", "ledger forecast --scope agent:ba --period week --json"],
        Run = RunForecast,
    };

    private static int RunRunway(Call call)
    {
        var answer = call.Client.Get(new Query("/runway").With("account", call.Text("account")));
        var printer = call.Printer;
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Freshness.Judge(call, answer);
        }
        var runways = answer.Items("runways");
        if (runways.Count == 0) printer.Line("No account with prepaid credit that is known. `ledger account list` tells how the accounts are.");
        foreach (var runway in runways)
        {
            printer.Bold($"{SafeText.Of(runway.Text("accountName") ?? runway.Text("account"))}  {Show.Money(runway.Text("left"))} left{(runway.Text("of") is { } of ? $" of {Show.Money(of)}" : "")}");
            printer.Line($"  spent in the last hour {Show.Money(runway.Text("lastHour"))}, day {Show.Money(runway.Text("lastDay"))}, week {Show.Money(runway.Text("lastWeek"))} of data");
            printer.Line(runway.Text("earliest") is { } earliest
                ? $"  runs out {(runway.Text("runsOut") is { } at ? $"{printer.Time(at)}{(runway.Text("perDay") is { } rate ? $" at {Show.Money(rate)} a day" : "")}" : "not at the last day's rate")}; between {printer.Time(earliest)} and {printer.Time(runway.Text("latest"))}"
                : $"  runs out: {SafeText.Of(runway.Text("why") ?? "not known")}");
            if (runway.Text("creditReadAt") is { } read && (runway.Text("creditTrouble") is not null || runway.Flag("creditStale") == true || runway.Text("billedSince") is not (null or "0.00")))
                printer.Line($"  balance read {printer.Time(read)}; {Show.Money(runway.Text("billedSince"))} was billed since{(runway.Text("creditTrouble") is { } trouble ? $". {SafeText.Of(trouble)}" : "")}");
        }
        Freshness.Footers(call, answer);
        return Freshness.Judge(call, answer);
    }

    private static int RunForecast(Call call)
    {
        var answer = call.Client.Get(new Query("/forecast").With("scope", call.Text("scope")).With("period", call.Text("period")).With("zone", call.Text("zone")));
        var printer = call.Printer;
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Freshness.Judge(call, answer);
        }
        var window = answer.Part("window");
        printer.Bold($"{SafeText.Of(BudgetList.Scope(answer))}, {SafeText.Of(answer.Text("period"))} {printer.Span(window?.Text("start"), window?.Text("end"))}, {printer.Place}");
        printer.Line($"  spent so far {Show.Money(answer.Text("spent"))}");
        if (answer.Part("forecast") is { } forecast) printer.Line("  forecast     " + Forecast(forecast, printer));
        Freshness.Footers(call, answer);
        return Freshness.Judge(call, answer);
    }

    /// <summary><c>$38.20 (between $31.00 and $52.00); the limit is reached 2026-11-25 14:00</c>.</summary>
    public static string Forecast(JsonElement forecast, Printer printer)
    {
        if (forecast.Text("expected") is not { } expected) return "none: " + SafeText.Of(forecast.Text("why") ?? "not known");
        var exceeds = forecast.Text("exceeds") is { } at ? $"; the limit is reached {printer.Time(at)}" : "";
        var range = forecast.Text("method") == "ended" ? ", the period is over" : $" (between {Show.Money(forecast.Text("low"))} and {Show.Money(forecast.Text("high"))})";
        return $"{Show.Money(expected)}{range}{exceeds}";
    }
}
