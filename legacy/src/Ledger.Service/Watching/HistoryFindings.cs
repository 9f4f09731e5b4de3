using Ledger.Accounts;
using Ledger.Budgets;
using Ledger.Money;
using Ledger.Service.Polling;
using Ledger.Views.Watching;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Watching;

/// <summary>What connecting read in, said once when all of it is in: nobody is alerted of what was spent before anybody watched.</summary>
internal sealed class HistoryFindings(Sources sources, IEventLog log, int daysBack)
{
    private const int passedMax = 100;
    private const int perLook = 500;

    /// <summary>Older connections were summed up, or made by a program that did not: nobody waits for it any more.</summary>
    private static readonly TimeSpan recent = TimeSpan.FromDays(7);

    // Connections of which nothing is left to say; only saves asking.
    private readonly HashSet<string> said = new(StringComparer.Ordinal);

    public async Task<IReadOnlyList<IReadOnlyList<Finding>>> Of(Look look, Advisor advisor, IEnumerable<Budget> budgets, CancellationToken ct)
    {
        var groups = new List<IReadOnlyList<Finding>>();
        foreach (var account in look.Accounts.Values.OrderBy(a => a.Id, StringComparer.Ordinal))
        {
            var key = $"history:{account.Id}:{account.ConnectedAt.ToText()}";
            if (account.Removed || look.Now - account.ConnectedAt > recent || said.Contains(key)) continue;
            var today = new DateTimeOffset(look.Now.UtcDateTime.Date, TimeSpan.Zero);
            if (!await IsRead(account, new(today.AddDays(-daysBack), today.AddDays(1)), ct)) continue;
            // What is covered is in the log. It is said once: not before these views hold all of it.
            if (look.Views.Position < (await log.Head(ct)).Position) continue;
            if ((await look.Views.KnownKeys([key], ct)).Count == 0 && await Sum(key, account, look, advisor, budgets, ct) is { } summary) groups.Add([summary]);
            else said.Add(key);
        }
        return groups;
    }

    private async Task<Finding?> Sum(string key, Account account, Look look, Advisor advisor, IEnumerable<Budget> budgets, CancellationToken ct)
    {
        var connected = WatchSnapshot.BeginsToCount(account.ConnectedAt);
        var window = new Interval(new(connected.UtcDateTime.Date.AddDays(-daysBack), TimeSpan.Zero), connected);
        var spent = (await look.Views.Sums(ScopeKind.Account, [account.Id], window, look.Connected, ct)).GetValueOrDefault(account.Id).Spent;
        if (spent == Usd.Zero) return null;
        var passed = new List<PassedThreshold>();
        foreach (var some in budgets.Where(b => b.Scope.Kind != ScopeKind.Account || b.Scope.Value == account.Id).OrderBy(b => b.Name, StringComparer.Ordinal).Chunk(perLook))
        {
            passed.AddRange(BudgetFindings.PassedByHistory(await BudgetStates.Of(look, [.. some.Select(b => new ToLookAt(b, new(look.Now, look.Now)))], ct)));
            if (passed.Count >= passedMax) break;
        }
        var subject = new Subject(new(ScopeKind.Account, account.Id), window, spent);
        var circumstances = (await advisor.Of([subject], ct))[subject];
        return new(new HistoryImported(Alert.IdOf(key), key, Severity.Info, account.Id, account.Label, window, spent, [.. passed.Take(passedMax)], circumstances, look.Now.ToMicroseconds()));
    }

    /// <summary>Whether every day that connecting reads was read since.</summary>
    private async Task<bool> IsRead(Account account, Interval wanted, CancellationToken ct)
    {
        var covered = (await sources.Coverage(account.Id, wanted, ct)).Where(c => c.Asked >= account.ConnectedAt).OrderBy(c => c.Start).ToArray();
        var reached = wanted.Start;
        foreach (var c in covered)
        {
            if (c.Start > reached) return false;
            if (c.End > reached) reached = c.End;
        }
        // The last day runs: it is read up to some hour.
        return reached > wanted.End.AddDays(-1);
    }
}
