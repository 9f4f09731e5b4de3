using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using Ledger.Service.Tests.Support;

namespace Ledger.Benchmarks;

/// <summary>
/// What somebody waits for who types a command: the whole process of the native client, with a service that runs. The limit is a native program of the same run
/// that says hello, three times, and what the service itself needs to answer.
/// </summary>
internal static class ClientBenchmark
{
    private const int rounds = 60;
    private const int warmUp = 5;

    public static async Task Run(TestDatabases databases)
    {
        var root = Ledger.Tests.House.Repository.Root;
        var folder = Directory.CreateTempSubdirectory("ledger-client-").FullName;
        try
        {
            await StartBenchmark.Do(Path.Combine(root, "ledger"), "install", "--to", Path.Combine(folder, "bin"));
            var (client, hello) = (Path.Combine(root, "artifacts", "native", "client", "Ledger.Cli"), await Native(Hello(folder), folder));
            var port = StartBenchmark.FreePort();
            var surroundings = new Dictionary<string, string> { ["LEDGER_HOME"] = Path.Combine(folder, "home"), ["LEDGER_URL"] = $"http://127.0.0.1:{port}", ["LEDGER_DB"] = await databases.Create(), ["LEDGER_SOLO"] = "1", ["LEDGER_AGENT"] = "ba" };
            using var service = Process.Start(With(new("dotnet", [Path.Combine(root, "artifacts", "bin", "Ledger.Service", "release", "Ledger.Service.dll")]) { RedirectStandardError = true }, surroundings))!;
            service.ErrorDataReceived += (_, _) => { };
            service.BeginErrorReadLine();
            try
            {
                await StartBenchmark.Answers(port, Stopwatch.StartNew());
                await Measure(client, hello, Path.Combine(root, "ledger"), surroundings);
            }
            finally
            {
                await StartBenchmark.Do("kill", "-TERM", service.Id.ToString(CultureInfo.InvariantCulture));
                await service.WaitForExitAsync();
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task Measure(string client, string hello, string wrapper, Dictionary<string, string> surroundings)
    {
        await Took(client, surroundings, "agent", "add", "ba");
        await Took(client, surroundings, "mission", "start", "Warm", "--ref", "o/w#1");
        using var http = new HttpClient { BaseAddress = new(surroundings["LEDGER_URL"]) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(surroundings["LEDGER_HOME"], "token"))).Trim());

        (string Name, Func<int, string[]> Words, Func<int, Task> Answer)[] commands =
        [
            ("mission start", i => ["mission", "start", "Again", "--ref", $"o/r#{i}"], i => http.PostAsync("/api/v1/missions", Json($$"""{"title":"Again {{i}}","ref":"o/s#{{i}}","agents":["ba"]}""", $"start {i}"))),
            ("guard", _ => ["guard"], _ => http.GetAsync("/api/v1/guard?agent=ba")),
            ("status", _ => ["status"], _ => http.GetAsync("/api/v1/status")),
            ("mission cost", _ => ["mission", "cost", "o/w#1"], _ => http.GetAsync("/api/v1/missions/cost?mission=o%2Fw%231")),
        ];
        var (hellos, versions, wrapped) = (new List<double>(), new List<double>(), new List<double>());
        var took = commands.ToDictionary(c => c.Name, _ => (Whole: new List<double>(), Answer: new List<double>()), StringComparer.Ordinal);
        for (var i = 0; i < warmUp + rounds; i++)
        {
            var all = new List<(List<double> Into, double Took)> { (hellos, await Took(hello, surroundings)), (versions, await Took(client, surroundings, "version")), (wrapped, await Took(wrapper, surroundings, "version")) };
            foreach (var (name, words, answer) in commands)
            {
                all.Add((took[name].Answer, await Figures.Milliseconds(() => answer(i))));
                all.Add((took[name].Whole, await Took(client, surroundings, words(i))));
            }
            // What is open at once is listed, and that list would grow.
            foreach (var reference in new[] { $"o/r#{i}", $"o/s#{i}" }) await http.PostAsync("/api/v1/missions/end", Json($$"""{"mission":"{{reference}}"}""", reference));
            if (i >= warmUp) all.ForEach(one => one.Into.Add(one.Took));
        }
        Figures.Say($"native hello: p50 {hellos.Median():F1} ms; the client's version: {versions.Median():F1} ms; through ./ledger {wrapped.Median():F1} ms (aim: 10 ms more, where its native client is fresh)");
        foreach (var (name, (whole, answer)) in took)
        {
            var limit = (3 * hellos.Median()) + answer.Median();
            Figures.Say($"{name}: p50 {whole.Median():F1} ms, p99 {whole.Percentile(0.99):F1} ms; the service alone {answer.Median():F1} ms; limit {limit:F1} ms, ratio {whole.Median() / limit:F2}");
        }
    }

    private static StringContent Json(string body, string key)
    {
        var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        content.Headers.Add("Idempotency-Key", key);
        return content;
    }

    private static async Task<double> Took(string program, Dictionary<string, string> surroundings, params string[] words) => await Figures.Milliseconds(async () =>
    {
        using var process = Process.Start(With(new(program, words) { RedirectStandardOutput = true, RedirectStandardError = true }, surroundings))!;
        var said = process.StandardOutput.ReadToEndAsync();
        var wrong = await process.StandardError.ReadToEndAsync();
        await said;
        await process.WaitForExitAsync();
        if (process.ExitCode is not (0 or 69)) throw new InvalidOperationException($"{program} {string.Join(' ', words)} ended with {process.ExitCode}: {wrong}");
    });

    private static ProcessStartInfo With(ProcessStartInfo start, Dictionary<string, string> surroundings)
    {
        foreach (var (name, value) in surroundings) start.Environment[name] = value;
        return start;
    }

    private static async Task<string> Native(string project, string folder)
    {
        await StartBenchmark.Do("dotnet", "publish", project, "-c", "Release", "-o", Path.Combine(folder, "native"), "--use-current-runtime", "--nologo", "-v", "quiet", "-nodeReuse:false");
        return Path.Combine(folder, "native", "hello");
    }

    private static string Hello(string folder)
    {
        var project = Directory.CreateDirectory(Path.Combine(folder, "hello")).FullName;
        File.WriteAllText(Path.Combine(project, "Program.cs"), "System.Console.WriteLine(\"hello\");");
        File.WriteAllText(Path.Combine(project, "hello.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <PublishAot>true</PublishAot>
                <InvariantGlobalization>true</InvariantGlobalization>
              </PropertyGroup>
            </Project>
            """);
        return project;
    }
}
