using System.Globalization;
using System.Text;

namespace Ledger.Tests.House;

/// <summary>Pages that are written from the code stay what the code says; GOLDEN_ACCEPT=1 rewrites them.</summary>
public sealed class DocsTests
{
    private static readonly int[] exits = [1, 64, 65, 69, 70, 77, 78];

    [Fact]
    public void the_page_of_events_is_what_the_code_writes() => Golden.Matches(EventsPage.Write(), "docs/reference/events.md");

    [Fact]
    public void the_page_of_refusals_is_what_the_code_refuses() => Golden.Matches(RefusalsPage(), "docs/reference/refusals.md");

    [Fact]
    public void every_refusal_in_the_code_is_one_that_is_documented()
    {
        foreach (var file in Repository.Sources("src/Ledger").Concat(Repository.Sources("src/Ledger.Service")))
            foreach (var (number, code) in Repository.Code(file))
                foreach (System.Text.RegularExpressions.Match match in System.Text.RegularExpressions.Regex.Matches(code, @"(?:Refuse|RefusedException|Refused\(new|new Refusal)\(\s*""(?<code>[^""]+)"""))
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
