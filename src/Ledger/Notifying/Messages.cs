using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Ledger.Log;

namespace Ledger.Notifying;

/// <summary>Kinds of messages in the outbox: one for each way out of the house. A kind is a contract, as an event's name is.</summary>
public static class MessageKinds
{
    /// <summary>One mail for one recipient: <see cref="MailMessageBody"/>.</summary>
    public const string Mail = "mail.v1";

    /// <summary>One line (and blocks) for the configured Slack-compatible webhook: <see cref="SlackMessageBody"/>.</summary>
    public const string Slack = "slack.v1";

    /// <summary>One payload for the configured generic webhook: <see cref="WebhookMessageBody"/>.</summary>
    public const string Webhook = "webhook.v1";

    /// <summary>One payload for the configured program: <see cref="ExecMessageBody"/>.</summary>
    public const string Exec = "exec.v1";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Mail, Slack, Webhook, Exec];

    /// <summary>The channel that takes a kind, as budgets and people name it: <c>email</c>, <c>slack</c>, <c>webhook</c>, <c>exec</c>.</summary>
    public static string ChannelOf(string kind) => kind == Mail ? "email" : kind.Split('.')[0];
}

/// <summary>What a notification is, as far as delivering it goes.</summary>
public static class NotificationClasses
{
    /// <summary>Told soon; many late ones become one.</summary>
    public const string Alert = "alert";

    /// <summary>Told once; never merged.</summary>
    public const string Digest = "digest";

    /// <summary>Proves a channel.</summary>
    public const string Test = "test";
}

/// <summary>What every message says of itself.</summary>
public interface IMessageBody
{
    /// <summary>The notification this is a message of: <c>a-1b2c3d4e</c>.</summary>
    string Notification { get; }

    /// <summary>One of <see cref="NotificationClasses"/>.</summary>
    string Class { get; }

    /// <summary>When the notification was composed.</summary>
    DateTimeOffset At { get; }
}

/// <summary>A mail for one recipient.</summary>
/// <param name="Notification">The notification this is a message of.</param>
/// <param name="Class">One of <see cref="NotificationClasses"/>.</param>
/// <param name="To">Who gets this copy.</param>
/// <param name="ToAll">Everybody who gets one.</param>
/// <param name="Subject">One line.</param>
/// <param name="Text">The plain text.</param>
/// <param name="Html">The HTML alternative; null: there is none.</param>
/// <param name="MessageId">The same for every copy and every try, without angle brackets.</param>
/// <param name="ListId">For filters, without angle brackets.</param>
/// <param name="At">When it was composed.</param>
public sealed record MailMessageBody(
    string Notification, string Class, string To, IReadOnlyList<string> ToAll, string Subject, string Text, string? Html, string MessageId, string ListId, DateTimeOffset At) : IMessageBody;

/// <summary>A message for a Slack-compatible webhook.</summary>
/// <param name="Notification">The notification this is a message of.</param>
/// <param name="Class">One of <see cref="NotificationClasses"/>.</param>
/// <param name="Text">Complete in one line.</param>
/// <param name="Blocks">Slack's blocks; null: there are none.</param>
/// <param name="At">When it was composed.</param>
public sealed record SlackMessageBody(string Notification, string Class, string Text, JsonElement? Blocks, DateTimeOffset At) : IMessageBody;

/// <summary>A message for the generic webhook.</summary>
/// <param name="Notification">The notification this is a message of.</param>
/// <param name="Class">One of <see cref="NotificationClasses"/>.</param>
/// <param name="Payload">What is posted, as it is.</param>
/// <param name="At">When it was composed.</param>
public sealed record WebhookMessageBody(string Notification, string Class, JsonElement Payload, DateTimeOffset At) : IMessageBody;

/// <summary>A message for the operator's own program.</summary>
/// <param name="Notification">The notification this is a message of.</param>
/// <param name="Class">One of <see cref="NotificationClasses"/>.</param>
/// <param name="Payload">What the program reads, as it is.</param>
/// <param name="At">When it was composed.</param>
public sealed record ExecMessageBody(string Notification, string Class, JsonElement Payload, DateTimeOffset At) : IMessageBody;

/// <summary>Messages to and from JSON.</summary>
public static class MessageJson
{
    /// <summary>The kind that carries a body.</summary>
    public static string KindOf(IMessageBody body) => body switch
    {
        MailMessageBody => MessageKinds.Mail,
        SlackMessageBody => MessageKinds.Slack,
        WebhookMessageBody => MessageKinds.Webhook,
        ExecMessageBody => MessageKinds.Exec,
        _ => throw new ArgumentException($"{body.GetType()} is no message.", nameof(body)),
    };

    /// <summary>UTF-8 JSON of a body.</summary>
    public static byte[] Write(IMessageBody body) => JsonSerializer.SerializeToUtf8Bytes(body, TypeInfo(body.GetType()));

    /// <summary>A message ready to go in with an append.</summary>
    /// <param name="body">What it says.</param>
    /// <param name="cause">What it follows from; with the role it makes the id.</param>
    /// <param name="role">What it is to that cause: <c>mail:ludo@example.org</c>.</param>
    /// <param name="dueAt">Not before this instant.</param>
    public static NewMessage ToNew(IMessageBody body, string cause, string role, DateTimeOffset dueAt) =>
        new(EventIds.DerivedFrom(cause, role), KindOf(body), Write(body), dueAt.ToMicroseconds());

    /// <summary>Reads a body of the kind that carries <typeparamref name="T"/>.</summary>
    /// <exception cref="JsonException">It is not what its kind promises.</exception>
    public static T Read<T>(ReadOnlySpan<byte> json)
        where T : class, IMessageBody => (T?)JsonSerializer.Deserialize(json, TypeInfo(typeof(T))) ?? throw new JsonException("The body is null.");

    /// <summary>Reads a body by its kind; null when the kind is not one of <see cref="MessageKinds"/>.</summary>
    /// <exception cref="JsonException">It is not what its kind promises.</exception>
    public static IMessageBody? Read(string kind, ReadOnlySpan<byte> json) => kind switch
    {
        MessageKinds.Mail => Read<MailMessageBody>(json),
        MessageKinds.Slack => Read<SlackMessageBody>(json),
        MessageKinds.Webhook => Read<WebhookMessageBody>(json),
        MessageKinds.Exec => Read<ExecMessageBody>(json),
        _ => null,
    };

    private static JsonTypeInfo TypeInfo(Type type) => MessageJsonContext.Default.GetTypeInfo(type) ?? throw new InvalidOperationException($"{type} is not in MessageJsonContext.");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, Converters = [typeof(InstantJsonConverter)])]
[JsonSerializable(typeof(MailMessageBody))]
[JsonSerializable(typeof(SlackMessageBody))]
[JsonSerializable(typeof(WebhookMessageBody))]
[JsonSerializable(typeof(ExecMessageBody))]
internal sealed partial class MessageJsonContext : JsonSerializerContext;
