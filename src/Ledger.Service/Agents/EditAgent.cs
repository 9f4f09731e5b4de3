using FluentValidation;
using Ledger.Agents;
using Ledger.Contracts;
using Ledger.Service.Http;
using Ledger.Service.Missions;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Agents;

public sealed class EditAgentValidator : AbstractValidator<EditAgent>
{
    public EditAgentValidator()
    {
        RuleFor(r => r.Name).Name();
        RuleFor(r => r.Idle).OneOf("shares", "yields");
    }
}

public static class EditAgentEndpoint
{
    [WolverinePatch("/api/v1/agents/{id}"), Authorize(Policy = Scopes.Write)]
    public static async Task<AgentAnswer> Patch(string id, EditAgent request, Caller caller, IDocumentSession session, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var known = await session.Known(ct);
        var meant = known.Find(id) ?? throw new Refused("agent.unknown", $"There is no agent {Names.Printable(id)}.", "id", id);
        var stream = await session.Events.FetchForWriting<Agent>(meant.Stream, ct);
        var agent = stream.Aggregate!;
        if (request.Name is { } name)
        {
            // A new name keeps the rules of a first one: it has to work wherever an agent is named.
            Agent.Add(null, name, agent.Idle, now, caller.Name);
            await session.RefuseNamesake(name, agent.Id, ct);
        }
        if (agent.Edit(request.Name?.Trim(), AgentLookup.Rule(request.Idle), now, caller.Name) is { } edited)
        {
            stream.AppendOne(edited);
            agent = Agent.Fold(agent, edited)!;
        }
        return new(known.Summary(agent, await session.OpenMissions(ct), now));
    }
}
