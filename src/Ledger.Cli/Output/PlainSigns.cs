using System.Text;

namespace Ledger.Cli.Output;

/// <summary>A terminal that draws no UTF-8 gets signs that it has. Names keep their letters: there is no telling what such a terminal makes of them.</summary>
internal sealed class PlainSigns(TextWriter to) : TextWriter
{
    private const string Signs = "■▲●○━─┃╌├┤›–−×…═";
    private const string Plain = "#!*?=-|:[]>--x.=";

    public override Encoding Encoding => to.Encoding;

    /// <summary>Whether a terminal of these surroundings needs it: its locale names another character set.</summary>
    public static bool Needed(Func<string, string?> variable)
    {
        foreach (var name in (ReadOnlySpan<string>)["LC_ALL", "LC_CTYPE", "LANG"])
            if (variable(name) is { Length: > 0 } locale)
                return !locale.Contains("UTF-8", StringComparison.OrdinalIgnoreCase) && !locale.Contains("utf8", StringComparison.OrdinalIgnoreCase);
        return false;
    }

    public override void Write(char value) => to.Write(Signs.IndexOf(value) is >= 0 and var at ? Plain[at] : value);

    public override void Write(string? value)
    {
        if (value is null) return;
        to.Write(value.AsSpan().IndexOfAny(Signs) < 0 ? value : string.Create(value.Length, value, static (plain, text) =>
        {
            for (var i = 0; i < plain.Length; i++) plain[i] = Signs.IndexOf(text[i]) is >= 0 and var at ? Plain[at] : text[i];
        }));
    }

    public override void WriteLine(string? value)
    {
        Write(value);
        to.WriteLine();
    }

    public override void WriteLine() => to.WriteLine();

    public override void Flush() => to.Flush();
}
