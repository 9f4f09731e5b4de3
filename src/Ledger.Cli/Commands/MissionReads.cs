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
            new("Mission", "title", WidthMax: 44), Column.Whole("Ref", null), new("Agent", null, WidthMax: 30, Gives: 3), Column.Whole("State", "state"), Column.Time(null, "start"), Column.Time(null, "end"), new(null, "agents"),
            Column.Figure("Billed", "billed"), Column.Whole("Low – high", null), Column.Figure(null, "low"), Column.Figure(null, "high"), new(null, "ref"), Column.Time("Since", null, gives: 2), Column.Whole("ID", "id", gives: 1));
        foreach (var mission in answer.Items("missions"))
        {
            var (its, agents, reference) = (mission.Text("state"), mission.Agents(), mission.Text("ref"));
            table.Add(
                Cell.Name(mission.Text("title")), Cell.Ref(reference), Cell.Name(agents), new($"{SafeText.Of(its)}{(its == "open" ? " " + Missions.About(mission, call.Began) : "")}", its, its == "cancelled" ? Tone.Quiet : Tone.Plain),
                printer.TimeCell(mission.Text("start")), printer.TimeCell(mission.Text("end")), Cell.Text(agents), Cell.Money(mission.Text("billed")), Range(mission), Cell.Money(mission.Text("low")), Cell.Money(mission.Text("high")),
                Cell.Text(reference), printer.TimeCell(mission.Text("start")), Cell.Text(mission.Text("id")));
        }
        if (table.Count == 0 && !printer.Csv) printer.Line(call.Has("agent") || call.Has("as-of") || state is not ("all" or "uncancelled")
            ? "No such missions. `mission list --state all` shows all there are."
            : "No missions. `mission start \"Title\" --ref owner/repo#n` begins one.");
        else printer.Print(table);
        if (answer.Flag("more") == true) printer.Footer("There are more; --limit N shows them.");
        if (answer.Number("cancelled") is > 0 and { } hidden) printer.Footer($"{hidden.Grouped()} cancelled mission{(hidden == 1 ? " is" : "s are")} not shown; --state all shows {(hidden == 1 ? "it" : "them")}.");
        Freshness.Footers(call, answer);
        return Freshness.Judge(call, answer);
    }

    /// <summary><c>exact</c>, or between what it lies.</summary>
    private static Cell Range(System.Text.Json.JsonElement mission) => (mission.Amount("low"), mission.Amount("high")) switch
    {
        ({ } low, { } high) when low == high => new("exact", null, Tone.Ok),
        ({ }, { }) => new($"{Output.Show.Money(mission.Text("low"))} – {Output.Show.Money(mission.Text("high"))}", null, Tone.Quiet),
        _ => Cell.Text(null),
    };

    public static int Show(Call call)
    {
        var selector = call.Word(0)!;
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
