using Ledger.Contracts;
using Ledger.Service.Http;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Wolverine.Http;

namespace Ledger.Service.Tokens;

public static class RevokeTokenEndpoint
{
    [WolverineDelete("/api/v1/tokens/{id}", OperationId = "RevokeToken"), Authorize(Policy = Scopes.Admin)]
    public static async Task<TokenRevoked> Delete(string id, IDocumentSession session, Tokens tokens, HttpContext http, TimeProvider clock, CancellationToken ct)
    {
        var token = await session.LoadAsync<Token>(id, ct) ?? throw new Refused("token.unknown", $"There is no token {Names.Printable(id)}.", "id", id);
        session.Store(token with { RevokedAt = token.RevokedAt ?? clock.GetUtcNow() });
        // The answer goes out after the commit: then this node forgets whom it recognised. Other nodes look again within seconds.
        http.Response.OnStarting(() =>
        {
            tokens.Forget();
            return Task.CompletedTask;
        });
        return new(id);
    }
}
