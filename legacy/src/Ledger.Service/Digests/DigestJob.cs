using System.Security.Cryptography;
using System.Text;
using Ledger.Digests;
using Ledger.Service.Hosting;
using Ledger.Service.Scheduling;
using Ledger.Service.Writing;
using Microsoft.Extensions.Logging;

namespace Ledger.Service.Digests;

/// <summary>What the schedule has to say of the digest; for status.</summary>
internal sealed class DigestState
{
    /// <summary>Why the last digest was not sent; null when it was, or none was due yet.</summary>
    public string? Skipped { get; set; }
}

/// <summary>
/// The weekly digest by schedule. Any node may run it, any number of times: what is written is fenced by the week's stream. What was missed
/// while nobody ran is made up for the last week only.
/// </summary>
internal sealed class DigestJob(IEventLog log, DigestSender sender, Registry registry, DigestState state, ServiceSettings settings, TimeProvider clock, ILogger<DigestJob> logger) : IAppointment
{
    public const string Name = "digest";

    /// <summary>There is one team.</summary>
    public const string OfTeam = "team";

    public async Task<DateTimeOffset?> Keep(string of, CancellationToken ct) => await Run(ct);

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
            state.Skipped = $"The digest of {week} was not sent: nobody is named in LEDGER_DIGEST_TO or LEDGER_MAIL_TO.";
            logger.LogWarning("{Skipped}", state.Skipped);
            return next;
        }
        state.Skipped = null;
        if (departure.Event is not { } composed)
        {
            // Their ids follow from week and reader, so however often this runs each gets one.
            if (departure.Messages.Count > 0) await log.Append(new() { Streams = [], Messages = departure.Messages }, ct);
            return next;
        }
        // Two nodes may compose at once; what they wrote differs by the moment. Whoever is second finds the key, or the stream, taken.
        await log.Append(new()
        {
            Streams = [new(departure.Stream, departure.Version, [EventJson.ToNew(composed, departure.Stream, "composed", now)])],
            Messages = departure.Messages,
            Idempotency = new(departure.Stream, SHA256.HashData(Encoding.UTF8.GetBytes(departure.Stream)), null),
        }, ct);
        return next;
    }
}
