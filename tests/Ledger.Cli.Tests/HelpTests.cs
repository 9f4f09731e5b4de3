using Ledger.Cli.Commands;
using Ledger.Cli.Parsing;
using Ledger.Tests.House;

namespace Ledger.Cli.Tests;

public sealed class HelpTests
{
    public static TheoryData<string> Commands()
    {
        var names = new TheoryData<string>();
        foreach (var noun in Catalogue.Nouns)
            foreach (var command in Catalogue.Of(noun)!) names.Add(command.Name);
        return names;
    }

    [Fact]
    public void the_reference_page_is_what_the_code_says() =>
        Golden.Matches(Help.Markdown(), "docs/reference/cli.md");

    [Theory]
    [MemberData(nameof(Commands))]
    public void every_command_teaches_by_examples_that_it_understands(string name)
    {
        var command = Find(name);
        Assert.NotEmpty(command.Examples);
        foreach (var example in command.Examples)
        {
            var words = Split(example);
            // Up to the program's name there may be settings, behind it another command.
            words.RemoveRange(0, words.FindIndex(word => word is "ledger" or "./ledger" or "mission"));
            if (words[0] != "mission") words.RemoveAt(0);
            var until = words.FindIndex(word => word is "<" or ">" or "&&");
            if (until >= 0) words.RemoveRange(until, words.Count - until);
            if (words[0] == "--version") continue;

            Assert.Equal(command.Name.Split(' '), words.Take(command.Verb.Length > 0 ? 2 : 1));
            words.RemoveRange(0, command.Verb.Length > 0 ? 2 : 1);
            if (name != "help") Arguments.Parse(command, words);
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
        Assert.Contains("usage: ledger " + name, ran.Out, StringComparison.Ordinal);
        Assert.Equal(ran.Out, desk.Run(["help", .. name.Split(' ')]).Out);
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
        foreach (var noun in Catalogue.Nouns)
        {
            foreach (var command in Catalogue.Of(noun)!)
            {
                var names = command.AllFlags().SelectMany(flag => new[] { "--" + flag.Name, flag.Alias is null ? null : "--" + flag.Alias, flag.Short?.ToString() })
                    .Where(name => name is not null && !(command.HandsThrough && name is "--home" or "--url")).ToList();
                Assert.Equal(names.Distinct().Count(), names.Count);
            }
        }
    }

    internal static Command Find(string name) =>
        Catalogue.Nouns.SelectMany(noun => Catalogue.Of(noun)!).First(command => command.Name == name);

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
