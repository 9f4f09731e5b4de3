using Ledger.Contracts;
using Ledger.Service.Http;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Channels;

public static class RetryMessageEndpoint
{
    [WolverinePost("/api/v1/outbox/{id}/retry"), Authorize(Policy = Scopes.Admin)]
    public static async Task<RetriedMessage> Post(Guid id, DeadLetters letters, CancellationToken ct)
    {
        await letters.Retry(id, ct);
        return new(id);
    }
}
