namespace Ledger.Cli.Output;

/// <summary>How urgent an alert is.</summary>
internal static class Severity
{
    public static Tone ToneOf(string? severity) => severity switch { "critical" => Tone.Act, "warning" => Tone.Watch, _ => Tone.Plain };

    public static Cell CellOf(string? severity) => Cell.Text(severity) with { Tone = ToneOf(severity) };
}
