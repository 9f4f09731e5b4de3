using System.Text;

namespace Ledger.Cli.Commands;

/// <summary>What can be known to be wrong with a name before the service is asked.</summary>
internal static class Names
{
    private const int LengthMax = 200;
    private const int RefLengthMax = 500;

    public static string Title(Call call, string title) => Checked(call, "title", title.Trim(), LengthMax);

    public static string? Ref(Call call) => call.Text("ref") is { } reference ? Checked(call, "ref", reference, RefLengthMax) : null;

    public static string Agent(Call call, string name)
    {
        Checked(call, "agent", name, LengthMax);
        return name is "(idle)" or "(unassigned)" or "(other)"
            ? throw Refusal.Of(Exit.Data, "name.reserved", $"{name} is the name of a leftover; an agent needs another.", "agent", name)
            : name;
    }

    private static string Checked(Call call, string field, string text, int lengthMax)
    {
        if (text.Length == 0) throw call.Wrong($"usage.{field}", $"The {field} is empty.", field, text);
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            length++;
            if (Rune.IsControl(rune)) throw call.Wrong($"usage.{field}", $"The {field} holds a control character (U+{rune.Value:X4}).", field);
        }
        return length <= lengthMax ? text : throw call.Wrong($"usage.{field}", $"The {field} has {length} characters; {lengthMax} is the most.", field);
    }
}
