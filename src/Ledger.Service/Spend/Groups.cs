using System.Text.Json.Nodes;
using Ledger.Service.Accounts;
using Ledger.Service.Agents;
using Ledger.Service.Storage;
using Ledger.Spend;

namespace Ledger.Service.Spend;

/// <summary>Groupings and their rows.</summary>
public static class Groups
{
    private static readonly Dictionary<string, Dimension> dimensions = Enum.GetValues<Dimension>().ToDictionary(NameOf, StringComparer.Ordinal);

    public static IReadOnlyList<Dimension> Parse(string? by, params IReadOnlyList<Dimension> allowed)
    {
        var parsed = new List<Dimension>();
        foreach (var word in (by ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!dimensions.TryGetValue(word, out var dimension) || (allowed.Count > 0 && !allowed.Contains(dimension)))
                throw new Refused("group.invalid", $"by is a list of {string.Join(", ", (allowed.Count > 0 ? allowed : [.. dimensions.Values]).Select(NameOf))}.", "by", word);
            if (parsed.Contains(dimension)) throw new Refused("group.invalid", $"by names {word} twice.", "by", word);
            parsed.Add(dimension);
        }
        return parsed;
    }

    public static string NameOf(Dimension dimension) => dimension.ToString().ToLowerInvariant();

    /// <summary>Rows of it stand in the order of time.</summary>
    public static bool IsTime(Dimension dimension) => dimension == Dimension.Hour || Periods.IsPeriod(dimension);

    /// <summary>Within each time, what no mission and no agent carries comes last, whatever it costs; and after it what was cut off.</summary>
    public static IReadOnlyList<GroupRow> LeftoversLast(IReadOnlyList<Dimension> by, IEnumerable<GroupRow> rows)
    {
        var times = by.Select((d, i) => (d, i)).Where(x => IsTime(x.d)).Select(x => x.i).ToArray();
        var isCut = rows.LastOrDefault() is { } last && last.Group.Count > 0 && last.Group.All(g => g == GroupRow.Other) ? last : null;
        return
        [
            .. rows.Where(r => r != isCut).OrderBy(r => string.Join('\u001f', times.Select(i => r.Group[i])), StringComparer.Ordinal).ThenBy(Rank),
            .. isCut is null ? [] : new[] { isCut },
        ];

        int Rank(GroupRow row)
        {
            var rank = 0;
            for (var i = 0; i < by.Count; i++)
                if (by[i] is Dimension.Agent or Dimension.Mission) rank = Math.Max(rank, row.Group[i] switch { Party.IdleName => 1, Party.UnassignedName => 2, _ => 0 });
            return rank;
        }
    }

    /// <summary>Rows: their group's values under their names, with what people call them beside ids, and the amount.</summary>
    /// <param name="by">The grouping.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="known">Names of accounts, agents and keys.</param>
    /// <param name="titles">Titles of missions by id, where the grouping has missions.</param>
    public static IReadOnlyList<JsonObject> Rows(IReadOnlyList<Dimension> by, IReadOnlyList<GroupRow> rows, KnownNames known, IReadOnlyDictionary<string, string>? titles = null)
    {
        var keyNames = known.Keys.Values.GroupBy(k => k.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First().Name, StringComparer.Ordinal);
        return [.. rows.Select(row => Row(by, row, known, keyNames, titles))];
    }

    private static JsonObject Row(IReadOnlyList<Dimension> by, GroupRow row, KnownNames known, Dictionary<string, string?> keyNames, IReadOnlyDictionary<string, string>? titles)
    {
        var json = new JsonObject();
        for (var i = 0; i < by.Count; i++)
        {
            var value = row.Group[i];
            switch (by[i])
            {
                case Dimension.Account:
                    json["account"] = value is null ? null : known.AccountLabel(value);
                    break;
                case Dimension.Agent:
                    json["agent"] = value;
                    if (known.NameBeside(value) is { } name) json["agentName"] = name;
                    break;
                case Dimension.Key:
                    json["key"] = value;
                    json["keyName"] = value is null ? null : keyNames.GetValueOrDefault(value);
                    break;
                case Dimension.Mission:
                    json["mission"] = value;
                    json["title"] = value is null ? null : titles?.GetValueOrDefault(value);
                    break;
                default:
                    json[NameOf(by[i])] = value;
                    break;
            }
        }
        json["billed"] = row.Billed.ToString();
        return json;
    }
}
