using System.Globalization;
using System.Text.Json;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;
using Ledger.Money;

namespace Ledger.Cli.Commands;

/// <summary><c>report</c>: who spent what, adding up to the bill.</summary>
internal static class ReportCommand
{
    private static readonly string[] Groups = ["provider", "account", "agent", "key", "model", "unit", "mission", "day", "hour"];

    public static Command Command() => new()
    {
        Noun = "report",
        Summary = "what was billed, by whom and for what; rows add up to the bill",
        About = "Covers the lines whose bucket starts in the window. Spend outside missions is (idle), spend on keys that nobody owns is (unassigned).",
        Flags =
        [
            Flags.Since, Flags.Until, Flags.By("provider,account,agent,key,model,unit,mission,day,hour"),
            Flags.AccountOf, new("agent", "A", "only this agent"), new("key", "KEY", "only this key, by id or name"), new("model", "MODEL", "only this model"),
            new("unit", "UNIT", "only this unit"), new("mission", "ID|REF", "only this mission"),
            Flags.AsOf, Flags.MaxAge, Flags.Limit("500"), Flags.Order, Flags.Format, Flags.Csv,
        ],
        Examples =
        [
            "ledger report --since month --by agent",
            "ledger report --since 2026-11-01 --until 2026-11-07 --by day,agent --csv > week.csv",
            "ledger report --since 7d --by mission --top 10 --json",
        ],
        Run = Run,
    };

    private static int Run(Call call)
    {
        var printer = call.Printer;
        printer.CheckFormat();
        var order = call.OneOf("order", "asc", "desc");
        var query = new Query("/report")
            .With("since", call.Edge("since"))
            .With("until", call.Edge("until"))
            .With("by", Grouping.Of(call, Groups))
            .With("asOf", call.PositionOrTime("as-of"))
            .With("limit", call.Integer("limit", 1, 10_000)?.ToString(CultureInfo.InvariantCulture));
        foreach (var filter in (ReadOnlySpan<string>)["account", "agent", "key", "model", "unit", "mission"]) query.With(filter, call.Text(filter));
        var answer = call.Client.Get(query);
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Freshness.Judge(call, answer);
        }

        var rows = Sorted(answer.Items("rows"), order);
        var groups = new List<string>();
        foreach (var group in answer.Items("groupBy")) groups.Add(group.ToString());
        var window = answer.Part("window") ?? answer;
        if (!printer.Csv && !printer.Compact) printer.Bold($"Billed from {printer.Time(window.Text("since"))} to {printer.Time(window.Text("until"))} {printer.ZoneName}");
        var table = Grouping.Table(rows, groups);
        if (rows.Count == 0 && !printer.Csv)
        {
            // Nothing billed and nothing known are not the same.
            printer.Line(answer.Part("data")?.Text("through") is null ? "Billed  unknown" : "Nothing was billed in this time.");
            Freshness.Footers(call, answer);
            return Freshness.Judge(call, answer);
        }
        table.Totals = Grouping.Totals(rows, groups, answer.Text("total"));
        printer.Print(table);
        printer.Footer(Sum(answer));
        Freshness.Footers(call, answer);
        return Freshness.Judge(call, answer);
    }

    /// <summary><c>billed total $31.00 = missions $20.00 + idle $8.00 + unassigned $3.00</c>.</summary>
    private static string Sum(JsonElement answer)
    {
        if (!Usd.TryParse(answer.Text("total"), out var total) || !Usd.TryParse(answer.Text("idle"), out var idle) || !Usd.TryParse(answer.Text("unassigned"), out var unassigned))
            return "";
        var missions = total - idle - unassigned;
        return $"billed total {Show.Money(total.ToString())} = missions {Show.Money(missions.ToString())} + idle {Show.Money(idle.ToString())} + unassigned {Show.Money(unassigned.ToString())}";
    }

    private static List<JsonElement> Sorted(List<JsonElement> rows, string? order)
    {
        if (order is null) return rows;
        var sign = order == "asc" ? 1 : -1;
        rows.Sort((a, b) => (IsLeftover(a).CompareTo(IsLeftover(b)), sign * Amount(a).CompareTo(Amount(b))) is var (left, amount) && left != 0 ? left : amount);
        return rows;
    }

    private static Usd Amount(JsonElement row) => Usd.TryParse(row.Text("billed"), out var amount) ? amount : Usd.Zero;

    private static bool IsLeftover(JsonElement row)
    {
        foreach (var property in row.EnumerateObject())
            if (property.Value.ValueKind == JsonValueKind.String && property.Value.GetString() is "(idle)" or "(unassigned)" or "(other)") return true;
        return false;
    }
}
