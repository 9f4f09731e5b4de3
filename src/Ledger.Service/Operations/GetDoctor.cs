using System.Globalization;
using Ledger.Accounts;
using Ledger.Contracts;
using Ledger.Service.Accounts;
using Ledger.Service.Alerts;
using Ledger.Service.Channels;
using Ledger.Service.Http;
using Ledger.Service.Polling;
using Ledger.Service.Settings;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Npgsql;
using Wolverine.Http;

namespace Ledger.Service.Operations;

public static class GetDoctor
{
    [WolverineGet("/api/v1/doctor"), Authorize(Policy = Scopes.Read)]
    public static async Task<Diagnosis> Get(Doctor doctor, IQuerySession session, CancellationToken ct)
    {
        var checks = await doctor.Examine(session, ct);
        return new(checks.All(c => c.Ok != false), checks);
    }
}

/// <summary>Looks for what is wrong, and says how to fix it.</summary>
public sealed class Doctor(
    NpgsqlDataSource db, LogProgressReader reader, ChannelHealth channels, DeadLetters letters, Queues queues, Credentials credentials, EnvironmentAccount environment, RefusedWrites writes, SpendViews spend, LedgerOptions options,
    TimeProvider clock)
{
    private const long megabyte = 1024 * 1024;
    private const long diskMin = 512 * megabyte;
    private const long behindMax = 1_000;
    private const int tablesNamed = 5;
    private static readonly TimeSpan skewMax = TimeSpan.FromSeconds(5);

    public async Task<IReadOnlyList<DoctorCheck>> Examine(IQuerySession session, CancellationToken ct)
    {
        var checks = new List<DoctorCheck>();
        await Database(checks, ct);
        await Tables(checks, ct);
        Files(checks);
        await Log(checks, session, ct);
        await Messages(checks, ct);
        await Accounts(checks, session, ct);
        return checks;
    }

    private async Task Database(List<DoctorCheck> checks, CancellationToken ct)
    {
        await using var select = db.CreateCommand("""
            select current_setting('server_version'), current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
                   clock_timestamp(), pg_database_size(current_database()), current_setting('default_transaction_read_only'), pg_is_in_recovery()
            """);
        await using var reader = await select.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        var (fsync, pages, commit) = (reader.GetString(1), reader.GetString(2), reader.GetString(3));
        var isDurable = (fsync, pages, commit) is ("on", "on", not "off");
        checks.Add(new("database", reader.GetString(6) == "off" && !reader.GetBoolean(7), $"PostgreSQL {reader.GetString(0)}, {reader.GetInt64(5) / megabyte} MB.", "The books need a server that takes writes."));
        if (writes.Trouble is { } refused) checks.Add(new("writes", false, $"{refused}.", "Make room on the database's disk, or let it take writes again."));
        checks.Add(new("database durability", isDurable, $"fsync {fsync}, full_page_writes {pages}, synchronous_commit {commit}.", isDurable ? null : "Turn all three on: this server can lose what it acknowledged."));
        var skew = (clock.GetUtcNow() - reader.GetFieldValue<DateTimeOffset>(4)).Duration();
        checks.Add(new("clock", skew < skewMax, string.Create(CultureInfo.InvariantCulture, $"This machine and the database differ by {skew.TotalSeconds:0.0} s."), skew < skewMax ? null : "Set the clocks (NTP)."));
    }

    private async Task Tables(List<DoctorCheck> checks, CancellationToken ct)
    {
        await using var select = db.CreateCommand($"""
            select string_agg(format('%s %s MB', name, bytes / {megabyte}), ', ' order by bytes desc, name) from (
                select case when n.nspname = 'public' then c.relname else n.nspname || '.' || c.relname end as name, pg_total_relation_size(c.oid) as bytes
                from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 2 desc, 1 limit {tablesNamed}) t
            """);
        checks.Add(new("tables", true, $"The largest: {await select.ExecuteScalarAsync(ct) as string}.", null));
    }

    private void Files(List<DoctorCheck> checks)
    {
        if (File.Exists(options.TokenFile))
        {
            var isMine = PrivateFile.IsPrivate(options.TokenFile);
            checks.Add(new("token file", isMine, $"{options.TokenFile} is {(isMine ? "for this user alone" : "readable by others")}.", isMine ? null : $"chmod 600 {options.TokenFile}"));
        }
        try
        {
            var free = new DriveInfo(options.Home).AvailableFreeSpace;
            checks.Add(new("disk", free > diskMin, $"{free / megabyte} MB free at {options.Home}.", free > diskMin ? null : "Make room: without any, nothing can be written."));
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            checks.Add(new("disk", null, $"Free space at {options.Home} is not known.", null));
        }
    }

    private async Task Log(List<DoctorCheck> checks, IQuerySession session, CancellationToken ct)
    {
        var log = await reader.Read(ct);
        checks.Add(new("log", log.MarkTrouble is null, log.MarkTrouble is { } waits ? $"{waits}." : $"Complete up to position {log.Mark}.", log.MarkTrouble is null ? null : "End that transaction, or wait: a dump or a long report does this."));
        if (log.Broken is { } broken) checks.Add(new("counts", false, $"{broken}.", "`ledger verify` says more; `ledger rebuild` computes the views anew."));
        foreach (var view in log.Views)
            checks.Add(view.Trouble is { } trouble
                ? new($"view {view.Name}", false, $"{trouble}.", "It is tried again by itself. `ledger verify` says whether the event or the program is at fault.")
                : new($"view {view.Name}", view.Lag < behindMax, $"{view.Lag} events behind the log.", null));
        foreach (var trouble in log.HeldUp) checks.Add(new("nodes", false, $"{trouble}.", "Look at that machine: let the process go on, or end it."));
        var watch = await WatchState.Of(session, ct);
        checks.Add(new("alerts", watch.Trouble is null, watch.Trouble ?? (watch.Position is { } at ? $"Looked for up to position {at}." : "Not looked for yet."), watch.Trouble is null ? null : "They are found again by the next look."));
    }

    private async Task Messages(List<DoctorCheck> checks, CancellationToken ct)
    {
        foreach (var channel in channels.Channels.Where(c => c.Target is not null))
            checks.Add(channel.Trouble is { } trouble
                ? new($"channel {channel.Name}", false, $"Does not deliver since {trouble.Since.ToText()}: {trouble.Reason}", $"Next try {trouble.Until.ToText()}; what waits is kept.")
                : new($"channel {channel.Name}", channel.Configured ? true : null, channel.Configured ? $"Delivers to {channel.Target}." : channel.Hint!, channel.Configured ? channel.Hint : "Set SMTP_HOST and SMTP_SENDER_EMAIL to send them."));
        if (Team.NobodyIsTold(options) is { } nobody) checks.Add(new("people", null, nobody, "LEDGER_MAIL_TO=you@example.org, then start the service again; `ledger alert test --channel email --to you@example.org` proves it."));
        var oldest = await queues.Oldest(ct);
        checks.Add(new("queues", oldest is not { IsLong: true }, oldest is { IsLong: true } ? $"{oldest.ToText()}." : "Nothing is overdue.", oldest is { IsLong: true } ? "What holds it up is in the checks above, else in the service's log." : null));
        var (dead, _) = await letters.Dead(clock.GetUtcNow(), ct);
        checks.Add(new("dead letters", dead == 0, dead == 0 ? "None." : $"{dead} messages were set aside.", dead == 0 ? null : "`ledger outbox list` says why; `ledger outbox retry ID` sends one again. They are kept for 30 days."));
    }

    private async Task Accounts(List<DoctorCheck> checks, IQuerySession session, CancellationToken ct)
    {
        var known = await session.Known(ct);
        if (StatusReader.CutNames(known) is { } cut) checks.Add(new("key names", true, cut, null));
        var accounts = known.Accounts.Values.Where(a => !a.Removed).OrderBy(a => a.Label, StringComparer.Ordinal).ToArray();
        if (accounts.Length == 0) checks.Add(new("accounts", null, "No account is connected.", "`ledger account add xai --label prod` connects one."));
        var sources = await session.LoadManyAsync<Source>(ct, [.. accounts.Select(a => a.Id)]);
        await using var view = await spend.Open(ct);
        var credits = await new DataAges(sources, options.PollEvery, clock.GetUtcNow()).Credits(accounts, view, ct);
        foreach (var account in accounts)
        {
            if (await WhyLost(session, account, ct) is { } lost) checks.Add(new($"credential {account.Label}", false, lost, $"`ledger account rotate {account.Label}` stores it anew."));
            var (source, now) = (sources.FirstOrDefault(s => s.Account == account.Id), clock.GetUtcNow());
            var summary = account.Summary(source, options.PollEvery, now);
            checks.Add(new($"account {account.Label}", summary.Error is null && !summary.Stale,
                summary.Error is { } error ? error.Detail : summary.Through is { } through ? $"Read through {through.ToText()}." : "Not read yet.",
                summary.Error is null ? null : $"`ledger account test {account.Label}` says what is wrong in plain words."));
            if (account.CreditNote(source, credits.GetValueOrDefault(account.Id)) is { } unread) checks.Add(new($"balance {account.Label}", null, unread, $"`ledger account test {account.Label}` says what is wrong in plain words."));
            if (source?.ClockAheadSeconds is not null) checks.Add(new($"clock {account.Label}", source.Clock() is null, source.Clock() ?? "This machine's clock and xAI's agree.", source.Clock() is null ? null : "Set this machine's clock (NTP)."));
            var (unsplit, count) = source.WhatStaysWhole(options.BackfillDays, now);
            if (unsplit is [var newest, ..]) checks.Add(new($"edges {account.Label}", null, $"{newest.Start.ToText()} to {newest.End.ToText()} {newest.Detail}.{(count > 1 ? $" {count} such stretches in all; `ledger status --json` lists them." : "")}", null));
            foreach (var note in source.Notes(now).Where(n => n != source.Clock())) checks.Add(new($"edges {account.Label}", null, note, null));
        }
        if (environment.Warning is { } warning) checks.Add(new("environment key", false, warning, "Correct XAI_MANAGEMENT_KEY and start again, or unset it."));
    }

    private async Task<string?> WhyLost(IQuerySession session, Account account, CancellationToken ct)
    {
        try
        {
            await credentials.Open(session, account, ct);
            return null;
        }
        catch (Refused e)
        {
            return e.Why.Detail;
        }
    }
}
