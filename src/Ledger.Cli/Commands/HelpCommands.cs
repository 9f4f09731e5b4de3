using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

internal static class HelpCommands
{
    public static Command Command() => new()
    {
        Noun = "help",
        Arguments = "[NOUN [VERB]]",
        ArgumentsMax = 2,
        Summary = "explain the commands by example",
        Examples = ["ledger help", "ledger help mission", "ledger help mission start"],
        Run = Run,
        HandsThrough = true,
    };

    public static int Overview(Surroundings around) => Print(Help.Overview(), around);

    public static int Noun(IReadOnlyList<Command> commands, Surroundings around) => Print(Help.Noun(commands), around);

    public static int One(Command command, Surroundings around) => Print(Help.One(command), around);

    /// <summary>A noun without a verb: the help of the noun, but not as if something had been done.</summary>
    public static int NounIncomplete(string noun, IReadOnlyList<Command> commands, Surroundings around)
    {
        around.Err.WriteLine($"ledger: `{noun}` needs a verb.");
        around.Err.Write(Help.Noun(commands));
        return Exit.Usage;
    }

    private static int Run(Call call)
    {
        if (call.Words.Count == 0) return Overview(call.Around);
        if (call.Words[0] == "--markdown") return Print(Help.Markdown(), call.Around);
        var commands = Catalogue.Of(call.Words[0])
            ?? throw Refusal.Of(Exit.Usage, "usage.command",
                $"There is no command '{call.Words[0]}'.{(Nearest.Of(call.Words[0], Catalogue.Nouns) is { } near ? $" Did you mean `ledger help {near}`?" : " `ledger help` lists them.")}", "command", call.Words[0]);
        if (call.Words.Count > 1)
            foreach (var command in commands)
                if (command.Verb == call.Words[1]) return One(command, call.Around);
        return Noun(commands, call.Around);
    }

    private static int Print(string text, Surroundings around)
    {
        around.Out.Write(text);
        return Exit.Ok;
    }
}
