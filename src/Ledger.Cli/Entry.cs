using Ledger.Cli.Commands;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;

namespace Ledger.Cli;

/// <summary>From the words of a command line to an exit code.</summary>
internal static class Entry
{
    public static int Run(string[] args, Surroundings around)
    {
        var words = new List<string>(args);
        if (around.Variable("LEDGER_AS") is "mission") words.Insert(0, "mission");
        int exit;
        try
        {
            exit = Dispatch(words, around);
        }
        catch (Refusal refusal)
        {
            exit = ProblemText.Print(refusal, WantsJson(words), around);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            exit = ProblemText.Print(Refusal.Of(Exit.Config, "client.io", $"A file or folder can't be used: {e.Message}"), WantsJson(words), around);
        }
        try
        {
            around.Out.Flush();
        }
        catch (IOException)
        {
            // Whoever read our output has gone (`| head`): there is nobody left to tell.
        }
        return exit;
    }

    private static int Dispatch(List<string> words, Surroundings around)
    {
        // Common flags may stand before the noun: `ledger --json status`.
        var leading = new List<string>();
        while (words.Count > 0 && words[0].Length > 1 && words[0][0] == '-')
        {
            if (words[0] is "--help" or "-h") return HelpCommands.Overview(around);
            if (words[0] is "--version") words[0] = "version";
            else Take(words, leading);
        }
        if (words.Count == 0) return HelpCommands.Overview(around);

        var noun = words[0];
        var commands = Catalogue.Of(noun) ?? throw UnknownNoun(noun);
        words.RemoveAt(0);
        var command = commands[0];
        if (command.Verb.Length > 0)
        {
            while (words.Count > 0 && words[0].Length > 1 && words[0][0] == '-' && words[0] is not ("--help" or "-h")) Take(words, leading);
            if (words.Count == 0) return HelpCommands.NounIncomplete(noun, commands, around);
            if (words[0] is "--help" or "-h" or "help") return HelpCommands.Noun(commands, around);
            command = Find(commands, words[0]) ?? throw UnknownVerb(noun, commands, words[0]);
            words.RemoveAt(0);
        }
        if (command.HandsThrough)
        {
            foreach (var word in words)
                if (word is "--help" or "-h") return HelpCommands.One(command, around);
            words.InsertRange(0, leading);
            return command.Run(new Call(command, HandedThrough(words), around, words));
        }
        words.InsertRange(0, leading);
        var arguments = Arguments.Parse(command, words);
        if (arguments.Has("help")) return HelpCommands.One(command, around);
        return command.Run(new Call(command, arguments, around, words));
    }

    /// <summary>Of what goes to another program, only the folder matters here: its configuration file is ours too.</summary>
    private static Arguments HandedThrough(List<string> words)
    {
        var known = new List<string>();
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i].StartsWith("--home=", StringComparison.Ordinal)) known.Add(words[i]);
            else if (words[i] == "--home" && i + 1 < words.Count) known.Add("--home=" + words[i + 1]);
        }
        return Arguments.Parse(new Command { Noun = "up", Summary = "", Examples = [], Run = _ => Exit.Ok }, known);
    }

    private static void Take(List<string> words, List<string> leading)
    {
        var word = words[0];
        words.RemoveAt(0);
        leading.Add(word);
        foreach (var flag in Flags.Common())
            if (flag.Value is not null && (word == "--" + flag.Name || (flag.Short is { } c && word.Length == 2 && word[1] == c)) && words.Count > 0)
            {
                leading.Add(words[0]);
                words.RemoveAt(0);
            }
    }

    private static Command? Find(IReadOnlyList<Command> commands, string verb)
    {
        foreach (var command in commands)
            if (command.Verb == verb) return command;
        return null;
    }

    private static Refusal UnknownNoun(string noun)
    {
        // `ledger start "X"` most likely means a mission.
        var names = new List<string>(Catalogue.Nouns);
        var near = Nearest.Of(noun, names);
        foreach (var command in Catalogue.Of("mission")!)
            if (near is null && command.Verb == noun) near = "mission " + noun;
        return Refusal.Of(Exit.Usage, "usage.command", $"There is no command '{noun}'.{(near is null ? " `ledger help` lists them." : $" Did you mean `ledger {near}`?")}",
            "command", noun, near is null ? null : [near]);
    }

    private static Refusal UnknownVerb(string noun, IReadOnlyList<Command> commands, string verb)
    {
        var verbs = new List<string>();
        foreach (var command in commands) verbs.Add(command.Verb);
        var near = Nearest.Of(verb, verbs);
        return Refusal.Of(Exit.Usage, "usage.command",
            $"There is no command '{noun} {verb}'.{(near is null ? $" There are: {string.Join(", ", verbs)}." : $" Did you mean `ledger {noun} {near}`?")}",
            "command", verb, near is null ? verbs : [near]);
    }

    private static bool WantsJson(List<string> words)
    {
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i] is "--json" or "-j" or "--format=json") return true;
            if (words[i] == "--format" && i + 1 < words.Count && words[i + 1] == "json") return true;
            if (words[i] == "--") return false;
        }
        return false;
    }
}
