using Ledger.Delivery;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Service.Accounts;
using Ledger.Service.Delivery;
using Ledger.Service.Digests;
using Ledger.Service.Hosting;
using Ledger.Service.Polling;
using Ledger.Service.Spend;
using Ledger.Service.Writing;
using Ledger.Views;
using Ledger.Views.Spend;

namespace Ledger.Service.Operations;

/// <summary>Everything at a glance.</summary>
internal sealed record Status(
    string Version, long Position, string Chain, IReadOnlyList<ViewState> Views, IReadOnlyList<AccountState> Accounts, IReadOnlyList<OpenMission> MissionsOpen, OutboxBody Outbox,
    SpendBody Spend, CreditBody Credit, AlertsBody Alerts, IReadOnlyList<BudgetOver> BudgetsOver, double PollEverySeconds, IReadOnlyList<string> Warnings);

internal sealed record ViewState(string Name, long Position, long Lag);

internal sealed record AccountState(string Label, string Provider, string State, DateTimeOffset? Through, long? LagSeconds, bool Stale, ErrorBody? Error);

internal sealed record OpenMission(string Id, string Title, string? Ref, DateTimeOffset Start, IReadOnlyList<string> Agents);

/// <param name="Waiting">Messages not yet delivered and not dead.</param>
/// <param name="Dead">Messages set aside.</param>
/// <param name="OldestWaiting">Since when the oldest undelivered message has been due.</param>
/// <param name="OldestSeconds">How long the oldest undelivered message has been due.</param>
/// <param name="Channels">Where messages go.</param>
internal sealed record OutboxBody(long Waiting, long Dead, DateTimeOffset? OldestWaiting, long? OldestSeconds, IReadOnlyList<ChannelBody> Channels);

internal sealed record SpendBody(Usd? Today, Usd? MonthToDate, Usd? Unassigned);

/// <summary>Prepaid credit left over all accounts; null: not known of one of them.</summary>
internal sealed record CreditBody(Usd? Left);

/// <summary>Alerts that are not over and that nobody has acknowledged, and the latest of them.</summary>
internal sealed record AlertsBody(int Open, IReadOnlyList<AlertLine> Latest);

internal sealed record AlertLine(string Id, DateTimeOffset At, string Headline);

/// <summary>A period of a budget whose limit is reached.</summary>
internal sealed record BudgetOver(string Name, string Period, Usd Spent, Usd Limit);

internal static class GetStatus
{
    public static string Version { get; } = typeof(GetStatus).Assembly.GetName().Version!.ToString(3);

    public static async Task<Status> Get(
        IEventLog log, Books books, IOutbox outbox, Deliverer deliverer, SpendQueries spend, Registry registry, Sources sources, ConnectAtStart atStart, Troubles troubles, DigestState digest, DataStates data, ServiceSettings settings, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var head = await log.Head(ct);
        var all = await sources.All(ct);
        var (accounts, missions, credit) = registry.Ask(d =>
        {
            var connected = d.Accounts.Values.Where(a => !a.Removed).OrderBy(a => a.Label, StringComparer.Ordinal).ToArray();
            return (
                connected.Select(a => AccountBody.Of(a, all.GetValueOrDefault(a.Id), settings.PollEvery, now)).ToArray(),
                d.Missions.Values.Where(m => m.State == MissionState.Open).OrderBy(m => m.Windows[^1].Start).Take(100).Select(m => new OpenMission(m.Id, m.Title, m.Ref, m.Windows[^1].Start, m.Agents)).ToArray(),
                connected.Length > 0 && connected.All(a => a.Balance?.PrepaidLeft is not null) ? connected.Aggregate(Usd.Zero, (sum, a) => sum + a.Balance!.PrepaidLeft!.Value) : (Usd?)null);
        });
        var state = await outbox.State(now, ct);
        var today = accounts.Any(a => a.Through is not null) ? await spend.Report(Query(ReportWindow.Of("today", null, now), data), ct) : null;
        var month = today is null ? null : await spend.Report(Query(ReportWindow.Of("month", null, now), data), ct);
        var (open, over) = await troubles.Now(ct);
        return new(
            Version, head.Position, Convert.ToHexStringLower(head.Chain.Span), [new("spend", books.Position, head.Position - books.Position)],
            [.. accounts.Select(a => new AccountState(a.Label, a.Provider, a.State, a.Through, a.LagSeconds, a.Stale, a.Error))], missions,
            new(state.Waiting, state.Dead, state.OldestWaiting, GetOutbox.AgeOf(state, now), [.. deliverer.Channels.Select(ChannelBody.Of)]), new(today?.Total, month?.Total, month?.Unassigned), new(credit), open, over, settings.PollEvery.TotalSeconds,
            [.. Warnings(books, atStart, accounts, state, deliverer, digest)]);
    }

    private static ReportQuery Query(Interval window, DataStates data) => new() { Since = window.Start, Until = window.End, By = [], PreliminaryFrom = data.PreliminaryFrom };

    private static IEnumerable<string> Warnings(Books books, ConnectAtStart atStart, AccountBody[] accounts, OutboxState outbox, Deliverer deliverer, DigestState digest)
    {
        if (books.Halted is { } halted) yield return $"The views stopped at position {books.Position}: {Names.Printable(halted.Message)} `ledger verify` says more.";
        if (atStart.Warning is { } warning) yield return warning;
        foreach (var account in accounts)
            if (account.Error is { } error) yield return $"{account.Label} can't be read ({error.Kind}): {error.Detail}";
        foreach (var channel in deliverer.Channels)
            if (channel.Trouble is { } trouble) yield return $"{channel.Name} does not deliver since {trouble.Since.ToText()}: {trouble.Reason}";
        if (digest.Skipped is { } skipped) yield return skipped;
        if (outbox.Dead > 0) yield return $"{outbox.Dead} messages could not be delivered and were set aside.";
    }
}
