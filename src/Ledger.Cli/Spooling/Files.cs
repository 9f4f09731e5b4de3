using System.Runtime.InteropServices;

namespace Ledger.Cli.Spooling;

/// <summary>What the runtime does not offer: making a rename or a removal durable.</summary>
internal static class Files
{
    /// <summary>Flushes a folder's entries to disk. A file system that can't is left alone.</summary>
    public static void Sync(string folder)
    {
        var handle = open(folder, 0);
        if (handle < 0) return;
        _ = fsync(handle);
        _ = close(handle);
    }

    [DllImport("libc")]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc")]
    private static extern int fsync(int handle);

    [DllImport("libc")]
    private static extern int close(int handle);
}
