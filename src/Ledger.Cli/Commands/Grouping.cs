using System.Text.Json;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;

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
    public static Table Table(List<JsonElement> rows, List<string> groups)
    {
        if (groups.Count == 0) groups = GroupsOf(rows);
        var columns = new Column[groups.Count + 1];
        for (var i = 0; i < groups.Count; i++) columns[i] = new(Heading(groups[i]), groups[i], WidthMax: 44);
        columns[^1] = new("Billed (USD)", "billed", Right: true, Text: false);
        var table = new Table(columns);
        foreach (var row in rows)
        {
            var cells = new Cell[groups.Count + 1];
            for (var i = 0; i < groups.Count; i++) cells[i] = Cell.Text(Name(row, groups[i]));
            cells[^1] = Cell.Money(row.Text("billed"));
            table.Add(cells);
        }
        return table;
    }

    public static Cell[] Totals(List<JsonElement> rows, List<string> groups, string? total)
    {
        if (groups.Count == 0) groups = GroupsOf(rows);
        var cells = new Cell[groups.Count + 1];
        for (var i = 0; i < cells.Length; i++) cells[i] = new(i == 0 ? "Total" : "", null);
        cells[^1] = Cell.Money(total);
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
