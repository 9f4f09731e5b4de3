using System.Buffers;

namespace Ledger.Service.Mail;

/// <summary>
/// A command in a mail is there to be copied into a shell. One that carries a name with characters that a shell gives a meaning of its own is
/// not shown: the sentence above it says what to do.
/// </summary>
internal static class Command
{
    private static readonly SearchValues<char> meaning = SearchValues.Create(";&|$`<>\\!*?(){}[]~'^\r\n\t");

    public static string? Safe(string? command) =>
        command is { Length: > 0 and <= 300 } && SafeText.Of(command) == command && !command.AsSpan().ContainsAny(meaning) && command.Count(c => c == '"') is 0 or 2 ? command : null;
}
