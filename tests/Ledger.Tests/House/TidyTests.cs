using System.Text.RegularExpressions;

namespace Ledger.Tests.House;

/// <summary>What nobody should have to say in review.</summary>
public sealed partial class TidyTests
{
    private static readonly string[] binary = [".png", ".jpg", ".gif", ".ico", ".woff2", ".gz", ".bin"];

    [GeneratedRegex(@"\b(DateTime(Offset)?\.(Now|UtcNow|Today)|TimeProvider\.System|Stopwatch|Guid\.(NewGuid|CreateVersion7)|Random\b|RandomNumberGenerator|Environment\.|Console\.|File\.|FileStream|FileInfo|DirectoryInfo|System\.IO|Path\.|Socket|HttpClient|System\.Net|Process\.|Thread\.|Task\.(Run|Delay)|Timer\()")]
    private static partial Regex Impure { get; }

    [GeneratedRegex(@"\b(double|float|Half|Single|Double|decimal\.Parse|GetDouble|GetSingle|Math\.Round)\b")]
    private static partial Regex Rounding { get; }

    [Fact]
    public void the_domain_asks_nobody_for_time_chance_or_files() => NoneOf(Impure, "src/Ledger");

    [Fact]
    public void the_domain_rests_on_nothing_but_the_runtime_and_time_zones() =>
        Assert.All(typeof(ILedgerEvent).Assembly.GetReferencedAssemblies(), a => Assert.True(a.Name == "NodaTime" || a.Name!.StartsWith("System.", StringComparison.Ordinal), $"src/Ledger references {a.Name}."));

    [Fact]
    public void money_never_meets_a_number_that_rounds() => NoneOf(Rounding, "src/Ledger");

    [Fact]
    public void nothing_is_left_for_later()
    {
        foreach (var file in Repository.Files.Where(f => f.StartsWith("src/", StringComparison.Ordinal)))
            foreach (var (number, line) in Lines(file))
                Assert.False(Regex.IsMatch(line, @"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException"), $"{file}:{number} leaves something for later: {line.Trim()}");
    }

    [Fact]
    public void no_file_knows_the_machine_it_was_written_on()
    {
        // Written in two parts, so that this file is no exception to its own rule.
        string[] paths = ["/wo" + "rk/", "/ro" + "ot/", "C:" + "\\Users"];
        foreach (var file in TextFiles())
            foreach (var (number, line) in Lines(file))
                Assert.False(paths.Any(p => line.Contains(p, StringComparison.Ordinal)), $"{file}:{number} names a path of one machine: {line.Trim()}");
    }

    [Fact]
    public void packages_come_from_the_public_registry_or_from_wherever_the_machine_says()
    {
        foreach (var file in TextFiles())
            foreach (var (number, line) in Lines(file))
                foreach (Match feed in Regex.Matches(line, @"https?://([A-Za-z0-9.:-]+)/[^\s""'<>]*(v3/index\.json|/nuget/|/simple/|/npm/)"))
                    Assert.True(feed.Groups[1].Value == "api.nuget.org", $"{file}:{number} names the registry {feed.Groups[1].Value}.");
    }

    [Fact]
    public void text_ends_with_a_line_break_and_has_no_blanks_before_one()
    {
        foreach (var file in TextFiles())
        {
            var text = Repository.Read(file);
            if (text.Length == 0) continue;
            // Recorded answers, and what a program printed, are kept as they were.
            var recorded = file.EndsWith("packages.lock.json", StringComparison.Ordinal) || file.Contains("/golden/", StringComparison.Ordinal) || file.Contains("/payloads/", StringComparison.Ordinal);
            Assert.True(recorded || text[^1] == '\n', $"{file} does not end with a line break.");
            if (recorded) continue;
            Assert.False(text.Contains('\r'), $"{file} holds a carriage return.");
            foreach (var (number, line) in Lines(file))
                Assert.False(line.EndsWith(' ') || line.EndsWith('\t'), $"{file}:{number} ends with blanks.");
        }
    }

    [Fact]
    public void a_source_file_can_be_read_in_one_sitting()
    {
        foreach (var file in Repository.Files.Where(f => f.StartsWith("src/", StringComparison.Ordinal) && f.EndsWith(".cs", StringComparison.Ordinal)))
        {
            var lines = File.ReadLines(Repository.PathOf(file)).Count();
            Assert.True(lines <= 450, $"{file} has {lines} lines: it does more than one thing.");
        }
    }

    [Fact]
    public void no_file_is_too_large_for_a_repository()
    {
        foreach (var file in Repository.Files)
            Assert.True(new FileInfo(Repository.PathOf(file)).Length <= 512 * 1024, $"{file} is larger than 512 KB.");
    }

    private static void NoneOf(Regex refused, string folder)
    {
        foreach (var file in Repository.Sources(folder))
            foreach (var (number, code) in Repository.Code(file))
                Assert.False(refused.IsMatch(code), $"{file}:{number}: {code.Trim()}");
    }

    private static IEnumerable<string> TextFiles() => Repository.Files.Where(f => !binary.Contains(Path.GetExtension(f)));

    private static IEnumerable<(int Number, string Line)> Lines(string file) => File.ReadLines(Repository.PathOf(file)).Select((line, i) => (i + 1, line));
}
