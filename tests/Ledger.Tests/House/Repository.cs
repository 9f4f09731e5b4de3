using System.Diagnostics;

namespace Ledger.Tests.House;

/// <summary>The tree these tests were built from.</summary>
internal static class Repository
{
    private const string generated = "src/Ledger.Service/Internal/Generated/";

    private static readonly Lazy<string[]> files = new(ListFiles);

    public static string Root { get; } = FindRoot();

    /// <summary>Every file that belongs to the repository or is about to (not ignored) and that people write, relative, with forward slashes.</summary>
    public static IReadOnlyList<string> Files => files.Value;

    public static string PathOf(string file) => Path.Combine(Root, file);

    public static string Read(string file) => File.ReadAllText(PathOf(file));

    /// <summary>C# sources below a folder.</summary>
    public static IEnumerable<string> Sources(string folder) => Files.Where(f => f.StartsWith(folder + "/", StringComparison.Ordinal) && f.EndsWith(".cs", StringComparison.Ordinal));

    /// <summary>The lines of a source with their numbers, without what stands behind <c>//</c>.</summary>
    public static IEnumerable<(int Number, string Code)> Code(string file) =>
        File.ReadLines(PathOf(file)).Select((line, i) => (i + 1, line.IndexOf("//", StringComparison.Ordinal) is var at and >= 0 ? line[..at] : line));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Ledger.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Ledger.slnx is not above the tests.");
    }

    private static string[] ListFiles()
    {
        var start = new ProcessStartInfo("git") { WorkingDirectory = Root, RedirectStandardOutput = true };
        foreach (var argument in new[] { "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard" }) start.ArgumentList.Add(argument);
        using var git = Process.Start(start)!;
        var names = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        if (git.ExitCode != 0) throw new InvalidOperationException("git can't list the files of this tree: run the tests in a clone.");
        return [.. names.Split('\0', StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal).Where(f => !f.StartsWith(generated, StringComparison.Ordinal) && File.Exists(Path.Combine(Root, f))).Order(StringComparer.Ordinal)];
    }
}

/// <summary>What people read or rely on is kept in files; GOLDEN_ACCEPT=1 rewrites them, and the diff is reviewed.</summary>
internal static class Golden
{
    public static void Matches(string text, string file)
    {
        var path = Repository.PathOf(file);
        if (Environment.GetEnvironmentVariable("GOLDEN_ACCEPT") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }
        Assert.True(File.Exists(path), $"{file} is missing; GOLDEN_ACCEPT=1 writes it.");
        Assert.Equal(File.ReadAllText(path), text);
    }
}
