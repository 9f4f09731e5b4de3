using Ledger.Budgets;
using Ledger.Service.Accounts;
using Ledger.Service.Agents;
using Ledger.Service.Keys;
using Ledger.Service.Missions;
using Ledger.Service.Storage;
using Marten;

namespace Ledger.Service.Budgets;

/// <summary>Which part of the spend somebody means: names become ids.</summary>
public static class ScopeLookup
{
    private const int candidatesMax = 50;
    private static readonly string[] forms = ["all", "account:LABEL", "agent:NAME", "key:NAME", "model:MODEL", "unit:UNIT", "mission:REF"];

    /// <summary>The scope by ids, or a refusal with the candidates.</summary>
    public static async Task<Scope> FindScope(this IQuerySession session, Known known, string? text, CancellationToken ct)
    {
        if (text is null || !Scope.TryParse(text.Trim(), out var scope) || (scope.Kind != ScopeKind.Everything && Names.WhyNot(scope.Value) is not null))
            throw new Refused("scope.invalid", "A scope is all, or account:, agent:, key:, model:, unit: or mission: and a name.", "scope", text, forms);
        try
        {
            var value = scope.Value.Trim();
            return scope.Kind switch
            {
                ScopeKind.Account => scope with { Value = known.ConnectedAccount(value).Id },
                ScopeKind.Agent => scope with { Value = known.Find(value)?.Id ?? throw UnknownAgent(known, value) },
                ScopeKind.Key => scope with { Value = known.Key(null, value).Key is { Length: > 0 } id ? id : throw new Refused("scope.invalid", "Spend that billing names no key for can't be a scope of its own.", "scope", text) },
                ScopeKind.Mission => scope with { Value = (await session.MissionMeant(value, ct)).Id },
                ScopeKind.Model or ScopeKind.Unit => scope with { Value = value },
                _ => scope,
            };
        }
        catch (Refused e) when (e.Why.Field != "scope")
        {
            throw new Refused(e.Why with { Field = "scope" });
        }
    }

    /// <summary>What a budget is called that nobody named: its scope, by ids that stay, and by the label or name where that tells it apart.</summary>
    public static string DefaultName(this Known known, Scope scope) => scope.Kind switch
    {
        ScopeKind.Account when known.Accounts.TryGetValue(scope.Value, out var account) => (scope with { Value = account.Label }).ToString(),
        ScopeKind.Key when known.Keys.Values.FirstOrDefault(k => k.Key == scope.Value)?.Name is { } name && known.Keys.Values.Count(k => k.Name == name) == 1 && Names.WhyNot(name) is null
            => (scope with { Value = name }).ToString(),
        _ => scope.ToString(),
    };

    private static Refused UnknownAgent(Known known, string value) =>
        new("agent.unknown", $"There is no agent {Names.Printable(value)}; `ledger agent list` shows them.", "scope", value, [.. known.Agents.Keys.Order(StringComparer.Ordinal).Take(candidatesMax)]);
}
