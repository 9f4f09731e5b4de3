using Ledger.Accounts;
using Ledger.Budgets;
using Ledger.Missions;
using Ledger.Service.Writing;

namespace Ledger.Service.Digests;

/// <summary>
/// What there was at a position. At the views' own position it is their directory; for the past it is folded from the streams, so that a
/// digest as of then says what it said then.
/// </summary>
internal sealed class Past(IEventLog log, Registry registry, long position)
{
    private const int page = 500;
    private const int pagesMax = 20;
    private readonly bool current = position >= registry.Position;

    /// <summary>Budgets that were not closed.</summary>
    public async Task<IReadOnlyList<Budget>> Budgets(CancellationToken ct)
    {
        var now = registry.Ask(d => d.Budgets.Values.ToArray());
        if (current) return [.. now.Where(b => !b.Closed)];
        var then = new List<Budget>();
        foreach (var budget in now)
            if (await Fold<Budget>(Budget.StreamOf(budget.Id), Budget.Fold, ct) is { Closed: false } known)
                then.Add(known);
        return then;
    }

    /// <summary>How many missions had a window that ended in a stretch, and were not open again.</summary>
    public async Task<int> MissionsEnded(Interval stretch, CancellationToken ct)
    {
        var candidates = registry.Ask(d => d.Missions.Values.Where(m => m.Windows.Any(w => w.End is { } end && stretch.Contains(end))).ToArray());
        if (current) return candidates.Count(m => EndedIn(m, stretch));
        var ended = 0;
        foreach (var mission in candidates)
            if (await Fold<Mission>(Mission.StreamOf(mission.Id), Mission.Fold, ct) is { } known && EndedIn(known, stretch))
                ended++;
        return ended;
    }

    /// <summary>An account with what its provider had said of its money by then.</summary>
    public async Task<Account> WithBalance(Account account, CancellationToken ct)
    {
        if (current) return account;
        var stream = Account.StreamOf(account.Id);
        var after = await log.StreamVersion(stream, ct);
        for (var i = 0; i < pagesMax && after > 0; i++)
        {
            after = Math.Max(0, after - page);
            BalanceObserved? last = null;
            foreach (var recorded in await log.ReadStream(stream, after, page, ct))
                if (recorded.Position <= position && EventJson.Read(recorded) is BalanceObserved balance) last = balance;
            if (last is not null) return account with { Balance = last };
        }
        return account with { Balance = null };
    }

    private static bool EndedIn(Mission mission, Interval stretch) => mission is { State: MissionState.Ended } && stretch.Contains(mission.Windows[^1].End!.Value);

    private async Task<T?> Fold<T>(string stream, Func<T?, ILedgerEvent, T?> apply, CancellationToken ct)
        where T : class
    {
        T? state = null;
        for (var version = 0L; ;)
        {
            var events = await log.ReadStream(stream, version, page, ct);
            foreach (var recorded in events)
            {
                if (recorded.Position > position) return state;
                if (EventJson.Read(recorded) is { } happened) state = apply(state, happened);
                version = recorded.Version;
            }
            if (events.Count < page) return state;
        }
    }
}
