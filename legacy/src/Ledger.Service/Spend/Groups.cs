using System.Text.Json.Nodes;
using Ledger.Service.Agents;
using Ledger.Service.Http;
using Ledger.Service.Writing;
using Ledger.Views.Spend;

namespace Ledger.Service.Spend;

/// <summary>Groupings and their rows.</summary>
internal static class Groups
{
    private static readonly Dictionary<string, Dimension> dimensions = Enum.GetValues<Dimension>().ToDictionary(d => d.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    public static IReadOnlyList<Dimension> Parse(string? by, params IReadOnlyList<Dimension> allowed)
    {
        var words = (by ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var parsed = new List<Dimension>();
        foreach (var word in words)
        {
            if (!dimensions.TryGetValue(word, out var dimension) || (allowed.Count > 0 && !allowed.Contains(dimension)))
                throw new Refused("group.invalid", $"by is a list of {string.Join(", ", (allowed.Count > 0 ? allowed : [.. dimensions.Values]).Select(d => d.ToString().ToLowerInvariant()))}.", "by", word);
            if (parsed.Contains(dimension)) throw new Refused("group.invalid", $"by names {word} twice.", "by", word);
            parsed.Add(dimension);
        }
        return parsed;
    }

    public static string NameOf(Dimension dimension) => dimension.ToString().ToLowerInvariant();

    /// <summary>A row: its group's values under their names, with what people call them beside ids, and the amount.</summary>
    public static IReadOnlyList<JsonObject> Rows(IReadOnlyList<Dimension> by, IReadOnlyList<GroupRow> rows, Registry registry) => registry.Ask(known => rows.Select(row =>
    {
        var json = new JsonObject();
        for (var i = 0; i < by.Count; i++)
        {
            var value = row.Group[i];
            switch (by[i])
            {
                case Dimension.Account when value is not null && known.Accounts.TryGetValue(value, out var account):
                    json["account"] = account.Label;
                    break;
                case Dimension.Agent:
                    json["agent"] = value;
                    if (AgentFinder.NameBeside(known, value) is { } name) json["agentName"] = name;
                    break;
                case Dimension.Key:
                    json["key"] = value;
                    json["keyName"] = known.Keys.Values.FirstOrDefault(k => k.Key == value)?.Name;
                    break;
                case Dimension.Mission:
                    json["mission"] = value;
                    json["title"] = value is not null && known.Missions.TryGetValue(value, out var mission) ? mission.Title : null;
                    break;
                default:
                    json[NameOf(by[i])] = value;
                    break;
            }
        }
        json["billed"] = row.Billed.ToString();
        return json;
    }).ToArray());
}
