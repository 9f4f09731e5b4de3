using System.Text.Json;
using Ledger.Alerts;
using Ledger.Service.Mail;
using Marten;

namespace Ledger.Service.Channels;

/// <summary>Alerts and recoveries of one pass.</summary>
/// <param name="Alerts">What happened.</param>
/// <param name="Recoveries">What is over.</param>
public sealed record News(IReadOnlyList<IAlert> Alerts, IReadOnlyList<IRecovery> Recoveries)
{
    /// <summary>Alerts, by id, of whose subject people may have been told before. Good news always follows something.</summary>
    public IReadOnlySet<string> Following { get; init; } = new HashSet<string>();
}

/// <summary>What is to be told: the messages, and the limits that they change. Both belong into the transaction of the alerts.</summary>
/// <param name="Messages">To be published: <see cref="SendMail"/>, <see cref="SendSlack"/>, <see cref="SendWebhook"/>, <see cref="RunProgram"/>.</param>
/// <param name="Limits">To be stored.</param>
public sealed record Notifications(IReadOnlyList<object> Messages, IReadOnlyList<NotificationLimit> Limits);

/// <summary>
/// Turns alerts and recoveries of one pass into messages. Ids follow from the alerts' keys and the target, so a retry composes the same. At
/// most 20 notifications an hour leave by one channel (of mail: to one reader), then one that says how many more there are; all alerts stand
/// in the log, whatever was told of them.
/// </summary>
public static class Notifier
{
    private const int mailLengthMax = 250_000;

    // Texts and HTML of one pass: what is beyond leaves as plain text, which says all of it.
    private const int passLengthMax = 3_000_000;
    private const int notificationLengthMax = 1_000_000;

    /// <summary>Composes, stores the limits in the session and returns the messages, for the caller to publish in the same transaction.</summary>
    public static async Task<IReadOnlyList<object>> Notify(
        this IDocumentSession session, News news, Audience audience, ChannelOptions options, DateTimeOffset now, CancellationToken ct)
    {
        var known = await session.LoadManyAsync<NotificationLimit>(ct, [.. LimitsOf(news, audience, options)]);
        var told = await Compose(news, audience, options, known.ToDictionary(l => l.Id, StringComparer.Ordinal), now);
        session.Store(told.Limits.AsEnumerable());
        return told.Messages;
    }

    /// <summary>The ids of the limits that <see cref="Compose"/> needs to know.</summary>
    public static IReadOnlyList<string> LimitsOf(News news, Audience audience, ChannelOptions options) =>
        [.. Routes.Of(Notice.Of(news.Alerts), news.Recoveries, audience, options).SelectMany(r => r.Readers.Select(reader => NotificationLimit.IdOf(r.Channel, reader))).Distinct(StringComparer.Ordinal)];

    /// <summary>What the alerts and recoveries of one pass become. It depends on its arguments alone; only rendering the HTML makes it asynchronous.</summary>
    public static async Task<Notifications> Compose(
        News news, Audience audience, ChannelOptions options, IReadOnlyDictionary<string, NotificationLimit> known, DateTimeOffset now)
    {
        now = now.ToMicroseconds();
        var routes = Routes.Of(Notice.Of(news.Alerts), [.. news.Recoveries.OrderBy(r => r.Alert, StringComparer.Ordinal)], audience, options);
        var messages = new List<object>();
        var limits = new Dictionary<string, NotificationLimit>(StringComparer.Ordinal);
        foreach (var way in routes.GroupBy(r => r.Channel))
        {
            var notifications = way.SelectMany(Apart).ToArray();
            var share = Math.Min(notificationLengthMax, passLengthMax / notifications.Length);
            NotificationLimit Before(string reader) => known.GetValueOrDefault(NotificationLimit.IdOf(way.Key, reader)) ?? new() { Id = NotificationLimit.IdOf(way.Key, reader) };
            NotificationLimit Now(string reader) => limits.GetValueOrDefault(NotificationLimit.IdOf(way.Key, reader)) ?? Before(reader);
            var rest = new SortedDictionary<string, List<Route>>(StringComparer.Ordinal);
            foreach (var notification in notifications)
            {
                var readers = notification.Readers.Where(r => Now(r).InTheHour(now) < NotificationLimit.PerHourMax).ToArray();
                foreach (var same in readers.GroupBy(r => Now(r).HeldBackStill(now)))
                    messages.AddRange(await Messages(notification, OrderOf(notification, news), [.. same], same.Key, audience, share, now));
                foreach (var reader in readers) Keep(Now(reader).Told(now));
                foreach (var reader in notification.Readers.Except(readers))
                {
                    if (!rest.TryGetValue(reader, out var more)) rest[reader] = more = [];
                    more.Add(notification);
                }
            }
            foreach (var (reader, more) in rest)
            {
                // The one that counts the rest is itself counted, so within the hour it comes once.
                if (Before(reader).InTheHour(now) <= NotificationLimit.PerHourMax)
                {
                    messages.AddRange(await Summary(way.Key, reader, more, Now(reader).HeldBackStill(now), audience, now));
                    Keep(Now(reader).Told(now));
                }
                else
                {
                    Keep(Now(reader).Hold(more.SelectMany(r => r.Notices).SelectMany(n => n.All).DistinctBy(a => a.Alert).Count(), now));
                }
            }
        }
        return new(messages, [.. limits.Values]);

        void Keep(NotificationLimit limit) => limits[limit.Id] = limit;
    }

    /// <summary>Programs are told of one thing at a time; people of all that came at once.</summary>
    private static IEnumerable<Route> Apart(Route route) => route.Channel is ChannelNames.Webhook or ChannelNames.Exec
        ? route.Notices.Select(n => route with { Notices = [n], Recoveries = [] }).Concat(route.Recoveries.Select(r => route with { Notices = [], Recoveries = [r] }))
        : [route];

    private static async Task<IReadOnlyList<object>> Messages(Route route, MessageOrder order, IReadOnlyList<string> readers, long heldBack, Audience audience, int share, DateTimeOffset now)
    {
        var (team, zone) = (audience.Team, audience.Zone);
        var id = IdOf(route);
        var cause = CauseOf(route);
        if (route.Channel == ChannelNames.Email)
            return Mails(id, cause, readers, route.Recipients, await AlertMail.Render(new(team, zone, route.Notices, route.Recoveries, heldBack, now, audience.Forge)), team, order, share, now);
        if (route.Channel == ChannelNames.Slack)
        {
            var (text, blocks) = SlackText.Of(route.Notices, route.Recoveries, zone, now, heldBack > 0
                ? $"{Wording.Count(heldBack, "alert")} before this one not sent, because there had been {NotificationLimit.PerHourMax} messages within an hour: ledger alert list."
                : null);
            return [Slack(id, cause, text, blocks, now) with { Order = order }];
        }
        var payload = route.Notices is [var notice] ? Payload.Of(notice, team, zone) : Payload.Of(route.Recoveries[0], team);
        return [ForPrograms(route.Channel, id, cause, payload, order, now)];
    }

    /// <summary>The one that counts what is not told one by one.</summary>
    private static async Task<IReadOnlyList<object>> Summary(string channel, string reader, IReadOnlyList<Route> rest, long heldBack, Audience audience, DateTimeOffset now)
    {
        var (team, zone) = (audience.Team, audience.Zone);
        var notices = Notice.Of(rest.SelectMany(r => r.Notices).SelectMany(n => n.All).DistinctBy(a => a.Alert));
        var cause = $"summary:{string.Join(',', rest.Select(CauseOf))}";
        var id = Ids.Short("s", $"{channel}\n{cause}");
        // Each reader alone: who else is told of other budgets is not everybody's business.
        if (channel == ChannelNames.Email)
            return Mails(id, cause, [reader], [reader], await StormMail.Render(new(team, zone, notices, [], heldBack, now, audience.Forge), NotificationLimit.PerHourMax), team, null, notificationLengthMax, now);
        var count = notices.Sum(n => n.All.Count()) + heldBack;
        var line = $"{Wording.Count(count, "more alert")}, not sent one by one, because there had been {NotificationLimit.PerHourMax} notifications within an hour. Until there are fewer, new ones are only listed: ledger alert list.{(notices.Count > 0 ? $" The worst: {Headline.Of(notices[0].Alert, zone, now)}" : "")}";
        return [channel == ChannelNames.Slack ? Slack(id, cause, SlackText.Escaped(line), null, now) : ForPrograms(channel, id, cause, Payload.Summary(id, notices, team, line, now), null, now)];
    }

    /// <summary>One message a recipient, all with the same Message-ID: each has its own outcome, and everybody the same mail.</summary>
    private static IReadOnlyList<object> Mails(string id, string cause, IReadOnlyList<string> readers, IReadOnlyList<string> all, MailContent mail, string team, MessageOrder? order, int share, DateTimeOffset now)
    {
        var length = mail.Text.Length + mail.Html.Length;
        var html = length <= mailLengthMax && (long)length * readers.Count <= share ? mail.Html : null;
        return
        [
            .. readers.Select(to => new SendMail(
                Ids.DerivedFrom(cause, $"mail:{to}"), id, NotificationClasses.Alert, to, all, mail.Subject, mail.Text, html, MailIds.Message(id, team), MailIds.List("alerts", team), now) { Order = order }),
        ];
    }

    private static SendSlack Slack(string id, string cause, string text, JsonElement? blocks, DateTimeOffset now) =>
        new(Ids.DerivedFrom(cause, "slack"), id, NotificationClasses.Alert, text, blocks, now);

    private static object ForPrograms(string channel, string id, string cause, JsonElement payload, MessageOrder? order, DateTimeOffset now) => channel == ChannelNames.Webhook
        ? new SendWebhook(Ids.DerivedFrom(cause, channel), id, NotificationClasses.Alert, payload, now) { Order = order }
        : new RunProgram(Ids.DerivedFrom(cause, channel), id, NotificationClasses.Alert, payload, now) { Order = order };

    private static MessageOrder OrderOf(Route route, News news) => new(
        [.. route.Notices.SelectMany(n => n.All).Select(MessageOrder.SubjectOf).Concat(route.Recoveries.Select(MessageOrder.SubjectOf)).Distinct(StringComparer.Ordinal)],
        Follows: route.Recoveries.Count > 0 || route.Notices.SelectMany(n => n.All).Any(a => news.Following.Contains(a.Alert)),
        GoodNews: route.Notices.Count == 0);

    /// <summary>The alert's own id where it is one; else one that follows from all of them.</summary>
    private static string IdOf(Route route) => route is { Notices: [var only], Recoveries: [] } ? only.Alert.Alert : Ids.Short("n", CauseOf(route));

    private static string CauseOf(Route route) =>
        string.Join('\n', route.Notices.SelectMany(n => n.All).Select(a => a.Key).Concat(route.Recoveries.Select(r => $"over:{r.Alert}:{r.At.ToText()}")).Order(StringComparer.Ordinal));
}
