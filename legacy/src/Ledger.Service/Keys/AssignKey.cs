using FluentValidation;
using Ledger.Keys;
using Ledger.Service.Http;
using Ledger.Service.Missions;
using Ledger.Service.Writing;

namespace Ledger.Service.Keys;

/// <summary>Says who owns a key, with weights, from an instant on. Affected lines are allocated anew.</summary>
internal sealed record AssignKey(string? Account, string? Key, IReadOnlyDictionary<string, int>? Owners, string? From);

internal sealed class AssignKeyValidator : AbstractValidator<AssignKey>
{
    public AssignKeyValidator()
    {
        RuleFor(r => r.Key).Required();
        RuleFor(r => r.Owners).NotNull().WithMessage("owners is needed: agents with their weights, {} for nobody.");
        RuleFor(r => r.From).Instant();
    }
}

internal static class AssignKeyEndpoint
{
    public static async Task<Answer> Post(AssignKey request, Command command, Journal journal, Registry registry, MissionFinder finder, Moved moved, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var answer = await journal.Write(command, async ct =>
        {
            var owners = new List<Owner>();
            foreach (var (name, weight) in request.Owners!)
            {
                var id = await finder.Agent(name, "owners", ct);
                if (owners.Any(o => o.Agent == id)) throw new Refused("request.invalid", $"owners names the agent {id} twice.", "owners", name);
                owners.Add(new(id, weight));
            }
            var (meant, label) = await registry.AskCurrent(d =>
            {
                var key = KeyFinder.Find(d, request.Account, request.Key!);
                return (key, d.Accounts.GetValueOrDefault(key.Account)?.Label ?? key.Account);
            }, ct);
            var known = await registry.Key(meant.Account, meant.Key, ct);
            var before = known.State ?? meant;
            var events = before.Assign(owners, request.From.ToInstant(), now, command.By).Events();
            var after = events.OfType<KeyAssigned>().Aggregate(before, (k, e) => k.Assign(new(e.From ?? DateTimeOffset.MinValue, e.Owners)));
            return new Plan(new KeyAnswer(registry.Ask(d => KeyBody.Of(after, label, now, null, d)), null, null)).Append(KeyOwnership.StreamOf(meant.Account, meant.Key), known.Version, events);
        }, ct);
        return await moved.AddTo(answer, ct);
    }
}
