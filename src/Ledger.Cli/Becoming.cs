using System.Collections;
using System.Runtime.InteropServices;

namespace Ledger.Cli;

/// <summary>Turns this process into another program, so that signals and exit codes need nobody in between.</summary>
internal static class Becoming
{
    /// <summary>Runs <paramref name="dll"/> under the same dotnet. Returns only by throwing.</summary>
    public static int Replace(string dll, IReadOnlyList<string> args, IReadOnlyDictionary<string, string?> variables)
    {
        var dotnet = FindDotnet();
        var environment = new List<string?>();
        foreach (DictionaryEntry pair in Environment.GetEnvironmentVariables())
            if (!variables.ContainsKey((string)pair.Key)) environment.Add($"{pair.Key}={pair.Value}");
        foreach (var (name, value) in variables)
            if (value is not null) environment.Add($"{name}={value}");
        environment.Add(null);

        var argv = new string?[args.Count + 3];
        argv[0] = dotnet;
        argv[1] = dll;
        for (var i = 0; i < args.Count; i++) argv[i + 2] = args[i];

        _ = execve(dotnet, argv, environment.ToArray());
        throw Refusal.Of(Exit.Config, "start.failed", $"{dotnet} could not be started (error {Marshal.GetLastPInvokeError()}).");
    }

    public static string FindDotnet()
    {
        if (Environment.ProcessPath is { } self && Path.GetFileNameWithoutExtension(self) == "dotnet") return self;
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root && File.Exists(Path.Combine(root, "dotnet")))
            return Path.Combine(root, "dotnet");
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
            if (File.Exists(Path.Combine(folder, "dotnet"))) return Path.Combine(folder, "dotnet");
        throw Refusal.Of(Exit.Config, "dotnet.missing", "dotnet was not found on PATH; install the .NET 10 SDK.");
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int execve([MarshalAs(UnmanagedType.LPUTF8Str)] string path, string?[] argv, string?[] envp);
}
