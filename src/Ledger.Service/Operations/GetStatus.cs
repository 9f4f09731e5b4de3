using Ledger.Accounts;
using Ledger.Alerts;
using Ledger.Contracts;
using Ledger.Digests;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Service.Accounts;
using Ledger.Service.Agents;
using Ledger.Service.Alerts;
using Ledger.Service.Channels;
using Ledger.Service.Digests;
using Ledger.Service.Http;
using Ledger.Service.Mail;
using Ledger.Service.Mail.Pages;
using Ledger.Service.Polling;
using Ledger.Service.Settings;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Npgsql;
using Wolverine.Http;

namespace Ledger.Service.Operations;

public static class GetStatus
{
    [WolverineGet("/api/v1/status"), Authorize(Policy = Scopes.Read)]
    public static Task<ServiceStatus> Get(StatusReader status, IQuerySession session, CancellationToken ct) => status.Read(session, ct);
}

/// <summary>Everything at a glance: what each part says of itself.</summary>
public sealed class StatusReader(
    NpgsqlDataSource db, LogProgressReader reader, SpendViews spend, DataState data, DeadLetters letters, ChannelHealth channels, Troubles troubles, EnvironmentAccount environment, RefusedWrites writes, LedgerOptions options, TimeProvider clock)
{
    private const int missionsMax = 100;

    public static string Version { get; } = typeof(StatusReader).Assembly.GetName().Version!.ToString(3);

    public async Task<ServiceStatus> Read(IQuerySession session, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var log = await reader.Read(ct);
        var known = await session.Known(ct);
        // Of a removed account the books still tell.
        var accounts = known.Accounts.Values.OrderBy(a => a.Removed).ThenBy(a => a.Label, StringComparer.Ordinal).ToArray();
        var sources = (await session.LoadManyAsync<Source>(ct, [.. accounts.Select(a => a.Id)])).ToDictionary(s => s.Account, StringComparer.Ordinal);
        var states = accounts.Select(a => State(a, sources.GetValueOrDefault(a.Id), now)).ToArray();
        var missions = await session.Query<Mission>().Where(m => m.IsOpen).Take(Known.Max).ToListAsync(ct);
        var outbox = await Outbox(now, ct);
        var look = await troubles.Now(session, ct);
        var (credit, unread) = await Credit([.. accounts.Where(a => !a.Removed)], sources, now, ct);
        return new(
            Version, log.Last, await LastHash(ct), [.. log.Views.Select(v => new ViewStatus(v.Name, v.Position, v.Lag))], states,
            await Open([.. missions.OrderBy(m => m.Windows[^1].Start).Take(missionsMax)], known, ct),
            outbox, states.Any(a => a.Through is not null) ? await Billed(now, ct) : new(null, null, null, null, null, null), credit, look.Alerts, look.Over, log.Nodes, options.PollEvery.TotalSeconds,
            [.. Warnings(log, states, outbox), .. unread, .. Team.NobodyIsTold(options) is { } nobody ? [nobody] : Array.Empty<string>(), .. CutNames(known) is { } cut ? [cut] : Array.Empty<string>(), .. await Skipped(session, now, ct)],
            [.. NeedsYou.Of(Unread(states, now), look.Runways, look.Budgets, now, options.People.Zone).Select(n => new NeedStatus(n.Tone == Tone.Critical ? Severity.Critical : Severity.Warning, n.What.InText, n.Why?.InText))], look.Budgets, look.Runways);
    }

    /// <summary>Open missions with what they cost so far.</summary>
    private async Task<IReadOnlyList<OpenMission>> Open(IReadOnlyList<Mission> missions, Known known, CancellationToken ct)
    {
        await using var view = await spend.Open(ct);
        var figures = await view.Figures([.. missions.Select(m => m.Id)], ct);
        return
        [
            .. missions.Select(m => (Mission: m, Cost: figures.GetValueOrDefault(m.Id)))
                .Select(m => new OpenMission(m.Mission.Id, m.Mission.Title, m.Mission.Ref, m.Mission.Windows[^1].Start, m.Mission.Agents, m.Cost?.Billed, m.Cost?.Low, m.Cost?.High) { AgentNames = known.NamesBeside(m.Mission.Agents) }),
        ];
    }

    /// <summary>Accounts that are not read just now, as the digest says it of a week.</summary>
    private static IEnumerable<DigestGap> Unread(IEnumerable<AccountStatus> accounts, DateTimeOffset now) =>
        accounts.Where(a => a.State != "removed" && (a.Error is not null || a.Stale)).Select(a => new DigestGap(a.Label, a.Through ?? a.Since ?? now, null, a.Error?.Detail ?? "no reading has come since then"));

    private AccountStatus State(Account account, Source? source, DateTimeOffset now)
    {
        var a = account.Summary(source, options.PollEvery, now);
        var read = account.Removed ? null : source;
        var (unsplit, count) = read.WhatStaysWhole(options.BackfillDays, now);
        return new(
            a.Label, a.Provider, a.State, a.Since, a.Through, a.LagSeconds, a.Stale, a.Error, account.Removed ? null : source.LookedAfter(options.BackfillDays), unsplit, count, read.Notes(now));
    }

    private async Task<OutboxStatus> Outbox(DateTimeOffset now, CancellationToken ct)
    {
        var waiting = await letters.Waiting(now, ct);
        var (dead, _) = await letters.Dead(now, ct);
        long? oldest = waiting.Listed.Count > 0 ? waiting.Listed.Max(m => m.AgeSeconds) : null;
        return new(waiting.Count, dead, oldest is { } seconds ? now.AddSeconds(-seconds) : null, oldest, [.. channels.Channels.Select(GetOutboxEndpoint.StateOf)]);
    }

    private async Task<SpendStatus> Billed(DateTimeOffset now, CancellationToken ct)
    {
        await using var view = await spend.Open(ct);
        var month = await Report("month");
        return new((await Report("today")).Total, (await Report("yesterday")).Total, (await Report("week")).Total, (await Report("last-week")).Total, month.Total, month.Unassigned);

        Task<ReportAnswer> Report(string word)
        {
            var window = ReportWindow.Of(word, null, now, options.People.Zone);
            return view.Report(new() { Since = window.Start, Until = window.End, By = [], PreliminaryFrom = data.PreliminaryFrom }, ct);
        }
    }

    private async Task<string> LastHash(CancellationToken ct)
    {
        await using var connection = await db.OpenConnectionAsync(ct);
        return Convert.ToHexStringLower((await Chain.Last(connection, ct)).Hash);
    }

    /// <summary>What is left, and what keeps a balance from being read.</summary>
    private async Task<(CreditStatus Credit, IReadOnlyList<string> Unread)> Credit(IReadOnlyList<Account> accounts, IReadOnlyDictionary<string, Source> sources, DateTimeOffset now, CancellationToken ct)
    {
        await using var view = await spend.Open(ct);
        var credits = await new DataAges(sources.Values, options.PollEvery, now).Credits(accounts, view, ct);
        return (
            credits.Count == 0
                ? new(null, null, null, false)
                : new(
                    credits.Count == accounts.Count ? credits.Values.Aggregate(Usd.Zero, (sum, c) => sum + c.Left) : null, credits.Values.Min(c => c.ReadAt),
                    credits.Values.Aggregate(Usd.Zero, (sum, c) => sum + c.BilledSince), credits.Values.Any(c => c.Stale)),
            [.. accounts.Select(a => a.CreditNote(sources.GetValueOrDefault(a.Id), credits.GetValueOrDefault(a.Id))).OfType<string>()]);
    }

    /// <summary>What should have been told to people and was not.</summary>
    private async Task<IEnumerable<string>> Skipped(IQuerySession session, DateTimeOffset now, CancellationToken ct)
    {
        var digest = await DigestState.Of(session, options.People, now, ct);
        var watch = await WatchState.Of(session, ct);
        return new[] { digest.Skipped, watch.Trouble }.OfType<string>();
    }

    /// <summary>Keys whose names are longer than the books keep; null: none.</summary>
    public static string? CutNames(Known known)
    {
        var cut = known.Keys.Values.Where(k => k.Name is { } name && Names.IsCut(name)).OrderBy(k => k.Key, StringComparer.Ordinal).ToArray();
        return cut.Length == 0 ? null : $"The name of {(cut.Length == 1 ? $"key {cut[0].Key} is" : $"{cut.Length} keys ({cut[0].Key} …) are")} longer than {Names.LengthMax} characters and shown cut; figures are complete.";
    }

    private IEnumerable<string> Warnings(LogProgress log, IReadOnlyList<AccountStatus> accounts, OutboxStatus outbox)
    {
        if (writes.Trouble is { } refused) yield return $"{char.ToUpperInvariant(refused[0])}{refused[1..]}.";
        foreach (var trouble in log.Troubles) yield return $"Figures are not current: {trouble}.";
        if (environment.Warning is { } warning) yield return warning;
        foreach (var account in accounts)
            if (account.Error is { } error) yield return $"{account.Label} can't be read ({error.Kind}): {error.Detail}";
        foreach (var channel in channels.Channels)
            if (channel.Trouble is { } trouble) yield return $"{channel.Name} does not deliver since {trouble.Since.ToText()}: {trouble.Reason}";
        if (outbox.Dead > 0) yield return $"{outbox.Dead} messages could not be delivered and were set aside.";
    }
}
