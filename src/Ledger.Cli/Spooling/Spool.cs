using System.Globalization;

namespace Ledger.Cli.Spooling;

/// <summary>
/// Bookmarks kept while the service is away: one file each, in the order they were given, on disk before the command says so.
/// Refused ones move to <c>refused/</c> and stay there until somebody removes them.
/// </summary>
internal sealed class Spool(string folder, TimeProvider clock)
{
    /// <summary>Files kept at most, waiting and refused together.</summary>
    public const int BookmarksMax = 1_000;

    private const int FileBytesMax = 256 * 1024;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private string RefusedFolder => Path.Combine(folder, "refused");

    public bool HasWaiting => Waiting > 0;

    public int Waiting => Names(folder).Count;

    /// <summary>Keeps a bookmark; when this returns it is on disk.</summary>
    public void Add(Bookmark bookmark)
    {
        var names = Names(folder);
        if (names.Count + Names(RefusedFolder).Count >= BookmarksMax)
            throw Refusal.Of(Exit.Unavailable, "spool.full", $"{folder} already keeps {BookmarksMax} bookmarks; this one is not kept. Start the service, or remove refused ones.");
        try
        {
            CreateFolder(folder);
            // Never before one that is already there, even if the clock was set back.
            var order = clock.GetUtcNow().UtcTicks;
            if (names.Count > 0 && long.TryParse(names[^1].AsSpan(0, 19), NumberStyles.None, CultureInfo.InvariantCulture, out var last) && last >= order) order = last + 1;
            Write(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{order:D19}-{Guid.NewGuid():N}.json")), bookmark);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refusal.Of(Exit.Unavailable, "spool.unwritable", $"The service is away and the bookmark can't be kept: {folder} can't be written. Set LEDGER_HOME to a folder of yours.");
        }
    }

    /// <summary>Names of what waits, oldest first.</summary>
    public List<string> WaitingNames() => Names(folder);

    public Bookmark? Read(string name) => ReadFile(Path.Combine(folder, name));

    public void Replace(string name, Bookmark bookmark) => Write(Path.Combine(folder, name), bookmark);

    public void Remove(string name)
    {
        File.Delete(Path.Combine(folder, name));
        Files.Sync(folder);
    }

    /// <summary>Moves a bookmark aside, with the reason. The copy is on disk before the original goes.</summary>
    public void Refuse(string name, Bookmark bookmark)
    {
        CreateFolder(RefusedFolder);
        Write(Path.Combine(RefusedFolder, name), bookmark);
        Remove(name);
    }

    /// <summary>Moves a file that can't be read aside as it is.</summary>
    public void RefuseUnreadable(string name)
    {
        CreateFolder(RefusedFolder);
        File.Move(Path.Combine(folder, name), Path.Combine(RefusedFolder, name), overwrite: true);
        Files.Sync(RefusedFolder);
        Files.Sync(folder);
    }

    public List<(string File, Bookmark? Bookmark)> Refused()
    {
        var refused = new List<(string, Bookmark?)>();
        foreach (var name in Names(RefusedFolder))
            refused.Add((Path.Combine(RefusedFolder, name), ReadFile(Path.Combine(RefusedFolder, name))));
        return refused;
    }

    /// <summary>One deliverer at a time; null when another process is at it for longer than <paramref name="patience"/>.</summary>
    public IDisposable? Lock(TimeSpan patience)
    {
        CreateFolder(folder);
        var until = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(folder, "lock"), new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.None,
                    UnixCreateMode = OwnerOnly,
                });
            }
            catch (IOException)
            {
                if (Environment.TickCount64 >= until) return null;
                Thread.Sleep(20);
            }
        }
    }

    private static List<string> Names(string folder)
    {
        var names = new List<string>();
        if (!Directory.Exists(folder)) return names;
        foreach (var path in Directory.EnumerateFiles(folder, "*.json")) names.Add(Path.GetFileName(path));
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    private static Bookmark? ReadFile(string path)
    {
        try
        {
            return new FileInfo(path).Length <= FileBytesMax ? Bookmark.From(File.ReadAllBytes(path)) : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static void Write(string path, Bookmark bookmark)
    {
        var temporary = path + ".tmp";
        using (var file = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Share = FileShare.None,
            UnixCreateMode = OwnerOnly,
        }))
        {
            file.Write(bookmark.ToJson());
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
        Files.Sync(Path.GetDirectoryName(path)!);
    }

    private static void CreateFolder(string folder)
    {
        if (Directory.Exists(folder)) return;
        Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        if (Path.GetDirectoryName(folder) is { } parent) Files.Sync(parent);
    }
}
