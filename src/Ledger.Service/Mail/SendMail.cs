using System.Text.Json.Serialization;
using Ledger.Service.Channels;
using Wolverine;
using Wolverine.Attributes;

namespace Ledger.Service.Mail;

/// <summary>A mail for one recipient.</summary>
/// <param name="Id">Follows from cause and recipient.</param>
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
[MessageIdentity("send-mail.v1")]
public sealed record SendMail(
    Guid Id, string Notification, string Class, string To, IReadOnlyList<string> ToAll, string Subject, string Text, string? Html, string MessageId, string ListId,
    [property: JsonConverter(typeof(InstantJsonConverter))] DateTimeOffset At) : INotification
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MessageOrder? Order { get; init; }
}

/// <summary>Sends it through the mail server, or lays it into the mail folder where there is none.</summary>
public static class SendMailHandler
{
    public static Task Handle(SendMail mail, Envelope envelope, ChannelOptions options, ChannelHealth health, CancellationToken ct) =>
        health.Attempt(ChannelNames.Email, mail, envelope, () =>
            EmailAddress.WhyNot(mail.To) is { } why ? throw new DeliveryRefused($"the recipient is no address: {why}")
            : options.Smtp is { } smtp ? SmtpDelivery.Send(mail, options.Sender, smtp, ct)
            : MailFolder.Add(mail, options.MailFolder, options.Sender, ct));
}
