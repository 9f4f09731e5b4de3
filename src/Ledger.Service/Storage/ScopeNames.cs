using Ledger.Budgets;
using Ledger.Missions;
using Marten;

namespace Ledger.Service.Storage;

/// <summary>What people call the ids that scopes name: an account's label, an agent's and a key's name, a mission's title or reference.</summary>
public sealed class ScopeNames(Known known, IReadOnlyDictionary<string, Mission> missions)
{
    /// <summary>The names of some scopes. Only the missions they name are read.</summary>
    public static async Task<ScopeNames> Of(IQuerySession session, Known known, IEnumerable<Scope> scopes, CancellationToken ct) =>
        new(known, await session.MissionsOf(scopes, ct));

    /// <summary>The name alone, a mission's title; null: it is called by its id.</summary>
    public string? NameOf(Scope scope) => scope.Kind == ScopeKind.Mission ? missions.GetValueOrDefault(scope.Value)?.Title : NameOf(scope.Kind, scope.Value);

    /// <summary>As people write it, a mission by its reference: <c>agent:Hannibal B</c>, <c>key:xai-vigilio</c>, <c>mission:owner/repo#3</c>.</summary>
    public string Shown(Scope scope)
    {
        var name = scope.Kind == ScopeKind.Mission ? missions.GetValueOrDefault(scope.Value) is { } mission ? mission.Ref ?? mission.Title : null : NameOf(scope.Kind, scope.Value);
        return name is null ? scope.ToString() : (scope with { Value = name }).ToString();
    }

    private string? NameOf(ScopeKind kind, string id) => kind switch
    {
        ScopeKind.Account => known.Accounts.GetValueOrDefault(id)?.Label,
        ScopeKind.Agent => known.Agents.GetValueOrDefault(id)?.Name,
        ScopeKind.Key => known.Keys.Values.FirstOrDefault(k => k.Key == id)?.Name,
        _ => null,
    };
}

public static class ScopeQueries
{
    /// <summary>The missions that scopes name, by id.</summary>
    public static async Task<IReadOnlyDictionary<string, Mission>> MissionsOf(this IQuerySession session, IEnumerable<Scope> scopes, CancellationToken ct)
    {
        var streams = scopes.Where(s => s.Kind == ScopeKind.Mission).Select(s => Mission.StreamOf(s.Value)).Distinct(StringComparer.Ordinal).ToArray();
        var found = streams.Length == 0 ? [] : await session.LoadManyAsync<Mission>(ct, streams);
        return found.ToDictionary(m => m.Id, StringComparer.Ordinal);
    }
}
