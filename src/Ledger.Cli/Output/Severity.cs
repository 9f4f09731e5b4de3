namespace Ledger.Cli.Output;

/// <summary>How urgent an alert is.</summary>
internal static class Severity
{
    public static Tone ToneOf(string? severity) => severity switch { "critical" => Tone.Act, "warning" => Tone.Watch, _ => Tone.Plain };

    /// <summary>The mark before a line; nothing where a service of before did not say how urgent it is.</summary>
    public static string MarkOf(Printer printer, string? severity) => severity is null ? "" : $"{printer.Style.Toned(severity switch { "critical" => "■", "warning" => "▲", _ => "○" }, ToneOf(severity))} ";

    public static Cell CellOf(string? severity) => Cell.Text(severity) with { Tone = ToneOf(severity) };
}
