using System.Text.Json;
using Ledger.Agents;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Spend;
using Npgsql;

namespace Ledger.Service.Spend;

/// <summary>Agents, keys and missions as documents beside the money they explain, so that a restart reads no event again.</summary>
public static class ContextDocuments
{
    private const string agent = "agent";
    private const string key = "key";
    private const string mission = "mission";

    /// <summary>Events that say who owned what when.</summary>
    public static IReadOnlyList<Type> Events { get; } =
    [
        typeof(AgentAdded), typeof(AgentEdited), typeof(KeySeen), typeof(KeyAssigned), typeof(MissionStarted), typeof(MissionEnded), typeof(MissionReopened),
        typeof(MissionWindowCorrected), typeof(MissionEdited), typeof(MissionCancelled),
    ];

    /// <summary>The document of what an event changed, as the context has it now; null when it changed none.</summary>
    public static (string Kind, string Id, object Document)? Changed(ILedgerEvent happened, AttributionContext context) => happened switch
    {
        AgentAdded e => (agent, e.Agent, context.Agents[e.Agent]),
        AgentEdited e when context.Agents.TryGetValue(e.Agent, out var edited) => (agent, e.Agent, edited),
        KeySeen e => (key, KeyId(e.Account, e.Key), context.Ownership(e.Account, e.Key)),
        KeyAssigned e => (key, KeyId(e.Account, e.Key), context.Ownership(e.Account, e.Key)),
        IMissionEvent e when context.Missions.TryGetValue(e.Mission, out var changed) => (mission, e.Mission, changed),
        _ => null,
    };

    /// <summary>All documents; of some kinds only where kinds are given.</summary>
    public static async Task<AttributionContext> Load(NpgsqlConnection db, string schema, CancellationToken ct)
    {
        var context = new AttributionContext();
        await using var command = new NpgsqlCommand($"select kind, doc::text from {schema}.context order by kind, id", db);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            switch (reader.GetString(0))
            {
                case agent:
                    context.Restore(Read<Agent>(reader.GetString(1)));
                    break;
                case key:
                    context.Restore(Read<KeyOwnership>(reader.GetString(1)));
                    break;
                case mission:
                    context.Restore(Read<Mission>(reader.GetString(1)));
                    break;
                case var kind:
                    throw new InvalidOperationException($"Nobody knows documents of the kind {kind}.");
            }
        return context;
    }

    /// <summary>One mission; null when there is none of that id.</summary>
    public static async Task<Mission?> Mission(NpgsqlConnection db, string schema, string id, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"select doc::text from {schema}.context where kind = '{mission}' and id = $1", db);
        command.Parameters.Add(new() { Value = id });
        return await command.ExecuteScalarAsync(ct) is string json ? Read<Mission>(json) : null;
    }

    public static string Write(object document) => JsonSerializer.Serialize(document, document.GetType(), LedgerJson.Options);

    private static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, LedgerJson.Options) ?? throw new JsonException($"A document of {typeof(T).Name} holds null.");

    private static string KeyId(string account, string key) => $"{account}/{key}";
}
