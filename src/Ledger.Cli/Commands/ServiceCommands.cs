using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>up</c> and <c>demo</c>: this process becomes the service or the demonstration, which lie beside it.</summary>
internal static class ServiceCommands
{
    public static Verb Up() => new("up", "start the service, with a PostgreSQL of its own unless LEDGER_DB names yours")
    {
        HandsThrough = true,
        About = "Stays in the foreground until Ctrl-C. Flags go to the service as they are; the configuration file is read for it too.",
        Options = { Flags.Value("poll-every", "DURATION", "how often to ask the providers (LEDGER_POLL_EVERY, 5m)") },
        Examples = ["./ledger up", "./ledger up --poll-every 1m --home /var/lib/ledger", "XAI_MANAGEMENT_KEY_FILE=/run/secrets/xai ./ledger up"],
        Run = call => Become(call, "Ledger.Service", call.Settings.File),
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

    private static int Become(Call call, string project, IReadOnlyDictionary<string, string> file)
    {
        var dll = Find(call.Around.ProgramFolder, project)
            ?? throw Refusal.Of(Exit.Config, "start.missing", $"{project}.dll is not built. Start through ./ledger, which builds it, or run `dotnet build -c Release`.");
        var variables = new Dictionary<string, string?> { ["LEDGER_AS"] = null };
        foreach (var (name, value) in file)
            if (call.Around.Variable(name) is null or "") variables[name] = value;
        // A guest on somebody's machine: a first generation of 4 MB instead of one as large as the processor's cache.
        if (call.Around.Variable("DOTNET_GCgen0size") is null or "") variables["DOTNET_GCgen0size"] = "0x400000";
        return call.Around.Become(dll, call.Words, variables);
    }

    /// <summary>Beside this program as it was built (<c>bin/NAME/release/</c>), or in the same folder once published.</summary>
    private static string? Find(string folder, string project)
    {
        var here = Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar);
        var built = Path.GetFullPath(Path.Combine(here, "..", "..", project, Path.GetFileName(here), project + ".dll"));
        if (File.Exists(built)) return built;
        var published = Path.Combine(here, project + ".dll");
        return File.Exists(published) ? published : null;
    }
}
