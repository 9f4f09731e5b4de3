using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Ledger.Tests.House;

/// <summary>Pages that are written from the code stay what the code says; GOLDEN_ACCEPT=1 rewrites them.</summary>
public sealed class DocsTests
{
    private static readonly string[] programs = ["src/Ledger.Service", "src/Ledger.Cli", "src/Ledger.Postgres"];
    private static readonly int[] exits = [1, 64, 65, 69, 70, 77, 78];

    [Fact]
    public void the_page_of_events_is_what_the_code_writes() => Golden.Matches(EventsPage.Write(), "docs/reference/events.md");

    [Fact]
    public void the_page_of_http_is_what_the_service_maps() => Golden.Matches(HttpPage.Write(), "docs/reference/http.md");

    [Fact]
    public void the_page_of_refusals_is_what_the_code_refuses() => Golden.Matches(RefusalsPage(), "docs/reference/refusals.md");

    [Fact]
    public void every_refusal_in_the_code_is_one_that_is_documented()
    {
        foreach (var file in Repository.Sources("src/Ledger").Concat(Repository.Sources("src/Ledger.Service")))
            foreach (var (number, code) in Repository.Code(file))
                foreach (Match match in Regex.Matches(code, @"(?:Refuse|Refused|Refused\(new|new Refusal)\(\s*""(?<code>[^""]+)"""))
                    Assert.True(Refusals.All.ContainsKey(match.Groups["code"].Value), $"{file}:{number} refuses with {match.Groups["code"].Value}, which Refusals.All does not list.");
    }

    [Fact]
    public void every_refusal_has_a_status_and_an_exit_code_that_scripts_know()
    {
        foreach (var (code, (status, exit, meaning)) in Refusals.All)
        {
            Assert.Matches("^[a-z_]+(\\.[a-z_]+)?$", code);
            Assert.InRange(status, 400, 599);
            Assert.Contains(exit, exits);
            Assert.EndsWith(".", meaning, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void every_setting_a_program_reads_is_on_the_page_of_settings()
    {
        var page = Repository.Read("docs/reference/config.md");
        foreach (var file in programs.SelectMany(Repository.Sources))
            foreach (var (number, code) in Repository.Code(file))
                foreach (Match name in Regex.Matches(code, "\"((?:LEDGER|XAI|SMTP|SLACK)_[A-Z_]*[A-Z])\""))
                    // How `./mission` says to `./ledger` by which name it was called.
                    Assert.True(name.Groups[1].Value == "LEDGER_AS" || page.Contains($"`{name.Groups[1].Value}`", StringComparison.Ordinal), $"{file}:{number} reads {name.Groups[1].Value}, which docs/reference/config.md does not tell of.");
    }

    [Fact]
    public void every_command_the_pages_speak_of_exists()
    {
        var commands = Repository.Read("docs/reference/cli.md").Split('\n').Where(l => l.StartsWith("## ", StringComparison.Ordinal)).Select(l => l[3..]).ToHashSet(StringComparer.Ordinal);
        foreach (var file in Repository.Files.Where(f => f.EndsWith(".md", StringComparison.Ordinal)))
            foreach (Match said in Regex.Matches(Repository.Read(file), @"`(?:\./)?(?:ledger (?<noun>[a-z]+)|(?<noun>mission))(?: (?<verb>[a-z]+))?"))
            {
                var (noun, verb) = (said.Groups["noun"].Value, said.Groups["verb"].Value);
                if (noun == "mission" && verb.Length == 0) continue;
                Assert.True(commands.Contains(noun) || commands.Contains($"{noun} {verb}"), $"{file} speaks of {said.Value}`, which is no command.");
            }
    }

    private static string RefusalsPage()
    {
        var page = new StringBuilder("""
            # Refusals

            Written from `Refusals.All` in `src/Ledger/Decision.cs`; a test fails when this page drifts.

            A refusal writes nothing, names the field and the value that are wrong where there are such, and carries one of these
            codes: as `code` in the problem document over HTTP (RFC 9457), as exit code and text on the command line. Codes are
            stable: they are added, never renamed and never reused. Texts may change.

            | code | HTTP | exit | meaning |
            |---|---|---|---|

            """);
        foreach (var (code, (status, exit, meaning)) in Refusals.All)
            page.Append(CultureInfo.InvariantCulture, $"| `{code}` | {status} | {exit} | {meaning} |\n");
        return page.ToString();
    }
}
