using System.Text.RegularExpressions;
using Ledger.Demo.Simulator;
using Ledger.Money;

namespace Ledger.Service.Tests.Processes;

/// <summary>Whoever follows the README's steps, command by command, gets where it says.</summary>
public sealed partial class ReadmeCommands(SpentTeam team) : IClassFixture<SpentTeam>
{
    [Fact]
    public void each_of_them_works()
    {
        var vigilio = team.Team.AddKey("xai-vigilio", TimeProvider.System.GetUtcNow().AddDays(-10));
        team.Team.Spend("vigilio", vigilio.Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.50"));

        var ran = 0;
        foreach (var line in Commands())
        {
            if (Export().Match(line) is { Success: true } export)
            {
                team.Terminal[export.Groups[1].Value] = export.Groups[2].Value;
                continue;
            }
            var input = line.Contains("< key.txt", StringComparison.Ordinal) ? team.Key.Text + "\n" : "";
            var words = Word().Matches(line.Replace("< key.txt", "", StringComparison.Ordinal)).Select(m => m.Value.Trim('"')).ToArray();
            // `mission` is `ledger mission`; `ledger` itself is this program.
            var done = team.Terminal.Run(words[0] == "mission" ? words : words[1..], input);
            // The guard's no is an answer.
            Assert.True(done.Exit == 0 || (words[1] == "guard" && done.Exit == 1), $"{line}\nexit {done.Exit}\n{done.Out}{done.Err}");
            ran++;
        }
        Assert.True(ran >= 12, $"only {ran} commands were found");
        foreach (var also in new[] { "account test", "verify", "rebuild" })
            team.Terminal.Run(also.Split(' ')).Ok();
        Assert.Contains("Budget TUI", team.Terminal.Run("mission", "list").Out, StringComparison.Ordinal);
    }

    /// <summary>The commands of all steps. Starting the service is the test's own doing.</summary>
    private static IEnumerable<string> Commands()
    {
        foreach (Match block in Block().Matches(File.ReadAllText(Path.Combine(Repository.Root, "README.md"))))
            foreach (var line in block.Groups[1].Value.Split('\n', StringSplitOptions.TrimEntries))
                if (line.StartsWith("export ", StringComparison.Ordinal) || line.StartsWith("mission ", StringComparison.Ordinal) || (line.StartsWith("ledger ", StringComparison.Ordinal) && !line.StartsWith("ledger up", StringComparison.Ordinal)))
                    yield return line.Split("||")[0].Trim();
    }

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("^export ([A-Z_]+)=(\\S+)$")]
    private static partial Regex Export();

    [GeneratedRegex("\"[^\"]*\"|\\S+")]
    private static partial Regex Word();
}
