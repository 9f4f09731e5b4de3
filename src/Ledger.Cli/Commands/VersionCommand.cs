using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

internal static class VersionCommand
{
    public static Verb Command() => new("version", "the version of this program")
    {
        Examples = ["ledger version", "ledger --version"],
        Run = Run,
    };

    private static int Run(Call call)
    {
        var version = typeof(VersionCommand).Assembly.GetName().Version!.ToString(3);
        if (call.Printer.Json) call.Printer.PrintJson(default, json => json.WriteString("version", version));
        else call.Printer.Line("ledger " + version);
        return Exit.Ok;
    }
}
