using Ledger.Money;
using Ledger.Service.Spend;
using Ledger.Service.Writing;
using Ledger.Views.Spend;

namespace Ledger.Service.Keys;

internal sealed record KeyList(IReadOnlyList<KeyBody> Keys);

internal static class ListKeys
{
    private const int keysMax = 5_000;

    public static async Task<KeyList> Get(long? minPosition, Registry registry, ReadAt readAt, SpendQueries spend, TimeProvider clock, CancellationToken ct)
    {
        await readAt.Caught(minPosition, ct);
        var now = clock.GetUtcNow();
        var midnight = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        var report = await spend.Report(new() { Since = midnight.AddDays(-30), Until = midnight.AddDays(1), By = [Dimension.Account, Dimension.Key], Limit = keysMax, PreliminaryFrom = now }, ct);
        var billed = report.Rows.Where(r => r.Group[0] != GroupRow.Other).ToDictionary(r => (r.Group[0]!, r.Group[1] ?? ""), r => r.Billed);
        return new(registry.Ask(d => d.Keys.Values
            .OrderBy(k => k.Account, StringComparer.Ordinal).ThenBy(k => k.Name, StringComparer.Ordinal).ThenBy(k => k.Key, StringComparer.Ordinal).Take(keysMax)
            .Select(k => KeyBody.Of(k, d.Accounts.GetValueOrDefault(k.Account)?.Label ?? k.Account, now, billed.GetValueOrDefault((k.Account, k.Key), Usd.Zero), d))
            .ToArray()));
    }
}
