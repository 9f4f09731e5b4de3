using Ledger.Mail;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Notifying;

/// <summary>
/// Turns alerts and recoveries of one pass into messages, to be committed with them. Ids follow from the alerts' keys and the target: a retry
/// and a second node write nothing new. At most 20 notifications an hour leave by one way (of mail: to one reader), then one that says how many more there are; all
/// alerts stand in the log, whatever was told of them.
/// </summary>
internal sealed class Notifier(Routes routes, Sent sent, Team team) : INotifier
{
    /// <summary>Notifications an hour by one way, before the one that counts the rest.</summary>
    public const int PerHourMax = 20;

    private const int bodyBytesMax = 250_000;
    private const int bytesMax = 1_000_000;

    // What does not fit into one append goes by halves, and then everybody gets several mails: better plain ones.
    private const int passBytesMax = 3_000_000;

    public async Task<IReadOnlyList<NewMessage>> Compose(IReadOnlyList<ILedgerEvent> raised, DateTimeOffset now, CancellationToken ct)
    {
        now = now.ToMicroseconds();
        var (notices, recoveries) = Notice.Among(raised);
        var name = team.Name;
        var messages = new List<NewMessage>();
        foreach (var way in routes.Of(notices, recoveries).GroupBy(r => r.Kind))
        {
            var notifications = way.SelectMany(Apart).ToArray();
            var share = Math.Min(bytesMax, passBytesMax / notifications.Length);
            var lately = await sent.Lately(way.Key, [.. notifications.SelectMany(ReadersOf).Distinct(StringComparer.Ordinal)], now, ct);
            var (free, heldBack) = (lately.ToDictionary(l => l.Key, l => PerHourMax - l.Value.InTheHour), lately.ToDictionary(l => l.Key, l => l.Value.HeldBack));
            var rest = new Dictionary<string, List<Route>>(StringComparer.Ordinal);
            foreach (var notification in notifications)
            {
                var readers = ReadersOf(notification).Where(r => free[r] > 0).ToArray();
                foreach (var same in readers.GroupBy(r => heldBack[r])) messages.AddRange(await Messages(notification, [.. same], same.Key, name, share, now));
                foreach (var reader in readers) (free[reader], heldBack[reader]) = (free[reader] - 1, 0);
                foreach (var reader in ReadersOf(notification).Except(readers))
                {
                    if (!rest.TryGetValue(reader, out var more)) rest[reader] = more = [];
                    more.Add(notification);
                }
            }
            foreach (var (reader, more) in rest.OrderBy(r => r.Key, StringComparer.Ordinal))
            {
                // The one that counts the rest is itself counted, so within the hour it comes once.
                if (lately[reader].InTheHour <= PerHourMax) messages.AddRange(await Summary(way.Key, reader, more, heldBack[reader], name, now));
                else await sent.HoldBack(way.Key, reader, more.SelectMany(r => r.Notices).SelectMany(n => n.All).Select(a => a.Alert), now, ct);
            }
        }
        return messages;
    }

    /// <summary>Who is counted: each reader of a mail; the other ways know no readers.</summary>
    private static IReadOnlyList<string> ReadersOf(Route route) => route.Kind == MessageKinds.Mail ? route.Recipients : [""];

    /// <summary>Programs are told of one thing at a time; people of all that came at once.</summary>
    private static IEnumerable<Route> Apart(Route route) => route.Kind is MessageKinds.Webhook or MessageKinds.Exec
        ? route.Notices.Select(n => route with { Notices = [n], Recoveries = [] }).Concat(route.Recoveries.Select(r => route with { Notices = [], Recoveries = [r] }))
        : [route];

    private static async Task<IReadOnlyList<NewMessage>> Messages(Route route, IReadOnlyList<string> readers, long heldBack, string team, int share, DateTimeOffset now)
    {
        var id = IdOf(route);
        var cause = CauseOf(route);
        switch (route.Kind)
        {
            case MessageKinds.Mail:
                var mail = await AlertMail.Render(new(team, route.Notices, route.Recoveries, heldBack, now));
                return Mails(id, cause, readers, route.Recipients, mail, team, share, now);
            case MessageKinds.Slack:
                var (text, blocks) = Slack.Of(route.Notices, route.Recoveries, heldBack > 0 ? $"{Wording.Count(heldBack, "alert")} before this one not told, because there had been {PerHourMax} messages within an hour: ledger alert list." : null);
                return [MessageJson.ToNew(new SlackMessageBody(id, NotificationClasses.Alert, text, blocks, now), cause, "slack", now)];
            case MessageKinds.Webhook:
                return [MessageJson.ToNew(new WebhookMessageBody(id, NotificationClasses.Alert, PayloadOf(route, team), now), cause, "webhook", now)];
            default:
                return [MessageJson.ToNew(new ExecMessageBody(id, NotificationClasses.Alert, PayloadOf(route, team), now), cause, "exec", now)];
        }
    }

    /// <summary>One message a recipient, all with the same Message-ID: each has its own outcome, and everybody the same mail.</summary>
    private static IReadOnlyList<NewMessage> Mails(string id, string cause, IReadOnlyList<string> readers, IReadOnlyList<string> all, MailContent mail, string team, int share, DateTimeOffset now)
    {
        IReadOnlyList<NewMessage> With(string? html) =>
        [
            .. readers.Select(to => MessageJson.ToNew(
                new MailMessageBody(id, NotificationClasses.Alert, to, all, mail.Subject, mail.Text, html, MailIds.Message(id, team), MailIds.List("alerts", team), now), cause, $"mail:{to}", now)),
        ];
        var messages = With(mail.Html);
        // The text says all of it; better a plain mail than one that does not fit into the outbox.
        return messages.All(m => m.Body.Length <= bodyBytesMax) && messages.Sum(m => (long)m.Body.Length) <= share ? messages : With(null);
    }

    private static async Task<IReadOnlyList<NewMessage>> Summary(string kind, string reader, IReadOnlyList<Route> rest, long heldBack, string team, DateTimeOffset now)
    {
        var notices = Notice.Of(rest.SelectMany(r => r.Notices).SelectMany(n => n.All).DistinctBy(a => a.Alert));
        var cause = $"summary:{string.Join(',', rest.Select(CauseOf))}";
        var id = Ids.Short("s", $"{kind}\n{cause}");
        var count = notices.Sum(n => n.All.Count()) + heldBack;
        var line = $"{Wording.Count(count, "more alert")}, not told one by one, because there had been {PerHourMax} notifications within an hour. Until there are fewer, new ones are only listed: ledger alert list.{(notices.Count > 0 ? $" The worst: {Headline.Of(notices[0].Alert)}" : "")}";
        switch (kind)
        {
            case MessageKinds.Mail:
                // Each reader alone: who else is told of other budgets is not everybody's business.
                return Mails(id, cause, [reader], [reader], await StormMail.Render(new(team, notices, [], heldBack, now), PerHourMax), team, bytesMax, now);
            case MessageKinds.Slack:
                return [MessageJson.ToNew(new SlackMessageBody(id, NotificationClasses.Alert, Slack.Escaped(line), null, now), cause, "slack", now)];
            case MessageKinds.Webhook:
                return [MessageJson.ToNew(new WebhookMessageBody(id, NotificationClasses.Alert, Payload.Summary(id, notices, team, line, now), now), cause, "webhook", now)];
            default:
                return [MessageJson.ToNew(new ExecMessageBody(id, NotificationClasses.Alert, Payload.Summary(id, notices, team, line, now), now), cause, "exec", now)];
        }
    }

    private static System.Text.Json.JsonElement PayloadOf(Route route, string team) => route.Notices is [var notice] ? Payload.Of(notice, team) : Payload.Of(route.Recoveries[0], team);

    /// <summary>The alert's own id where it is one; else one that follows from all of them.</summary>
    private static string IdOf(Route route) => route is { Notices: [var only], Recoveries: [] } ? only.Alert.Alert : Ids.Short("n", CauseOf(route));

    private static string CauseOf(Route route) =>
        string.Join('\n', route.Notices.SelectMany(n => n.All).Select(a => a.Key).Concat(route.Recoveries.Select(r => $"over:{r.Alert}:{r.At.ToText()}")).Order(StringComparer.Ordinal));
}
