using System.Diagnostics.Metrics;
using Ledger.Accounts;
using Ledger.Budgets;
using Ledger.Money;
using Ledger.Service.Accounts;
using Ledger.Service.Budgets;
using Ledger.Service.Channels;
using Ledger.Service.Forecasts;
using Ledger.Service.Polling;
using Ledger.Service.Settings;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;
using Marten.Exceptions;
using Npgsql;

namespace Ledger.Service.Operations;

/// <summary>The figures of the books as meters, for Prometheus. Spend can be restated downwards, so it is a gauge.</summary>
/// <remarks>They are read when somebody scrapes (<see cref="Read"/>), and before each push to a collector. Metrics are floating point by nature: exact figures are in the API.</remarks>
public sealed class Metrics : IDisposable
{
    public const string MeterName = "Ledger";

    /// <summary>A scraper wants a bounded page; `budget list` has them all.</summary>
    private const int budgetsMax = 500;

    private const int rowsMax = 1_000;

    private static readonly TimeSpan freshFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan pushPatience = TimeSpan.FromSeconds(10);

    private static readonly (string Name, string Help)[] gauges =
    [
        ("ledger_log_position", "Last position of the log."),
        ("ledger_view_lag_events", "Events that a view is behind the log."),
        ("ledger_view_halted", "1: the view has stopped and needs an operator."),
        ("ledger_outbox_waiting", "Messages that wait to be delivered."),
        ("ledger_outbox_dead", "Messages set aside."),
        ("ledger_outbox_oldest_seconds", "How long the oldest undelivered message has waited."),
        ("ledger_queue_overdue_seconds", "How long the oldest message that is due has waited to be handled."),
        ("ledger_channel_up", "0: the channel does not deliver just now."),
        ("ledger_source_up", "1: the last poll of the account was complete."),
        ("ledger_source_lag_seconds", "Age of the last complete reading."),
        ("ledger_prepaid_balance_usd", "Prepaid credit left, at most: what was left when the balance was read, less what was billed since."),
        ("ledger_prepaid_balance_age_seconds", "Seconds since the balance was read."),
        ("ledger_spend_usd", "Billed this month, in the team's time zone."),
        ("ledger_unassigned_usd", "Billed this month, in the team's time zone, on keys that nobody owns."),
        ("ledger_runway_seconds", "Time until prepaid credit runs out at the last day's rate."),
        ("ledger_budget_limit_usd", "The limit that counts now."),
        ("ledger_budget_remaining_usd", "Limit less spend; negative when it is over."),
        ("ledger_budget_reset_seconds", "Time until the budget's next window begins."),
    ];

    private readonly Meter meter;
    private readonly IDocumentStore store;
    private readonly LogProgressReader reader;
    private readonly DeadLetters letters;
    private readonly Queues queues;
    private readonly ChannelHealth channels;
    private readonly CurrentBooks books;
    private readonly DataState data;
    private readonly LedgerOptions options;
    private readonly TimeProvider clock;
    private readonly Lock pushing = new();
    private volatile Dictionary<string, List<Measurement<double>>> figures = [];
    private long? readAt;

    public Metrics(IMeterFactory meters, IDocumentStore store, LogProgressReader reader, DeadLetters letters, Queues queues, ChannelHealth channels, CurrentBooks books, DataState data, LedgerOptions options, TimeProvider clock)
    {
        (this.store, this.reader, this.letters, this.queues, this.channels, this.books, this.data, this.options, this.clock) = (store, reader, letters, queues, channels, books, data, options, clock);
        meter = meters.Create(MeterName);
        foreach (var (name, help) in gauges) meter.CreateObservableGauge(name, () => Figures(name), null, help);
    }

    public void Dispose() => meter.Dispose();

    /// <summary>Reads all figures anew. What is not there any more is not a number until the service starts again, so that no alarm goes by what was.</summary>
    public async Task Read(CancellationToken ct)
    {
        var page = new Page();
        await using var session = store.QuerySession();
        var now = clock.GetUtcNow();
        await Service(page, now, ct);
        var accounts = await Sources(page, session, now, ct);
        await Money(page, session, accounts, now, ct);
        foreach (var (name, before) in figures)
            foreach (var gone in before.Where(b => !page.Has(name, b.Tags)))
                page.Add(name, double.NaN, gone.Tags.ToArray());
        (figures, readAt) = (page.Figures, clock.GetTimestamp());
    }

    private List<Measurement<double>> Figures(string name)
    {
        if (options.Telemetry.Metrics) ReadForPush();
        return figures.GetValueOrDefault(name, []);
    }

    /// <summary>A push comes from a thread of the exporter's own, which may wait. What can't be read is not a number.</summary>
    private void ReadForPush()
    {
        lock (pushing)
        {
            if (readAt is { } at && clock.GetElapsedTime(at) < freshFor) return;
            using var limit = new CancellationTokenSource(pushPatience);
            try
            {
                Read(limit.Token).GetAwaiter().GetResult();
            }
            catch (Exception e) when (e is NpgsqlException or MartenCommandException or OperationCanceledException or TimeoutException or ObjectDisposedException)
            {
                figures = figures.ToDictionary(f => f.Key, f => f.Value.ConvertAll(m => new Measurement<double>(double.NaN, m.Tags)), StringComparer.Ordinal);
                readAt = clock.GetTimestamp();
            }
        }
    }

    private async Task Service(Page page, DateTimeOffset now, CancellationToken ct)
    {
        var log = await reader.Read(ct);
        page.Add("ledger_log_position", log.Last);
        foreach (var view in log.Views)
        {
            page.Add("ledger_view_lag_events", view.Lag, Label("view", view.Name));
            page.Add("ledger_view_halted", view.Trouble is null ? 0 : 1, Label("view", view.Name));
        }
        var waiting = await letters.Waiting(now, ct);
        page.Add("ledger_outbox_waiting", waiting.Count);
        page.Add("ledger_outbox_dead", (await letters.Dead(now, ct)).Count);
        page.Add("ledger_outbox_oldest_seconds", waiting.Listed.Select(m => m.AgeSeconds).DefaultIfEmpty(0).Max());
        page.Add("ledger_queue_overdue_seconds", await queues.Oldest(ct) is { } oldest ? (long)oldest.Waited.TotalSeconds : 0);
        foreach (var channel in channels.Channels.Where(c => c.Target is not null))
            page.Add("ledger_channel_up", channel.Trouble is null ? 1 : 0, Label("channel", channel.Name));
    }

    private async Task<Account[]> Sources(Page page, IQuerySession session, DateTimeOffset now, CancellationToken ct)
    {
        var accounts = (await session.Known(ct)).Accounts.Values.Where(a => !a.Removed).ToArray();
        var sources = (await session.LoadManyAsync<Source>(ct, [.. accounts.Select(a => a.Id)])).ToDictionary(s => s.Account, StringComparer.Ordinal);
        foreach (var account in accounts.Select(a => a.Summary(sources.GetValueOrDefault(a.Id), options.PollEvery, now)))
        {
            KeyValuePair<string, object?>[] labels = [Label("account", account.Label), Label("provider", account.Provider)];
            page.Add("ledger_source_up", account.State == "ok" ? 1 : 0, labels);
            if (account.LagSeconds is { } lag) page.Add("ledger_source_lag_seconds", lag, labels);
        }
        return accounts;
    }

    private async Task Money(Page page, IQuerySession session, Account[] accounts, DateTimeOffset now, CancellationToken ct)
    {
        var budgets = await session.Query<Budget>().Where(b => !b.Closed).OrderBy(b => b.Id).Take(budgetsMax).ToListAsync(ct);
        await using var current = await books.Open(session, [.. budgets.Select(b => b.Scope)], ct);
        var month = ReportWindow.Of("month", null, now, options.People.Zone);
        var report = await current.View.Report(new() { Since = month.Start, Until = month.End, By = [Dimension.Account, Dimension.Agent], Limit = rowsMax, PreliminaryFrom = data.PreliminaryFrom }, ct);
        foreach (var row in report.Rows) page.Add("ledger_spend_usd", row.Billed, Label("account", row.Group[0]), Label("agent", row.Group[1]));
        page.Add("ledger_unassigned_usd", report.Unassigned);
        foreach (var (account, credit) in await current.Credits(accounts, ct))
        {
            KeyValuePair<string, object?>[] labels = [Label("account", current.Known.Accounts[account].Label), Label("provider", current.Known.Accounts[account].Provider)];
            page.Add("ledger_prepaid_balance_usd", credit.Left, labels);
            page.Add("ledger_prepaid_balance_age_seconds", Math.Max(0, (long)(now - credit.ReadAt).TotalSeconds), labels);
        }
        foreach (var runway in await current.Runways(accounts, now, ct))
            if (runway.RunsOut is { } end) page.Add("ledger_runway_seconds", Until(end), Label("account", runway.AccountName));
        foreach (var at in await BudgetStandings.At([.. budgets], current, now, ct))
        {
            if (at.State is not { } state) continue;
            KeyValuePair<string, object?>[] labels = [Label("budget", at.Budget.Name), Label("period", state.Period)];
            page.Add("ledger_budget_limit_usd", state.Limit, labels);
            page.Add("ledger_budget_remaining_usd", state.Limit - state.Spent, labels);
            if (state.Window.End < Instants.Max) page.Add("ledger_budget_reset_seconds", Until(state.Window.End), labels);
        }

        double Until(DateTimeOffset at) => Math.Max(0, (long)(at - now).TotalSeconds);
    }

    private static KeyValuePair<string, object?> Label(string name, string? value) => new(name, value ?? "");

    /// <summary>What one scrape shows.</summary>
    private sealed class Page
    {
        private readonly HashSet<string> there = new(StringComparer.Ordinal);

        public Dictionary<string, List<Measurement<double>>> Figures { get; } = new(StringComparer.Ordinal);

        public void Add(string name, Usd amount, params KeyValuePair<string, object?>[] labels) => Add(name, (double)(amount.Ticks / (decimal)Usd.TicksPerDollar), labels);

        public void Add(string name, double value, params KeyValuePair<string, object?>[] labels)
        {
            if (!Figures.TryGetValue(name, out var figures)) Figures[name] = figures = [];
            figures.Add(new(value, labels));
            there.Add(KeyOf(name, labels));
        }

        public bool Has(string name, ReadOnlySpan<KeyValuePair<string, object?>> labels) => there.Contains(KeyOf(name, labels));

        private static string KeyOf(string name, ReadOnlySpan<KeyValuePair<string, object?>> labels)
        {
            var key = name;
            foreach (var label in labels) key += $"\n{label.Key}\t{label.Value}";
            return key;
        }
    }
}
