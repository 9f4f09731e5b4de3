using FluentValidation;
using Ledger.Agents;
using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Agents;

/// <summary>Renames an agent, or changes what becomes of its time without a mission.</summary>
internal sealed record EditAgent(string? Name, string? Idle);

internal sealed class EditAgentValidator : AbstractValidator<EditAgent>
{
    public EditAgentValidator()
    {
        RuleFor(r => r.Name).Name();
        RuleFor(r => r.Idle).OneOf("shares", "yields");
    }
}

internal static class EditAgentEndpoint
{
    public static Task<Answer> Patch(string id, EditAgent request, Command command, Journal journal, Registry registry, TimeProvider clock, CancellationToken ct) => journal.Write(command, async ct =>
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var meant = await registry.AskCurrent(d => AgentFinder.Find(d, id), ct) ?? throw Unknown(id);
        var known = await registry.Agent(meant.Id, ct);
        if (known.State is not { } agent) throw Unknown(id);
        if (request.Name is { } name)
        {
            // A new name keeps the rules of a first one: it has to work wherever an agent is named.
            Agent.Add(null, name, agent.Idle, now, command.By).Events();
            if (await registry.AskCurrent(d => AgentFinder.Namesake(d, name, agent.Id), ct) is { } other) throw Taken(other, name);
        }
        var idle = AddAgentValidator.Rule(request.Idle);
        var events = agent.Edit(request.Name?.Trim(), idle, now, command.By).Events();
        var after = agent with { Name = request.Name?.Trim() ?? agent.Name, Idle = idle ?? agent.Idle };
        return new Plan(new AgentAnswer(registry.Ask(d => AgentBody.Of(after, d, now)), null)).Append(Agent.StreamOf(agent.Id), known.Version, events);
    }, ct);

    public static Refused Taken(Agent other, string name) =>
        new("agent.exists", $"The agent {other.Id} is called {Names.Printable(other.Name)} already; two of one name could not be told apart.", "name", name);

    private static Refused Unknown(string id) => new("agent.unknown", $"There is no agent {Names.Printable(id)}.", "id", id);
}
