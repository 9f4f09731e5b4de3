using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>explain mission</c>: from a mission's figure down to what the provider said, and when.</summary>
internal static class ExplainCommand
{
    public static Command All() => new("explain", "prove a figure") { Named("mission", "ledger explain mission owner/repo#3") };

    public static Verb Named(string name, string example) => new(name, "prove a mission's cost: every line, every share, every reading behind it")
    {
        Arguments = { Words.One("ID|REF") },
        About = "Figures are exact, to the last digit. `raw` is the provider's own text; `event` is the snapshot in the log.",
        Options = { Flags.AsOf, Flags.MaxAge, Flags.Limit("200"), Flags.Format, Flags.Csv, Flags.Wide },
        Examples = [example, example + " --limit 20", example + " --json"],
        Run = Run,
    };

    private static int Run(Call call)
    {
        var printer = call.Printer;
        printer.CheckFormat();
        var answer = call.Client.Get(new Query("/missions/explain")
            .With("mission", call.Word(0))
            .With("asOf", call.PositionOrTime("as-of"))
            .With("limit", call.Integer("limit", 1, 1_000)?.ToString(CultureInfo.InvariantCulture)));
        if (printer.Json) printer.PrintJson(answer);
        else if (printer.Csv) PrintCsv(printer, answer);
        else PrintText(call, answer);
        return Freshness.Judge(call, answer);
    }

    private static void PrintText(Call call, JsonElement answer)
    {
        var printer = call.Printer;
        if (answer.Part("mission") is { } mission) Missions.Head(call, mission);
        printer.Line();
        printer.Bold(answer.Text("billed") is { } billed
            ? $"Billed  {Show.ExactDollars(billed)}   ({MissionCost.Range(answer, Show.ExactDollars)})"
            : "Billed  " + Missions.Reason(answer.Text("reason")));
        foreach (var line in answer.Items("lines")) PrintLine(printer, line);
        if (answer.Flag("more") == true) printer.Footer("There are more lines; --limit N shows them.");
        printer.Line();
        Freshness.Footers(call, answer);
    }

    private static void PrintLine(Printer printer, JsonElement line)
    {
        printer.Line();
        var bucket = Show.Seconds(line.Seconds("seconds"));
        printer.Bold($"{printer.Edge(line.Text("start"))} for {bucket}  {SafeText.Of(line.Text("account"))}  {SafeText.Of(line.Text("keyName") ?? line.Text("key") ?? "(none)")}  {SafeText.Of(line.Text("model"))}  {SafeText.Of(line.Text("unit"))}".TrimEnd());
        printer.Line($"  line {Show.ExactDollars(line.Text("lineTotal"))}, of it this mission {Show.ExactDollars(line.Text("billed"))} ({Show.ExactDollars(line.Text("low"))} to {Show.ExactDollars(line.Text("high"))})");
        foreach (var part in line.Items("parts"))
            printer.Line($"    {Show.ExactDollars(part.Text("billed")),-17} {SafeText.Of(part.Text("agent")),-14} {SafeText.Fit(SafeText.Of(part.Text("mission") ?? part.Part("mission")?.Text("title")), 40)}  {SafeText.Of(part.Text("method"))}".TrimEnd());
        foreach (var reading in line.Items("readings"))
        {
            var evidence = reading.Part("evidence") is { } span ? $", spent within {Missions.Window(span, printer)}{Lag(reading)}" : "";
            printer.Line($"    reading at position {reading.Number("position")?.Grouped() ?? Show.Unknown}, answered {printer.Edge(reading.Text("answered"))}: {(reading.Text("replaces") is { } before ? $"{Show.ExactDollars(before)} -> " : "first ")}{Show.ExactDollars(reading.Text("total"))}{evidence}");
            printer.Footer($"      raw {SafeText.Fit(SafeText.Of(reading.Text("raw") ?? Show.Unknown), 60)}  event {SafeText.Of(reading.Text("event"))}");
        }
    }

    /// <summary>The settlement lag by which that was judged, where there is one.</summary>
    private static string Lag(JsonElement reading) => reading.Part("settlementLag") is { } lag && lag.Seconds("seconds") is > 0 and { } seconds
        ? $" (settlement lag {Show.Seconds(seconds)}{(lag.Flag("assumed") == true ? ", xAI's default" : "")})"
        : "";

    private static void PrintCsv(Printer printer, JsonElement answer)
    {
        string[] names = ["start", "seconds", "account", "key", "keyName", "model", "unit", "lineTotal", "billed", "low", "high"];
        var table = new Table([.. names.Select(name => new Column(null, name, Text: name is "account" or "key" or "keyName" or "model" or "unit"))]);
        foreach (var line in answer.Items("lines"))
            table.Add([.. names.Select(name => new Cell("", line.Text(name)))]);
        printer.Print(table);
    }
}
