using System.Xml.Linq;

namespace Ledger.Tests.House;

/// <summary>Who may see whom. An arrow against the stream is a design change, made here on purpose or not at all.</summary>
public sealed class ArrowTests
{
    /// <summary>All a project under src may see of its neighbours.</summary>
    private static readonly Dictionary<string, string[]> allowed = new(StringComparer.Ordinal)
    {
        ["Ledger"] = [],
        ["Ledger.Postgres"] = ["Ledger"],
        ["Ledger.Views"] = ["Ledger"],
        ["Ledger.Providers"] = ["Ledger"],
        ["Ledger.Delivery"] = ["Ledger"],
        ["Ledger.Simulator"] = ["Ledger"],
        ["Ledger.Mail"] = ["Ledger"],
        ["Ledger.Cli"] = ["Ledger"],
        ["Ledger.Service"] = ["Ledger", "Ledger.Delivery", "Ledger.Mail", "Ledger.Postgres", "Ledger.Providers", "Ledger.Views"],
        // The story runs the real programs on a simulated team: it sees the team, and finds them a database.
        ["Ledger.Demo"] = ["Ledger", "Ledger.Postgres", "Ledger.Simulator"],
    };

    /// <summary>Programs: started, never linked.</summary>
    private static readonly string[] programs = ["Ledger.Service", "Ledger.Cli", "Ledger.Demo"];

    private static readonly Dictionary<string, string[]> packages = new(StringComparer.Ordinal)
    {
        ["Ledger"] = [],
        ["Ledger.Postgres"] = ["Npgsql"],
        ["Ledger.Views"] = ["Npgsql"],
        ["Ledger.Providers"] = [],
        ["Ledger.Delivery"] = [],
        ["Ledger.Simulator"] = [],
        ["Ledger.Mail"] = [],
        ["Ledger.Cli"] = [],
        ["Ledger.Service"] = ["FluentValidation", "Microsoft.AspNetCore.OpenApi", "Npgsql", "Quartz"],
        ["Ledger.Demo"] = [],
    };

    [Fact]
    public void every_project_sees_only_what_it_may()
    {
        var projects = Projects("src").ToArray();
        Assert.Equal(allowed.Keys.Order(StringComparer.Ordinal), projects.Select(p => p.Name).Order(StringComparer.Ordinal));
        foreach (var (name, document) in projects)
            Assert.All(References(document), seen => Assert.True(allowed[name].Contains(seen), $"{name} must not see {seen}."));
    }

    [Fact]
    public void every_package_was_a_decision()
    {
        foreach (var (name, document) in Projects("src"))
            Assert.Equal(packages[name], Packages(document).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void the_domain_is_pure_of_frameworks_too()
    {
        var domain = Projects("src").Single(p => p.Name == "Ledger").Document;
        Assert.Empty(domain.Descendants("FrameworkReference"));
        Assert.Empty(domain.Descendants("Reference"));
        Assert.DoesNotContain(typeof(Ledger.Decision).Assembly.GetReferencedAssemblies(), a => a.Name!.StartsWith("Npgsql", StringComparison.Ordinal) || a.Name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal)
            || a.Name.StartsWith("System.Net", StringComparison.Ordinal) || a.Name.StartsWith("System.IO", StringComparison.Ordinal));
    }

    [Fact]
    public void programs_are_seen_by_tests_only()
    {
        foreach (var (name, document) in Projects("src").Concat(Projects("tests")))
            if (!name.EndsWith("Tests", StringComparison.Ordinal) && name != "Ledger.Benchmarks")
                Assert.Empty(References(document).Intersect(programs));
    }

    [Fact]
    public void sources_use_no_namespace_their_project_does_not_see()
    {
        // A transitive reference compiles; the arrow would be crossed all the same.
        foreach (var (name, seen) in allowed)
            foreach (var file in Repository.Sources($"src/{name}"))
                foreach (var (number, code) in Repository.Code(file))
                    foreach (var other in allowed.Keys.Where(k => k != "Ledger" && k != name && !seen.Contains(k)))
                        Assert.False(code.Contains($"using {other};", StringComparison.Ordinal) || code.Contains($"using {other}.", StringComparison.Ordinal), $"{file}:{number} uses {other}.");
    }

    [Fact]
    public void every_project_is_in_the_solution()
    {
        var solution = Repository.Read("Ledger.sln");
        Assert.All(Repository.Files.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal) && !f.Contains("CritterStack", StringComparison.Ordinal)),
            f => Assert.Contains(f.Replace('/', '\\'), solution, StringComparison.Ordinal));
    }

    private static IEnumerable<(string Name, XDocument Document)> Projects(string folder) => Repository.Files
        .Where(f => f.StartsWith(folder + "/", StringComparison.Ordinal) && f.EndsWith(".csproj", StringComparison.Ordinal))
        .Select(f => (Path.GetFileNameWithoutExtension(f), XDocument.Load(Repository.PathOf(f))));

    private static IEnumerable<string> References(XDocument project) => project.Descendants("ProjectReference")
        .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));

    private static IEnumerable<string> Packages(XDocument project) => project.Descendants("PackageReference").Select(r => r.Attribute("Include")!.Value);
}
