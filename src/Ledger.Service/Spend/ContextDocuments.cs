using System.Text.Json;
using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Spend;
using Npgsql;

namespace Ledger.Service.Spend;

/// <summary>
/// Accounts, agents, keys and missions as documents beside the money they explain: who owned what when, and what people call them. So a
/// restart reads no event again, and an answer takes its names from where it takes its money.
/// </summary>
public static class ContextDocuments
{
    private const string account = "account";
    private const string agent = "agent";
    private const string key = "key";
    private const string mission = "mission";

    /// <summary>Events that say who owned what when, and what it is called.</summary>
    public static IReadOnlyList<Type> Events { get; } =
    [
        typeof(AccountConnected), typeof(AccountEdited), typeof(AgentAdded), typeof(AgentEdited), typeof(KeySeen), typeof(KeyAssigned), typeof(MissionStarted), typeof(MissionEnded), typeof(MissionReopened),
        typeof(MissionWindowCorrected), typeof(MissionEdited), typeof(MissionCancelled),
    ];

    /// <summary>The document of what an event changed, as the context has it now; null when it changed none.</summary>
    public static (string Kind, string Id, object Document)? Changed(ILedgerEvent happened, AttributionContext context) => happened switch
    {
        AccountConnected e => (account, e.Account, context.Accounts[e.Account]),
        AccountEdited e when context.Accounts.TryGetValue(e.Account, out var named) => (account, e.Account, named),
        AgentAdded e => (agent, e.Agent, context.Agents[e.Agent]),
        AgentEdited e when context.Agents.TryGetValue(e.Agent, out var edited) => (agent, e.Agent, edited),
        KeySeen e => (key, KeyId(e.Account, e.Key), context.Ownership(e.Account, e.Key)),
        KeyAssigned e => (key, KeyId(e.Account, e.Key), context.Ownership(e.Account, e.Key)),
        IMissionEvent e when context.Missions.TryGetValue(e.Mission, out var changed) => (mission, e.Mission, changed),
        _ => null,
    };

    /// <summary>All documents.</summary>
    public static Task<AttributionContext> Load(NpgsqlConnection db, string schema, CancellationToken ct) => Load(db, schema, "true", ct);

    /// <summary>All but the missions, of which there may be many.</summary>
    public static Task<AttributionContext> LoadButMissions(NpgsqlConnection db, string schema, CancellationToken ct) => Load(db, schema, $"kind <> '{mission}'", ct);

    private static async Task<AttributionContext> Load(NpgsqlConnection db, string schema, string which, CancellationToken ct)
    {
        var context = new AttributionContext();
        await using var command = new NpgsqlCommand($"select kind, doc::text from {schema}.context where {which} order by kind, id", db);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            switch (reader.GetString(0))
            {
                case account:
                    context.Restore(Read<AccountName>(reader.GetString(1)));
                    break;
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

    /// <summary>Some missions by id; those that are not there are left out.</summary>
    public static async Task<IReadOnlyDictionary<string, Mission>> Missions(NpgsqlConnection db, string schema, IEnumerable<string> ids, CancellationToken ct)
    {
        var missions = new Dictionary<string, Mission>(StringComparer.Ordinal);
        await using var batch = new NpgsqlBatch(db) { BatchCommands = { MissionsCommand(schema, ids) } };
        await using var reader = await batch.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            missions[reader.GetString(0)] = ReadMission(reader);
        return missions;
    }

    /// <summary>Asks for missions by id, as one of several questions.</summary>
    internal static NpgsqlBatchCommand MissionsCommand(string schema, IEnumerable<string> ids) =>
        new($"select id, doc::text from {schema}.context where kind = '{mission}' and id = any($1)") { Parameters = { new() { Value = ids.ToArray() } } };

    /// <summary>A mission of that answer.</summary>
    internal static Mission ReadMission(NpgsqlDataReader reader) => Read<Mission>(reader.GetString(1));

    public static string Write(object document) => JsonSerializer.Serialize(document, document.GetType(), LedgerJson.Options);

    private static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, LedgerJson.Options) ?? throw new JsonException($"A document of {typeof(T).Name} holds null.");

    private static string KeyId(string account, string key) => $"{account}/{key}";
}
