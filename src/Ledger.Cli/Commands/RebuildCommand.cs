using System.Globalization;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>rebuild</c>: the views again from position 0, beside the live ones, compared, swapped.</summary>
internal static class RebuildCommand
{
    public static Verb Command() => new("rebuild", "build the views anew from the log and compare; 70 when they differ")
    {
        Arguments = { Words.AtMostOne("VIEW") },
        Options = { Flags.IdempotencyKey },
        Examples = ["ledger rebuild", "ledger rebuild spend"],
        Run = Run,
    };

    private static int Run(Call call)
    {
        var view = call.Word(0);
        var answer = call.Client.WriteWithProgress("/rebuild", Body.Of(json => json.Maybe("view", view)));
        var equal = true;
        var table = new Table(new("View", "view"), Column.Figure("Position", "position"), Column.Figure("Rows", "rows"), Column.Figure("Seconds", "seconds"), Column.Whole("Equal", "equal"));
        foreach (var rebuilt in answer.Items("views"))
        {
            equal &= rebuilt.Flag("equal") != false;
            table.Add(Cell.Text(rebuilt.Text("name")), new(rebuilt.Number("position")?.Grouped() ?? Show.Unknown, null), new(rebuilt.Number("rows")?.Grouped() ?? Show.Unknown, null),
                new(rebuilt.Seconds("seconds")?.ToString("0.0", CultureInfo.InvariantCulture) ?? Show.Unknown, null),
                Cell.Text(rebuilt.Flag("equal") switch { true => "yes", false => "NO", null => null }));
        }
        if (call.Printer.Json) call.Printer.PrintJson(answer);
        else call.Printer.Print(table);
        if (!equal) call.Printer.Warn("A view differed from what the log says: it has been replaced, and that should never have been. Keep the log of the service.");
        return equal ? Exit.Ok : Exit.Broken;
    }
}
