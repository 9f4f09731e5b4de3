using System.Globalization;
using System.Text.Json;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>budget plan FILE</c> and <c>budget apply FILE</c>: budgets declared in a file under version control.</summary>
internal static class BudgetFiles
{
    private const int BytesMax = 1024 * 1024;
    private const string Format = """
        The file is JSON; comments and trailing commas are fine:
          {
            "budgets": [
              { "name": "team", "scope": "all", "limits": [{ "period": "month", "limit": "200" }], "zone": "Europe/Brussels" },
              { "scope": "agent:ba", "limits": [{ "period": "week", "limit": "10" }, { "period": "month", "limit": "31" }],
                "thresholds": ["50%", "80%", "forecast 100%"], "recipients": ["ludo@example.org"] },
            ],
            "prune": false, // true: budgets that are not in the file are closed
          }
        """;

    public static Verb Plan() => new("plan", "what `budget apply` would change; exit 2 when it would change something")
    {
        Arguments = { Words.One("FILE") },
        About = Format,
        Options = { Flags.Switch("prune", "also close budgets that are not in the file"), Flags.IdempotencyKey },
        Examples = ["ledger budget plan budgets.json", "ledger budget plan - --json < budgets.json"],
        Run = call => Run(call, "/budgets/plan"),
    };

    public static Verb Apply() => new("apply", "make the budgets what a file says: all of it or nothing, twice is once")
    {
        Arguments = { Words.One("FILE") },
        About = Format,
        Options = { Flags.Switch("prune", "also close budgets that are not in the file"), Flags.IdempotencyKey },
        Examples = ["ledger budget apply budgets.json", "ledger budget apply budgets.json --prune"],
        Run = call => Run(call, "/budgets/apply"),
    };

    private static int Run(Call call, string path)
    {
        var planned = call.Verb.Name == "plan";
        var answer = call.Client.Write("POST", path, Body(call, Read(call)));
        var exit = planned && answer.Flag("changes") == true ? Exit.Changes : Exit.Ok;
        var printer = call.Printer;
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return exit;
        }
        foreach (var budget in answer.Items("budgets"))
        {
            var action = budget.Text("action");
            var mark = action switch { "set" => "+", "changed" => "~", "closed" => "-", _ => " " };
            if (action != "unchanged" || !printer.Quiet) printer.Line($"{mark} {SafeText.Of(action)} {SafeText.Of(budget.Text("name"))}");
            foreach (var difference in budget.Items("differences"))
                printer.Line($"    {SafeText.Of(difference.Text("field"))}: {SafeText.Of(difference.Text("before") ?? "(none)")} -> {SafeText.Of(difference.Text("after") ?? "(none)")}");
        }
        printer.Bold(Summary(answer, planned));
        return exit;
    }

    private static string Summary(JsonElement answer, bool planned)
    {
        string Count(string name) => (answer.Number(name) ?? 0).ToString(CultureInfo.InvariantCulture);
        var words = $"{Count("set")} to set, {Count("changed")} to change, {Count("closed")} to close, {Count("unchanged")} unchanged";
        return planned ? words : words.Replace(" to set", " set", StringComparison.Ordinal).Replace(" to change", " changed", StringComparison.Ordinal).Replace(" to close", " closed", StringComparison.Ordinal);
    }

    /// <summary>What the file says, sent as it is; the service judges it.</summary>
    private static byte[] Body(Call call, JsonElement file) => Http.Body.Of(json =>
    {
        foreach (var member in file.EnumerateObject())
            if (member.Name != "prune" || !call.Has("prune")) member.WriteTo(json);
        if (call.Has("prune")) json.WriteBoolean("prune", true);
    });

    /// <summary>Reads the file, or standard input for <c>-</c>; what is too large or no JSON is refused with its place.</summary>
    public static JsonElement Read(Call call)
    {
        var path = call.Word(0)!;
        using var stream = path == "-" ? call.Around.OpenIn() : Open(path);
        var bytes = new byte[BytesMax + 1];
        var length = 0;
        while (length < bytes.Length && stream.Read(bytes, length, bytes.Length - length) is > 0 and var read) length += read;
        if (length > BytesMax) throw Refusal.Of(Exit.Data, "file.too_large", $"{path} is larger than 1 MB.", "file", path);
        try
        {
            var root = JsonDocument.Parse(bytes.AsMemory(0, length), new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 16, AllowDuplicateProperties = false }).RootElement;
            return root.ValueKind == JsonValueKind.Object ? root
                : throw Refusal.Of(Exit.Data, "file.json", $"{path} must hold one object: {{\"budgets\": […]}}.", "file", path);
        }
        catch (JsonException e)
        {
            var place = e.LineNumber is { } line ? $" at line {line + 1}, byte {e.BytePositionInLine + 1}" : "";
            throw Refusal.Of(Exit.Data, "file.json", $"{path} is not JSON as it should be{place}: syntax, nesting deeper than 16, or a member that is there twice.", "file", path);
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Refusal.Of(Exit.Data, "file.unreadable", $"{path} can't be read: {(e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : "it is a folder, or not readable by you")}.", "file", path);
        }
    }
}
