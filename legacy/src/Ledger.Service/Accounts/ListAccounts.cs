using Ledger.Service.Hosting;
using Ledger.Service.Polling;
using Ledger.Service.Spend;
using Ledger.Service.Writing;

namespace Ledger.Service.Accounts;

internal sealed record AccountList(IReadOnlyList<AccountBody> Accounts);

internal static class ListAccounts
{
    public static async Task<AccountList> Get(long? minPosition, Registry registry, ReadAt readAt, Sources sources, ServiceSettings settings, TimeProvider clock, CancellationToken ct)
    {
        await readAt.Caught(minPosition, ct);
        var all = await sources.All(ct);
        var now = clock.GetUtcNow();
        return new(registry.Ask(d => d.Accounts.Values.OrderBy(a => a.Removed).ThenBy(a => a.Label, StringComparer.Ordinal).Take(1_000)
            .Select(a => AccountBody.Of(a, all.GetValueOrDefault(a.Id), settings.PollEvery, now)).ToArray()));
    }
}
