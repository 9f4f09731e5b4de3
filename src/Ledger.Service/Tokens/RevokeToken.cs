using Ledger.Contracts;
using Ledger.Service.Http;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Tokens;

public static class RevokeTokenEndpoint
{
    /// <summary>Revoking it again changes nothing and answers the same, so no answer is kept.</summary>
    [WolverineDelete("/api/v1/tokens/{id}"), Authorize(Policy = Scopes.Admin), NotReplayed]
    public static async Task<TokenRevoked> Delete(string id, IDocumentSession session, Tokens tokens, TimeProvider clock, CancellationToken ct)
    {
        var token = await session.LoadAsync<Token>(id, ct) ?? throw new Refused("token.unknown", $"There is no token {Names.Printable(id)}.", "id", id);
        session.Store(token with { RevokedAt = token.RevokedAt ?? clock.GetUtcNow() });
        // Committed before this node forgets whom it recognised; other nodes look again within seconds.
        await session.SaveChangesAsync(ct);
        tokens.Forget();
        return new(id);
    }
}
