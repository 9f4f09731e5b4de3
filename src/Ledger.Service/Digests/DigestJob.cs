using Ledger.Digests;
using Ledger.Log;
using Ledger.Service.Hosting;
using Ledger.Service.Writing;

namespace Ledger.Service.Digests;

/// <summary>
/// The weekly digest by schedule. Any node may run it, any number of times: what is written is fenced by the week's stream. What was missed
/// while nobody ran is made up for the last week only.
/// </summary>
internal sealed class DigestJob(IEventLog log, DigestSender sender, Registry registry, ServiceSettings settings, TimeProvider clock, Action<string> say)
{
    /// <summary>Why the last digest was not sent; null when it was, or none was due yet.</summary>
    public string? Skipped { get; private set; }

    /// <summary>Sends the digest that is due, if it has not left; answers when the next one is.</summary>
    public async Task<DateTimeOffset> Run(CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var people = settings.People;
        var next = DigestCalendar.Next(now, people.DigestDay, people.DigestHour, people.Zone);
        var due = DigestCalendar.Next(now.AddDays(-8), people.DigestDay, people.DigestHour, people.Zone);
        while (DigestCalendar.Next(due, people.DigestDay, people.DigestHour, people.Zone) is var later && later <= now) due = later;
        // Before anything was connected there was no week to tell of.
        if (!registry.Ask(d => d.Accounts.Values.Any(a => !a.Removed && a.ConnectedAt < due))) return next;

        var (week, window) = DigestCalendar.WeekOf(DigestCalendar.WeekOf(due, people.Zone).Window.Start.AddMicroseconds(-1), people.Zone);
        if (await sender.Decide(week, window, null, again: false, "schedule", null, ct) is not { } departure)
        {
            if (Skipped is null) say($"the digest of {week} is not sent: nobody is named in LEDGER_DIGEST_TO or LEDGER_MAIL_TO");
            Skipped = $"The digest of {week} was not sent: nobody is named in LEDGER_DIGEST_TO or LEDGER_MAIL_TO.";
            return next;
        }
        Skipped = null;
        if (departure.Event is not { } composed) return next;
        var written = await log.Append(new()
        {
            Streams = [new(departure.Stream, departure.Version, [EventJson.ToNew(composed, departure.Stream, "composed", now)])],
            Messages = departure.Messages,
        }, ct);
        if (written is AppendResult.Written) say($"the digest of {week} leaves for {departure.Messages.Count} {(departure.Messages.Count == 1 ? "recipient" : "recipients")}");
        return next;
    }
}
