using System.Text.Json;
using Ledger.Accounts;
using Ledger.Money;
using static Ledger.Service.Xai.WireJson;

namespace Ledger.Service.Xai;

/// <summary>What one request for usage asked for; the answer is judged by it.</summary>
/// <param name="Range">Whole buckets.</param>
/// <param name="BucketSeconds">3600, 900, 60 or 1.</param>
/// <param name="Dimensions">What it was grouped by.</param>
/// <param name="CurrencyField">For feeds that name their currency: where. xAI's doesn't.</param>
internal sealed record UsageAsked(Interval Range, int BucketSeconds, DimensionSet Dimensions, string? CurrencyField = null);

/// <summary>The lines of one answer.</summary>
/// <param name="LimitReached">Too many groups: the answer is a subset, and nothing of it was used.</param>
/// <param name="Lines">Each once.</param>
/// <param name="KeyNames">By key id.</param>
/// <param name="Series">How many series there were.</param>
/// <param name="Dense">Every series had every bucket of the range that had started.</param>
/// <param name="IsSilent">The list of series was left out: empty, where the books hold no spend of that stretch; else it is not known what the answer means.</param>
internal sealed record UsagePart(
    bool LimitReached, IReadOnlyList<ReadLine> Lines, IReadOnlyDictionary<string, string> KeyNames, int Series, bool Dense, bool IsSilent = false);

/// <summary>
/// xAI's bytes to results: pure; figures and what they are kept by strictly and all or nothing, texts for people as far as they can be shown.
/// Throws <see cref="ProviderException"/> of kind <c>contract</c>, or <c>unreachable</c> for what is no JSON.
/// </summary>
internal static class XaiParser
{
    /// <summary>How far ahead of our clock a bucket may start.</summary>
    public static readonly TimeSpan AheadMax = TimeSpan.FromMinutes(10);

    public static string[] GroupBy(DimensionSet dimensions) => dimensions switch
    {
        DimensionSet.KeyModelUnit => ["api_key_id", "model", "unit_type"],
        DimensionSet.KeyDescriptionUnit => ["api_key_id", "description", "unit_type"],
        DimensionSet.KeyUnit => ["api_key_id", "unit_type"],
        DimensionSet.Key => ["api_key_id"],
        _ => throw new ArgumentOutOfRangeException(nameof(dimensions)),
    };

    /// <param name="body">The answer.</param>
    /// <param name="asked">What was asked.</param>
    /// <param name="now">When it was answered.</param>
    public static UsagePart Usage(ReadOnlyMemory<byte> body, UsageAsked asked, DateTimeOffset now)
    {
        using var json = Parse(body);
        var root = Answer(json, out var isSilent, ["timeSeries"], "limitReached", asked.CurrencyField ?? "limitReached");
        if (Flag(root, "limitReached", "") == true) return new(true, [], new Dictionary<string, string>(), 0, false);
        if (asked.CurrencyField is { } currency) InDollars(root, currency, "");
        if (isSilent || Array(root, "timeSeries", "") is not { } all) return new(false, [], new Dictionary<string, string>(), 0, false, IsSilent: true);

        var buckets = new Buckets(asked, now);
        var lines = new List<ReadLine>();
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var groups = new HashSet<(string?, string?, string?)>();
        var dense = true;
        var index = 0;
        foreach (var element in all.EnumerateArray())
        {
            var place = $"timeSeries[{index++}]";
            var series = Object(element, place);
            var group = Group(series, asked.Dimensions, names, place + ".");
            if (!groups.Add(group)) throw Broken(place, "repeats a group that the answer had before");
            dense &= Points(series, group, buckets, lines, place + ".");
        }
        return new(false, lines, names, index, dense && index > 0);
    }

    public static XaiIdentity Identity(ReadOnlyMemory<byte> body, TimeSpan? clockAhead)
    {
        using var json = Parse(body);
        // A key always has a scope, and every enumeration but its first value is written: without any the answer is about something else.
        var root = Answer(json, out var isSilent, ["scope", "teamId"]);
        if (isSilent) throw Unknown(root, "scope");
        var scope = Name(root, "scope", "");
        var team = Name(root, "teamId", "");
        // The deprecated teamId is a fallback only: it may lag behind the scope.
        if (scope == "SCOPE_TEAM") team = Name(root, "scopeId", "") ?? team;
        if (scope == "SCOPE_ORGANIZATION") team = null;
        var acls = Labels(root, "acls");
        // The documentation's own example spells the field without its d.
        var redacted = Label(root, "redactedApiKey") ?? Label(root, "reactedApiKey");
        return new(team, scope, Label(root, "apiKeyId"), Label(root, "name"), redacted, acls, clockAhead);
    }

    /// <summary>
    /// One page of keys, and the token of the next one. A page without a list is an empty one, whatever keys are known: the list adds names and takes none
    /// away, so nothing is lost by believing it.
    /// </summary>
    public static (IReadOnlyList<XaiKey> Keys, string? Next) Keys(ReadOnlyMemory<byte> body)
    {
        using var json = Parse(body);
        var root = Answer(json, out _, ["apiKeys"], "paginationToken");
        var keys = new List<XaiKey>();
        if (Array(root, "apiKeys", "") is { } list)
        {
            foreach (var element in list.EnumerateArray())
            {
                var place = $"apiKeys[{keys.Count}].";
                var key = Object(element, place);
                var id = Name(key, "apiKeyId", place) ?? throw Broken($"{place}apiKeyId", "is missing");
                keys.Add(new(id, Label(key, "name"), Label(key, "redactedApiKey"), Perhaps(() => Flag(key, "disabled", place)), Perhaps(() => Instant(key, "createTime", place))));
            }
        }
        return (keys, PageToken(root));
    }

    /// <summary>
    /// The invoice preview, without limits and purchases. There is always a cycle, and a message that is there is written however empty it is: an answer with
    /// neither cycle nor invoice says nothing of this month.
    /// </summary>
    public static XaiBalance Preview(ReadOnlyMemory<byte> body, DateTimeOffset asked, DateTimeOffset answered)
    {
        using var json = Parse(body);
        var root = Answer(json, out var isSilent, ["coreInvoice", "billingCycle"], "effectiveSpendingLimit", "defaultCredits");
        if (isSilent) throw Unknown(root, "coreInvoice");
        var cycle = Child(root, "billingCycle", "");
        var year = cycle is { } y ? Integer(y, "year", "billingCycle.") : null;
        var month = cycle is { } m ? Integer(m, "month", "billingCycle.") : null;
        if (year is < 2015 or >= 2100 || month is < 1 or > 12) throw Broken("billingCycle", "is no month between 2015 and 2100");
        var limit = Cents(root, "effectiveSpendingLimit", "");
        var when = answered.UtcDateTime;
        if (Child(root, "coreInvoice", "") is not { } invoice)
            return new((int)(year ?? when.Year), (int)(month ?? when.Month), null, null, null, null, null, limit, null, [], asked, answered);

        const string at = "coreInvoice.";
        // Money that is held is negative on the wire.
        var credit = -Val(invoice, "prepaidCredits", at);
        var used = -Val(invoice, "prepaidCreditsUsed", at);
        var auto = Cents(invoice, "autoCreditsIssued", at);
        var usual = Cents(invoice, "defaultCreditsIssued", at);
        var free = auto is null && usual is null ? (Usd?)null : Positive(auto ?? Usd.Zero) + Positive(usual ?? Usd.Zero);
        var total = Val(invoice, "totalWithCorr", at) ?? Cents(invoice, "amountAfterVat", at);
        return new((int)(year ?? when.Year), (int)(month ?? when.Month), total, credit, used, credit - used, free, limit, null, InvoiceLines(invoice), asked, answered);
    }

    /// <summary>
    /// What came in, and which months were taken off. The list is settled monthly, so its total is no measure of what is left. A total without a list is of a
    /// team that never bought; without either nothing is known.
    /// </summary>
    public static XaiPrepaid? Prepaid(ReadOnlyMemory<byte> body)
    {
        using var json = Parse(body);
        var root = Answer(json, out var isSilent, ["changes", "total"]);
        if (isSilent) return null;
        var (purchases, funding, settled) = (Usd.Zero, Usd.Zero, default(string));
        if (Array(root, "changes", "") is not { } changes) return new(purchases, funding, settled);
        var index = 0;
        foreach (var element in changes.EnumerateArray())
        {
            var place = $"changes[{index++}].";
            var change = Object(element, place);
            var origin = Name(change, "changeOrigin", place);
            if (origin == "SPEND")
            {
                if (Integer(change, "spendBpKeyYear", place) is { } year and >= 2015 and < 2100 && Integer(change, "spendBpKeyMonth", place) is { } month and >= 1 and <= 12
                    && Credit.CycleOf((int)year, (int)month) is var cycle && string.CompareOrdinal(cycle, settled) > 0)
                    settled = cycle;
                continue;
            }
            var isPurchase = origin is "PURCHASE" or "AUTO_PURCHASE";
            if (isPurchase ? Name(change, "topupStatus", place) != "SUCCEEDED" : origin is not ("REFUND" or "MANUAL")) continue;
            var came = -(Val(change, "amount", place) ?? throw Broken($"{place}amount", "is missing"));
            funding += came;
            if (isPurchase) purchases += came;
        }
        return new(purchases, funding, settled);
    }

    /// <summary>The limit that xAI enforces on invoiced spend; null where the answer names none.</summary>
    public static Usd? SpendingLimit(ReadOnlyMemory<byte> body)
    {
        using var json = Parse(body);
        return Child(Answer(json, out _, ["spendingLimits"]), "spendingLimits", "") is { } limits ? Val(limits, "effectiveSl", "spendingLimits.") : null;
    }

    private static (string? Key, string? Model, string? Unit) Group(JsonElement series, DimensionSet dimensions, Dictionary<string, string> names, string place)
    {
        var width = dimensions switch { DimensionSet.Key => 1, DimensionSet.KeyUnit => 2, _ => 3 };
        var group = Array(series, "group", place) is { } found && found.GetArrayLength() == width
            ? found
            : throw Broken($"{place}group", $"does not have the {width} values that were asked for");
        var label = series.TryGetProperty("groupLabels", out var labels) && labels.ValueKind == JsonValueKind.Array && labels.GetArrayLength() == width ? KeyName(labels[0]) : null;
        // A value that can't be kept refuses the answer, and says whose spend it is about.
        var key = Name(group[0], $"{place}group[0]{(label is null ? "" : $" (key \"{label}\")")}");
        if (key is not null && label is not null) names[key] = label;
        return width switch
        {
            1 => (key, null, null),
            2 => (key, null, Value(1)),
            _ => (key, Value(1), Value(2)),
        };

        string? Value(int index) => Name(group[index], $"{place}group[{index}] (key {key ?? "(none)"})");
    }

    // "xai-vigilio (xai-…WZd0)": names may hold spaces and brackets themselves, so the last one counts.
    private static string? KeyName(JsonElement text) => Label(text, static label => label.LastIndexOf(" (xai-", StringComparison.Ordinal) is > 0 and var cut ? label[..cut] : label);

    private static bool Points(JsonElement series, (string? Key, string? Model, string? Unit) group, Buckets buckets, List<ReadLine> lines, string place)
    {
        buckets.Begin();
        if (Array(series, "dataPoints", place) is not { } points) return false;
        var index = 0;
        foreach (var element in points.EnumerateArray())
        {
            var point = Object(element, $"{place}dataPoints[{index}]");
            if (!point.TryGetProperty("timestamp", out var stamp)) throw Broken($"{place}dataPoints[{index}].timestamp", "is missing");
            var start = Instant(stamp, $"{place}dataPoints[{index}].timestamp");
            if (buckets.Refuses(start) is { } reason) throw Broken($"{place}dataPoints[{index}].timestamp", reason);
            if (Array(point, "values", place) is not { } values || values.GetArrayLength() != 1)
                throw Broken($"{place}dataPoints[{index}].values", "does not have the 1 value that was asked for");
            var (amount, raw) = Dollars(values[0], $"{place}dataPoints[{index}].values[0]");
            lines.Add(new(start, buckets.Seconds, group.Key, group.Model, group.Unit, amount, raw));
            index++;
        }
        return buckets.AllThere;
    }

    private static List<InvoiceLine> InvoiceLines(JsonElement invoice)
    {
        if (Array(invoice, "lines", "coreInvoice.") is not { } list) return [];
        var lines = new List<InvoiceLine>();
        var index = 0;
        foreach (var element in list.EnumerateArray())
        {
            var place = $"coreInvoice.lines[{index++}].";
            var line = Object(element, place);
            var description = Label(line, "description") ?? "";
            var unit = Label(line, "unitType") ?? "";
            // A top-up on the invoice is money that came, not usage.
            if (IsTopUp(description) || IsTopUp(unit)) continue;
            var price = Integer(line, "unitPrice", place);
            lines.Add(new(description, unit, Integer(line, "numUnits", place), price?.ToString(System.Globalization.CultureInfo.InvariantCulture), Cents(line, "amount", place) ?? Usd.Zero));
        }
        return lines;
    }

    private static bool IsTopUp(string text) => text.Equals("prepaid_tokens", StringComparison.OrdinalIgnoreCase);

    private static List<string> Labels(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(Label).OfType<string>()] : [];

    // A page token is opaque: it goes back as it came, so it is not cleaned, only bounded.
    private static string? PageToken(JsonElement root)
    {
        if (!root.TryGetProperty("paginationToken", out var token) || token.ValueKind == JsonValueKind.Null) return null;
        if (token.ValueKind != JsonValueKind.String || token.GetRawText().Length > 2000) throw Broken("paginationToken", "is no short text");
        return token.GetString() is { Length: > 0 } text ? text : null;
    }

    private static Usd Positive(Usd amount) => amount < Usd.Zero ? -amount : amount;

    /// <summary>Which buckets an answer may have, and which of them a series had.</summary>
    private sealed class Buckets
    {
        private readonly UsageAsked asked;
        private readonly DateTimeOffset now;
        private readonly bool[] seen;
        private readonly int started;

        public Buckets(UsageAsked asked, DateTimeOffset now)
        {
            this.asked = asked;
            this.now = now;
            seen = new bool[IndexOf(asked.Range.End)];
            started = Math.Clamp(IndexOf(now) + 1, 0, seen.Length);
        }

        public int Seconds => asked.BucketSeconds;

        public bool AllThere => !seen.AsSpan(0, started).Contains(false);

        public void Begin() => System.Array.Clear(seen);

        public string? Refuses(DateTimeOffset start)
        {
            if (start.Ticks % (asked.BucketSeconds * TimeSpan.TicksPerSecond) != 0) return $"is {start.ToText()}, which is not the start of a bucket of {asked.BucketSeconds} s";
            if (start > now + AheadMax) return $"is {start.ToText()}, which lies in the future";
            if (!asked.Range.Contains(start)) return $"is {start.ToText()}, which is outside of the time that was asked for";
            ref var had = ref seen[IndexOf(start)];
            if (had) return $"is {start.ToText()} for the second time in this series";
            had = true;
            return null;
        }

        private int IndexOf(DateTimeOffset at) => (int)Math.Clamp((long)Math.Floor((at - asked.Range.Start).TotalSeconds / asked.BucketSeconds), -1, 1_000_000);
    }
}
