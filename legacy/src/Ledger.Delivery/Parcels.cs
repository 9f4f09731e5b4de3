using System.Text;
using System.Text.Json;

namespace Ledger.Delivery;

/// <summary>
/// What leaves together. Alerts that come late (the mail server was away) would be a heap of news gone stale: those of one recipient
/// become one mail. A digest never merges, and what may have left already leaves again only as what it was.
/// </summary>
internal static class Parcels
{
    /// <summary>An alert older than this is late.</summary>
    public static readonly TimeSpan LateAfter = TimeSpan.FromMinutes(30);

    private const int told = 100;

    public static (IReadOnlyList<Parcel> Parcels, IReadOnlyList<(ClaimedMessage Message, string Why)> Unreadable) Of(IReadOnlyList<ClaimedMessage> claimed, DateTimeOffset now)
    {
        var parcels = new List<Parcel>();
        var unreadable = new List<(ClaimedMessage, string)>();
        var late = new List<(ClaimedMessage Message, MailMessageBody Mail)>();
        foreach (var message in claimed)
        {
            try
            {
                var body = MessageJson.Read(message.Kind, message.Body.Span);
                if (body is MailMessageBody { Class: NotificationClasses.Alert } mail && (WentInCompany(message) || (message.EarlierUnknown == 0 && now - mail.At > LateAfter)))
                    late.Add((message, mail));
                else
                    parcels.Add(Parcel.Of(message, body?.Class ?? ""));
            }
            catch (JsonException e)
            {
                unreadable.Add((message, e.Message));
            }
        }
        foreach (var group in late.GroupBy(l => (l.Mail.To, Again: l.Message.EarlierUnknown > 0 ? l.Message.Parcel : null)))
            parcels.Add(group.Key.Again is null && group.Count() == 1
                ? Parcel.Of(group.First().Message, NotificationClasses.Alert)
                : Summary([.. group.OrderBy(l => l.Mail.At).ThenBy(l => l.Message.Id)], group.Key.Again, now));
        return (parcels, unreadable);
    }

    private static bool WentInCompany(ClaimedMessage message) => message.EarlierUnknown > 0 && message.Parcel is { } parcel && parcel != message.Id;

    private static Parcel Summary(IReadOnlyList<(ClaimedMessage Message, MailMessageBody Mail)> late, Guid? again, DateTimeOffset now)
    {
        var id = again ?? Ids.DerivedFrom(string.Join(' ', late.Select(l => l.Message.Id)), "late");
        var first = late[0].Mail;
        var delay = Spoken.Of(now - first.At);
        var text = new StringBuilder($"{late.Count} alerts could not be delivered in time and come together, delayed up to {delay}. The latest stands last.\n\n");
        foreach (var (_, mail) in late.TakeLast(told))
            text.Append($"{mail.At.ToText()}  {OneLine.Of(mail.Subject, 300)}\n");
        if (late.Count > told) text.Append($"… and {late.Count - told} earlier ones.\n");
        text.Append($"\nThe latest in full:\n\n{late[^1].Mail.Text}");
        var domain = first.MessageId[(first.MessageId.IndexOf('.', StringComparison.Ordinal) + 1)..];
        var summary = first with
        {
            Notification = $"late-{id.ToString("N")[..8]}",
            Subject = $"{late.Count} alerts, delayed {delay}",
            Text = text.ToString(),
            Html = null,
            MessageId = $"late-{id:N}.{domain}",
            At = late[^1].Mail.At,
        };
        return new(id, NotificationClasses.Alert, MessageJson.Write(summary), [.. late.Select(l => l.Message)]);
    }
}
