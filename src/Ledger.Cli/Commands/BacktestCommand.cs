using System.Globalization;
using System.Text.Json;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>budget backtest</c>: which alerts would these budgets have sent?</summary>
internal static class BacktestCommand
{
    public static Verb Command() => new("backtest", "which alerts these budgets would have sent, and when: the log is replayed")
    {
        Arguments = { Words.AtMostOne("FILE") },
        About = "The budgets of a file (as `budget plan` takes it), one given by flags, or without either the budgets there are. Spend counts at the\nmoment the books learned of it, as it would have been live. Nothing is written and nobody is told.",
        Options = { BudgetCommands.Scope, BudgetCommands.Limit, BudgetCommands.Period, BudgetCommands.Thresholds, Flags.Since, Flags.Until, Flags.Format, Flags.Csv, Flags.Wide },
        Examples =
        [
            "ledger budget backtest --since 90d",
            "ledger budget backtest --scope agent:ba --limit 50 --period month --threshold 50%,80%,100%",
            "ledger budget backtest budgets.json --since 2026-07-01 --until 2026-09-30 --csv",
        ],
        Run = Run,
    };

    private static int Run(Call call)
    {
        var printer = call.Printer;
        printer.CheckFormat();
        var (file, scope) = (call.Word(0), call.Text("scope"));
        if (file is not null && scope is not null) throw call.Wrong("usage.flag", "Give a FILE or --scope, not both.", "scope", scope);
        if (scope is null && (call.Has("limit") || call.Has("period") || call.Has("threshold"))) throw call.Wrong("usage.flag", "--limit, --period and --threshold need --scope.", "scope");
        JsonElement? budgets = file is null ? null : BudgetFiles.Read(call).Part("budgets") ?? throw Refusal.Of(Exit.Data, "file.json", $"{file} names no budgets.", "file", file);
        var (since, until) = (call.CutEdge("since"), call.CutEdge("until", isEnd: true));
        if (until is null && call.Text("since")?.ToLowerInvariant() is "yesterday" or "last-week" or "last-month") until = call.CutEdge("since", isEnd: true);
        var answer = call.Client.Ask("POST", "/budgets/backtest", Body.Of(json =>
        {
            if (budgets is { } declared)
            {
                json.WritePropertyName("budgets");
                declared.WriteTo(json);
            }
            else if (scope is not null)
            {
                json.WriteStartArray("budgets");
                json.WriteStartObject();
                BudgetCommands.Write(json, call);
                json.WriteEndObject();
                json.WriteEndArray();
            }
            json.Maybe("since", since);
            json.Maybe("until", until);
        }), LedgerClient.NewKey(), Patience.Long);
        if (printer.Json) printer.PrintJson(answer);
        else Print(call, answer);
        return Exit.Ok;
    }

    private static void Print(Call call, JsonElement answer)
    {
        var printer = call.Printer;
        var count = answer.Number("count") ?? 0;
        if (!printer.Csv)
            printer.Bold($"{(count == 0 ? "No alert" : count == 1 ? "1 alert" : count.ToString(CultureInfo.InvariantCulture) + " alerts")} in {printer.Span(answer.Text("since"), answer.Text("until"))}, {printer.Place}");
        var table = new Table(
            Column.Time("When", "at"), Column.Whole("Severity", "severity"), new("Budget", "budget", WidthMax: 30), new("Period", "period", WidthMax: 40), Column.Whole("Threshold", "threshold"),
            Column.Figure("Spent", "spent"), Column.Figure("Limit", "limit"), Column.Figure("Forecast", "forecast", gives: 1));
        foreach (var alert in answer.Items("alerts"))
            table.Add(printer.TimeCell(alert.Text("at")), Severity.CellOf(alert.Text("severity")), Cell.Name(alert.Text("budget")), new(SafeText.Of(BudgetList.Period(alert, printer)), alert.Text("period")),
                Cell.Text(alert.Text("threshold")), Cell.Money(alert.Text("spent")), Cell.Money(alert.Text("limit")), Cell.Money(alert.Text("forecast")));
        if (table.Count > 0 || printer.Csv) printer.Print(table);
        if (answer.Flag("more") == true) printer.Footer("There are more; a shorter stretch or fewer budgets show them.");
        Freshness.Footers(call, answer);
    }
}
