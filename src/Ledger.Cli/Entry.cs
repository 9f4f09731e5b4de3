using System.CommandLine;
using System.CommandLine.Invocation;
using Ledger.Cli.Commands;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;

namespace Ledger.Cli;

/// <summary>From the words of a command line to an exit code.</summary>
internal static class Entry
{
    // A title may begin with @: nothing is read from files that a word names.
    private static readonly ParserConfiguration Rules = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    public static int Run(string[] args, Surroundings around)
    {
        List<string> words = [.. args];
        if (around.Variable("LEDGER_AS") is "mission") words.Insert(0, "mission");
        int exit;
        try
        {
            exit = Dispatch(HelpCommands.AsFlag(words), around);
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

    /// <summary>The words as they are understood.</summary>
    public static ParseResult Parse(IReadOnlyList<string> words) => Catalogue.Root(words).Parse(words, Rules);

    private static int Dispatch(IReadOnlyList<string> words, Surroundings around)
    {
        var parsed = Parse(words);
        // Help and completion are there for command lines that are not whole yet.
        if ((parsed.Action is ParseErrorAction || parsed.Action == parsed.CommandResult.Command.Action) && Misuse.Of(parsed) is { } wrong) throw wrong;
        return parsed.Invoke(new Invocation(around));
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

/// <summary>One run, with everything outside the program.</summary>
internal sealed class Invocation : InvocationConfiguration
{
    public Invocation(Surroundings around)
    {
        (Around, Output, Error, EnableDefaultExceptionHandler) = (around, around.Out, around.Err, false);
    }

    public Surroundings Around { get; }
}
