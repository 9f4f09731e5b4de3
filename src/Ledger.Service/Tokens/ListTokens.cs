using Ledger.Contracts;
using Ledger.Service.Http;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Tokens;

public static class ListTokens
{
    private const int listMax = 1_000;

    [WolverineGet("/api/v1/tokens"), Authorize(Policy = Scopes.Admin)]
    public static async Task<TokenList> Get(IQuerySession session, CancellationToken ct)
    {
        var tokens = await session.Query<Token>().OrderBy(t => t.CreatedAt).ThenBy(t => t.Id).Take(listMax).ToListAsync(ct);
        return new([.. tokens.Select(t => new TokenSummary(t.Id, t.Name, [Scopes.Word(t.Scope)], t.CreatedAt, t.ExpiresAt, t.UsedAt, t.RevokedAt))]);
    }
}
