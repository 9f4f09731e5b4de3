using System.Text.Json;

namespace Ledger.Cli;

/// <summary>Why something was refused: RFC 9457 from the service, or the same shape made here.</summary>
internal sealed record Problem(
    string Code,
    string Title,
    string Detail,
    int Exit,
    int? Status = null,
    string? Field = null,
    string? Value = null,
    IReadOnlyList<string>? Candidates = null)
{
    /// <summary>The service's own document, handed on unchanged with <c>--json</c>.</summary>
    public byte[]? Raw { get; init; }

    /// <summary>Reads a problem document; <c>exit</c> wins, the HTTP status decides where it is missing or no code of ours.</summary>
    public static Problem From(JsonElement e, int status, byte[]? raw)
    {
        var candidates = new List<string>();
        foreach (var candidate in e.Items("candidates"))
            candidates.Add(Describe(candidate));
        var exit = (int)(e.Number("exit") ?? 0);
        return new(
            e.Text("code") ?? $"http.{status}",
            e.Text("title") ?? "Refused",
            e.Text("detail") ?? e.Text("title") ?? $"The service answered {status}.",
            IsOurs(exit) ? exit : ExitFor(status),
            status, e.Text("field"), e.Text("value"), candidates)
        { Raw = raw };
    }

    /// <summary>The exit code an HTTP status stands for when the answer itself names none.</summary>
    public static int ExitFor(int status) => status switch
    {
        401 or 403 => Cli.Exit.NotAllowed,
        408 or 429 or 502 or 503 or 504 => Cli.Exit.Unavailable,
        >= 500 => Cli.Exit.Broken,
        _ => Cli.Exit.Data,
    };

    private static bool IsOurs(int exit) => exit is Cli.Exit.No or Cli.Exit.Usage or Cli.Exit.Data or Cli.Exit.Unavailable
        or Cli.Exit.Broken or Cli.Exit.NotAllowed or Cli.Exit.Config;

    private static string Describe(JsonElement candidate)
    {
        if (candidate.ValueKind != JsonValueKind.Object) return candidate.ToString();
        var words = new List<string>();
        foreach (var name in (ReadOnlySpan<string>)["id", "label", "name", "title", "ref", "state", "start"])
            if (candidate.Text(name) is { Length: > 0 } word) words.Add(word);
        return words.Count > 0 ? string.Join("  ", words) : candidate.GetRawText();
    }

    public void WriteTo(Utf8JsonWriter writer)
    {
        if (Raw is not null)
        {
            using var document = JsonDocument.Parse(Raw);
            document.RootElement.WriteTo(writer);
            return;
        }
        writer.WriteStartObject();
        writer.WriteString("type", "https://ledger.invalid/problems/" + Code);
        writer.WriteString("title", Title);
        if (Status is { } status) writer.WriteNumber("status", status);
        writer.WriteString("detail", Detail);
        writer.WriteString("code", Code);
        writer.WriteNumber("exit", Exit);
        writer.WriteString("field", Field);
        writer.WriteString("value", Value);
        if (Candidates is { Count: > 0 })
        {
            writer.WriteStartArray("candidates");
            foreach (var candidate in Candidates) writer.WriteStringValue(candidate);
            writer.WriteEndArray();
        }
        else
        {
            writer.WriteNull("candidates");
        }
        writer.WriteEndObject();
    }
}

/// <summary>Ends the command with a problem.</summary>
internal sealed class Refusal(Problem problem) : Exception(problem.Detail)
{
    public Problem Problem => problem;

    /// <summary>Text printed after the problem: the usage of the verb it is about.</summary>
    public string? Usage { get; init; }

    public static Refusal Of(int exit, string code, string detail, string? field = null, string? value = null, IReadOnlyList<string>? candidates = null) =>
        new(new Problem(code, TitleOf(exit), detail, exit, null, field, value, candidates));

    private static string TitleOf(int exit) => exit switch
    {
        Exit.Usage => "Wrong usage",
        Exit.Data => "Refused",
        Exit.Unavailable => "Unavailable",
        Exit.NotAllowed => "Not allowed",
        Exit.Config => "Wrong configuration",
        _ => "Failed",
    };
}
