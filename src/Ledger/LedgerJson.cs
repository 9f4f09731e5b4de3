using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ledger;

/// <summary>
/// How events and aggregates are written: camelCase, money as text, instants in UTC, enums as camelCase words. What is stored is a
/// contract, so these conventions never change.
/// </summary>
public static class LedgerJson
{
    /// <summary>The conventions, read-only.</summary>
    public static JsonSerializerOptions Options { get; } = Frozen();

    /// <summary>Gives somebody else's options the same conventions.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.Converters.Add(new InstantJsonConverter());
        // A number would bind what is stored to the order of a source file.
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
    }

    private static JsonSerializerOptions Frozen()
    {
        var options = new JsonSerializerOptions();
        Configure(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
