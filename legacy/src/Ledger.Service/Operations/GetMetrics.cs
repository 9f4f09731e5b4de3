using System.Globalization;
using System.Text;
using Ledger.Delivery;
using Ledger.Service.Accounts;
using Ledger.Service.Budgets;
using Ledger.Service.Delivery;
using Ledger.Service.Hosting;
using Ledger.Service.Polling;
using Ledger.Service.Spend;
using Ledger.Service.Watching;
using Ledger.Service.Writing;
using Ledger.Views;
using Ledger.Views.Spend;
using Ledger.Views.Watching;
using Microsoft.AspNetCore.Http;

namespace Ledger.Service.Operations;

/// <summary>Prometheus text. Spend can be restated downwards, so it is a gauge.</summary>
internal static class GetMetrics
{
    /// <summary>A scraper wants a bounded page; `budget list` has them all.</summary>
    private const int budgetsMax = 500;

    public static async Task<IResult> Get(
        IEventLog log, Books books, IOutbox outbox, Deliverer deliverer, SpendQueries spend, Registry registry, Sources sources, DataStates data,
        WatchQueries watch, Reaches reaches, Standings standings, ServiceSettings settings, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var text = new StringBuilder();
        var head = await log.Head(ct);
        var state = await outbox.State(now, ct);
        Gauge("ledger_log_position", "Last position of the log.", [("", head.Position)]);
        Gauge("ledger_view_lag_events", "Events that a view is behind the log.", [("view=\"spend\"", head.Position - books.Position)]);
        Gauge("ledger_view_halted", "1: the view has stopped and needs an operator.", [("view=\"spend\"", books.Halted is null ? 0 : 1)]);
        Gauge("ledger_outbox_waiting", "Messages that wait to be delivered.", [("", state.Waiting)]);
        Gauge("ledger_outbox_dead", "Messages set aside.", [("", state.Dead)]);
        Gauge("ledger_outbox_oldest_seconds", "How long the oldest undelivered message has been due.", [("", GetOutbox.AgeOf(state, now) ?? 0)]);
        Gauge("ledger_channel_up", "0: the channel does not deliver just now.", deliverer.Channels.Where(c => c.Target is not null).Select(c => ($"channel=\"{c.Name}\"", (object)(c.Trouble is null ? 1 : 0))));

        var all = await sources.All(ct);
        var accounts = registry.Ask(d => d.Accounts.Values.Where(a => !a.Removed).Select(a => AccountBody.Of(a, all.GetValueOrDefault(a.Id), settings.PollEvery, now)).ToArray());
        Gauge("ledger_source_up", "1: the last poll of the account was complete.", accounts.Select(a => (Account(a), (object)(a.State == "ok" ? 1 : 0))));
        Gauge("ledger_source_lag_seconds", "Age of the last complete reading.", accounts.Where(a => a.LagSeconds is not null).Select(a => (Account(a), (object)a.LagSeconds!.Value)));
        Gauge("ledger_prepaid_balance_usd", "Prepaid credit left.", accounts.Where(a => a.Balance?.PrepaidLeft is not null).Select(a => (Account(a), (object)a.Balance!.PrepaidLeft!.Value)));

        var month = ReportWindow.Of("month", null, now);
        var report = await spend.Report(new() { Since = month.Start, Until = month.End, By = [Dimension.Account, Dimension.Agent], Limit = 1_000, PreliminaryFrom = data.PreliminaryFrom }, ct);
        Gauge("ledger_spend_usd", "Billed this UTC month.", report.Rows.Select(r => ($"account=\"{Label(r.Group[0])}\",agent=\"{Label(r.Group[1])}\"", (object)r.Billed)));
        Gauge("ledger_unassigned_usd", "Billed this UTC month on keys that nobody owns.", [("", report.Unassigned)]);

        await using var snapshot = await watch.Open(ct);
        var connected = registry.Ask(d => d.Accounts.Values.Where(a => !a.Removed).ToArray());
        var runways = await GetRunway.Of(snapshot, connected, reaches, now, ct);
        Gauge("ledger_runway_seconds", "Time until prepaid credit runs out at the last day's rate.", runways.Where(r => r.RunsOut is not null).Select(r => ($"account=\"{Label(r.AccountName)}\"", (object)Math.Max(0, (long)(r.RunsOut!.Value - now).TotalSeconds))));
        var budgets = registry.Ask(d => d.Budgets.Values.Where(b => !b.Closed).OrderBy(b => b.Id, StringComparer.Ordinal).Take(budgetsMax).ToArray());
        var stood = (await standings.Look(snapshot, budgets, ct)).Where(s => s.State is not null).Select(s => (Labels: $"budget=\"{Label(s.Budget.Name)}\",period=\"{Label(s.State!.Period)}\"", State: s.State!)).ToArray();
        Gauge("ledger_budget_limit_usd", "The limit that counts now.", stood.Select(s => (s.Labels, (object)s.State.Limit)));
        Gauge("ledger_budget_remaining_usd", "Limit less spend; negative when it is over.", stood.Select(s => (s.Labels, (object)(s.State.Limit - s.State.Spent))));
        Gauge("ledger_budget_reset_seconds", "Time until the budget's next window begins.", stood.Where(s => s.State.Window.End < Instants.Max).Select(s => (s.Labels, (object)Math.Max(0, (long)(s.State.Window.End - now).TotalSeconds))));
        return Results.Text(text.ToString(), "text/plain; version=0.0.4; charset=utf-8");

        void Gauge(string name, string help, IEnumerable<(string Labels, object Value)> values)
        {
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} gauge\n");
            foreach (var (labels, value) in values)
                text.Append(CultureInfo.InvariantCulture, $"{name}{(labels.Length > 0 ? $"{{{labels}}}" : "")} {value}\n");
        }
    }

    private static string Account(AccountBody account) => $"account=\"{Label(account.Label)}\",provider=\"{account.Provider}\"";

    private static string Label(string? text) => (text ?? "").Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
