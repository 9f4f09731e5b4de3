using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Ledger.Tests.House;

/// <summary>docs/reference/http.md, written from the table of endpoints in LedgerHost.cs and from the file of each use case.</summary>
internal static partial class HttpPage
{
    private const string Host = "src/Ledger.Service/Hosting/LedgerHost.cs";

    /// <summary>What an endpoint does, where its file begins with the words of something else.</summary>
    private static readonly Dictionary<string, string> told = new(StringComparer.Ordinal)
    {
        ["GetStatus"] = "The service, its accounts, the views and today's spend at a glance.",
        ["GetDoctor"] = "What is wrong, and what to do about it.",
        ["ListAccounts"] = "Accounts and how far they are read.",
        ["ListAgents"] = "Agents and the keys they own.",
        ["ListKeys"] = "Keys, their owners and what they spent.",
        ["ListMissions"] = "Missions, the latest first, with what they cost.",
        ["GetMissionCost"] = "What a mission cost, with methods and bounds; all missions of a reference (100 at most, else `more`), listed and summed at one position. A sum that lacks missions, because their cost is unknown (`reason`) or there are more, is `partial`.",
        ["DiffMission"] = "What changed a mission's cost between two positions: moved by edits, new or restated.",
        ["ExplainMission"] = "A mission's lines, each down to the snapshot events and the provider's own figures.",
        ["ListTokens"] = "Tokens, without the tokens.",
        ["RevokeToken"] = "Revokes a token, at once.",
        ["RemoveAccount"] = "Stops reading an account and deletes its credential. Its books stay.",
    };

    public static string Write()
    {
        var page = new StringBuilder("""
            # HTTP

            Written from the code; a test fails when this page drifts. The running service describes itself in full, answers
            included, at `/openapi/v1.json`.

            - Everything lies under `/api/v1` and takes a token: `Authorization: Bearer ldg_…`. Scopes include those before them: `read`, `bookmark`, `write`, `admin`.
            - JSON, camelCase. Money is a decimal string in dollars, times are RFC 3339 UTC, unknown is `null`. Bodies up to 1 MB; unknown and duplicate members are refused.
            - Every write needs an `Idempotency-Key`. The same key with the same body gives the first answer again; with another body it is refused (422).
            - A refusal is a problem document (RFC 9457, `application/problem+json`) with a `code` of [refusals.md](refusals.md), and `field`, `value` and `candidates` where there are such.
            - Writes answer with the `position` they wrote. A read with `minPosition` waits, for a bounded time, until the views hold it. `asOf` is a position or a time.
            - `verify`, `rebuild`, `account add` and `sync` tell their progress line by line when asked for `application/x-ndjson`.

            Without a token: `/health/live`, `/health/ready`, `/openapi/v1.json`. With scope `read`: `/metrics`, Prometheus text.


            """);
        string? group = null;
        foreach (Match endpoint in Endpoint.Matches(Repository.Read(Host)))
        {
            var (path, handler) = (endpoint.Groups["path"].Value, endpoint.Groups["class"].Value);
            if (path == "/metrics") continue;
            var (title, file) = (Group(path), Repository.Sources("src/Ledger.Service").Single(f => Regex.IsMatch(Repository.Read(f), $@"\bclass {handler}\b")));
            if (title != group) page.Append(CultureInfo.InvariantCulture, $"## {group = title}\n\n");

            var (name, source) = (handler.Replace("Endpoint", "", StringComparison.Ordinal), Repository.Read(file));
            page.Append(CultureInfo.InvariantCulture, $"### {Method(endpoint.Groups["kind"].Value)} {path}\n\n{told.GetValueOrDefault(name) ?? Summary(source, file)} Scope `{endpoint.Groups["scope"].Value.ToLowerInvariant()}`.\n");
            var query = Parameters(source, handler, path);
            if (query.Count > 0) page.Append(CultureInfo.InvariantCulture, $"Query: {string.Join(", ", query.Select(q => $"`{q}`"))}.\n");
            var body = Body(source, name);
            if (body.Count > 0) page.Append(CultureInfo.InvariantCulture, $"Body: {string.Join(", ", body.Select(b => $"`{b}`"))}.\n");
            page.Append('\n');
        }
        return page.ToString().TrimEnd() + "\n";
    }

    private static string Group(string path)
    {
        var first = path.Split('/')[1];
        return first is "status" or "doctor" or "verify" or "rebuild" ? "Operations" : char.ToUpperInvariant(first[0]) + first[1..];
    }

    private static string Method(string kind) => kind switch { "Read" => "GET", "Write" => "POST", "Edit" => "PATCH", _ => "DELETE" };

    private static string Summary(string source, string file)
    {
        var match = FirstSummary.Match(source);
        Assert.True(match.Success, $"{file} does not say what it does.");
        return Regex.Replace(Regex.Replace(match.Groups[1].Value, @"\s*\n\s*///\s*", " "), "</?c>", "`").Trim();
    }

    /// <summary>Members of the request's record, as JSON names them.</summary>
    private static List<string> Body(string source, string name)
    {
        var match = Regex.Match(source, $@"record {name}\((?<fields>[^)]*)\)");
        return match.Success ? [.. Split(match.Groups["fields"].Value).Select(f => Camel(f.Split(' ')[^1]))] : [];
    }

    /// <summary>What the handler takes from the query: plain values, and the members of what is spelled out there.</summary>
    private static List<string> Parameters(string source, string handler, string path)
    {
        var match = Regex.Match(source[source.IndexOf($"class {handler}", StringComparison.Ordinal)..], @"public static [\w<>?, ]+? (?:Get|Post|Patch|Delete)\((?<all>(?:[^()]|\([^()]*\))*)\)");
        Assert.True(match.Success, $"{handler} has no handler that this page can read.");
        var names = new List<string>();
        foreach (var parameter in Split(match.Groups["all"].Value))
            if (Regex.Match(parameter, @"^(?:string|int|long|bool)\?? (\w+)$") is { Success: true } plain && !path.Contains($"{{{plain.Groups[1].Value}}}", StringComparison.Ordinal))
                names.Add(plain.Groups[1].Value);
            else if (parameter.Contains("AsParameters", StringComparison.Ordinal))
                names.AddRange(FromQuery.Matches(source).Select(m => Camel(m.Groups[1].Value)));
        return names;
    }

    private static IEnumerable<string> Split(string list) => Regex.Split(list, @",(?![^<]*>)").Select(p => Regex.Replace(p, @"\s+", " ").Trim()).Where(p => p.Length > 0);

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    [GeneratedRegex("""\.(?<kind>Read|Write|Edit|Remove)<\w+>\("(?<path>[^"]+)", Scope\.(?<scope>\w+), (?<class>\w+)\.\w+\);""")]
    private static partial Regex Endpoint { get; }

    [GeneratedRegex("/// <summary>(.*?)</summary>", RegexOptions.Singleline)]
    private static partial Regex FirstSummary { get; }

    [GeneratedRegex(@"\[FromQuery\] public string\? (\w+)")]
    private static partial Regex FromQuery { get; }
}
