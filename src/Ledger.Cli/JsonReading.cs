using System.Globalization;
using System.Text.Json;
using Ledger.Money;

namespace Ledger.Cli;

/// <summary>Reading answers without reflection: what is absent, null or of another kind is null.</summary>
internal static class JsonReading
{
    /// <summary>An amount, or null.</summary>
    public static Usd? Amount(this JsonElement element, string name) => Usd.TryParse(element.Text(name), out var amount) ? amount : null;

    public static JsonElement? Part(this JsonElement e, string name) =>
        e.ValueKind == JsonValueKind.Object && e.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static string? Text(this JsonElement e, string name) => e.Part(name) is not { } value ? null : value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => null,
    };

    public static long? Number(this JsonElement e, string name) =>
        e.Part(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    /// <summary>Seconds may come with decimals.</summary>
    public static double? Seconds(this JsonElement e, string name) =>
        e.Part(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var number) ? number : null;

    public static bool? Flag(this JsonElement e, string name) => e.Part(name)?.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    /// <summary>The members of a list; nothing when it is absent.</summary>
    public static List<JsonElement> Items(this JsonElement e, string name)
    {
        var items = new List<JsonElement>();
        if (e.Part(name) is { ValueKind: JsonValueKind.Array } list)
            foreach (var item in list.EnumerateArray()) items.Add(item);
        return items;
    }

    /// <summary>A list of names, given as texts or as objects that carry a name.</summary>
    public static string Names(this JsonElement e, string name)
    {
        var names = new List<string>();
        foreach (var item in e.Items(name))
            names.Add(item.ValueKind == JsonValueKind.Object
                ? item.Text("name") ?? item.Text("title") ?? item.Text("agent") ?? item.Text("id") ?? "?"
                : item.ToString());
        return string.Join(", ", names);
    }

    /// <summary>Who is on a mission, as people call them.</summary>
    public static string Agents(this JsonElement mission) => mission.Names(mission.Part("agentNames") is null ? "agents" : "agentNames");

    public static string Grouped(this long number) => number.ToString("#,0", CultureInfo.InvariantCulture);
}
