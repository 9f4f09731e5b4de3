using Ledger.Accounts;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Money;
using Ledger.Service.Spend;

namespace Ledger.Service.Alerts;

/// <summary>What connecting read in, told once when all of it is in: nobody is alerted of what was spent before anybody watched.</summary>
public static class HistoryAlerts
{
    private const int passedMax = 100;

    /// <summary>Older connections were summed up already, or made by a program that did not: nobody waits for it any more.</summary>
    private static readonly TimeSpan recent = TimeSpan.FromDays(7);

    /// <param name="context">The books.</param>
    /// <param name="circumstances">What spend comes from.</param>
    /// <param name="states">Where the budgets stand.</param>
    /// <param name="daysBack">How many days connecting reads.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<IReadOnlyList<IReadOnlyList<Finding>>> Find(
        WatchContext context, AlertCircumstances circumstances, IReadOnlyList<BudgetState> states, int daysBack, CancellationToken ct)
    {
        var midnight = new DateTimeOffset(context.Now.UtcDateTime.Date, TimeSpan.Zero);
        // Today runs: it is read up to some hour.
        var wanted = new Interval(midnight.AddDays(-daysBack), midnight.AddTicks(1));
        var groups = new List<IReadOnlyList<Finding>>();
        foreach (var account in context.Accounts)
        {
            var key = KeyOf(account);
            if (context.Now - account.ConnectedAt > recent || context.Sources.GetValueOrDefault(account.Id) is not { } source || source.Covered.LastLacking(wanted, account.ConnectedAt) is not null) continue;
            if (!await IsInViews(context, account, ct) || (await context.Session.KnownKeys([key], ct)).Count > 0) continue;
            if (await Sum(key, account, context, circumstances, states, daysBack, ct) is { } summary) groups.Add([summary]);
        }
        return groups;
    }

    /// <summary>What was summed up of accounts that were connected lately.</summary>
    public static async Task<HistorySummaries> Summaries(WatchContext context, CancellationToken ct)
    {
        var lately = context.Accounts.Where(a => context.Now - a.ConnectedAt <= recent).ToDictionary(KeyOf, a => a.Id, StringComparer.Ordinal);
        var known = await context.Session.ByKeys(lately.Keys, ct);
        return new(context, known.ToDictionary(k => lately[k.Key], k => (HistoryImported)k.Value.Event, StringComparer.Ordinal));
    }

    private static string KeyOf(Account account) => $"history:{account.Id}:{account.ConnectedAt.ToText()}";

    /// <summary>It is said once: not before the views hold all that the source is said to have read.</summary>
    private static async Task<bool> IsInViews(WatchContext context, Account account, CancellationToken ct)
    {
        var stream = Account.StreamOf(account.Id);
        var events = context.Session.Events.QueryAllRawEvents().Where(e => e.StreamKey == stream).OrderByDescending(e => e.Version).Take(1);
        return (await Marten.QueryableExtensions.ToListAsync(events, ct)) is not [var last] || last.Sequence <= context.Spend.Position;
    }

    private static async Task<Finding?> Sum(
        string key, Account account, WatchContext context, AlertCircumstances circumstances, IReadOnlyList<BudgetState> states, int daysBack, CancellationToken ct)
    {
        var connected = SpendView.BeginsToCount(account.ConnectedAt);
        var window = new Interval(new(connected.UtcDateTime.Date.AddDays(-daysBack), TimeSpan.Zero), connected);
        var spent = (await context.Spend.Sums(ScopeKind.Account, [account.Id], window, context.Books.Connected, ct)).GetValueOrDefault(account.Id).Spent;
        if (spent == Usd.Zero) return null;
        var touched = states.Where(s => s.Budget.Scope.Kind != ScopeKind.Account || s.Budget.Scope.Value == account.Id).OrderBy(s => s.Budget.Name, StringComparer.Ordinal);
        var passed = Crossings.PassedByHistory(touched).Take(passedMax).ToArray();
        var spend = new SpendOf(new(ScopeKind.Account, account.Id), window, spent);
        var why = (await circumstances.Of([spend], ct))[spend];
        // That history was read in is no news to who connected the account; that a budget had been passed may be.
        return new(new HistoryImported(Alert.IdOf(key), key, Severity.Info, account.Id, account.Label, window, spent, passed, why, context.Now.ToMicroseconds()), Told: passed.Length > 0);
    }
}

/// <summary>What was summed up of accounts that were connected lately: figures of their past that come in later are news.</summary>
/// <param name="context">The books.</param>
/// <param name="byAccount">The summaries.</param>
public sealed class HistorySummaries(WatchContext context, IReadOnlyDictionary<string, HistoryImported> byAccount)
{
    /// <summary>Whether history passed a threshold after it was summed up, so that nobody has heard of it.</summary>
    public bool Lack(BudgetState state, Threshold threshold)
    {
        if (byAccount.Count == 0) return false;
        var summaries = context.Books.AccountsOf(state.Budget.Scope).Select(byAccount.GetValueOrDefault).ToArray();
        // One that is to come yet will say it; who sets a budget over what was spent before knows.
        if (summaries.Length == 0 || summaries.Any(s => s is null || s.At < state.Budget.SetAt)) return false;
        return !summaries.Any(s => s!.Passed.Any(p => p.Budget == state.Budget.Id && p.Period == state.Period && p.Threshold.Under(state.Limit) >= threshold.Under(state.Limit)));
    }
}
