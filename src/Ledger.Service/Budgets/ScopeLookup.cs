using Ledger.Budgets;
using Ledger.Service.Accounts;
using Ledger.Service.Agents;
using Ledger.Service.Http;
using Ledger.Service.Keys;
using Ledger.Service.Missions;
using Scope = Ledger.Budgets.Scope;

namespace Ledger.Service.Budgets;

/// <summary>Which part of the spend somebody means: names become ids, and ids names again.</summary>
internal static class ScopeFinder
{
    private static readonly string[] forms = ["all", "account:LABEL", "agent:NAME", "key:NAME", "model:MODEL", "unit:UNIT", "mission:REF"];

    /// <exception cref="Refused">Not a scope, or of something that is not there; with the candidates.</exception>
    public static Scope Find(AttributionContext known, string? text)
    {
        if (text is null || !Scope.TryParse(text.Trim(), out var scope) || (scope.Kind != ScopeKind.Everything && Names.WhyNot(scope.Value) is not null))
            throw new Refused("scope.invalid", "A scope is all, or account:, agent:, key:, model:, unit: or mission: and a name.", "scope", text, forms);
        try
        {
            var value = scope.Value.Trim();
            return scope.Kind switch
            {
                ScopeKind.Account => scope with { Value = AccountFinder.Connected(known, value).Id },
                ScopeKind.Agent => scope with { Value = AgentFinder.Find(known, value)?.Id ?? throw UnknownAgent(known, value) },
                ScopeKind.Key => scope with { Value = KeyFinder.Find(known, null, value).Key is { Length: > 0 } id ? id : throw new Refused("scope.invalid", "Spend that billing names no key for can't be a scope of its own.", "scope", text) },
                ScopeKind.Mission => scope with { Value = MissionFinder.One(known, value).Id },
                ScopeKind.Model or ScopeKind.Unit => scope with { Value = value },
                _ => scope,
            };
        }
        catch (Refused e) when (e.Why.Field != "scope")
        {
            throw new Refused(e.Why with { Field = "scope" });
        }
    }

    /// <summary>In people's names: <c>agent:Hannibal B</c>, <c>key:xai-vigilio</c>, <c>mission:owner/repo#3</c>.</summary>
    public static string NameOf(AttributionContext known, Scope scope)
    {
        var value = scope.Kind switch
        {
            ScopeKind.Account => known.Accounts.GetValueOrDefault(scope.Value)?.Label,
            ScopeKind.Agent => known.Agents.GetValueOrDefault(scope.Value)?.Name,
            ScopeKind.Key => known.Keys.Values.FirstOrDefault(k => k.Key == scope.Value)?.Name,
            ScopeKind.Mission => known.Missions.GetValueOrDefault(scope.Value) is { } mission ? mission.Ref ?? mission.Title : null,
            _ => null,
        };
        return value is null ? scope.ToString() : (scope with { Value = value }).ToString();
    }

    /// <summary>What a budget is called that nobody named: its scope, by ids that stay, and by the label or name where that tells it apart.</summary>
    public static string DefaultName(AttributionContext known, Scope scope) => scope.Kind switch
    {
        ScopeKind.Account => NameOf(known, scope),
        ScopeKind.Key when known.Keys.Values.FirstOrDefault(k => k.Key == scope.Value)?.Name is { } name && known.Keys.Values.Count(k => k.Name == name) == 1 && Names.WhyNot(name) is null => NameOf(known, scope),
        _ => scope.ToString(),
    };

    private static Refused UnknownAgent(AttributionContext known, string value) =>
        new("agent.unknown", $"There is no agent {Names.Printable(value)}; `ledger agent list` shows them.", "scope", value, [.. known.Agents.Keys.Order(StringComparer.Ordinal).Take(50)]);
}
