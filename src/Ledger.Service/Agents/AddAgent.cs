using FluentValidation;
using Ledger.Agents;
using Ledger.Contracts;
using Ledger.Service.Http;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Agents;

public sealed class AddAgentValidator : AbstractValidator<AddAgent>
{
    public AddAgentValidator()
    {
        RuleFor(r => r.Name).Name().Required();
        RuleFor(r => r.Idle).OneOf("shares", "yields");
    }
}

public static class AddAgentEndpoint
{
    [WolverinePost("/api/v1/agents"), Authorize(Policy = Scopes.Write)]
    public static async Task<AgentAnswer> Post(AddAgent request, Caller caller, IDocumentSession session, TimeProvider clock, CancellationToken ct)
    {
        var id = Agent.IdOf(request.Name!);
        var stream = await session.Events.FetchForWriting<Agent>(Agent.StreamOf(id), ct);
        if (stream.Aggregate is null) await session.RefuseNamesake(request.Name!, id, ct);
        var added = Agent.Add(stream.Aggregate, request.Name!, AgentLookup.Rule(request.Idle) ?? IdleRule.Shares, clock.GetUtcNow().ToMicroseconds(), caller.Name);
        stream.AppendOne(added);
        return new(new(id, added.Name, added.Idle, [], []));
    }
}
