using System.CommandLine;
using System.CommandLine.Parsing;
using Ledger.Cli.Commands;

namespace Ledger.Cli.Parsing;

/// <summary>What is wrong with a command line, with a stable code, the nearest right word and the usage of the command.</summary>
internal static class Misuse
{
    /// <summary>Null: nothing is.</summary>
    public static Refusal? Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        // `mision status`: what stands before the command is no command.
        if (parsed.UnmatchedTokens is [{ } stranger, ..] && parsed.Tokens.TakeWhile(t => t.Type != TokenType.Command).Any(t => t.Value == stranger)) return UnknownNoun(stranger);
        if (command is not Verb verb) return UnknownCommand(parsed, command);
        if (verb.HandsThrough) return parsed.Errors is [{ } wrong, ..] ? Wrong(verb, "usage.value", wrong.Message) : null;
        if (StrayFlag(verb, parsed) is { } stray) return UnknownFlag(verb, stray);
        if (parsed.Errors.Count == 0) return null;
        if (parsed.Errors.FirstOrDefault(e => e.SymbolResult is OptionResult) is { SymbolResult: OptionResult flag } bad)
            return flag.Tokens.Count > 1 && flag.Option.Arity.MaximumNumberOfValues == 1
                ? Wrong(verb, "usage.twice", $"{flag.Option.Name} was given twice.", flag.Option.Name, flag.Tokens[1].Value)
                : Wrong(verb, "usage.value", flag.Tokens.Count == 0 ? $"{flag.Option.Name} needs a value: {flag.Option.Name} {flag.Option.HelpName}." : bad.Message, flag.Option.Name, flag.Tokens is [{ } value, ..] ? value.Value : null);
        if (parsed.UnmatchedTokens.Count == 0) return Wrong(verb, "usage.argument", $"`{Help.NameOf(verb)}` needs {Help.ArgumentsOf(verb)}.");
        var extra = parsed.UnmatchedTokens[0];
        var index = parsed.Tokens.ToList().FindIndex(t => t.Value == extra);
        if (index > 0 && parsed.Tokens[index - 1] is { Type: TokenType.Option } flagBefore) return Wrong(verb, "usage.value", $"{flagBefore.Value} takes no value.", flagBefore.Value);
        return Wrong(verb, "usage.argument", verb.KeepsQuietAboutArguments
            ? $"`{Help.NameOf(verb)}` takes {(verb.Arguments.Count == 0 ? "no argument" : Help.ArgumentsOf(verb) + " and no more")}. A credential never goes on the command line: use --key-stdin."
            : $"Unexpected argument '{extra}'{(verb.Arguments.Count == 1 ? "; a name of several words goes in quotes" : "")}.", null, verb.KeepsQuietAboutArguments ? null : extra);
    }

    public static Refusal Wrong(Verb verb, string code, string detail, string? field = null, string? value = null, IReadOnlyList<string>? candidates = null) =>
        new(new Problem(code, "Wrong usage", detail, Exit.Usage, null, field, value, candidates)) { Usage = Help.Usage(verb) };

    /// <summary>The first word that looks like a flag and is none. Behind two dashes everything is an argument, and a value may begin with one.</summary>
    private static string? StrayFlag(Verb verb, ParseResult parsed)
    {
        for (var i = 0; i < parsed.Tokens.Count; i++)
        {
            var token = parsed.Tokens[i];
            if (token.Type == TokenType.DoubleDash) return null;
            var isValue = i > 0 && parsed.Tokens[i - 1] is { Type: TokenType.Option } before && verb.Options.Concat(Flags.Common()).Any(o => o.HelpName is not null && (o.Name == before.Value || o.Aliases.Contains(before.Value)));
            if (token.Type == TokenType.Argument && !isValue && token.Value.Length > 1 && token.Value[0] == '-') return token.Value.Split('=')[0];
        }
        return null;
    }

    private static Refusal UnknownFlag(Verb verb, string name)
    {
        if (verb.KeepsQuietAboutArguments && name.Contains("key", StringComparison.OrdinalIgnoreCase))
            return Wrong(verb, "usage.flag", $"There is no {name}: a credential never goes on the command line. Use --key-stdin, or XAI_MANAGEMENT_KEY in the environment.", name, null, ["--key-stdin"]);
        var near = Nearest.Of(name, [.. verb.Options.Concat(Flags.Common()).SelectMany(o => o.Aliases.Prepend(o.Name)).Where(n => n.StartsWith("--", StringComparison.Ordinal))]);
        return Wrong(verb, "usage.flag", $"`{Help.NameOf(verb)}` has no flag {name}.{(near is null ? "" : $" Did you mean {near}?")}", name, null, near is null ? null : [near]);
    }

    private static Refusal? UnknownCommand(ParseResult parsed, Command group)
    {
        if (parsed.Errors.Count == 0) return null;
        var word = parsed.UnmatchedTokens is [{ } first, ..] ? first : null;
        if (group is RootCommand) return word is null ? null : UnknownNoun(word);
        var name = Help.NameOf(group);
        if (word is null) return new(new Problem("usage.command", "Wrong usage", $"`{name}` needs a verb.", Exit.Usage)) { Usage = Help.Verbs(group) };
        string[] verbs = [.. group.Subcommands.Select(c => c.Name)];
        var near = Nearest.Of(word, verbs);
        return Refusal.Of(Exit.Usage, "usage.command",
            $"There is no command '{name} {word}'.{(near is null ? $" There are: {string.Join(", ", verbs)}." : $" Did you mean `ledger {name} {near}`?")}", "command", word, near is null ? verbs : [near]);
    }

    private static Refusal UnknownNoun(string word)
    {
        if (word.StartsWith('-'))
            return Refusal.Of(Exit.Usage, "usage.flag", $"There is no flag {word}.{(Nearest.Of(word, ["--help", "--version", "--json"]) is { } flag ? $" Did you mean `ledger {flag}`?" : " `ledger help` lists what there is.")}", word);
        // `ledger start "X"` most likely means a mission.
        var noun = Nearest.Of(word, Catalogue.Nouns) ?? (MissionVerbs().Contains(word) ? "mission " + word : null);
        return Refusal.Of(Exit.Usage, "usage.command", $"There is no command '{word}'.{(noun is null ? " `ledger help` lists them." : $" Did you mean `ledger {noun}`?")}", "command", word, noun is null ? null : [noun]);
    }

    private static IEnumerable<string> MissionVerbs() => Catalogue.Of("mission")!.Subcommands.Select(c => c.Name);
}
