using System.Text.Json;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;
using Ledger.Money;

namespace Ledger.Cli.Commands;

/// <summary>Rows that were grouped by something: <c>--by</c>, and the table of what came back.</summary>
internal static class Grouping
{
    /// <summary>The value of <c>--by</c> for the service, or null.</summary>
    public static string? Of(Call call, string[] allowed)
    {
        var by = call.List("by");
        foreach (var group in by)
        {
            if (Array.IndexOf(allowed, group) >= 0) continue;
            var near = Nearest.Of(group, allowed);
            throw call.Wrong("usage.by", $"--by '{group}' is unknown.{(near is null ? "" : $" Did you mean {near}?")} There are: {string.Join(", ", allowed)}.", "by", group, near is null ? null : [near]);
        }
        return by.Count == 0 ? null : string.Join(",", by);
    }

    /// <summary>One row each. Without groups: by what the first row is grouped by.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="groups">What they are grouped by.</param>
    /// <param name="printer">Shows times.</param>
    /// <param name="shown">What is shown of each amount; null: each by itself.</param>
    public static Table Table(List<JsonElement> rows, List<string> groups, Printer printer, IReadOnlyList<Shown>? shown = null)
    {
        if (groups.Count == 0) groups = GroupsOf(rows);
        var columns = new Column[groups.Count + 1];
        for (var i = 0; i < groups.Count; i++) columns[i] = new(Heading(groups[i]), groups[i], WidthMax: 44);
        columns[^1] = Column.Figure("Billed", "billed");
        var table = new Table(columns);
        for (var r = 0; r < rows.Count; r++)
        {
            var row = rows[r];
            var cells = new Cell[groups.Count + 1];
            for (var i = 0; i < groups.Count; i++) cells[i] = groups[i] == "hour" && row.Text("hour") is not "(other)" and var hour ? printer.HourCell(hour) : Cell.Text(Name(row, groups[i]));
            cells[^1] = Cell.Money(row.Text("billed"), shown?[r]);
            table.Add(cells);
        }
        return table;
    }

    /// <summary>What is shown of the amounts of rows, so that it adds up to the total shown.</summary>
    public static Shown[] Rounded(Shown total, List<JsonElement> rows, string member = "billed")
    {
        var amounts = new Usd[rows.Count];
        for (var i = 0; i < amounts.Length; i++) amounts[i] = rows[i].Amount(member) ?? Usd.Zero;
        return Shown.Parts(total, amounts);
    }

    public static Cell[] Totals(List<JsonElement> rows, List<string> groups, string? total, Shown? shown = null, bool atLeast = false)
    {
        if (groups.Count == 0) groups = GroupsOf(rows);
        var cells = new Cell[groups.Count + 1];
        for (var i = 0; i < cells.Length; i++) cells[i] = new(i == 0 ? "Total" : "", null);
        var sum = Cell.Money(total, shown);
        cells[^1] = atLeast ? sum with { Shown = "at least " + sum.Shown } : sum;
        return cells;
    }

    private static List<string> GroupsOf(List<JsonElement> rows)
    {
        var groups = new List<string>();
        if (rows.Count > 0)
            foreach (var property in rows[0].EnumerateObject())
                if (property.Name is not ("keyName" or "agentName" or "title" or "billed" or "low" or "high" or "preliminary")) groups.Add(property.Name);
        return groups;
    }

    // People know keys and missions by name. A group may also be an object that carries an id and a name.
    private static string? Name(JsonElement row, string group) =>
        group == "key" && row.Text("keyName") is { } key ? key
        : group == "agent" && row.Text("agentName") is { } agent ? agent
        : group == "mission" && row.Text("title") is { } title ? $"{row.Text("mission")} {title}"
        : row.Part(group) is { ValueKind: JsonValueKind.Object } whole ? whole.Text("title") ?? whole.Text("name") ?? whole.Text("label") ?? whole.Text("id") : row.Text(group);

    private static string Heading(string group) => char.ToUpperInvariant(group[0]) + group[1..];
}
