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
        if (Names.WhyNot(id) is not null) throw Unknown(id);
        var known = await registry.Agent(AgentRules.IdOf(id), ct);
        if (known.State is not { } agent) throw Unknown(id);
        var idle = AddAgentValidator.Rule(request.Idle);
        var events = AgentRules.Edit(agent, request.Name?.Trim(), idle, now, command.By).Events();
        var after = agent with { Name = request.Name?.Trim() ?? agent.Name, Idle = idle ?? agent.Idle };
        return new Plan(new AgentAnswer(registry.Ask(d => AgentBody.Of(after, d, now)), null)).Append(Registry.StreamOfAgent(agent.Id), known.Version, events);
    }, ct);

    private static RefusedException Unknown(string id) => new("agent.unknown", $"There is no agent {Names.Printable(id)}.", "id", id);
}
