using Ledger.Delivery;
using Ledger.Service.Accounts;
using Ledger.Service.Hosting;
using Ledger.Service.Polling;
using Ledger.Service.Writing;
using Ledger.Views;
using Npgsql;

namespace Ledger.Service.Operations;

/// <summary>What an operator should know, each with what to do about it.</summary>
internal sealed record Diagnosis(bool Ok, IReadOnlyList<DoctorCheck> Checks);

/// <param name="Name">Stable.</param>
/// <param name="Ok">Null: could not be found out.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Fix">What to do about it.</param>
internal sealed record DoctorCheck(string Name, bool? Ok, string Detail, string? Fix);

internal static class GetDoctor
{
    public static async Task<Diagnosis> Get(IEventLog log, Books books, Deliverer deliverer, NpgsqlDataSource db, Registry registry, Sources sources, ConnectAtStart atStart, ServiceSettings settings, TimeProvider clock, CancellationToken ct)
    {
        var checks = new List<DoctorCheck>();
        await Database(checks, db, clock, ct);
        Files(checks, settings);
        var head = await log.Head(ct);
        checks.Add(books.Halted is { } halted
            ? new("views", false, $"The views stopped after position {books.Position}: {Names.Printable(halted.Message)}", "Run `ledger verify`; it names the position.")
            : new("views", head.Position - books.Position < 1_000, $"The views are {head.Position - books.Position} events behind the log.", null));
        Channels(checks, deliverer);
        await Accounts(checks, registry, sources, settings, clock, ct);
        if (atStart.Warning is { } warning) checks.Add(new("environment key", false, warning, "Correct XAI_MANAGEMENT_KEY and start again, or unset it."));
        return new(checks.TrueForAll(c => c.Ok != false), checks);
    }

    private static async Task Database(List<DoctorCheck> checks, NpgsqlDataSource db, TimeProvider clock, CancellationToken ct)
    {
        await using var select = db.CreateCommand("""
            select current_setting('server_version'), current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
                   clock_timestamp(), pg_database_size(current_database()), current_setting('default_transaction_read_only'), pg_is_in_recovery()
            """);
        await using var reader = await select.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        var (fsync, pages, commit) = (reader.GetString(1), reader.GetString(2), reader.GetString(3));
        checks.Add(new("database", reader.GetString(6) == "off" && !reader.GetBoolean(7), $"PostgreSQL {reader.GetString(0)}, {reader.GetInt64(5) / 1024 / 1024} MB.", "The books need a server that takes writes."));
        checks.Add(new("database durability", fsync == "on" && pages == "on", $"fsync {fsync}, full_page_writes {pages}, synchronous_commit {commit} (the writer says on itself).", fsync == "on" && pages == "on" ? null : "Turn fsync and full_page_writes on: this server can lose what it acknowledged."));
        var skew = (clock.GetUtcNow() - reader.GetFieldValue<DateTimeOffset>(4)).Duration();
        checks.Add(new("clock", skew < TimeSpan.FromSeconds(5), $"This machine and the database differ by {skew.TotalSeconds:0.0} s.", skew < TimeSpan.FromSeconds(5) ? null : "Set the clocks (NTP)."));
    }

    private static void Files(List<DoctorCheck> checks, ServiceSettings settings)
    {
        foreach (var (name, path) in new[] { ("credential key file", settings.KeyFile), ("token file", settings.TokenFile) })
        {
            if (!File.Exists(path))
            {
                if (name == "credential key file") checks.Add(new(name, false, $"{path} is not there.", "Restore it, or enter the credentials again."));
                continue;
            }
            var mine = PrivateFile.IsPrivate(path);
            checks.Add(new(name, mine, $"{path} is {(mine ? "for this user alone" : "readable by others")}.", mine ? null : $"chmod 600 {path}"));
        }
        try
        {
            var free = new DriveInfo(settings.Home).AvailableFreeSpace / 1024 / 1024;
            checks.Add(new("disk", free > 512, $"{free} MB free at {settings.Home}.", free > 512 ? null : "Make room: without any the log can't take writes."));
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            checks.Add(new("disk", null, $"Free space at {settings.Home} is not known.", null));
        }
    }

    private static void Channels(List<DoctorCheck> checks, Deliverer deliverer)
    {
        foreach (var channel in deliverer.Channels.Where(c => c.Target is not null))
            checks.Add(channel.Trouble is { } trouble
                ? new($"channel {channel.Name}", false, $"Does not deliver since {trouble.Since.ToText()}: {trouble.Reason}", $"Next try {trouble.Until.ToText()}; what waits is kept.")
                : new($"channel {channel.Name}", channel.Configured ? true : null, channel.Configured ? $"Delivers to {channel.Target}." : channel.Hint!, channel.Configured ? channel.Hint : "Set SMTP_HOST and SMTP_SENDER_EMAIL to send them."));
    }

    private static async Task Accounts(List<DoctorCheck> checks, Registry registry, Sources sources, ServiceSettings settings, TimeProvider clock, CancellationToken ct)
    {
        var all = await sources.All(ct);
        var accounts = registry.Ask(d => d.Accounts.Values.Where(a => !a.Removed).Select(a => AccountBody.Of(a, all.GetValueOrDefault(a.Id), settings.PollEvery, clock.GetUtcNow())).ToArray());
        if (accounts.Length == 0) checks.Add(new("accounts", null, "No account is connected.", "`ledger account add xai --label prod` connects one."));
        foreach (var account in accounts)
            checks.Add(new($"account {account.Label}", account.Error is null && !account.Stale,
                account.Error is { } error ? $"{error.Kind}: {error.Detail}" : account.Through is { } through ? $"Read through {through.ToText()}." : "Not read yet.",
                account.Error is null ? null : $"`ledger account test {account.Label}` says what is wrong in plain words."));
    }
}
