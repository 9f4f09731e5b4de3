using Xunit;

namespace Ledger.Cli.Tests;

/// <summary>What people read is kept in files; GOLDEN_ACCEPT=1 rewrites them, and the diff is reviewed.</summary>
internal static class Golden
{
    public static string Root { get; } = FindRoot();

    public static void Matches(string text, string name) => MatchesFile(text, Path.Combine(Root, "tests", "Ledger.Cli.Tests", "golden", name + ".txt"));

    public static void MatchesFile(string text, string path)
    {
        if (Environment.GetEnvironmentVariable("GOLDEN_ACCEPT") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }
        Assert.True(File.Exists(path), $"{path} is missing; GOLDEN_ACCEPT=1 writes it.");
        Assert.Equal(File.ReadAllText(path), text);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Ledger.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Ledger.slnx is not above the tests.");
    }
}
