using Ledger.Service.Hosting;

namespace Ledger.Service.Accounts;

/// <summary>An account's settings as people write them.</summary>
internal static class AccountSettings
{
    public const string Learned = "learned";

    private static readonly TimeSpan lagMax = TimeSpan.FromHours(6);

    public static int Bucket(string? text) => text == "15m" ? 900 : 3600;

    /// <summary>A lag in seconds; null: learned.</summary>
    public static bool TryLag(string? text, out int? seconds)
    {
        seconds = null;
        if (text is null or Learned) return true;
        if (!Durations.TryParse(text, out var lag) || lag > lagMax) return false;
        seconds = (int)lag.TotalSeconds;
        return true;
    }
}
