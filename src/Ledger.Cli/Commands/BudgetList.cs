using System.Globalization;
using System.Text.Json;
using Ledger.Cli.Http;
using Ledger.Cli.Output;

namespace Ledger.Cli.Commands;

/// <summary><c>budget list</c>: one row for each period of each budget.</summary>
internal static class BudgetList
{
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
            new("Budget", "name", WidthMax: 30), new("Scope", "scope", WidthMax: 30, Optional: true), new("Period", "period", WidthMax: 40), new("Limit", "limit", Right: true, Text: false),
            new("Spent", "spent", Right: true, Text: false), new("%", "percent", Right: true, Text: false), new("Forecast", "forecast", Right: true, Text: false),
            new("Runs out", "runsOut", Text: false), new("Resets", "resets", Text: false), new("State", "state"));
        var raised = false;
        foreach (var budget in answer.Items("budgets"))
            foreach (var period in budget.Items("periods"))
            {
                raised |= period.Text("raisedUntil") is not null;
                var state = budget.Flag("closed") == true ? "closed" : period.Text("state");
                table.Add(Cell.Text(budget.Text("name")), Cell.Text(Scope(budget)), new(SafeText.Of(Period(period, printer)), period.Text("period")),
                    new(Show.Money(period.Text("limit")) + (period.Text("raisedUntil") is null ? "" : "^"), period.Text("limit")), Cell.Money(period.Text("spent")),
                    new(Percent(period), period.Text("percent")), Cell.Money(period.Part("forecast")?.Text("expected")), printer.TimeCell(period.Text("runsOut")),
                    printer.TimeCell(period.Text("resets")), new(Coloured(printer, state), state));
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
        return dots < 0 ? text : $"{printer.Time(text![..dots])} – {printer.Time(text[(dots + 2)..])}";
    }

    public static string Percent(JsonElement of) =>
        of.Seconds("percent") is { } percent ? (percent < 10 ? percent : Math.Floor(percent)).ToString("0.#", CultureInfo.InvariantCulture) + "%" : Show.Unknown;

    private static string Coloured(Printer printer, string? state) =>
        state == "over" ? printer.Style.Red("over") : SafeText.Of(state ?? Show.Unknown);
}
