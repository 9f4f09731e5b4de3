using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>up</c>, <c>down</c> and <c>demo</c>: this process becomes the service or the demonstration, which lie beside it, or starts the service in the background.</summary>
internal static class ServiceCommands
{
    public static Verb Up() => new("up", "start the service, with a PostgreSQL of its own unless LEDGER_DB names yours")
    {
        HandsThrough = true,
        About = "Stays in the foreground until Ctrl-C; --detach starts it in the background and waits until it is ready. Flags go to the service as they are; the configuration file is read for it too.",
        Options = { Flags.Switch("detach", "run in the background: outlives the terminal, says everything to ledger.log in the data folder", "-d"), Flags.Value("poll-every", "DURATION", "how often to ask the providers (LEDGER_POLL_EVERY, 5m)") },
        Examples = ["./ledger up", "./ledger up --detach", "./ledger up --poll-every 1m --home /var/lib/ledger", "XAI_MANAGEMENT_KEY_FILE=/run/secrets/xai ./ledger up"],
        Run = call => call.Has("detach") ? Detach(call) : Become(call, "Ledger.Service", call.Settings.File),
    };

    public static Verb Down() => new("down", "stop the service that `up --detach` started")
    {
        About = "Waits until it has gone. Exits 69 when a service answers that was started in another way: that one is stopped where it was started.",
        Examples = ["ledger down", "ledger down --home /var/lib/ledger"],
        Run = call => new DetachedService(call).Stop(),
    };

    public static Verb Demo() => new("demo", "watch the whole story on a simulated team; never touches real books")
    {
        HandsThrough = true,
        About = "Leaves the service up until Ctrl-C; --once ends with the story.",
        Options = { Flags.Switch("once", "end when the story is told") },
        Examples = ["./ledger demo", "./ledger demo --once"],

        // Deaf to the configuration file, as it is to LEDGER_DB and XAI_*.
        Run = call => Become(call, "Ledger.Demo", new Dictionary<string, string>()),
    };

    private static int Become(Call call, string project, IReadOnlyDictionary<string, string> file) =>
        call.Around.Become(Dll(call, project), call.Words, Variables(call, file));

    private static int Detach(Call call)
    {
        var variables = Variables(call, call.Settings.File);
        var args = new List<string>();
        var common = Flags.Common();
        for (var i = 0; i < call.Words.Count; i++)
        {
            var word = call.Words[i];
            var (name, value) = word.IndexOf('=') is > 0 and var equals ? (word[..equals], word[(equals + 1)..]) : (word, null);
            if (name == "--config") throw call.Wrong("usage.flag", "With --detach name the file with LEDGER_CONFIG, so that `ledger down` and `ledger logs` read the same.", "config");
            if (name is "--detach" or "-d") continue;
            // The list of processes is for everybody's eyes, and this one stays in it: the password goes another way.
            if (name == "--db") variables["LEDGER_DB"] = value ?? (i + 1 < call.Words.Count ? call.Words[++i] : "");
            else if (Array.Find(common, flag => flag.Name == word || flag.Aliases.Contains(word)) is not { } ours) args.Add(word);
            else if (ours.HelpName is not null) i++;
        }
        return new DetachedService(call).Start(Dll(call, "Ledger.Service"), args, variables);
    }

    private static string Dll(Call call, string project) => Find(call.Around.ProgramFolder, project)
        ?? throw Refusal.Of(Exit.Config, "start.missing", $"{project}.dll is not built. Start through ./ledger, which builds it, or run `dotnet build -c Release`.");

    private static Dictionary<string, string?> Variables(Call call, IReadOnlyDictionary<string, string> file)
    {
        var variables = new Dictionary<string, string?> { ["LEDGER_AS"] = null };
        foreach (var (name, value) in file)
            if (call.Around.Variable(name) is null or "") variables[name] = value;
        // A guest on somebody's machine: a first generation of 4 MB instead of one as large as the processor's cache.
        if (call.Around.Variable("DOTNET_GCgen0size") is null or "") variables["DOTNET_GCgen0size"] = "0x400000";
        return variables;
    }

    /// <summary>Beside this program as it was built (<c>bin/NAME/release/</c>) or compiled (<c>native/client/</c>); once published in <c>service/</c>, or in the same folder.</summary>
    private static string? Find(string folder, string project)
    {
        var here = Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar);
        string[] places =
        [
            Path.Combine(here, "..", "..", project, Path.GetFileName(here)),
            Path.Combine(here, "..", "..", "bin", project, "release"),
            Path.Combine(here, "..", "service"),
            here,
        ];
        return places.Select(place => Path.GetFullPath(Path.Combine(place, project + ".dll"))).FirstOrDefault(File.Exists);
    }
}
