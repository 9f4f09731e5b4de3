using System.Globalization;
using Ledger.Accounts;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Digests;
using Ledger.Forecasts;
using Ledger.Money;
using Ledger.Service.Accounts;
using Ledger.Service.Alerts;
using Ledger.Service.Budgets;
using Ledger.Service.Forecasts;
using Ledger.Service.Operations;
using Ledger.Service.Polling;
using Ledger.Service.Settings;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;
using Npgsql;

namespace Ledger.Service.Digests;

/// <summary>Composes a week's digest from the books, as of one position. It writes nothing.</summary>
public sealed class ComposeDigest(SpendViews views, IDocumentStore store, NpgsqlDataSource db, Positions positions, DataState data, LedgerOptions options, TimeProvider clock)
{
    private const int alertsShown = 10;
    private const int adviceMax = 3;
    private const int runwaysMax = 10;
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(10);

    /// <summary>Weeks before this one whose figures are looked at again.</summary>
    public const int WeeksBack = 8;

    /// <summary>The zone weeks are cut in.</summary>
    public string Zone => options.People.Zone;

    /// <summary>Where references such as <c>owner/repo#3</c> lead; null: nowhere.</summary>
    public Uri? Forge => options.People.Forge;

    /// <summary>Waits until the money views hold what is recorded now. False: they don't.</summary>
    public async Task<bool> Ready(CancellationToken ct) => await views.WaitFor(await positions.HighWater(ct), patience, ct);

    /// <param name="week">ISO week.</param>
    /// <param name="window">Its window.</param>
    /// <param name="asOf">As of this position, which the views hold; null: as of what they hold.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Digest> Of(string week, Interval window, long? asOf, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        await using var session = store.QuerySession();
        var known = await session.Known(ct);
        var sources = await session.Query<Source>().Take(Known.Max).ToListAsync(ct);
        await using var view = await views.Open(ct);
        var position = asOf ?? view.Position;
        var past = await DigestPast.At(session, position, ct);
        var spend = new DigestSpend(view, known, position, data.PreliminaryFrom, new(Zone));

        var accounts = known.Accounts.Values.Where(a => !a.Removed).OrderBy(a => a.Label, StringComparer.Ordinal).ToArray();
        // The heartbeat is not in the log, so of the past it is known only that it was not later than then.
        var then = position < view.Position ? await positions.TimeOf(position, ct) : null;
        var through = accounts.ToDictionary(
            a => a.Id, a => sources.FirstOrDefault(s => s.Account == a.Id)?.Asked is { } asked ? then < asked ? then : asked : (DateTimeOffset?)null, StringComparer.Ordinal);
        var read = accounts.Length > 0 && through.Values.All(t => t is not null) ? through.Values.Min() : null;
        var open = await past.Budgets(ct);
        var missionsOf = await past.MissionsOf(open.Select(b => b.Scope), ct);
        var ages = new DataAges(sources, options.PollEvery, now);
        var books = new BooksAsOf(view, position, missionsOf, Reach, (of, ct) => past.Credits(of, view, ages, ct));

        var before = BeforeOf(week, window);
        var month = Ledger.Calendar.WindowAt(new(PeriodKind.Month), Zone, DayOfWeek.Monday, window.End.AddMicroseconds(-1))!.Value;
        var report = await spend.Report(window, [], ct);
        var earlier = await spend.Total(before, ct);
        var soFar = await spend.Total(month, ct);
        // Nothing known is not nothing spent.
        var isKnown = read is not null || report.Total != Usd.Zero;
        var everything = (await books.Series([Scope.Everything], now, ct))[Scope.Everything];
        // A week from before anything was read is not a week that cost nothing.
        var isBeforeKnown = isKnown && (earlier != Usd.Zero || everything.First < before.Start);
        var standings = await BudgetStandings.At([.. open], books, now < window.End ? now : window.End.AddMicroseconds(-1), ct);
        var days = await BudgetStandings.In([.. open.SelectMany(b => BudgetWindows.DaysOver(b, window, now))], books, now, ct);
        var names = await ScopeNames.Of(session, known, open.Select(b => b.Scope), ct);
        var monthly = standings.FirstOrDefault(s => s.Period == "month" && s.Budget.Scope == Scope.Everything);
        IReadOnlyList<Runway> runways = [.. (await books.Runways(accounts, now, ct)).OrderBy(r => r.RunsOut ?? DateTimeOffset.MaxValue).Take(runwaysMax)];
        var advice = new DigestAdvice(spend, session, known, Zone);
        var ranked = await advice.Rank(runways, read, now, ct);
        var fix = isKnown ? await advice.Fix(ranked, window, report.Idle, ct) : null;
        var (missions, others) = await spend.Missions(window, ct);
        var (ended, stillOpen) = await past.Missions(window, ct);
        var alerts = await past.Alerts(window, ct);
        var weeks = DigestWeeks.Earlier(week, Zone, WeeksBack).Reverse().ToArray();
        var team = Team.IdOf(options.People);
        var composed = await DigestPast.Composed(session, [.. weeks.Select(w => DigestComposed.StreamOf(team, w))], position, ct);
        return new()
        {
            Team = Team.NameOf(options.People, accounts),
            Week = week,
            Window = window,
            Zone = Zone,
            AsOf = position,
            Chain = await ChainAt(position, ct),
            At = now,
            Through = read,
            Total = isKnown ? report.Total : null,
            Preliminary = isKnown ? report.Preliminary : null,
            Before = isBeforeKnown ? earlier : null,
            Days = isKnown ? await spend.Days(window, now, ct) : null,
            MonthToDate = isKnown ? soFar : null,
            Month = Forecasting.Of(everything, month, soFar, monthly?.State?.Limit),
            Runways = runways,
            Budgets = DigestBudgets.Worst(standings, days, names.NameOf),
            Missions = missions,
            OtherMissions = others,
            MissionsEnded = ended,
            MissionsOpen = stillOpen,
            ByAgent = await spend.Parts(Dimension.Agent, window, before, isBeforeKnown, ct),
            ByModel = await spend.Parts(Dimension.Model, window, before, isBeforeKnown, ct),
            Idle = isKnown ? report.Idle : null,
            Unassigned = isKnown ? report.Unassigned : null,
            Fix = fix,
            Alerts = [.. alerts.Take(alertsShown).Select(a => new DigestAlert(a.Id, a.At, a.Severity, Headline.Of(a.Event, Zone, now), a.RecoveredAt is not null))],
            AlertsInAll = alerts.Count,
            Moved = await Moved(composed, weeks, spend, ct),
            Refined = composed.Count > 0 && await view.RefinedSince(composed.Values.Max(c => c.Position), position, window.Start, ct) is (var moved, > 0 and var hours) && moved != Usd.Zero ? new(moved, hours) : null,
            Gaps = DigestGaps.Of(accounts, through, await past.SourceStates(await positions.Before(window.Start, ct), ct), window, now),
            Recommendations = [.. ranked.Where(r => r.Text != fix?.Text).Take(adviceMax)],
            Reproduce = string.Create(CultureInfo.InvariantCulture, $"ledger digest preview --week {week} --as-of {position}"),
        };

        DataFreshness Reach(Scope scope) => DataFreshness.OldestOf(
            known.AccountsOf(scope, id => missionsOf.GetValueOrDefault(id)).Select(a => DataFreshness.Of(through.GetValueOrDefault(a), options.PollEvery, now)));
    }

    private Interval BeforeOf(string week, Interval window) =>
        DigestCalendar.TryWeek(DigestWeeks.Earlier(week, Zone, 1).First(), Zone, out var before) ? before : new(window.Start.AddDays(-7), window.Start);

    /// <summary>
    /// What earlier weeks were last said to cost, and what they cost by now, where that differs. Of a move that a later digest has told
    /// already, only what moved since is news.
    /// </summary>
    private async Task<IReadOnlyList<DigestMoved>> Moved(IReadOnlyDictionary<string, (DigestComposed Composed, long Position)> composed, string[] weeks, DigestSpend spend, CancellationToken ct)
    {
        var team = Team.IdOf(options.People);
        var said = new SortedDictionary<string, (Interval Window, Usd Total)>(StringComparer.Ordinal);
        foreach (var earlier in weeks)
        {
            if (!composed.TryGetValue(DigestComposed.StreamOf(team, earlier), out var found)) continue;
            var digest = found.Composed.Digest;
            if (digest.Total is { } total) said[earlier] = (digest.Window, total);
            foreach (var moved in digest.Moved)
                if (said.TryGetValue(moved.Week, out var known)) said[moved.Week] = known with { Total = moved.Now };
        }
        var news = new List<DigestMoved>();
        foreach (var (name, (window, total)) in said.Reverse())
            if (await spend.Total(window, ct) is var now && now != total)
                news.Add(new(name, total, now));
        return news;
    }

    /// <summary>The hash of the last event up to a position, in hex; empty where the chain does not reach it.</summary>
    private async Task<string> ChainAt(long position, CancellationToken ct)
    {
        if (!await positions.WaitFor(ChainProjection.Progress, position, patience, ct)) return "";
        await using var command = db.CreateCommand($"select hash from {Operations.Chain.Schema}.link where position <= $1 order by position desc limit 1");
        command.Parameters.Add(new() { Value = position });
        return Convert.ToHexStringLower(await command.ExecuteScalarAsync(ct) as byte[] ?? []);
    }
}
