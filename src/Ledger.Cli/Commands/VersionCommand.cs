using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

internal static class VersionCommand
{
    public static Verb Command() => new("version", "the version of this program")
    {
        Examples = ["ledger version", "ledger --version"],
        Run = Run,
    };

    /// <summary>Of this program.</summary>
    public static string Version { get; } = typeof(VersionCommand).Assembly.GetName().Version!.ToString(3);

    private static int Run(Call call)
    {
        if (call.Printer.Json) call.Printer.PrintJson(default, json => json.WriteString("version", Version));
        else call.Printer.Line("ledger " + Version);
        return Exit.Ok;
    }
}
