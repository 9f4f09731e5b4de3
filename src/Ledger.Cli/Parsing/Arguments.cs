namespace Ledger.Cli.Parsing;

/// <summary>A parsed command line.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> values = [];
    private readonly List<string> positional = [];

    public IReadOnlyList<string> Positional => positional;

    public bool Has(string flag) => values.ContainsKey(flag);

    public string? this[string flag] => values.GetValueOrDefault(flag);

    public string? Positioned(int index) => index < positional.Count ? positional[index] : null;

    /// <summary>Reads the words after the command's name. Anything unknown, missing or left over is 64 with the usage of that command.</summary>
    public static Arguments Parse(Command command, IReadOnlyList<string> words)
    {
        var parsed = new Arguments();
        var flags = command.AllFlags();
        var onlyArguments = false;
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i];
            if (onlyArguments || word.Length < 2 || word[0] != '-')
            {
                parsed.positional.Add(word);
                continue;
            }
            if (word == "--")
            {
                onlyArguments = true;
                continue;
            }
            i += parsed.ReadFlag(command, flags, word, i + 1 < words.Count ? words[i + 1] : null);
        }

        if (parsed.Has("help")) return parsed;
        if (parsed.positional.Count < command.ArgumentsMin)
            throw Wrong(command, "usage.argument", $"`{command.Name}` needs {command.Arguments}.");
        if (parsed.positional.Count > command.ArgumentsMax)
        {
            var extra = parsed.positional[command.ArgumentsMax];
            throw Wrong(command, "usage.argument", command.KeepsQuietAboutArguments
                ? $"`{command.Name}` takes {(command.ArgumentsMax == 0 ? "no argument" : command.Arguments + " and no more")}. A credential never goes on the command line: use --key-stdin."
                : $"Unexpected argument '{extra}'{(command.ArgumentsMax == 1 ? "; a name of several words goes in quotes" : "")}.",
                null, command.KeepsQuietAboutArguments ? null : extra);
        }
        return parsed;
    }

    /// <summary>Reads one flag; answers how many further words it took.</summary>
    private int ReadFlag(Command command, Flag[] flags, string word, string? next)
    {
        var equals = word.IndexOf('=');
        var name = equals < 0 ? word : word[..equals];
        var flag = Find(flags, name) ?? throw Unknown(command, flags, name);
        if (flag.Value is null)
        {
            if (equals >= 0) throw Wrong(command, "usage.value", $"{name} takes no value.", name);
            values[flag.Name] = "";
            return 0;
        }

        var value = equals >= 0 ? word[(equals + 1)..] : next;
        if (value is null || (equals < 0 && LooksLikeFlag(flags, value)))
            throw Wrong(command, "usage.value", $"{name} needs a value: {name} {flag.Value}.", name);
        if (value.Trim().Length == 0)
            throw Wrong(command, "usage.value", $"{name} was given an empty value; it is {flag.Value}.", name, value);
        if (!values.TryGetValue(flag.Name, out var before)) values[flag.Name] = value;
        else if (flag.Many) values[flag.Name] = before + "," + value;
        else throw Wrong(command, "usage.twice", $"{name} was given twice.", name, value);
        return equals >= 0 ? 0 : 1;
    }

    /// <summary>A value may begin with a dash (<c>--at -10m</c>), but not be a flag that we know or anything with two dashes.</summary>
    private static bool LooksLikeFlag(Flag[] flags, string word) =>
        word.StartsWith("--", StringComparison.Ordinal) || (word.Length == 2 && word[0] == '-' && Find(flags, word) is not null);

    private static Flag? Find(Flag[] flags, string dashed)
    {
        foreach (var flag in flags)
        {
            if (dashed.Length > 2 && dashed[1] == '-' && flag.Is(dashed.AsSpan(2))) return flag;
            if (dashed.Length == 2 && flag.Short == dashed[1]) return flag;
        }
        return null;
    }

    private static Refusal Unknown(Command command, Flag[] flags, string name)
    {
        if (command.KeepsQuietAboutArguments && name.Contains("key", StringComparison.OrdinalIgnoreCase))
            return Wrong(command, "usage.flag", $"There is no {name}: a credential never goes on the command line. Use --key-stdin, or XAI_MANAGEMENT_KEY in the environment.", name, null, ["--key-stdin"]);
        var names = new List<string>();
        foreach (var flag in flags)
        {
            names.Add("--" + flag.Name);
            if (flag.Alias is not null) names.Add("--" + flag.Alias);
        }
        var near = Nearest.Of(name, names);
        return Wrong(command, "usage.flag", $"`{command.Name}` has no flag {name}.{(near is null ? "" : $" Did you mean {near}?")}", name, null, near is null ? null : [near]);
    }

    public static Refusal Wrong(Command command, string code, string detail, string? field = null, string? value = null, IReadOnlyList<string>? candidates = null) =>
        new(new Problem(code, "Wrong usage", detail, Exit.Usage, null, field, value, candidates)) { Usage = Help.Usage(command) };
}
