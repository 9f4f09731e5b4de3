using System.Text;
using Ledger.Cli.Output;

namespace Ledger.Cli;

/// <summary>Everything outside the program that it may look at or touch; tests bring their own.</summary>
internal sealed class Surroundings
{
    public required Func<string, string?> Variable { get; init; }
    public required TextWriter Out { get; init; }
    public required TextWriter Err { get; init; }
    public required Func<Stream> OpenIn { get; init; }
    public required TimeProvider Clock { get; init; }
    public bool OutIsTerminal { get; init; }
    public bool ErrIsTerminal { get; init; }
    public bool InIsTerminal { get; init; }

    /// <summary>Columns of the terminal; asked only when there is one.</summary>
    public Func<int> Width { get; init; } = () => 100;

    /// <summary>Asks for a secret without showing what is typed.</summary>
    public Func<string, string?> AskHidden { get; init; } = _ => null;

    /// <summary>Waits a moment before something is tried again.</summary>
    public Action<TimeSpan> Pause { get; init; } = Thread.Sleep;

    /// <summary>Becomes another program: file, arguments, and variables to set (null: to drop). A test's stand-in answers an exit code.</summary>
    public required Func<string, IReadOnlyList<string>, IReadOnlyDictionary<string, string?>, int> Become { get; init; }

    /// <summary>Starts the service in the background.</summary>
    public Func<Launch, Launched> Launch { get; init; } = Background.Start;

    /// <summary>The command line of a process; null: it has gone.</summary>
    public Func<int, string?> CommandOf { get; init; } = Background.CommandOf;

    /// <summary>Asks a process to end.</summary>
    public Action<int> Terminate { get; init; } = Background.Terminate;

    /// <summary>Whether somebody still reads what is printed; asked by what never ends by itself.</summary>
    public Func<bool> OutIsRead { get; init; } = Background.OutIsRead;

    /// <summary>Where this program was built to; the service lies beside it.</summary>
    public string ProgramFolder { get; init; } = AppContext.BaseDirectory;

    public static Surroundings Real() => new()
    {
        Variable = Environment.GetEnvironmentVariable,
        Out = Drawn(new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false), 4096) { NewLine = "\n" }, !Console.IsOutputRedirected),
        Err = Drawn(new StreamWriter(Console.OpenStandardError(), new UTF8Encoding(false), 1024) { NewLine = "\n", AutoFlush = true }, !Console.IsErrorRedirected),
        OpenIn = Console.OpenStandardInput,
        Clock = TimeProvider.System,
        OutIsTerminal = !Console.IsOutputRedirected,
        ErrIsTerminal = !Console.IsErrorRedirected,
        InIsTerminal = !Console.IsInputRedirected,
        Width = static () => Math.Clamp(Console.WindowWidth, 40, 400),
        AskHidden = Secrets.AskOnTerminal,
        Become = Becoming.Replace,
    };

    private static TextWriter Drawn(TextWriter writer, bool isTerminal) => isTerminal && PlainSigns.Needed(Environment.GetEnvironmentVariable) ? new PlainSigns(writer) : writer;
}
