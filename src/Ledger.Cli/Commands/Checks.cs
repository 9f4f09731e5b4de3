using System.Text.Json;
using Ledger.Cli.Output;

namespace Ledger.Cli.Commands;

/// <summary>A list of checks: what was looked at, how it is, what to do.</summary>
internal static class Checks
{
    public static void Print(Call call, List<JsonElement> checks, string name)
    {
        foreach (var check in checks)
            Print(call, check.Flag("ok"), check.Text(name), check.Text("detail"), check.Text("fix"));
    }

    public static void Print(Call call, bool? ok, string? name, string? detail, string? fix)
    {
        var printer = call.Printer;
        var mark = ok switch { true => printer.Style.Toned("ok  ", Tone.Ok), false => printer.Style.Red("FAIL"), null => printer.Style.Toned("look", Tone.Watch) };
        if (printer.Quiet && ok == true) return;
        printer.Line($"{mark} {SafeText.Of(name)}{(string.IsNullOrEmpty(detail) ? "" : ": " + SafeText.Of(detail))}");
        if (ok != true && !string.IsNullOrEmpty(fix)) printer.Line("       fix: " + SafeText.Of(fix));
    }
}
