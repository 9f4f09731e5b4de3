using System.Globalization;
using NodaTime;

namespace Ledger.Service.Settings;

/// <summary>Who is told, and when the week's digest is sent.</summary>
public sealed record PeopleOptions
{
    private const int recipientsMax = 50;

    /// <summary>What the team is called; null: as its only account is.</summary>
    public string? Team { get; init; }

    /// <summary>Who gets alerts of budgets that name nobody.</summary>
    /// <value>The default is nobody. At most 50 addresses.</value>
    public IReadOnlyList<string> MailTo { get; init; } = [];

    /// <summary>Who gets the digest; null: those who get the alerts.</summary>
    public IReadOnlyList<string>? DigestTo { get; init; }

    /// <summary>The digest's weekday.</summary>
    /// <value>The default is Monday.</value>
    public DayOfWeek DigestDay { get; init; } = DayOfWeek.Monday;

    /// <summary>The digest's time of day, in the team's zone.</summary>
    /// <value>The default is 08:00.</value>
    public TimeOnly DigestHour { get; init; } = new(8, 0);

    /// <summary>The team's time zone, by its IANA name: weeks and days are cut and times are shown in it.</summary>
    /// <value>The default is <c>UTC</c>.</value>
    public string Zone { get; init; } = "UTC";

    /// <summary>Where a mission's reference such as <c>owner/repo#3</c> leads in mails: below it, <c>owner/repo/issues/3</c>. Null: nowhere.</summary>
    public Uri? Forge { get; init; }

    /// <summary>Who gets the digest in the end.</summary>
    public IReadOnlyList<string> DigestRecipients => DigestTo ?? MailTo;

    internal static PeopleOptions Read(Func<string, string?> get)
    {
        var team = get("LEDGER_TEAM")?.Trim();
        if (team is not null && Names.WhyNot(team) is { } why) throw new ConfigurationException("LEDGER_TEAM", $"'{Names.Printable(team)}' can't be a name: {why}.");
        var (day, hour) = DigestAt(get("LEDGER_DIGEST_AT"));
        return new()
        {
            Team = team,
            MailTo = Recipients(get, "LEDGER_MAIL_TO") ?? [],
            DigestTo = Recipients(get, "LEDGER_DIGEST_TO"),
            DigestDay = day,
            DigestHour = hour,
            Zone = ZoneName(get("LEDGER_ZONE")),
            Forge = ForgeOf(get("LEDGER_FORGE_URL")),
        };
    }

    private static string[]? Recipients(Func<string, string?> get, string name)
    {
        if (get(name) is not { } text) return null;
        var addresses = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.OrdinalIgnoreCase).ToArray();
        if (addresses.Length > recipientsMax) throw new ConfigurationException(name, $"it names {addresses.Length} recipients; {recipientsMax} at most.");
        foreach (var address in addresses)
            if (EmailAddress.WhyNot(address) is { } why)
                throw new ConfigurationException(name, $"'{Names.Printable(address)}' is no address: {why}. Expected addresses by comma, such as ludo@example.org,ba@example.org.");
        return addresses;
    }

    private static (DayOfWeek, TimeOnly) DigestAt(string? text)
    {
        if (text is null) return (DayOfWeek.Monday, new(8, 0));
        string[] days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
        return text.Trim().ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var day, var hour] && Array.IndexOf(days, day) is >= 0 and var index
            && TimeOnly.TryParseExact(hour, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? ((DayOfWeek)index, time)
            : throw new ConfigurationException("LEDGER_DIGEST_AT", $"'{Names.Printable(text)}' is no weekday and time such as 'mon 08:00'.");
    }

    private static Uri? ForgeOf(string? text) =>
        text is null ? null
        : Uri.TryCreate(text.Trim(), UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0 && url.Query.Length == 0 && url.Fragment.Length == 0 ? url
        : throw new ConfigurationException("LEDGER_FORGE_URL", $"'{Names.Printable(text)}' is no address such as https://github.com.");

    // The list of names, not a look-up: a look-up also takes UTC+1, which PostgreSQL reads with the opposite sign.
    private static string ZoneName(string? name) =>
        name is null ? "UTC"
        : DateTimeZoneProviders.Tzdb.Ids.Contains(name.Trim()) ? name.Trim()
        : throw new ConfigurationException("LEDGER_ZONE", $"'{Names.Printable(name)}' is no time zone of the IANA database, such as Europe/Brussels.");
}
