using System.Text;

namespace Ledger.Cli.Tests;

internal static class Threads
{
    /// <summary>Commands block, as they should; the services they talk to live in the same pool of threads.</summary>
    [System.Runtime.CompilerServices.ModuleInitializer]
    internal static void Enough() => ThreadPool.SetMinThreads(32, 32);
}

/// <summary>What a command did.</summary>
internal sealed record Ran(int Exit, string Out, string Err)
{
    public System.Text.Json.JsonElement Json => System.Text.Json.JsonDocument.Parse(Out).RootElement;
}

/// <summary>A user at a terminal: own data folder, own environment, own clock; commands run in this process.</summary>
internal sealed class Desk : IDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 11, 16, 10, 50, 0, TimeSpan.Zero);

    public string Home { get; } = Directory.CreateTempSubdirectory("ledger-cli-").FullName;
    public Dictionary<string, string> Variables { get; } = [];
    public DeskClock Clock { get; } = new();
    /// <summary>What standard input holds; null: it can't be read.</summary>
    public string? Input { get; set; } = "";
    public int? Width { get; set; }
    public string? TypedSecret { get; set; }
    public List<(string Dll, IReadOnlyList<string> Args, IReadOnlyDictionary<string, string?> Variables)> Became { get; } = [];
    /// <summary>What starts a service in the background.</summary>
    public Func<Launch, Launched> Launch { get; set; } = _ => throw new InvalidOperationException("Nothing is to be started here.");
    /// <summary>The processes there are, by their command lines.</summary>
    public Dictionary<int, string> Processes { get; } = [];
    /// <summary>Who ignores that it is told to stop.</summary>
    public bool ProcessesAreDeaf { get; set; }
    /// <summary>How long the command waited before it tried again.</summary>
    public List<TimeSpan> Pauses { get; } = [];
    public string ProgramFolder { get; set; } = AppContext.BaseDirectory;

    public Desk(string? url = null)
    {
        Variables["LEDGER_HOME"] = Home;
        // Nothing listens on the port of "discard".
        Variables["LEDGER_URL"] = url ?? "http://127.0.0.1:9";
        Variables["LEDGER_TOKEN"] = "ldg_test";
        Variables["HOME"] = Home;
    }

    public string SpoolFolder => Path.Combine(Home, "spool");

    public string[] Spooled => Directory.Exists(SpoolFolder) ? [.. Directory.GetFiles(SpoolFolder, "*.json").Order(StringComparer.Ordinal)] : [];

    public string[] RefusedFiles => Directory.Exists(SpoolFolder + "/refused") ? Directory.GetFiles(SpoolFolder + "/refused", "*.json") : [];

    public Ran Run(params string[] words)
    {
        var (output, errors) = (new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" });
        var exit = Entry.Run(words, new Surroundings
        {
            Variable = Variables.GetValueOrDefault,
            Out = output,
            Err = errors,
            OpenIn = () => Input is null ? throw new IOException("broken") : new MemoryStream(Encoding.UTF8.GetBytes(Input)),
            Clock = Clock,
            OutIsTerminal = Width is not null,
            InIsTerminal = TypedSecret is not null,
            Width = () => Width ?? throw new InvalidOperationException("There is no terminal."),
            AskHidden = _ => TypedSecret,
            Pause = Pauses.Add,
            Become = (dll, args, variables) =>
            {
                Became.Add((dll, args, variables));
                return 0;
            },
            Launch = launch => Launch(launch),
            CommandOf = Processes.GetValueOrDefault,
            Terminate = id => _ = ProcessesAreDeaf || Processes.Remove(id),
            ProgramFolder = ProgramFolder,
        });
        return new(exit, output.ToString(), errors.ToString());
    }

    public void Dispose() => Directory.Delete(Home, recursive: true);
}

/// <summary>A clock that stands still until told.</summary>
internal sealed class DeskClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = Desk.Now;

    public override DateTimeOffset GetUtcNow() => Now;
}
