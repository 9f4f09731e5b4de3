using System.Text.Json;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Money;

namespace Ledger.Cli.Commands;

internal static class MissionDiff
{
    public static int Run(Call call)
    {
        var from = call.PositionOrTime("from") ?? throw call.Wrong("usage.value", "`mission diff` needs --from: a position, or a time.", "from");
        var answer = call.Client.Get(new Query("/missions/diff").With("mission", call.Word(0)).With("from", from).With("to", call.PositionOrTime("to")));
        var printer = call.Printer;
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Freshness.Judge(call, answer);
        }
        if (answer.Part("mission") is { } mission) printer.Bold($"{SafeText.Of(mission.Text("title"))}  {SafeText.Of(mission.Text("ref"))}".TrimEnd());
        foreach (var edge in (ReadOnlySpan<string>)["from", "to"])
            if (answer.Part(edge) is { } at)
                printer.Line($"{edge,-5} position {at.Number("position")?.Grouped() ?? Show.Unknown} ({printer.Time(at.Text("time"))}): billed {(at.Amount("billed") is { } billed ? $"{Shown.Of(billed)}, {Show.FineMoney(at.Text("low"))} to {Show.FineMoney(at.Text("high"))}" : "unknown")}");
        var (change, moved, refined, restated) = Sum(answer);
        var isRefined = answer.Amount("refined") is { } told && told != Usd.Zero;
        (Shown, string)[] terms = isRefined
            ? [(moved, "{0} moved by edits"), (refined, "{0} told by smaller buckets"), (restated, "{0} new or restated by the provider")]
            : [(moved, "{0} moved by edits"), (restated, "{0} new or restated by the provider")];
        printer.Bold($"Change {Shown.Sum((change, "{0}"))} = {Shown.Sum(terms)}");

        if (answer.Items("by") is { Count: > 0 } rows)
        {
            printer.Line();
            // Most differences have no such part.
            var parts = new[] { (Name: "moved", Heading: "Moved", Sum: moved), (Name: "refined", Heading: "Refined", Sum: refined), (Name: "billed", Heading: "New or restated", Sum: restated) }
                .Where(p => p.Name != "refined" || isRefined).Select(p => (p.Name, p.Heading, p.Sum, Rows: Grouping.Rounded(p.Sum, rows, p.Name))).ToArray();
            var table = new Table([new("Agent", "agent"), new("Model", "model"), new("Unit", "unit"), .. parts.Select(p => Column.Figure(p.Heading, p.Name))]);
            for (var i = 0; i < rows.Count; i++)
                table.Add([Cell.Text(rows[i].Text("agent")), Cell.Text(rows[i].Text("model")), Cell.Text(rows[i].Text("unit")), .. parts.Select(p => Cell.Money(rows[i].Text(p.Name), p.Rows[i]))]);
            table.Totals = [new("Total", null), new("", null), new("", null), .. parts.Select(p => Cell.Money(answer.Text(p.Name), p.Sum))];
            printer.Print(table);
        }
        if (answer.Items("counterparts") is { Count: > 0 } parties)
        {
            printer.Line();
            var table = new Table(new("Moved from or to", "party"), Column.Figure("Moved", "moved"));
            // What moved here came from there.
            var given = Grouping.Rounded(new(-moved.Amount, -moved.Rounded), parties, "moved");
            for (var i = 0; i < parties.Count; i++) table.Add(Cell.Text(parties[i].Text("party") ?? parties[i].Names("party")), Cell.Money(parties[i].Text("moved"), given[i]));
            printer.Print(table);
        }
        Freshness.Footers(call, answer, isPast: call.Has("to"));
        return Freshness.Judge(call, answer);
    }

    /// <summary>The change between the two figures as they are shown, and its three parts.</summary>
    private static (Shown Change, Shown Moved, Shown Refined, Shown Restated) Sum(JsonElement answer)
    {
        var exact = answer.Amount("change") ?? Usd.Zero;
        var change = Shown.Of(exact);
        if (answer.Part("from")?.Amount("billed") is { } before && answer.Part("to")?.Amount("billed") is { } after)
        {
            var by = Shown.Of(after).Rounded - Shown.Of(before).Rounded;
            if (Math.Abs((by - exact).Ticks) < Usd.FromCents(1).Ticks) change = new(exact, by);
        }
        return Shown.Parts(change, answer.Amount("moved") ?? Usd.Zero, answer.Amount("refined") ?? Usd.Zero, answer.Amount("billed") ?? Usd.Zero) is [var moved, var refined, var restated]
            ? (change, moved, refined, restated)
            : default;
    }
}
