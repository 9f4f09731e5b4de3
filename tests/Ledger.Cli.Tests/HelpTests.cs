using Ledger.Cli.Parsing;
using Ledger.Tests.House;

namespace Ledger.Cli.Tests;

public sealed class HelpTests
{
    public static TheoryData<string> Commands()
    {
        var names = new TheoryData<string>();
        foreach (var verb in Help.All()) names.Add(Help.NameOf(verb));
        return names;
    }

    [Fact]
    public void the_reference_page_is_what_the_code_says() =>
        Golden.Matches(Help.Markdown(), "docs/reference/cli.md");

    [Theory]
    [MemberData(nameof(Commands))]
    public void every_command_teaches_by_examples_that_it_understands(string name)
    {
        var verb = Help.All().First(verb => Help.NameOf(verb) == name);
        Assert.NotEmpty(verb.Examples);
        foreach (var example in verb.Examples)
        {
            var words = Split(example);
            // Up to the program's name there may be settings, behind it another command.
            words.RemoveRange(0, words.FindIndex(word => word is "ledger" or "./ledger" or "mission"));
            if (words[0] != "mission") words.RemoveAt(0);
            var until = words.FindIndex(word => word is "<" or ">" or "&&");
            if (until >= 0) words.RemoveRange(until, words.Count - until);
            if (words[0] == "--version") continue;

            Assert.Equal(name.Split(' '), words.Take(name.Split(' ').Length));
            Assert.Null(Misuse.Of(Entry.Parse(words)));
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void every_command_shows_its_help(string name)
    {
        using var desk = new Desk();
        var ran = desk.Run([.. name.Split(' '), "--help"]);
        Assert.Equal(Exit.Ok, ran.Exit);
        Assert.Contains("Examples:", ran.Out, StringComparison.Ordinal);
        Assert.Contains("ledger " + name, ran.Out, StringComparison.Ordinal);
        if (name != "help") Assert.Equal(ran.Out, desk.Run(["help", .. name.Split(' ')]).Out);
    }

    [Theory]
    [InlineData("mission st", "start")]
    [InlineData("rep", "report")]
    [InlineData("mission list --sta", "--state")]
    [InlineData("mission list --state o", "open")]
    [InlineData("report --order d", "desc")]
    public void a_shell_is_told_what_completes_a_line(string line, string word)
    {
        using var desk = new Desk();
        var ran = desk.Run($"[suggest:{line.Length}]", line);
        Assert.Equal(Exit.Ok, ran.Exit);
        Assert.Contains(word, ran.Out.Split('\n'));
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public void completion_of_each_shell_asks_this_program(string shell)
    {
        using var desk = new Desk();
        Assert.Contains("[suggest:", desk.Run("completion", shell).Out, StringComparison.Ordinal);
        Assert.Equal(Exit.Usage, desk.Run("completion", "power" + shell).Exit);
    }

    [Theory]
    [InlineData("overview")]
    [InlineData("help-mission", "help", "mission")]
    [InlineData("help-mission-start", "mission", "start", "--help")]
    public void help_reads_like_this(string golden, params string[] words)
    {
        using var desk = new Desk();
        var ran = desk.Run(words);
        Assert.Equal(Exit.Ok, ran.Exit);
        Screen.Matches(ran.Out, golden);
    }

    [Fact]
    public void a_noun_alone_is_not_a_command()
    {
        using var desk = new Desk();
        var ran = desk.Run("mission");
        Assert.Equal((Exit.Usage, ""), (ran.Exit, ran.Out));
        Assert.Contains("mission start", ran.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void no_two_flags_of_a_command_share_a_name()
    {
        foreach (var verb in Help.All())
        {
            var names = verb.Options.Concat(Flags.Common()).SelectMany(flag => flag.Aliases.Prepend(flag.Name)).ToList();
            Assert.Equal(names.Distinct().Count(), names.Count);
        }
    }

    private static List<string> Split(string line)
    {
        var words = new List<string>();
        foreach (var (part, quoted) in line.Split('"').Select((part, i) => (part, i % 2 == 1)))
        {
            if (quoted) words.Add(part);
            else words.AddRange(part.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        }
        return words;
    }
}
