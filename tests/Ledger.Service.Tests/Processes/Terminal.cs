using System.Text.Json.Nodes;
using Ledger.Cli;

namespace Ledger.Service.Tests.Processes;

/// <summary>What a command printed and how it ended.</summary>
internal sealed record Ran(int Exit, string Out, string Err)
{
    public JsonNode Json => JsonNode.Parse(Out)!;

    /// <summary>The same when it succeeded; fails with what it said otherwise.</summary>
    public Ran Ok()
    {
        Assert.True(Exit == 0, $"exit {Exit}\n{Out}{Err}");
        return this;
    }
}

/// <summary>Somebody at a terminal: the real command line, in this process, with a data folder and an environment of its own.</summary>
internal sealed class Terminal(string home, Uri url)
{
    private readonly Dictionary<string, string> variables = new(StringComparer.Ordinal)
    {
        ["LEDGER_HOME"] = home,
        ["HOME"] = home,
        ["LEDGER_URL"] = url.ToString().TrimEnd('/'),
    };

    public string[] Spooled => Files("spool");

    public string[] Refused => Files(Path.Combine("spool", "refused"));

    public string this[string variable]
    {
        set => variables[variable] = value;
    }

    public Ran Run(params string[] words) => Run(words, "");

    /// <summary>Runs a command that reads something from its standard input.</summary>
    public Ran Run(string[] words, string input)
    {
        var (output, errors) = (new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" });
        var exit = Entry.Run(words, new()
        {
            Variable = variables.GetValueOrDefault,
            Out = output,
            Err = errors,
            OpenIn = () => new MemoryStream(System.Text.Encoding.UTF8.GetBytes(input)),
            Clock = TimeProvider.System,
            Become = (_, _, _) => 0,
        });
        return new(exit, output.ToString(), errors.ToString());
    }

    private string[] Files(string folder) => Directory.Exists(Path.Combine(home, folder)) ? Directory.GetFiles(Path.Combine(home, folder), "*.json") : [];
}
