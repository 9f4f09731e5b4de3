using Spectre.Console;
using Spectre.Console.Rendering;

namespace Ledger.Cli.Output;

/// <summary>What a word or figure means. Colour says it beside the word, never instead of it.</summary>
internal enum Tone
{
    Plain,
    Ok,
    Watch,
    Act,
    Ref,
    Strong,
    Quiet,
}

/// <summary>Colours, where a terminal shows them and nobody asked for none. Which shade they have the terminal decides.</summary>
internal sealed class Style(bool on)
{
    public bool On => on;

    public string Bold(string text) => Toned(text, Tone.Strong);

    public string Dim(string text) => Toned(text, Tone.Quiet);

    public string Red(string text) => Toned(text, Tone.Act);

    public string Toned(string text, Tone tone) => !on || tone == Tone.Plain ? text : $"\e[{tone switch { Tone.Ok => "32", Tone.Watch => "33", Tone.Act => "31", Tone.Ref => "36", Tone.Strong => "1", _ => "2" }}m{text}\e[0m";

    public static Spectre.Console.Style Of(Tone tone) => tone switch
    {
        Tone.Ok => new(Color.Green),
        Tone.Watch => new(Color.Olive),
        Tone.Act => new(Color.Maroon),
        Tone.Ref => new(Color.Teal),
        Tone.Strong => new(decoration: Decoration.Bold),
        Tone.Quiet => new(decoration: Decoration.Dim),
        _ => Spectre.Console.Style.Plain,
    };

    /// <summary>Writes what the library lays out, without the blanks it fills lines with.</summary>
    public void Write(TextWriter to, IRenderable what, int width)
    {
        var text = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new()
        {
            Ansi = on ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = on ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
            Enrichment = new() { UseDefaultEnrichers = false },
        });
        console.Profile.Width = width;
        console.Write(what);
        foreach (var line in text.ToString().TrimEnd('\n').Split('\n')) to.WriteLine(line.TrimEnd());
    }

    public static bool Wanted(Surroundings around, bool terminal, bool refused) =>
        terminal && !refused && around.Variable("NO_COLOR") is (null or "") && around.Variable("TERM") is not "dumb";
}
