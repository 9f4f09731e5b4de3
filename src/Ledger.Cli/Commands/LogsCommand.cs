using System.Text;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>logs</c>: the end of what a service in the background has said.</summary>
internal static class LogsCommand
{
    private const int LinesUsual = 100;
    private const int LinesMax = 10_000;
    private const int BytesMax = 4 * 1024 * 1024;

    private static readonly TimeSpan lookEvery = TimeSpan.FromMilliseconds(250);

    public static Verb Command() => new("logs", "what the service said that `up --detach` started")
    {
        About = "The file is ledger.log in the data folder. A service that was started in another way says it elsewhere: in its terminal, to the journal, to its container.",
        Options = { Flags.Switch("follow", "go on with what it says from now on, until Ctrl-C", "-f"), Flags.Value("lines", "N", "so many of the last lines, 1 … 10,000 (100)", "-n") },
        Examples = ["ledger logs", "ledger logs -f", "ledger logs --lines 500 --home /var/lib/ledger"],
        Run = Run,
    };

    public static string FileIn(string home) => Path.Combine(home, "ledger.log");

    /// <summary>The last lines, and where the file ended. Of a file that is larger than what is read at once, the first line may be half a one and is left out.</summary>
    public static (IReadOnlyList<string> Lines, long End) Tail(string path, int lines, long from = 0)
    {
        if (!File.Exists(path)) return ([], 0);
        using var file = Open(path);
        var end = file.Length;
        var isCut = end - from > BytesMax;
        file.Position = isCut ? end - BytesMax : Math.Min(from, end);
        using var reader = new StreamReader(file, Encoding.UTF8);
        var last = new Queue<string>();
        if (isCut) _ = reader.ReadLine();
        while (reader.ReadLine() is { } line)
        {
            last.Enqueue(line);
            if (last.Count > lines) last.Dequeue();
        }
        return ([.. last], end);
    }

    private static int Run(Call call)
    {
        var path = FileIn(call.Settings.Home);
        var lines = call.Integer("lines", 1, LinesMax) ?? LinesUsual;
        if (call.Has("follow") && call.Printer.Json) throw call.Wrong("usage.flag", "--follow has no end, so it can't be one JSON document.", "follow");
        if (!File.Exists(path))
            throw Refusal.Of(Exit.Data, "log.missing", $"There is no {path}: `ledger up --detach` writes it. A service in a terminal says everything there, one of systemd to `journalctl -u ledger`, one in a container to `docker compose logs ledger`.", "home", call.Settings.Home);
        var (tail, end) = Tail(path, lines);
        if (call.Printer.Json)
        {
            call.Printer.PrintJson(default, json =>
            {
                json.WriteString("log", path);
                json.WriteStartArray("lines");
                foreach (var line in tail) json.WriteStringValue(SafeText.Of(line));
                json.WriteEndArray();
            });
            return Exit.Ok;
        }
        foreach (var line in tail) call.Printer.Line(SafeText.Of(line));
        if (call.Has("follow")) Follow(call, path, end);
        return Exit.Ok;
    }

    /// <summary>The file is opened anew for each look: the next start may have put another in its place.</summary>
    private static void Follow(Call call, string path, long end)
    {
        var line = new MemoryStream();
        var piece = new byte[64 * 1024];
        while (call.Around.OutIsRead())
        {
            call.Printer.Out.Flush();
            call.Around.Pause(lookEvery);
            if (!File.Exists(path)) continue;
            using var file = Open(path);
            if (file.Length < end) (end, line) = (0, new());
            file.Position = end;
            for (int n; (n = file.Read(piece)) > 0; end += n)
            {
                foreach (var b in piece.AsSpan(0, n))
                {
                    if (b != '\n' && line.Length < BytesMax) line.WriteByte(b);
                    if (b != '\n') continue;
                    call.Printer.Line(SafeText.Of(Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length)));
                    line.SetLength(0);
                }
            }
        }
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
}
