namespace Ledger.Cli.Output;

/// <summary>Bold, dim and red, where a terminal shows them and nobody asked for none.</summary>
internal sealed class Style(bool on)
{
    public bool On => on;

    public string Bold(string text) => on ? $"\e[1m{text}\e[0m" : text;

    public string Dim(string text) => on ? $"\e[2m{text}\e[0m" : text;

    public string Red(string text) => on ? $"\e[31m{text}\e[0m" : text;

    public static bool Wanted(Surroundings around, bool terminal, bool refused) =>
        terminal && !refused && around.Variable("NO_COLOR") is (null or "") && around.Variable("TERM") is not "dumb";
}
