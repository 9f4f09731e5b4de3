using System.Text.Json;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Money;

namespace Ledger.Cli.Commands;

/// <summary><c>mission cost</c>: to be understood in ten seconds.</summary>
internal static class MissionCost
{
    private static readonly string[] Groups = ["agent", "model", "unit", "day"];

    public static int Run(Call call)
    {
        var printer = call.Printer;
        printer.CheckFormat();
        var by = Grouping.Of(call, Groups);
        var answer = call.Client.Get(new Query("/missions/cost")
            .With("mission", call.Word(0))
            .With("by", by)
            .With("zone", call.Clock.Asked)
            .With("asOf", call.PositionOrTime("as-of")));
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Freshness.Judge(call, answer);
        }

        var several = answer.Items("missions");
        // The rows of a shared reference are its sum already.
        if (printer.Csv) printer.Print(Grouping.Table(answer.Items("by"), by?.Split(',').ToList() ?? [], printer));
        else if (several.Count > 0) PrintSeveral(call, answer, several);
        else PrintOne(call, answer);
        if (!printer.Csv)
            foreach (var warning in answer.Items("warnings")) printer.Line("Note: " + SafeText.Of(warning.ToString()));
        Freshness.Footers(call, answer);
        return Freshness.Judge(call, answer);
    }

    /// <param name="call">The call.</param>
    /// <param name="cost">One mission's.</param>
    /// <param name="whole">What is shown of it, where it is one of several.</param>
    private static void PrintOne(Call call, JsonElement cost, Shown? whole = null)
    {
        var printer = call.Printer;
        if (cost.Part("mission") is { } mission) Missions.Head(call, mission);
        printer.Line();
        if (cost.Amount("billed") is not { } amount)
        {
            printer.Line("Billed  " + Missions.Reason(cost.Text("reason")));
            return;
        }
        var billed = whole ?? Shown.Fine(amount);
        printer.Bold($"Billed  {billed}   ({Range(cost, Show.FineMoney)})");
        foreach (var line in Methods(cost, billed)) printer.Line("        " + line);
        if (cost.Text("restated") is { } restated && Show.Money(restated) != "$0.00")
            printer.Line($"        {Show.FineMoney(restated)} by restatements of the provider");
        var rows = cost.Items("by");
        if (rows.Count == 0) return;
        printer.Line();
        var table = Grouping.Table(rows, [], printer, Grouping.Rounded(billed, rows));
        table.Totals = Grouping.Totals(rows, [], cost.Text("billed"), billed);
        printer.Print(table);
    }

    /// <summary>Between what a mission's cost lies for certain.</summary>
    public static string Range(JsonElement cost, Func<string?, string> show) =>
        IsExact(cost) ? "exact" : $"between {show(cost.Text("low"))} and {show(cost.Text("high"))}";

    private static bool IsExact(JsonElement cost) => cost.Amount("low") is { } low && low == cost.Amount("high");

    private static void PrintSeveral(Call call, JsonElement answer, List<JsonElement> several)
    {
        var total = answer.Amount("billed") is { } sum ? Shown.Fine(sum) : (Shown?)null;
        var shown = total is { } of ? Grouping.Rounded(of, several) : null;
        for (var i = 0; i < several.Count; i++)
        {
            PrintOne(call, several[i], shown?[i]);
            call.Printer.Line();
        }
        var known = several.FindAll(cost => cost.Text("billed") is not null).Count;
        if (total is not { } billed)
        {
            call.Printer.Bold($"Billed  unknown for all {several.Count} missions of this reference");
            return;
        }
        call.Printer.Bold($"Billed  {billed} for {(known < several.Count ? $"{known} of " : "")}{several.Count} missions of this reference");
        if (known < several.Count)
            call.Printer.Line($"        partial: the cost of {(several.Count - known == 1 ? "one" : (several.Count - known).ToString(System.Globalization.CultureInfo.InvariantCulture))} is unknown, not zero");
        if (answer.Flag("more") == true) call.Printer.Line($"        partial: more missions share this reference; the first {several.Count} are summed");
    }

    /// <summary>How the figure was found out, in words; the biggest part first is the order of certainty.</summary>
    private static List<string> Methods(JsonElement cost, Shown billed)
    {
        var lines = new List<string>();
        if (cost.Part("methods") is not { } methods) return lines;
        ReadOnlySpan<(string Name, string Words)> known =
        [
            ("whole", "all of it: nobody else was at work on its keys just then"),
            ("shared", "split between agents or missions on the same key, by weight"),
            ("prorated", "split by time: part of it may have been spent outside the mission"),
        ];
        var amounts = new Usd[known.Length];
        for (var i = 0; i < known.Length; i++) amounts[i] = methods.Amount(known[i].Name) ?? Usd.Zero;
        var shown = Shown.Parts(billed, amounts);
        for (var i = 0; i < known.Length; i++)
            if (amounts[i] != Usd.Zero) lines.Add($"{shown[i]} {known[i].Words}");
        if (amounts[0] != Usd.Zero && !IsExact(cost)) lines.Add("The range is wider: the buckets in which it began and ended also hold what was spent before and after.");
        return lines;
    }
}
