namespace Ledger.Service.Channels;

/// <summary>What one reader was told by one channel lately, so that a storm of alerts does not become a storm of mails.</summary>
/// <remarks>A document: restarts and other nodes don't make it forget. Mail is counted for each reader, the other channels know none.</remarks>
public sealed record NotificationLimit
{
    /// <summary>Notifications an hour, before the one that counts the rest.</summary>
    public const int PerHourMax = 20;

    private static readonly TimeSpan window = TimeSpan.FromHours(1);
    private static readonly TimeSpan remembered = TimeSpan.FromDays(7);

    /// <summary>Channel and reader; see <see cref="IdOf"/>.</summary>
    public required string Id { get; init; }

    /// <summary>When notifications left in the last hour; at most <see cref="PerHourMax"/> and the one that counted the rest.</summary>
    public IReadOnlyList<DateTimeOffset> Sent { get; init; } = [];

    /// <summary>Alerts held back since the last notification; the next one tells how many.</summary>
    public long HeldBack { get; init; }

    /// <summary>When the last one was held back.</summary>
    public DateTimeOffset? HeldBackAt { get; init; }

    /// <summary>The id of a reader's limit; a channel without readers has the empty one.</summary>
    public static string IdOf(string channel, string reader) => reader.Length == 0 ? channel : $"{channel} {reader}";

    /// <summary>Notifications of the last hour.</summary>
    public int InTheHour(DateTimeOffset now) => Sent.Count(at => at > now - window);

    /// <summary>Alerts to be told of with the next notification. After a week they are old news.</summary>
    public long HeldBackStill(DateTimeOffset now) => HeldBackAt > now - remembered ? HeldBack : 0;

    /// <summary>A notification leaves, which tells of those held back too.</summary>
    public NotificationLimit Told(DateTimeOffset now) => this with { Sent = [.. Sent.Where(at => at > now - window), now], HeldBack = 0, HeldBackAt = null };

    /// <summary>Alerts stay untold for now.</summary>
    public NotificationLimit Hold(int alerts, DateTimeOffset now) => this with { HeldBack = HeldBackStill(now) + alerts, HeldBackAt = now };
}
