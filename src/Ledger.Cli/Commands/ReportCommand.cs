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
    private static readonly string[] Groups = ["provider", "account", "agent", "key", "model", "unit", "mission", "day", "week", "month", "hour"];

    public static Verb Command() => new("report", "what was billed, by whom and for what; rows add up to the bill")
    {
        About = "Covers the lines whose bucket starts in the window. Days, weeks (from Monday on) and months are those of the team's zone, or of -z. Spend outside missions is (idle), spend on keys that nobody owns is (unassigned).",
        Options =
        {
            Flags.Since, Flags.Until, Flags.By("provider,account,agent,key,model,unit,mission,day,week,month,hour"),
            Flags.Provider, Flags.AccountOf, Flags.Value("agent", "A", "only this agent"), Flags.Value("key", "KEY", "only this key, by id or name"), Flags.Value("model", "MODEL", "only this model"),
            Flags.Value("unit", "UNIT", "only this unit"), Flags.Value("mission", "ID|REF", "only this mission"),
            Flags.AsOf, Flags.MaxAge, Flags.Limit("500"), Flags.Order, Flags.Format, Flags.Csv, Flags.Wide,
        },
        Examples =
        [
            "ledger report --since month --by agent",
            "ledger report --since 2026-11-01 --until 2026-11-07 --by day,agent --csv > week.csv",
            "ledger report --since 7d --by mission --top 10 --json",
            "ledger report --since last-month --by week -z America/New_York",
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
            .With("zone", call.Clock.Asked)
            .With("by", Grouping.Of(call, Groups))
            .With("asOf", call.PositionOrTime("as-of"))
            .With("limit", call.Integer("limit", 1, 10_000)?.ToString(CultureInfo.InvariantCulture));
        foreach (var filter in (ReadOnlySpan<string>)["provider", "account", "agent", "key", "model", "unit", "mission"]) query.With(filter, call.Text(filter));
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
        if (!printer.Csv && !printer.Compact) printer.Bold($"Billed {printer.Span(window.Text("since"), window.Text("until"))}, {printer.Place}");
        var total = answer.Amount("total") is { } sum ? Shown.Of(sum) : (Shown?)null;
        var leftovers = total is { } t && answer.Amount("idle") is { } idle && answer.Amount("unassigned") is { } unassigned ? Shown.Leftovers(t, idle, unassigned) : ((Shown, Shown, Shown)?)null;
        var table = Grouping.Table(rows, groups, printer, leftovers is { } of ? Amounts(rows, of) : null);
        var atLeast = answer.Flag("atLeast") == true;
        if (rows.Count == 0 && !printer.Csv)
        {
            printer.Line(None(answer, atLeast, printer));
            Below(call, answer);
            return Freshness.Judge(call, answer);
        }
        // Without groups there is one row, and its total is the sentence below.
        if (printer.Csv || groups.Count > 0)
        {
            table.Totals = Grouping.Totals(rows, groups, answer.Text("total"), total, atLeast);
            printer.Print(table);
            if (total is { } all && leftovers is { } parts) printer.Footer($"billed total {(atLeast ? "at least " : "")}{all} = {Sum(parts)}");
        }
        else
        {
            printer.Line($"Billed  {(atLeast ? "at least " : "")}{total?.ToString() ?? Show.Unknown}{(leftovers is { } parts ? Told(parts) : "")}");
        }
        Below(call, answer);
        return Freshness.Judge(call, answer);
    }

    /// <summary>What there is to say where nothing is billed: nothing billed and nothing known are not the same.</summary>
    private static string None(JsonElement answer, bool atLeast, Printer printer)
    {
        if (answer.Text("total") is not null && answer.Part("data")?.Text("through") is not null) return atLeast ? "Nothing was billed in what was read of this time." : "Nothing was billed in this time.";
        var read = new List<string>();
        var accounts = new HashSet<string>();
        foreach (var stretch in answer.Part("data")?.Items("unread") ?? [])
            if (stretch.Text("readFrom") is { } from && accounts.Add(stretch.Text("account") ?? "")) read.Add($"{SafeText.Of(stretch.Text("account"))} was read from {printer.Day(from)} on");
        return read.Count switch
        {
            0 => "Billed  unknown",
            1 => $"Billed  {Show.Unknown}   not known: {read[0][read[0].IndexOf("read from", StringComparison.Ordinal)..]}",
            _ => $"Billed  {Show.Unknown}   not known: {string.Join(", ", read)}",
        };
    }

    /// <summary>What limits the figures: time that was never read, and notes.</summary>
    private static void Below(Call call, JsonElement answer)
    {
        var printer = call.Printer;
        if (answer.Text("total") is not null)
            foreach (var stretch in answer.Part("data")?.Items("unread") ?? [])
            {
                var unread = $"{SafeText.Of(stretch.Text("account"))} was not read from {printer.Day(stretch.Text("from"))} to {printer.Day(stretch.Text("until"))}: what it billed then is not known.";
                if (printer.Csv) printer.Note(unread);
                else printer.Line(unread);
            }
        foreach (var note in answer.Items("notes")) printer.Footer(SafeText.Of(note.ToString()));
        Freshness.Footers(call, answer);
    }

    /// <summary><c>missions $20.00 + idle $8.00 + unassigned $3.00</c>.</summary>
    private static string Sum((Shown Missions, Shown Idle, Shown Unassigned) of) => Shown.Sum((of.Missions, "missions {0}"), (of.Idle, "idle {0}"), (of.Unassigned, "unassigned {0}"));

    /// <summary>What a total is made of; where it is one thing only, its amount is not said again.</summary>
    private static string Told((Shown Missions, Shown Idle, Shown Unassigned) of) => (of.Missions.Amount.Ticks, of.Idle.Amount.Ticks, of.Unassigned.Amount.Ticks) switch
    {
        (0, 0, 0) => "",
        (_, 0, 0) => ", all of it on missions",
        (0, _, 0) => ", all of it idle",
        (0, 0, _) => ", all of it unassigned",
        _ => $" = {Sum(of)}",
    };

    /// <summary>What is shown of each row. Rows of leftovers show what the sentence below says of them.</summary>
    private static Shown[] Amounts(List<JsonElement> rows, (Shown Missions, Shown Idle, Shown Unassigned) of)
    {
        var parts = new (Shown Total, List<int> Rows)[] { (of.Missions, []), (of.Idle, []), (of.Unassigned, []) };
        var byMission = rows.Exists(row => row.Text("mission") is not null);
        var isCut = rows.Exists(row => Named(row, "(other)"));
        for (var i = 0; i < rows.Count; i++)
            parts[isCut ? 0 : Named(rows[i], "(unassigned)") ? 2 : Named(rows[i], "(idle)") ? 1 : 0].Rows.Add(i);
        // Where no row tells idle from missions, or what is cut off is all of them, they are one.
        if (isCut) parts[0].Total = of.Missions + of.Idle + of.Unassigned;
        else if (!byMission) parts[0].Total = of.Missions + of.Idle;
        if (!byMission && parts[2].Rows.Count == 0) parts[0].Total = of.Missions + of.Idle + of.Unassigned;

        var shown = new Shown[rows.Count];
        foreach (var (total, indexes) in parts)
        {
            var one = Grouping.Rounded(total, indexes.ConvertAll(i => rows[i]));
            for (var i = 0; i < one.Length; i++) shown[indexes[i]] = one[i];
        }
        return shown;
    }

    private static bool Named(JsonElement row, string name) => row.Text("mission") == name || row.Text("agent") == name;

    private static List<JsonElement> Sorted(List<JsonElement> rows, string? order)
    {
        if (order is null) return rows;
        var sign = order == "asc" ? 1 : -1;
        rows.Sort((a, b) => (IsLeftover(a).CompareTo(IsLeftover(b)), sign * Amount(a).CompareTo(Amount(b))) is var (left, amount) && left != 0 ? left : amount);
        return rows;
    }

    private static Usd Amount(JsonElement row) => row.Amount("billed") ?? Usd.Zero;

    private static bool IsLeftover(JsonElement row)
    {
        foreach (var property in row.EnumerateObject())
            if (property.Value.ValueKind == JsonValueKind.String && property.Value.GetString() is "(idle)" or "(unassigned)" or "(other)") return true;
        return false;
    }
}
