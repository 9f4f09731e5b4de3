using System.Diagnostics;
using Ledger.Service.Messaging;
using Wolverine.Http;

namespace Ledger.Service.Tests.House;

/// <summary>The service runs on code that was generated ahead; whoever changes a handler must not forget it.</summary>
public sealed class GeneratedCodeTests
{
    private const string remedy = "Run eng/codegen, build again and commit what it wrote.";

    [Fact]
    public async Task it_is_what_would_be_generated_now()
    {
        var fresh = Path.Combine(Path.GetTempPath(), $"ledger-generated-{Guid.NewGuid():N}");
        try
        {
            var built = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
            var program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Codegen", built, "Codegen.dll"));
            using var process = Process.Start(new ProcessStartInfo("dotnet", [program, fresh]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, string.Concat(said));

            var committed = Files(Repository.PathOf("src/Ledger.Service/Internal/Generated"));
            var now = Files(fresh);
            Assert.NotEmpty(now);
            Assert.True(now.Keys.ToHashSet().SetEquals(committed.Keys), $"{string.Join(", ", now.Keys.Except(committed.Keys).Concat(committed.Keys.Except(now.Keys)))} is there only once. {remedy}");
            Assert.All(now, file => Assert.True(file.Value == committed[file.Key], $"{file.Key} is not what would be generated now. {remedy}"));
        }
        finally
        {
            if (Directory.Exists(fresh)) Directory.Delete(fresh, recursive: true);
        }
    }

    [Fact]
    public void no_handler_and_no_endpoint_lacks_it() => Assert.Empty(GeneratedCode.Missing(typeof(LedgerService).Assembly));

    [Fact]
    public void a_class_without_it_ends_the_start_with_its_name()
    {
        var refused = Assert.Throws<NotGeneratedException>(() => GeneratedCode.Check(typeof(ForgottenEndpoint).Assembly));
        Assert.Contains(typeof(ForgottenEndpoint).FullName!, refused.Message, StringComparison.Ordinal);
        Assert.Contains(typeof(ForgottenHandler).FullName!, refused.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).ToDictionary(f => Path.GetRelativePath(folder, f), f => File.ReadAllText(f).ReplaceLineEndings("\n"));
}

/// <summary>Nobody generated code for these.</summary>
public static class ForgottenEndpoint
{
    [WolverineGet("/forgotten")]
    public static string Get() => "";
}

public sealed record Forgotten;

public static class ForgottenHandler
{
    public static void Handle(Forgotten message) => Assert.NotNull(message);
}
