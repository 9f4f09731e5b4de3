using Ledger.Service.Settings;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;

namespace Ledger.Service.Digests;

public static class Setup
{
    private const string everyTenMinutes = "*/10 * * * *";

    public static void AddDigests(this IServiceCollection services) => services.AddSingleton<ComposeDigest>().AddSingleton<DigestSending>();

    public static void Digests(this WolverineOptions opts, LedgerOptions options)
    {
        var people = options.People;
        // A machine without that zone's data sends by the check that follows.
        if (TimeZoneInfo.TryFindSystemTimeZoneById(people.Zone, out var zone))
            opts.Schedules.ScheduleRecurring<DigestDue>("digest", $"{people.DigestHour.Minute} {people.DigestHour.Hour} * * {(int)people.DigestDay}", at => new DigestDue(at), zone);
        // Catches up with a digest whose hour passed while nobody ran.
        opts.Schedules.ScheduleRecurring<DigestDue>("digest-check", everyTenMinutes, at => new DigestDue(at)).SkipWhileRunning();
    }
}
