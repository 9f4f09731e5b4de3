using Ledger.Cli.Http;
using Ledger.Cli.Output;

namespace Ledger.Cli.Commands;

internal static class MissionDiff
{
    public static int Run(Call call)
    {
        var from = call.PositionOrTime("from") ?? throw call.Wrong("usage.value", "`mission diff` needs --from: a position, or a time.", "from");
        var answer = call.Client.Get(new Query("/missions/diff").With("mission", call.Arguments.Positioned(0)).With("from", from).With("to", call.PositionOrTime("to")));
        var printer = call.Printer;
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Freshness.Judge(call, answer);
        }
        if (answer.Part("mission") is { } mission) printer.Bold($"{SafeText.Of(mission.Text("title"))}  {SafeText.Of(mission.Text("ref"))}".TrimEnd());
        foreach (var edge in (ReadOnlySpan<string>)["from", "to"])
            if (answer.Part(edge) is { } at)
                printer.Line($"{edge,-5} position {at.Number("position")?.Grouped() ?? Show.Unknown} ({printer.Time(at.Text("time"))}): billed {(at.Text("billed") is { } billed ? $"{Show.FineMoney(billed)}, {Show.FineMoney(at.Text("low"))} to {Show.FineMoney(at.Text("high"))}" : "unknown")}");
        printer.Bold($"Change {Show.FineMoney(answer.Text("change"))} = {Show.FineMoney(answer.Text("moved"))} moved by edits + {Show.FineMoney(answer.Text("billed"))} new or restated by the provider");

        if (answer.Items("by") is { Count: > 0 } rows)
        {
            printer.Line();
            var table = new Table(new("Agent", "agent"), new("Model", "model"), new("Unit", "unit"), new("Moved", "moved", Right: true, Text: false), new("New or restated", "billed", Right: true, Text: false));
            foreach (var row in rows)
                table.Add(Cell.Text(row.Text("agent")), Cell.Text(row.Text("model")), Cell.Text(row.Text("unit")), Cell.Money(row.Text("moved")), Cell.Money(row.Text("billed")));
            table.Totals = [new("Total", null), new("", null), new("", null), Cell.Money(answer.Text("moved")), Cell.Money(answer.Text("billed"))];
            printer.Print(table);
        }
        if (answer.Items("counterparts") is { Count: > 0 } parties)
        {
            printer.Line();
            var table = new Table(new("Moved from or to", "party"), new("Moved", "moved", Right: true, Text: false));
            foreach (var party in parties) table.Add(Cell.Text(party.Text("party") ?? party.Names("party")), Cell.Money(party.Text("moved")));
            printer.Print(table);
        }
        Freshness.Footers(call, answer);
        return Freshness.Judge(call, answer);
    }
}
