using Ledger.Budgets;
using Ledger.Keys;
using Ledger.Money;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Watching;

/// <summary>Keys that several agents own and spend through: no bill can tell them apart.</summary>
internal static class KeysShared
{
    public static async Task<IReadOnlyList<IReadOnlyList<Finding>>> Of(Look look, CancellationToken ct)
    {
        var shared = look.Books.Ask(d => d.Keys.Values.Where(k => k.Key.Length > 0 && k.OwnersAt(look.Now).Count > 1).ToArray());
        if (shared.Length == 0) return [];
        var told = await look.Views.KnownKeys([.. shared.Select(k => KeyOf(k, look.Now))], ct);
        var fresh = shared.Where(k => !told.Contains(KeyOf(k, look.Now))).ToArray();
        if (fresh.Length == 0) return [];
        var end = look.Through(ScopeKind.Everything, "") ?? look.Now;
        var spent = await look.Views.Sums(ScopeKind.Key, [.. fresh.Select(k => k.Key).Distinct(StringComparer.Ordinal)], new(end.AddDays(-1), look.Now.AddHours(1)), look.Connected, ct);
        return
        [
            .. fresh.Where(k => spent.GetValueOrDefault(k.Key).Spent > Usd.Zero).Select(k => (IReadOnlyList<Finding>)
            [
                new(new KeyShared(
                    Alert.IdOf(KeyOf(k, look.Now)), KeyOf(k, look.Now), Severity.Info, k.Account,
                    new(k.Key, k.Name, [.. k.OwnersAt(look.Now).Select(o => o.Agent)], spent[k.Key].Spent), look.Now.ToMicroseconds())),
            ]),
        ];
    }

    /// <summary>Once for these owners: others are another matter.</summary>
    private static string KeyOf(KeyOwnership key, DateTimeOffset now) =>
        $"shared:{key.Account}:{key.Key}:{string.Join(',', key.OwnersAt(now).Select(o => o.Agent).Order(StringComparer.Ordinal))}";
}
