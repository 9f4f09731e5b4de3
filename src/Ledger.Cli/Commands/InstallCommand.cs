using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>install</c>: links <c>ledger</c> and <c>mission</c> into a folder on PATH.</summary>
internal static class InstallCommand
{
    public static Verb Command() => new("install", "compile the client for this machine, once, and link `ledger` and `mission` into a folder on PATH")
    {
        Options = { Flags.Value("to", "DIR", "that folder (~/.local/bin)"), Flags.Switch("no-native", "don't compile the client for this machine") },
        Examples = ["./ledger install", "./ledger install --to /usr/local/bin"],
        Run = Run,
    };

    private static int Run(Call call)
    {
        var scripts = FindScripts(call.Around.ProgramFolder)
            ?? throw Refusal.Of(Exit.Config, "install.source", "The scripts `ledger` and `mission` are not above this program; link them by hand.");
        var to = Path.GetFullPath(call.Text("to") ?? Path.Combine(call.Around.Variable("HOME") is { Length: > 0 } home ? home
            : throw Refusal.Of(Exit.Config, "config.home", "HOME is not set: say where to with --to.", "HOME"), ".local", "bin"));
        try
        {
            Directory.CreateDirectory(to);
            // Both are looked at before either is touched.
            foreach (var name in (ReadOnlySpan<string>)["ledger", "mission"]) Check(Path.Combine(to, name), Path.Combine(scripts, name));
            foreach (var name in (ReadOnlySpan<string>)["ledger", "mission"]) Link(Path.Combine(to, name), Path.Combine(scripts, name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refusal.Of(Exit.Config, "install.folder", $"{to} can't be written by this user; choose another with --to.", "to", to);
        }

        var onPath = IsOnPath(call, to);
        if (call.Printer.Json)
        {
            call.Printer.PrintJson(default, json =>
            {
                json.WriteString("ledger", Path.Combine(to, "ledger"));
                json.WriteString("mission", Path.Combine(to, "mission"));
                json.WriteBoolean("onPath", onPath);
            });
            return Exit.Ok;
        }
        call.Printer.Line($"linked {Path.Combine(to, "ledger")} and {Path.Combine(to, "mission")}");
        if (!onPath) call.Printer.Line($"{to} is not on PATH yet; add this line to your shell's profile: export PATH=\"{to}:$PATH\"");
        return Exit.Ok;
    }

    private static void Check(string link, string target)
    {
        var there = new FileInfo(link);
        if (there.LinkTarget is { } linked)
        {
            if (linked == target || !File.Exists(link)) return;
            throw Refusal.Of(Exit.Data, "install.taken", $"{link} already links to {linked}; remove it first.", "to", link);
        }
        if (there.Exists || Directory.Exists(link)) throw Refusal.Of(Exit.Data, "install.taken", $"{link} is already there and not a link of ours; remove it first.", "to", link);
    }

    private static void Link(string link, string target)
    {
        var there = new FileInfo(link);
        if (there.LinkTarget == target) return;
        if (there.LinkTarget is not null) there.Delete();
        File.CreateSymbolicLink(link, target);
    }

    private static string? FindScripts(string from)
    {
        for (var folder = new DirectoryInfo(from); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "ledger")) && File.Exists(Path.Combine(folder.FullName, "mission"))) return folder.FullName;
        return null;
    }

    private static bool IsOnPath(Call call, string folder)
    {
        foreach (var entry in (call.Around.Variable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
            if (Path.GetFullPath(entry).TrimEnd('/') == folder.TrimEnd('/')) return true;
        return false;
    }
}
