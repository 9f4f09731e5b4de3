namespace Ledger.Service.Channels;

/// <summary>The channels, as budgets and people name them.</summary>
public static class ChannelNames
{
    public const string Email = "email";
    public const string Slack = "slack";
    public const string Webhook = "webhook";
    public const string Exec = "exec";

    /// <summary>All of them, in the order in which they are told.</summary>
    public static IReadOnlyList<string> All { get; } = [Email, Slack, Webhook, Exec];
}

/// <summary>What a notification is, as far as delivering it goes.</summary>
public static class NotificationClasses
{
    /// <summary>Told soon, and counted for the cap of an hour.</summary>
    public const string Alert = "alert";

    /// <summary>A week's digest. Never counted, never held back.</summary>
    public const string Digest = "digest";

    /// <summary>Proves a channel.</summary>
    public const string Test = "test";
}

/// <summary>What every message that leaves says of itself.</summary>
public interface INotification
{
    /// <summary>Follows from the cause and the target: the same message has the same id, however often it is composed or sent.</summary>
    Guid Id { get; }

    /// <summary>The notification this is a message of: <c>a-1b2c3d4e</c>.</summary>
    string Notification { get; }

    /// <summary>One of <see cref="NotificationClasses"/>.</summary>
    string Class { get; }

    /// <summary>When it was composed.</summary>
    DateTimeOffset At { get; }

    /// <summary>Its place among messages of the same subject; null: it has none.</summary>
    MessageOrder? Order { get; }
}

/// <summary>The receiver will never take this message. It becomes a dead letter at once.</summary>
public sealed class DeliveryRefused(string reason) : Exception(reason)
{
    /// <summary>The receiver takes nothing any more, so nothing else is sent there either.</summary>
    public bool IsGone { get; init; }
}

/// <summary>Not delivered, or nobody knows. Another try may help, and follows.</summary>
public sealed class DeliveryFailed(string reason) : Exception(reason)
{
    /// <summary>The channel as a whole is away, so no other message would get through either.</summary>
    public bool IsChannelDown { get; init; }

    /// <summary>The message left and no answer came: it may have arrived.</summary>
    public bool IsUnknown { get; init; }

    /// <summary>How long to wait before the next try; null: as <see cref="DeliveryPolicies"/> has it.</summary>
    public TimeSpan? Wait { get; init; }
}

/// <summary>Why a delivery failed, as one short line without what must not be told.</summary>
internal static class Reason
{
    private const int columnsMax = 300;

    public static string Of(string text, params ReadOnlySpan<string?> secrets)
    {
        foreach (var secret in secrets)
            if (secret is { Length: >= 4 }) text = text.Replace(secret, "***", StringComparison.Ordinal);
        return SafeText.Fit(SafeText.Of(text).Trim(), columnsMax);
    }
}
