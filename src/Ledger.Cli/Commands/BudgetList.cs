using System.Globalization;
using System.Text.Json;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Money;

namespace Ledger.Cli.Commands;

/// <summary><c>budget list</c>: one row for each period of each budget.</summary>
internal static class BudgetList
{
    private const int BarCells = 16;

    public static int Run(Call call)
    {
        var printer = call.Printer;
        printer.CheckFormat();
        var answer = call.Client.Get(new Query("/budgets").With("closed", call.Has("closed") ? "true" : null));
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Freshness.Judge(call, answer);
        }
        var table = new Table(
            new("Budget", "name", WidthMax: 30), new("Scope", "scope", WidthMax: 30, Gives: 1), new("Period", "period", WidthMax: 40), Column.Figure(null, "limit"), Column.Figure("Spent", "spent"), Column.Figure("Limit", null),
            Column.Whole(" ", null, gives: 3), Column.Figure(null, "percent"), Column.Figure("Forecast", "forecast", gives: 4), Column.Time(null, "runsOut"), Column.Time("Resets", "resets", gives: 2), Column.Whole("State", "state"));
        var raised = false;
        foreach (var budget in answer.Items("budgets"))
            foreach (var period in budget.Items("periods"))
            {
                raised |= period.Text("raisedUntil") is not null;
                var state = budget.Flag("closed") == true ? "closed" : period.Text("state");
                var shown = State(period, state, printer);
                table.Add(Cell.Name(budget.Text("name")), Cell.Name(Scope(budget)), new(SafeText.Of(Period(period, printer)), period.Text("period")), new("", period.Text("limit")), Cell.Money(period.Text("spent")),
                    new(Show.Money(period.Text("limit")) + (period.Text("raisedUntil") is null ? "" : "^"), null), new(Bars.OfLimit(period.Amount("spent"), period.Amount("limit"), BarCells), null, shown.Tone), new("", period.Text("percent")),
                    Cell.Money(period.Part("forecast")?.Text("expected")), new("", period.Text("runsOut")), printer.TimeCell(period.Text("resets")), shown);
            }
        if (table.Count == 0 && !printer.Csv) printer.Line("No budgets. `ledger budget set --scope agent:ba --limit 50 --period month` sets one.");
        else printer.Print(table);
        if (raised) printer.Footer("^ raised for a while; `--json` says until when.");
        if (answer.Flag("more") == true) printer.Footer("There are more than are shown here.");
        Freshness.Footers(call, answer);
        return Freshness.Judge(call, answer);
    }

    /// <summary>What it limits, in people's names.</summary>
    public static string? Scope(JsonElement of) => of.Text("scopeName") ?? of.Text("scope");

    /// <summary><c>month</c>; a stretch of its own by its ends.</summary>
    public static string? Period(JsonElement of, Printer printer)
    {
        var text = of.Text("period");
        var dots = text?.IndexOf("..", StringComparison.Ordinal) ?? -1;
        return dots < 0 ? text : printer.Span(text![..dots], text[(dots + 2)..]);
    }

    public static string Percent(JsonElement of) => PercentOf(of) is { } percent ? (percent < 10 ? percent : Math.Floor(percent)).ToString("0.#", CultureInfo.InvariantCulture) + " %" : Show.Unknown;

    private static decimal? PercentOf(JsonElement of) => of.Amount("spent") is { } spent && of.Amount("limit") is { } limit ? Dollars.Permille(spent, limit) / 10m : null;

    /// <summary>Where it stands, as a mark and in words: <c>■ 21 % over</c>, <c>▲ ends Sat 11 Apr</c>, <c>● 14 %</c>.</summary>
    public static Cell State(JsonElement period, string? state, Printer printer) => state switch
    {
        "over" => new($"■ {Over(period)}", state, Tone.Act),
        "warn" => new(period.Text("runsOut") is { } at ? $"▲ ends {printer.Time(at)}" : $"▲ {Percent(period)}", state, Tone.Watch),
        "ok" => new($"● {Percent(period)}", state, Tone.Ok),
        "closed" => new("closed", state, Tone.Quiet),
        _ => new("○ not known", state, Tone.Quiet),
    };

    private static string Over(JsonElement period) =>
        PercentOf(period) is { } percent and >= 101 ? string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(percent - 100):0} % over") : "used up";
}
