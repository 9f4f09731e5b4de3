using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Tokens;

internal sealed record TokenList(IReadOnlyList<Grant> Tokens);

internal static class ListTokens
{
    public static async Task<TokenList> Get(TokenStore tokens, CancellationToken ct) => new(await tokens.List(ct));
}

internal sealed record TokenRevoked(string Id);

internal static class RevokeToken
{
    public static async Task<Answer> Delete(string id, Command command, Journal journal, TokenStore tokens, CancellationToken ct)
    {
        if (await journal.Before(command, ct) is { } before) return before;
        if (!await tokens.Revoke(id, ct)) throw new Refused("token.unknown", $"There is no token {Names.Printable(id)}.", "id", id);
        return await journal.Write(command, _ => Plan.Nothing(new TokenRevoked(id)), ct);
    }
}
