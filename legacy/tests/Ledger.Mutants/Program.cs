using System.Diagnostics;
using System.Globalization;
using Ledger.Mutants;

// Puts every fault of the list into a copy of the tree, one at a time, and runs the tests that must notice it.
// dotnet run -c Release --project tests/Ledger.Mutants [-- words of a name]   exits 1 when one survives.
var root = (await Run("git", "rev-parse --show-toplevel", Environment.CurrentDirectory)).Output.Trim();
var copy = Directory.CreateTempSubdirectory("ledger-mutants-").FullName;
try
{
    foreach (var file in (await Run("git", "ls-files", root)).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(copy, file))!);
        File.Copy(Path.Combine(root, file), Path.Combine(copy, file));
    }
    // The mail server that some tests run against.
    await Run("sh", "eng/ensure-smtp-server", copy);
    // --skip N goes on where a run was stopped.
    var skip = args is ["--skip", var n] ? int.Parse(n, CultureInfo.InvariantCulture) : 0;
    var chosen = Mutants.All.Skip(skip).Where(m => skip > 0 || args.All(a => m.Name.Contains(a, StringComparison.OrdinalIgnoreCase))).ToArray();
    foreach (var tests in chosen.Select(m => m.Tests).Distinct())
        if (await Build(copy, tests) is { Exit: not 0 } broken)
            throw new InvalidOperationException($"{tests} does not build:\n{broken.Output}");

    var survivors = 0;
    foreach (var mutant in chosen)
    {
        var file = Path.Combine(copy, mutant.File);
        var healthy = await File.ReadAllTextAsync(file);
        var parts = healthy.Split(mutant.Find);
        if (parts.Length != 2) throw new InvalidOperationException($"{mutant.Name}: the text occurs {parts.Length - 1} times in {mutant.File}.");
        await File.WriteAllTextAsync(file, string.Join(mutant.Replace, parts));
        var watch = Stopwatch.StartNew();
        var build = await Build(copy, mutant.Tests);
        // A mutant that the compiler refuses proves nothing.
        if (build.Exit != 0) throw new InvalidOperationException($"{mutant.Name} does not build:\n{build.Output}");
        var run = await Run("dotnet", $"artifacts/bin/{mutant.Tests}/release/{mutant.Tests}.dll -noLogo -noColor {mutant.Filter}", copy);
        var noticed = run.Exit != 0 && run.Output.Contains("[FAIL]", StringComparison.Ordinal);
        if (!noticed) survivors++;
        var by = run.Output.Split('\n').FirstOrDefault(l => l.Contains("[FAIL]", StringComparison.Ordinal))?.Trim();
        Console.WriteLine($"{(noticed ? "noticed " : "SURVIVED")} {mutant.Name}{(noticed ? $" — {by}" : "")} ({watch.Elapsed.TotalSeconds:F0} s)");
        await File.WriteAllTextAsync(file, healthy);
    }
    Console.WriteLine($"{chosen.Length - survivors} noticed, {survivors} survived");
    return survivors == 0 ? 0 : 1;
}
finally
{
    Directory.Delete(copy, recursive: true);
}

static Task<(int Exit, string Output)> Build(string folder, string tests) =>
    Run("dotnet", $"build tests/{tests} -c Release --nologo -v quiet -nodeReuse:false -p:TreatWarningsAsErrors=false -p:RunAnalyzers=false", folder);

static async Task<(int Exit, string Output)> Run(string command, string arguments, string folder)
{
    using var process = Process.Start(new ProcessStartInfo(command, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
    var errors = process.StandardError.ReadToEndAsync();
    var output = await process.StandardOutput.ReadToEndAsync();
    await process.WaitForExitAsync();
    return (process.ExitCode, output + await errors);
}
