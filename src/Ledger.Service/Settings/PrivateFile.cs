namespace Ledger.Service.Settings;

/// <summary>Files for this user alone: 0600, written whole or not at all.</summary>
internal static class PrivateFile
{
    private const UnixFileMode mine = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static void Write(string path, string text)
    {
        var making = path + ".new";
        File.Delete(making);
        using (var stream = new FileStream(making, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mine }))
        using (var writer = new StreamWriter(stream))
            writer.Write(text);
        File.Move(making, path, overwrite: true);
    }

    /// <summary>Whether nobody else can read it.</summary>
    public static bool IsPrivate(string path) => (File.GetUnixFileMode(path) & ~mine) == 0;
}
