using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Budgets;
using Ledger.Guard;
using Ledger.Keys;
using Ledger.Missions;
using Npgsql;

namespace Ledger.Views.Spend;

/// <summary>The directory as documents, so that a restart does not read the log again.</summary>
internal static class Documents
{
    /// <summary>The document of what an event changed, as the directory has it now.</summary>
    public static void Changed(ILedgerEvent happened, AttributionContext directory, Dictionary<(string, string), string> into)
    {
        var json = DocumentJson.Default;
        if (AttributionContext.MissionOf(happened) is { } mission && directory.Missions.TryGetValue(mission, out var m))
            into[("mission", mission)] = JsonSerializer.Serialize(m, json.Mission);
        else if (Account.IdIn(happened) is { } account && directory.Accounts.TryGetValue(account, out var a))
            into[("account", account)] = JsonSerializer.Serialize(a, json.Account);
        else if (happened is AgentAdded { Agent: var added } && directory.Agents.TryGetValue(added, out var newAgent))
            into[("agent", added)] = JsonSerializer.Serialize(newAgent, json.Agent);
        else if (happened is AgentEdited { Agent: var edited } && directory.Agents.TryGetValue(edited, out var agent))
            into[("agent", edited)] = JsonSerializer.Serialize(agent, json.Agent);
        else if (happened is KeySeen seen)
            into[("key", $"{seen.Account}/{seen.Key}")] = JsonSerializer.Serialize(directory.Ownership(seen.Account, seen.Key), json.KeyOwnership);
        else if (happened is KeyAssigned assigned)
            into[("key", $"{assigned.Account}/{assigned.Key}")] = JsonSerializer.Serialize(directory.Ownership(assigned.Account, assigned.Key), json.KeyOwnership);
        else if (Budget.IdIn(happened) is { } budget && directory.Budgets.TryGetValue(budget, out var b))
            into[("budget", budget)] = JsonSerializer.Serialize(b, json.Budget);
        else if (happened is HoldTaken hold)
            into[("hold", hold.Hold)] = JsonSerializer.Serialize(hold, json.HoldTaken);
        else if (happened is HoldReleased released)
            into[("hold", released.Hold)] = "null";
    }

    public static async Task<AttributionContext> Load(NpgsqlConnection db, string schema, CancellationToken ct)
    {
        var directory = new AttributionContext();
        await using var command = new NpgsqlCommand($"select kind, doc::text from {schema}.directory order by kind, id", db);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            switch (reader.GetString(0))
            {
                case "mission":
                    directory.Restore(JsonSerializer.Deserialize(reader.GetString(1), DocumentJson.Default.Mission)!);
                    break;
                case "account":
                    directory.Restore(JsonSerializer.Deserialize(reader.GetString(1), DocumentJson.Default.Account)!);
                    break;
                case "agent":
                    directory.Restore(JsonSerializer.Deserialize(reader.GetString(1), DocumentJson.Default.Agent)!);
                    break;
                case "key":
                    directory.Restore(JsonSerializer.Deserialize(reader.GetString(1), DocumentJson.Default.KeyOwnership)!);
                    break;
                case "budget":
                    directory.Restore(JsonSerializer.Deserialize(reader.GetString(1), DocumentJson.Default.Budget)!);
                    break;
                case "hold":
                    if (JsonSerializer.Deserialize(reader.GetString(1), DocumentJson.Default.HoldTaken) is { } hold) directory.Restore(hold);
                    break;
                case var kind:
                    throw new InvalidOperationException($"Nobody knows documents of the kind {kind}.");
            }
        return directory;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, Converters = [typeof(InstantJsonConverter)])]
[JsonSerializable(typeof(Agent))]
[JsonSerializable(typeof(Mission))]
[JsonSerializable(typeof(KeyOwnership))]
[JsonSerializable(typeof(Account))]
[JsonSerializable(typeof(Budget))]
[JsonSerializable(typeof(HoldTaken))]
internal sealed partial class DocumentJson : JsonSerializerContext;
