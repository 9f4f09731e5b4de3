using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Ledger.Money;

namespace Ledger.Demo.Simulator;

/// <summary>A refusal in the provider's words.</summary>
internal sealed class XaiRefusal(int status, int code, string message) : Exception(message)
{
    public int Status { get; } = status;

    public int Code { get; } = code;
}

/// <summary>Writes what xAI would write: dense series of doubles, cents as text, held credit negative.</summary>
internal static class XaiWire
{
    private const long centTicks = Usd.TicksPerDollar / 100;
    private const int pointsMax = 5_000_000;

    public static byte[] Error(int code, string message) => Json(json =>
    {
        json.WriteNumber("code", code);
        json.WriteString("message", message);
        json.WriteStartArray("details");
        json.WriteEndArray();
    });

    public static byte[] Validation(ManagementKey key) => Json(json =>
    {
        json.WriteString("apiKeyId", "6f" + key.Team.Id[2..]);
        json.WriteString("teamId", key.Team.Id);
        json.WriteString("scope", key.OfOrganization ? "SCOPE_ORGANIZATION" : "SCOPE_TEAM");
        json.WriteString("scopeId", key.OfOrganization ? "organization" : key.Team.Id);
        json.WriteString("ownerUserId", "11111111-2222-4333-8444-555555555555");
        json.WriteString("name", key.Name);
        json.WriteStartArray("acls");
        foreach (var acl in key.Acls) json.WriteStringValue(acl);
        json.WriteEndArray();
        json.WriteString(key.Misspelt ? "reactedApiKey" : "redactedApiKey", $"xai-token-...{key.Text[^4..]}");
        json.WriteString("createTime", "2026-03-01T09:00:00Z");
        json.WriteStartArray("ipRanges");
        json.WriteEndArray();
    });

    public static byte[] Keys(SimulatedTeam team, int pageSize, int skip, DateTimeOffset now)
    {
        var keys = team.Keys.Where(key => key.Created <= now && !key.Deleted).ToList();
        return Json(json =>
        {
            json.WriteStartArray("apiKeys");
            foreach (var key in keys.Skip(skip).Take(pageSize))
            {
                json.WriteStartObject();
                json.WriteString("apiKeyId", key.Id);
                json.WriteString("name", key.Name);
                json.WriteString("teamId", team.Id);
                json.WriteString("redactedApiKey", key.Redacted);
                json.WriteString("createTime", key.Created.ToText());
                json.WriteNull("expireTime");
                // Both occur: the documentation shows text where the API writes a truth value.
                if (skip == 0) json.WriteBoolean("disabled", false);
                else json.WriteString("disabled", "false");
                json.WriteNumber("qps", 2);
                json.WriteString("tpm", "60000");
                json.WriteEndObject();
            }
            json.WriteEndArray();
            if (skip + pageSize < keys.Count) json.WriteString("paginationToken", string.Create(CultureInfo.InvariantCulture, $"n3xt {skip + pageSize}"));
        });
    }

    public static byte[] Preview(SimulatedTeam team, DateTimeOffset now)
    {
        var money = team.MoneyAt(now);
        var total = Cents(money.Total);
        return Json(json =>
        {
            json.WriteStartObject("coreInvoice");
            json.WriteStartArray("lines");
            foreach (var line in money.Spends.GroupBy(spent => (spent.Model, spent.Unit)).OrderBy(line => line.Key.Model, StringComparer.Ordinal).ThenBy(line => line.Key.Unit, StringComparer.Ordinal))
            {
                var ticks = line.Sum(spent => spent.Amount.Ticks);
                var price = Prices.Of(line.Key.Model, line.Key.Unit).Ticks;
                json.WriteStartObject();
                json.WriteString("clusterName", "us-east-1");
                json.WriteString("description", line.Key.Model);
                json.WriteString("unitType", line.Key.Unit);
                // Millionths of a cent, which are a hundred ticks.
                json.WriteString("unitPrice", Text(price / 100));
                json.WriteString("numUnits", Text(ticks / price));
                json.WriteString("amount", Cents(new(ticks)));
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteString("amountBeforeVat", total);
            json.WriteString("vatCost", "0");
            json.WriteString("amountAfterVat", total);
            json.WriteString("autoCreditsIssued", Cents(money.FreeUsed));
            json.WriteString("defaultCreditsIssued", "0");
            Val(json, "totalWithCorr", total);
            Val(json, "prepaidCredits", Cents(-money.PrepaidCredit));
            // What is left is rounded once, so that a month's end in between never makes a cent.
            Val(json, "prepaidCreditsUsed", Text(WholeCents(money.PrepaidCredit - money.PrepaidUsed) - WholeCents(money.PrepaidCredit)));
            json.WriteEndObject();
            json.WriteString("effectiveSpendingLimit", Cents(team.SpendingLimit));
            json.WriteString("defaultCredits", "0");
            json.WriteStartObject("billingCycle");
            json.WriteNumber("year", money.Month.Year);
            json.WriteNumber("month", money.Month.Month);
            json.WriteEndObject();
        });
    }

    // The settled ledger: spend is posted when a month closes, so within the month it shows more than there is.
    public static byte[] Prepaid(SimulatedTeam team, DateTimeOffset now)
    {
        var money = team.MoneyAt(now);
        var bought = new Usd(money.Purchases.Sum(purchase => purchase.Amount.Ticks));
        return Json(json =>
        {
            json.WriteStartArray("changes");
            foreach (var (at, amount) in money.Purchases)
            {
                json.WriteStartObject();
                json.WriteString("teamId", team.Id);
                json.WriteString("changeOrigin", "PURCHASE");
                json.WriteString("topupStatus", "SUCCEEDED");
                Val(json, "amount", Cents(-amount));
                json.WriteString("createTime", at.ToText());
                json.WriteEndObject();
            }
            if (bought != money.PrepaidCredit)
            {
                json.WriteStartObject();
                json.WriteString("changeOrigin", "SPEND");
                json.WriteNumber("spendBpKeyYear", money.Month.AddMonths(-1).Year);
                json.WriteNumber("spendBpKeyMonth", money.Month.AddMonths(-1).Month);
                Val(json, "amount", Cents(bought - money.PrepaidCredit));
                json.WriteString("createTime", money.Month.AddMinutes(10).ToText());
                json.WriteEndObject();
            }
            json.WriteEndArray();
            Val(json, "total", Cents(-money.PrepaidCredit));
        });
    }

    public static byte[] Limits(SimulatedTeam team) => Json(json =>
    {
        json.WriteStartObject("spendingLimits");
        foreach (var name in (ReadOnlySpan<string>)["hardSlAuto", "effectiveHardSl", "softSl", "effectiveSl"]) Val(json, name, Cents(team.SpendingLimit));
        json.WriteEndObject();
    });

    public static byte[] Usage(SimulatedTeam team, UsageQuery query, SimulatedFaults faults, FaultOrder? fault, DateTimeOffset now)
    {
        var buckets = query.Buckets(now);
        var sums = new SortedDictionary<string[], double?[]>(Comparer<string[]>.Create(ByText));
        var index = 0;
        foreach (var spent in team.Shown(query.Range))
        {
            while (index + 1 < buckets.Count && buckets[index + 1] <= spent.At) index++;
            if (buckets.Count == 0) break;
            var group = query.Group(spent);
            if (!query.Passes(spent)) continue;
            if (!sums.TryGetValue(group, out var values)) sums[group] = values = Zeros(team, query, group, buckets);
            if ((long)sums.Count * buckets.Count > pointsMax) throw new XaiRefusal(400, 3, "Invalid argument: the result is too large");
            // Added up as doubles, as the provider's database does, with the noise that this makes.
            values[index] = (values[index] ?? 0) + (spent.Amount.Ticks / (double)Usd.TicksPerDollar);
        }

        var names = team.Keys.ToDictionary(key => key.Id, key => key.Label, StringComparer.Ordinal);
        var limited = sums.Count > faults.GroupsMax || fault?.Fault == Fault.LimitReached;
        var series = limited ? sums.Take(Math.Min(faults.GroupsMax, Math.Max(0, sums.Count - 1))).ToList() : [.. sums];
        if (fault?.Fault == Fault.DuplicateSeries && series.Count > 0) series.Add(series[0]);
        var output = new ArrayBufferWriter<byte>(64 * 1024);
        using var json = new Utf8JsonWriter(output, new() { SkipValidation = true });
        json.WriteStartObject();
        json.WriteStartArray("timeSeries");
        var first = true;
        foreach (var (group, values) in series)
        {
            json.WriteStartObject();
            json.WriteStartArray("group");
            foreach (var part in group) json.WriteStringValue(part);
            json.WriteEndArray();
            json.WriteStartArray("groupLabels");
            for (var i = 0; i < group.Length; i++)
                json.WriteStringValue(query.GroupBy[i] == "api_key_id" && names.TryGetValue(group[i], out var label) ? label : group[i]);
            json.WriteEndArray();
            json.WriteStartArray("dataPoints");
            var count = fault?.Fault == Fault.Gap ? buckets.Count - 1 : buckets.Count;
            for (var i = 0; i < count; i++)
            {
                if (values[i] is not { } value) continue;
                var start = buckets[i];
                if (query.Seconds < 3600 && faults.Finer is { } finer)
                {
                    if (finer(query.Seconds, start, group[0], value) is not { } shown) continue;
                    value = shown;
                }
                if (fault?.Fault == Fault.MisalignedBucket) start = start.AddMinutes(1);
                if (fault?.Fault == Fault.FutureBucket && first) start = start.AddDays(1);
                Point(json, start, value, first && fault?.Fault == Fault.Figure ? fault.Argument ?? "NaN" : null);
                if (fault?.Fault == Fault.DuplicatePoint && first) Point(json, start, value, null);
                first = false;
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteBoolean("limitReached", limited);
        json.WriteEndObject();
        json.Flush();
        return output.WrittenSpan.ToArray();
    }

    // A line that vanished has no point at all; everything else without spend is an explicit zero.
    private static double?[] Zeros(SimulatedTeam team, UsageQuery query, string[] group, List<DateTimeOffset> buckets)
    {
        var values = new double?[buckets.Count];
        var whole = query.GroupBy is ["api_key_id", "model", "unit_type"];
        for (var i = 0; i < values.Length; i++)
            values[i] = whole && team.HasVanished(buckets[i], group[0], group[1], group[2]) ? null : 0;
        return values;
    }

    private static void Point(Utf8JsonWriter json, DateTimeOffset start, double value, string? instead)
    {
        json.WriteStartObject();
        json.WriteString("timestamp", start.ToText());
        json.WriteStartArray("values");
        if (instead is null) json.WriteNumberValue(value);
        else json.WriteRawValue(instead, skipInputValidation: true);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static int ByText(string[]? a, string[]? b)
    {
        for (var i = 0; i < a!.Length; i++)
        {
            if (string.CompareOrdinal(a[i], b![i]) is var order and not 0) return order;
        }
        return 0;
    }

    private static string Cents(Usd amount) => Text(WholeCents(amount));

    private static long WholeCents(Usd amount) => (long)Math.Round(amount.Ticks / (decimal)centTicks, MidpointRounding.AwayFromZero);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static void Val(Utf8JsonWriter json, string name, string cents)
    {
        json.WriteStartObject(name);
        json.WriteString("val", cents);
        json.WriteEndObject();
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
        json.Flush();
        return output.WrittenSpan.ToArray();
    }
}
