using Ledger.Cli.Http;
using Ledger.Cli.Output;

namespace Ledger.Cli.Commands;

/// <summary><c>mission list</c> and <c>mission show</c>.</summary>
internal static class MissionReads
{
    public static int List(Call call)
    {
        var printer = call.Printer;
        printer.CheckFormat();
        // Programs get all there are, as they always did.
        var state = call.OneOf("state", "open", "ended", "cancelled", "all") ?? (printer.Json || printer.Csv ? "all" : "uncancelled");
        var answer = call.Client.Get(new Query("/missions")
            .With("state", state)
            .With("agent", call.Text("agent"))
            .With("limit", call.Integer("limit", 1, 1_000)?.ToString(System.Globalization.CultureInfo.InvariantCulture))
            .With("asOf", call.PositionOrTime("as-of")));
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Freshness.Judge(call, answer);
        }
        var table = new Table(
            new("Mission", "title", WidthMax: 44), new("State", "state"), new("Start", "start", Text: false), new("Time", "end", Text: false),
            new("Agents", "agents", WidthMax: 30), new("Billed (USD)", "billed", Right: true, Text: false), new("Low", "low", Right: true, Text: false, Optional: true),
            new("High", "high", Right: true, Text: false, Optional: true), new("Ref", "ref", WidthMax: 40, Optional: true), new("ID", "id", WidthMax: 36));
        foreach (var mission in answer.Items("missions"))
            table.Add(Cell.Text(mission.Text("title")), Cell.Text(mission.Text("state")), printer.TimeCell(mission.Text("start")),
                new(Missions.Length(mission, call.Began), mission.Text("end")), Cell.Text(mission.Agents()), Cell.Money(mission.Text("billed")),
                Cell.Money(mission.Text("low")), Cell.Money(mission.Text("high")), Cell.Text(mission.Text("ref")), Cell.Text(mission.Text("id")));
        if (table.Count == 0 && !printer.Csv) printer.Line(call.Has("agent") || call.Has("as-of") || state is not ("all" or "uncancelled")
            ? "No such missions. `mission list --state all` shows all there are."
            : "No missions. `mission start \"Title\" --ref owner/repo#n` begins one.");
        else printer.Print(table);
        if (answer.Flag("more") == true) printer.Footer("There are more; --limit N shows them.");
        if (answer.Number("cancelled") is > 0 and { } hidden) printer.Footer($"{hidden.Grouped()} cancelled mission{(hidden == 1 ? " is" : "s are")} not shown; --state all shows {(hidden == 1 ? "it" : "them")}.");
        Freshness.Footers(call, answer);
        return Freshness.Judge(call, answer);
    }

    public static int Show(Call call)
    {
        var selector = call.Arguments.Positioned(0)!;
        var answer = call.Client.Get(new Query("/missions").With("mission", selector).With("state", "all").With("asOf", call.PositionOrTime("as-of")));
        var missions = answer.Items("missions");
        if (missions.Count == 0) throw Refusal.Of(Exit.Data, "mission.unknown", $"There is no mission '{selector}'.", "mission", selector);
        var printer = call.Printer;
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Freshness.Judge(call, answer);
        }
        foreach (var mission in missions)
        {
            Missions.Head(call, mission);
            if (mission.Text("weight") is { } weight and not "1") printer.Line($"weight {weight}");
            printer.Line(mission.Text("billed") is { } billed
                ? $"billed {Output.Show.FineMoney(billed)}, between {Output.Show.FineMoney(mission.Text("low"))} and {Output.Show.FineMoney(mission.Text("high"))}"
                : "billed " + Missions.Reason(mission.Text("reason")));
            printer.Line();
        }
        Freshness.Footers(call, answer);
        return Freshness.Judge(call, answer);
    }
}
