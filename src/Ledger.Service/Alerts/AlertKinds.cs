namespace Ledger.Service.Alerts;

/// <summary>Kinds of alerts: the word that people use for each, and the stored name of its event without the version.</summary>
public static class AlertKinds
{
    public const string Budget = "budget-threshold-crossed";
    public const string Runway = "runway-short";
    public const string Stale = "source-stale";

    private static readonly Dictionary<string, string> storedByWord = new(StringComparer.Ordinal)
    {
        ["budget"] = Budget,
        ["runway"] = Runway,
        ["anomaly"] = "spend-anomalous",
        ["stale"] = Stale,
        ["mission"] = "mission-left-open",
        ["key"] = "key-shared",
        ["restatement"] = "large-restatement",
        ["history"] = "history-imported",
    };

    public static string? StoredAs(string? word) => word is null ? null : storedByWord.GetValueOrDefault(word)
        ?? throw new Refused("request.invalid", $"kind is one of {string.Join(", ", storedByWord.Keys)}.", "kind", word, [.. storedByWord.Keys]);

    public static string WordOf(string stored) => storedByWord.FirstOrDefault(s => s.Value == stored).Key ?? stored;
}
