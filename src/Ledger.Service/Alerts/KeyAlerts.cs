using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Keys;
using Ledger.Money;

namespace Ledger.Service.Alerts;

/// <summary>Keys that several agents own and spend through: no bill can tell them apart.</summary>
public static class KeyAlerts
{
    public static async Task<IReadOnlyList<IReadOnlyList<Finding>>> Find(WatchContext context, CancellationToken ct)
    {
        var shared = context.Known.Keys.Values.Where(k => k.Key.Length > 0 && k.OwnersAt(context.Now).Count > 1).ToArray();
        var told = await context.Session.KnownKeys(shared.Select(k => KeyOf(k, context.Now)), ct);
        var fresh = shared.Where(k => !told.Contains(KeyOf(k, context.Now))).ToArray();
        if (fresh.Length == 0) return [];
        var end = context.Through(Scope.Everything) ?? context.Now;
        var spent = await context.Spend.Sums(
            ScopeKind.Key, [.. fresh.Select(k => k.Key).Distinct(StringComparer.Ordinal)], new(end.AddDays(-1), context.Now.AddHours(1)), context.Books.Connected, ct);
        return
        [
            .. fresh.Where(k => spent.GetValueOrDefault(k.Key).Spent > Usd.Zero).Select(k => (IReadOnlyList<Finding>)
            [
                new(new KeyShared(
                    Alert.IdOf(KeyOf(k, context.Now)), KeyOf(k, context.Now), Severity.Info, k.Account,
                    new(k.Key, k.Name, [.. k.OwnersAt(context.Now).Select(o => o.Agent)], spent[k.Key].Spent), context.Now.ToMicroseconds())),
            ]),
        ];
    }

    /// <summary>Once for these owners: others are another matter.</summary>
    private static string KeyOf(KeyOwnership key, DateTimeOffset now) =>
        $"shared:{key.Account}:{key.Key}:{string.Join(',', key.OwnersAt(now).Select(o => o.Agent).Order(StringComparer.Ordinal))}";
}
