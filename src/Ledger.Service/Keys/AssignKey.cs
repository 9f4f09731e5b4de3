using FluentValidation;
using Ledger.Contracts;
using Ledger.Keys;
using Ledger.Service.Agents;
using Ledger.Service.Http;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Keys;

public sealed class AssignKeyValidator : AbstractValidator<AssignKey>
{
    public AssignKeyValidator()
    {
        RuleFor(r => r.Key).Required();
        RuleFor(r => r.Owners).NotNull().WithMessage("owners is needed: agents with their weights, {} for nobody.");
        RuleFor(r => r.From).Instant();
    }
}

public static class AssignKeyEndpoint
{
    [WolverinePost("/api/v1/keys/assign"), Authorize(Policy = Scopes.Write)]
    public static async Task<KeyAnswer> Post(AssignKey request, Caller caller, IDocumentSession session, MovedMoney moved, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var known = await session.Known(ct);
        var owners = new List<Owner>();
        foreach (var (name, weight) in request.Owners!)
        {
            var id = known.AgentId(name, "owners");
            if (owners.Any(o => o.Agent == id)) throw new Refused("request.invalid", $"owners names the agent {id} twice.", "owners", name);
            owners.Add(new(id, weight));
        }
        var stream = await session.Events.FetchForWriting<KeyOwnership>(known.Key(request.Account, request.Key!).Stream, ct);
        var assigned = stream.Aggregate!.Assign(owners, request.From.ToInstant(), now, caller.Name);
        var answer = new KeyAnswer(known.Summary(KeyOwnership.Fold(stream.Aggregate, assigned)!, now, null), await moved.By([assigned], ct));
        stream.AppendOne(assigned);
        return answer;
    }
}
