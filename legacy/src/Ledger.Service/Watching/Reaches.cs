using Ledger.Budgets;
using Ledger.Service.Accounts;
using Ledger.Service.Hosting;
using Ledger.Service.Polling;
using Scope = Ledger.Budgets.Scope;

namespace Ledger.Service.Watching;

/// <summary>How far the data of some accounts reaches: that of the oldest of them.</summary>
/// <param name="Through">Null: one was never read, or there is none.</param>
/// <param name="LagSeconds">How long ago that is.</param>
/// <param name="Stale">Longer ago than polling should take.</param>
internal sealed record Reach(DateTimeOffset? Through, long? LagSeconds, bool Stale)
{
    /// <summary>Why figures are not known; null when they are.</summary>
    public string? Why => Through is null ? "no account was read completely yet" : null;
}

/// <summary>Finds out how far the data reaches, account by account.</summary>
internal sealed class Reaches(Sources sources, ServiceSettings settings, TimeProvider clock)
{
    /// <summary>All accounts as they are now, to ask about any of them.</summary>
    public async Task<Func<IEnumerable<string>, Reach>> Now(CancellationToken ct)
    {
        var all = await sources.All(ct);
        var now = clock.GetUtcNow();
        return accounts =>
        {
            var each = accounts.Select(a => Freshness.Of(all.GetValueOrDefault(a), settings.PollEvery, now)).ToArray();
            return each.Length > 0 && each.All(f => f.Through is not null)
                ? new(each.Min(f => f.Through), each.Max(f => f.LagSeconds), each.Any(f => f.Stale))
                : new(null, null, Stale: true);
        };
    }

    /// <summary>The accounts whose data a scope hangs on: its own, where it is one account's; else all that are connected.</summary>
    public static IReadOnlyList<string> AccountsOf(AttributionContext known, Scope scope) => scope.Kind switch
    {
        ScopeKind.Account => [scope.Value],
        ScopeKind.Key when known.Keys.Values.Where(k => k.Key == scope.Value).Select(k => k.Account).Distinct().ToArray() is { Length: > 0 } of => of,
        ScopeKind.Agent => AccountsOf(known, [scope.Value]),
        ScopeKind.Mission when known.Missions.TryGetValue(scope.Value, out var mission) => AccountsOf(known, mission.Agents),
        _ => Connected(known),
    };

    /// <summary>The accounts in which agents ever owned a key; all that are connected when there is none.</summary>
    public static IReadOnlyList<string> AccountsOf(AttributionContext known, IReadOnlyList<string> agents)
    {
        var of = known.Keys.Values.Where(k => k.Assignments.Any(a => a.Owners.Any(o => agents.Contains(o.Agent)))).Select(k => k.Account).Distinct()
            .Where(a => known.Accounts.TryGetValue(a, out var account) && !account.Removed).ToArray();
        return of.Length > 0 ? of : Connected(known);
    }

    private static string[] Connected(AttributionContext known) => [.. known.Accounts.Values.Where(a => !a.Removed).Select(a => a.Id)];
}
