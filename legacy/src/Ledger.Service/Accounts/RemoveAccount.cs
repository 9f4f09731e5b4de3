using Ledger.Accounts;
using Ledger.Service.Hosting;
using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Accounts;

/// <summary>Stops reading an account and deletes its credential. Its books stay; connecting the same team again goes on with them.</summary>
internal sealed record RemoveAccount;

internal static class RemoveAccountEndpoint
{
    public static async Task<Answer> Delete(string label, Command command, Journal journal, Registry registry, Connector connector, ServiceSettings settings, TimeProvider clock, CancellationToken ct)
    {
        string? removed = null;
        var answer = await journal.Write(command, async ct =>
        {
            var now = clock.GetUtcNow().ToMicroseconds();
            var id = (await registry.AskCurrent(d => AccountFinder.Connected(d, label), ct)).Id;
            var known = await registry.Account(id, ct);
            var happened = new AccountRemoved(id, now, command.By);
            removed = id;
            return new Plan(new AccountAnswer(AccountBody.Of(Account.Fold(known.State, happened)!, null, settings.PollEvery, now), null)).Append(Account.StreamOf(id), known.Version, [happened]);
        }, ct);
        // A replay deletes too: we may have died between the two.
        removed ??= answer.Body["account"]?["id"]?.GetValue<string>();
        if (removed is not null) await connector.DeleteUnused(removed, ct);
        return answer;
    }
}
