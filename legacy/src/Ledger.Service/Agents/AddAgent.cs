using FluentValidation;
using Ledger.Agents;
using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Agents;

/// <summary>Adds somebody who spends.</summary>
internal sealed record AddAgent(string? Name, string? Idle);

internal sealed class AddAgentValidator : AbstractValidator<AddAgent>
{
    public AddAgentValidator()
    {
        RuleFor(r => r.Name).Name().Required();
        RuleFor(r => r.Idle).OneOf("shares", "yields");
    }

    public static IdleRule? Rule(string? word) => word switch { "yields" => IdleRule.Yields, "shares" => IdleRule.Shares, _ => null };
}

internal static class AddAgentEndpoint
{
    public static Task<Answer> Post(AddAgent request, Command command, Journal journal, Registry registry, TimeProvider clock, CancellationToken ct) => journal.Write(command, async ct =>
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var id = Agent.IdOf(request.Name!);
        var known = await registry.Agent(id, ct);
        if (known.State is null && await registry.AskCurrent(d => AgentFinder.Namesake(d, request.Name!, id), ct) is { } other) throw EditAgentEndpoint.Taken(other, request.Name!);
        var idle = AddAgentValidator.Rule(request.Idle) ?? IdleRule.Shares;
        var events = Agent.Add(known.State, request.Name!, idle, now, command.By).Events();
        return new Plan(new AgentAnswer(new(id, request.Name!.Trim(), idle, [], []), null)).Append(Agent.StreamOf(id), known.Version, events);
    }, ct);
}
