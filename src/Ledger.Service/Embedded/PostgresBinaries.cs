using System.Text.RegularExpressions;

namespace Ledger.Service.Embedded;

/// <summary>A folder with PostgreSQL's programs, and their major version.</summary>
internal sealed partial record PostgresBinaries(string Folder, int Major)
{
    public string Initdb => Path.Combine(Folder, "initdb");
    public string PgCtl => Path.Combine(Folder, "pg_ctl");

    private static readonly string[] Needed = ["postgres", "initdb", "pg_ctl"];

    // Newest version first within each; * stands for the version.
    private static readonly string[] UsualPlaces =
        ["/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin"];

    /// <summary>The programs for a new cluster (<paramref name="major"/> null), or those of the cluster's own major version.</summary>
    public static async Task<PostgresBinaries> Find(string? given, int? major, string dataFolder)
    {
        var seen = new List<int>();
        foreach (var folder in Candidates(given))
        {
            if (await MajorOf(folder) is not { } version)
                continue;
            if (major is null || version == major)
                return new PostgresBinaries(folder, version);
            seen.Add(version);
        }
        throw new PostgresClusterException(major is null || seen.Count == 0 ? NotFound : $"""
            The books in {dataFolder} were made by PostgreSQL {major}; here is only PostgreSQL {string.Join(", ", seen.Distinct())}. Nothing was touched.
            Install PostgreSQL {major} beside it (Debian, Ubuntu: apt-get install postgresql-{major}), or move the books: start the old version, pg_dump, restore into the new.
            """);
    }

    private const string NotFound = """
        PostgreSQL was not found. Install it:
          Debian, Ubuntu   sudo apt-get install postgresql
          Fedora, RHEL     sudo dnf install postgresql-server
          Alpine           sudo apk add postgresql
          macOS            brew install postgresql@17
        or name its folder in LEDGER_PG_BIN (with postgres, initdb and pg_ctl), or use a server of your own with LEDGER_DB.
        """;

    private static IEnumerable<string> Candidates(string? given)
    {
        given ??= Environment.GetEnvironmentVariable("LEDGER_PG_BIN");
        if (!string.IsNullOrEmpty(given))
        {
            if (!IsComplete(given))
                throw new PostgresClusterException($"{given} (LEDGER_PG_BIN) does not hold postgres, initdb and pg_ctl.");
            yield return given;
        }
        // PATH often holds a link, alone, to the one program; its neighbours are where it points to.
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (var program in Needed)
            {
                var file = new FileInfo(Path.Combine(folder, program));
                if (!file.Exists)
                    continue;
                var real = Path.GetDirectoryName(file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file.FullName)!;
                if (IsComplete(real))
                    yield return real;
            }
        }
        foreach (var place in UsualPlaces)
        {
            var parts = place.Split('*');
            var parent = Path.GetDirectoryName(parts[0])!;
            if (!Directory.Exists(parent))
                continue;
            var found = Directory.GetDirectories(parent, Path.GetFileName(parts[0]) + "*")
                .OrderByDescending(d => int.TryParse(Digits().Match(Path.GetFileName(d)).Value, out var n) ? n : 0);
            foreach (var folder in found)
            {
                if (IsComplete(folder + parts[1]))
                    yield return folder + parts[1];
            }
        }
    }

    private static bool IsComplete(string folder) => Needed.All(program => File.Exists(Path.Combine(folder, program)));

    private static async Task<int?> MajorOf(string folder)
    {
        try
        {
            var (code, output) = await ServerUser.Run(Path.Combine(folder, "postgres"), ["--version"], "/", TimeSpan.FromSeconds(10), asServer: false);
            return code == 0 && int.TryParse(Digits().Match(output).Value, out var major) ? major : null;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or TimeoutException)
        {
            return null;
        }
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
