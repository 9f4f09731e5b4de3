using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>help</c>, <c>--help</c>, and what a newcomer sees who types nothing.</summary>
internal static class HelpCommands
{
    private const int WidthMax = 110;

    public static Verb Command() => new("help", "explain the commands by example")
    {
        Arguments = { Words.AtMostOne("NOUN"), Words.AtMostOne("VERB") },
        Options = { Flags.Switch("markdown", "the reference page of all commands") },
        Examples = ["ledger help", "ledger help mission", "ledger help mission start"],
        // Anything else it is asked for is the help of another command.
        Run = call =>
        {
            call.Around.Out.Write(call.Has("markdown") ? Help.Markdown() : Help.Overview());
            return Exit.Ok;
        },
    };

    /// <summary><c>help mission start</c> is <c>mission start --help</c>, and no word at all is <c>help</c>.</summary>
    public static IReadOnlyList<string> AsFlag(IReadOnlyList<string> words) => words switch
    {
        [] => ["help"],
        ["--version", ..] => ["version", .. words.Skip(1)],
        ["help", { } noun, ..] when noun[0] != '-' => [.. words.Skip(1), "--help"],
        [{ } noun, "help"] when Catalogue.Nouns.Contains(noun) => [noun, "--help"],
        _ => words,
    };

    /// <summary>The library's help, and examples below it.</summary>
    internal sealed class Action : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parsed)
        {
            var around = ((Invocation)parsed.InvocationConfiguration).Around;
            var command = parsed.CommandResult.Command;
            if (command is RootCommand)
            {
                // `help misson` asks for something, and it is not there.
                if (Misuse.Of(parsed) is { } wrong && parsed.UnmatchedTokens.Count > 0) throw wrong;
                around.Out.Write(Help.Overview());
                return Exit.Ok;
            }
            if (command is Verb { About.Length: > 0 } verb) command.Description = $"{verb.Description}\n\n{verb.About.ReplaceLineEndings(" ")}";
            new HelpAction { MaxWidth = around.OutIsTerminal ? around.Width() : WidthMax }.Invoke(parsed);
            around.Out.WriteLine("Examples:");
            foreach (var example in command is Verb one ? one.Examples : command.Subcommands.Cast<Verb>().Select(c => c.Examples[0])) around.Out.WriteLine("  " + example);
            return Exit.Ok;
        }
    }
}
