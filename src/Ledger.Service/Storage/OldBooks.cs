namespace Ledger.Service.Storage;

/// <summary>Books of version 0.1, opened in place.</summary>
public static class OldBooks
{
    public static Task Open(string connectionString, Action<string> say, CancellationToken ct) => Task.CompletedTask;
}
