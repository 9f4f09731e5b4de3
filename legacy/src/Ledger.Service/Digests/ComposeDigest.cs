using System.Globalization;
using Ledger.Accounts;
using Ledger.Budgets;
using Ledger.Digests;
using Ledger.Money;
using Ledger.Service.Hosting;
using Ledger.Service.Notifying;
using Ledger.Service.Polling;
using Ledger.Service.Spend;
using Ledger.Service.Writing;
using Ledger.Views.Spend;
using Ledger.Views.Watching;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Digests;

/// <summary>Composes a week's digest from the books, as of one position. It writes nothing.</summary>
internal sealed class ComposeDigest(
    IEventLog log, SpendQueries spend, WatchQueries watch, Registry registry, Sources sources, DataStates data, DigestArchive archive, Team team, ServiceSettings settings, TimeProvider clock)
{
    private const int alertsShown = 10;
    private const int alertsMax = 1_000;
    private const int adviceMax = 3;
    private const int runwaysMax = 10;

    public TimeZoneInfo Zone => settings.People.Zone;

    /// <param name="week">ISO week.</param>
    /// <param name="window">Its window.</param>
    /// <param name="asOf">As of this position, which the views hold; null: as of what they hold.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Digest> Of(string week, Interval window, long? asOf, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var position = asOf ?? registry.Position;
        var before = BeforeOf(week, window);
        var month = Ledger.Calendar.WindowAt(new(PeriodKind.Month), Zone, DayOfWeek.Monday, window.End.AddMicroseconds(-1))!.Value;
        var past = new Past(log, registry, position);
        var books = new DigestSpend(spend, registry, position, data.PreliminaryFrom);

        var accounts = registry.Ask(d => d.Accounts.Values.Where(a => !a.Removed).OrderBy(a => a.Label, StringComparer.Ordinal).ToArray());
        var through = await Through(accounts, position, ct);
        var read = accounts.Length > 0 && accounts.All(a => through.GetValueOrDefault(a.Id) is not null) ? accounts.Min(a => through[a.Id]) : null;
        var report = await books.Report(window, [], ct);
        var earlier = await books.Total(before, ct);
        var soFar = await books.Total(month, ct);
        // Nothing known is not nothing spent.
        var known = read is not null || report.Total != Usd.Zero;
        var everything = await books.Series(Scope.Everything, read, ct);
        // A week from before anything was read is not a week that cost nothing.
        var beforeKnown = known && (earlier != Usd.Zero || everything.First < before.Start);
        var budgets = await new DigestBudgets(books).Of(await past.Budgets(ct), Min(now, window.End.AddMicroseconds(-1)), read, ct);
        var monthly = budgets.FirstOrDefault(b => b.Period == "month" && b.Scope == Wording.AllSpend);
        var runways = await Runways(accounts, past, books, through, ct);
        var advice = new DigestAdvice(books, registry);
        var ranked = await advice.Rank(runways, read, now, ct);
        var fix = known ? await advice.Fix(ranked, window, report.Idle, ct) : null;
        var (missions, others) = await books.Missions(window, ct);
        var (alerts, alertsInAll) = await Alerts(window, position, ct);
        return new()
        {
            Team = team.Name,
            Week = week,
            Window = window,
            Zone = Zone.Id,
            AsOf = position,
            Chain = Convert.ToHexStringLower(await log.ChainAt(position, ct) ?? []),
            At = now,
            Through = read,
            Total = known ? report.Total : null,
            Preliminary = known ? report.Preliminary : null,
            Before = beforeKnown ? earlier : null,
            MonthToDate = known ? soFar : null,
            Month = Forecasting.Of(everything, month, soFar, monthly?.Limit),
            Runways = runways,
            Budgets = budgets,
            Missions = missions,
            OtherMissions = others,
            MissionsEnded = await past.MissionsEnded(window, ct),
            ByAgent = await books.Parts(Dimension.Agent, window, before, beforeKnown, ct),
            ByModel = await books.Parts(Dimension.Model, window, before, beforeKnown, ct),
            Idle = known ? report.Idle : null,
            Unassigned = known ? report.Unassigned : null,
            Fix = fix,
            Alerts = alerts,
            AlertsInAll = alertsInAll,
            Moved = await archive.Moved(team.Id, week, Zone, books, position, ct),
            Gaps = await new DigestGaps(log).Of(accounts, through, window, position, now, ct),
            Recommendations = [.. ranked.Where(r => r.Text != fix?.Text).Take(adviceMax)],
            Reproduce = string.Create(CultureInfo.InvariantCulture, $"ledger digest preview --week {week} --as-of {position}"),
        };
    }

    private Interval BeforeOf(string week, Interval window) =>
        DigestCalendar.TryWeek(DigestArchive.WeeksBefore(week, Zone, 1).First(), Zone, out var before) ? before : new(window.Start.AddDays(-7), window.Start);

    /// <summary>How far each account was read. The heartbeat is not in the log, so of the past it is known only that it was not later than then.</summary>
    private async Task<Dictionary<string, DateTimeOffset?>> Through(IReadOnlyList<Account> accounts, long position, CancellationToken ct)
    {
        var all = await sources.All(ct);
        DateTimeOffset? then = position < registry.Position && position > 0 ? (await log.ReadAll(position - 1, 1, ct))[0].At : null;
        return accounts.ToDictionary(a => a.Id, a => all.GetValueOrDefault(a.Id)?.Asked is { } asked ? then < asked ? then : asked : (DateTimeOffset?)null, StringComparer.Ordinal);
    }

    private static async Task<IReadOnlyList<Runway>> Runways(IEnumerable<Account> accounts, Past past, DigestSpend books, Dictionary<string, DateTimeOffset?> through, CancellationToken ct)
    {
        var runways = new List<Runway>();
        foreach (var account in accounts)
            if (Ledger.Forecasts.Runways.Of(await past.WithBalance(account, ct), await books.Series(new(ScopeKind.Account, account.Id), through[account.Id], ct)) is { } runway)
                runways.Add(runway);
        return [.. runways.OrderBy(r => r.RunsOut ?? DateTimeOffset.MaxValue).Take(runwaysMax)];
    }

    private async Task<(IReadOnlyList<DigestAlert> Shown, int InAll)> Alerts(Interval window, long position, CancellationToken ct)
    {
        var rows = await watch.Alerts(new() { Since = window.Start, Until = window.End, Before = position + 1, Told = true, Limit = alertsMax }, ct);
        return ([.. rows.Take(alertsShown).Select(r => new DigestAlert(r.Id, r.At, r.Severity, Headline.Of(r.Event), r.RecoveredAt is not null))], rows.Count);
    }

    private static DateTimeOffset Min(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}
