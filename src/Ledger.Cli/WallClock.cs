namespace Ledger.Cli;

/// <summary>The time zone in which people read and write times here: -z, else LEDGER_ZONE, else the one the service says.</summary>
internal sealed class WallClock(Call call)
{
    public const string Utc = "UTC";

    private string? asked;

    /// <summary>What this run was told; null: the service's zone counts. A name that is none is refused.</summary>
    public string? Asked
    {
        get
        {
            if (asked is not null) return asked;
            if (call.Text("timezone") is { } flag)
                return asked = Known(flag) ?? throw call.Wrong("usage.zone", $"--timezone '{flag}' is not known here; write one such as Europe/Berlin or UTC.", "timezone", flag);
            if (call.Settings.Get("LEDGER_ZONE")?.Trim() is { Length: > 0 } set)
                return asked = Known(set) ?? throw Refusal.Of(Exit.Config, "config.zone", "LEDGER_ZONE is no time zone of the IANA database, such as Europe/Berlin or UTC.", "LEDGER_ZONE", set);
            return null;
        }
    }

    /// <summary>The zone times are shown in: as far as the service has said one.</summary>
    public string Zone => Asked ?? Known(call.Client.Zone) ?? Utc;

    /// <summary>The zone a time without one is read in. The service is asked for its own where it has not said it; while it is away that is UTC.</summary>
    public string ZoneOfInput => Asked ?? Known(call.Client.AskZone()) ?? Utc;

    /// <summary>An instant with the offset of a zone.</summary>
    public static DateTimeOffset LocalOf(DateTimeOffset at, string zone) => zone == Utc ? at.ToUniversalTime() : Calendar.LocalOf(at, zone);

    /// <summary>The local date of an instant.</summary>
    public static DateOnly DateOf(DateTimeOffset at, string zone) => DateOnly.FromDateTime(LocalOf(at, zone).DateTime);

    /// <summary>When a day begins.</summary>
    public static DateTimeOffset StartOf(DateOnly day, string zone) =>
        zone == Utc ? new(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero) : Calendar.InstantOf(day.ToDateTime(TimeOnly.MinValue), zone);

    // Reading the zone data takes as long as the rest of a short command, so UTC does without.
    private static string? Known(string? name) => name is null ? null : name.Equals(Utc, StringComparison.OrdinalIgnoreCase) ? Utc : Calendar.IsZone(name) ? name : null;
}
