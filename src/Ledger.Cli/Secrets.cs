using System.Text;

namespace Ledger.Cli;

/// <summary>Where a credential may come from: standard input, the environment, a hidden prompt. Never the command line.</summary>
internal static class Secrets
{
    private const int BytesMax = 16 * 1024;
    private static readonly string[] Variables = ["XAI_MANAGEMENT_KEY", "XAI_MANAGEMENT_API_KEY"];

    public static string Read(Call call)
    {
        var (raw, from) = Find(call);
        var secret = raw.Trim();
        if (secret.Length == 0)
            throw Refusal.Of(Exit.Data, "credential.empty", $"The credential from {from} is empty.", "credential");
        if (secret.Length > 4096 || secret.AsSpan().IndexOfAny('\n', '\r', '\0') >= 0)
            throw Refusal.Of(Exit.Data, "credential.shape", $"The credential from {from} is not one line of at most 4,096 characters.", "credential");
        // The newline at the end of a file is no news.
        if (raw.TrimEnd('\n', '\r') != secret) call.Printer.Note($"Spaces around the credential from {from} were trimmed.");
        return secret;
    }

    /// <summary>Typed characters are not shown; Enter ends.</summary>
    public static string? AskOnTerminal(string prompt)
    {
        Console.Error.Write(prompt);
        var typed = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter) break;
            if (key.Key == ConsoleKey.Backspace)
            {
                if (typed.Length > 0) typed.Length--;
            }
            else if (key.KeyChar != '\0' && typed.Length < BytesMax)
            {
                typed.Append(key.KeyChar);
            }
        }
        Console.Error.WriteLine();
        return typed.ToString();
    }

    private static (string Secret, string From) Find(Call call)
    {
        if (call.Has("key-stdin")) return (ReadAll(call.Around.OpenIn(), "standard input"), "standard input");
        foreach (var name in Variables)
        {
            if (call.Settings.Get(name) is { } value) return (value, name);
            if (call.Settings.Get(name + "_FILE") is { } path) return (ReadFile(path, name + "_FILE"), name + "_FILE");
        }
        if (call.Around.InIsTerminal && call.Around.AskHidden("Management key (not shown): ") is { } typed) return (typed, "the prompt");
        throw Refusal.Of(Exit.Usage, "credential.missing",
            "No credential: pipe it in with --key-stdin, or set XAI_MANAGEMENT_KEY or XAI_MANAGEMENT_KEY_FILE. It never goes on the command line, where others can see it.", "credential");
    }

    private static string ReadFile(string path, string name)
    {
        try
        {
            using var file = File.OpenRead(path);
            return ReadAll(file, name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refusal.Of(Exit.Config, "config.file", $"The file that {name} names can't be read.", name, path);
        }
    }

    private static string ReadAll(Stream stream, string from)
    {
        var buffer = new byte[BytesMax + 1];
        var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return length <= BytesMax ? Encoding.UTF8.GetString(buffer, 0, length)
            : throw Refusal.Of(Exit.Data, "credential.shape", $"What {from} holds is too long for a credential.", "credential");
    }
}
