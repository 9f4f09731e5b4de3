using Ledger.Contracts;
using Ledger.Guard;
using Ledger.Money;
using Ledger.Service.Http;
using Ledger.Service.Settings;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Guard;

/// <summary>May an agent go on? Allow, warn, deny or unknown, with what is left and why.</summary>
public static class AskGuard
{
    [WolverineGet("/api/v1/guard", OperationId = "GetGuard"), Authorize(Policy = Scopes.Read)]
    public static async Task<GuardSummary> Get(
        string? agent, string? budget, string? maxAge, long? minPosition, IQuerySession session, ReadAt readAt, GuardBooks books, TimeProvider clock, CancellationToken ct)
    {
        TimeSpan? max = maxAge is null ? null : Durations.TryParse(maxAge, out var length) ? length
            : throw new Refused("request.invalid", "maxAge is a length of time such as 15m.", "maxAge", maxAge);
        await readAt.Caught(minPosition, ct);
        var names = await session.Known(ct);
        var question = await GuardQuestion.Of(session, names, agent, budget, Usd.Zero, max, ct);
        var known = await books.Look(session, names, question, await session.LoadAsync<HoldsBook>(HoldsBook.StreamName, ct), ct);
        return GuardBooks.Summary(question, known, GuardRules.Decide(known.Facts, clock.GetUtcNow()), null);
    }
}
