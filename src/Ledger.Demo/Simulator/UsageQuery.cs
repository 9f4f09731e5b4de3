using System.Globalization;
using System.Text.Json;

namespace Ledger.Demo.Simulator;

/// <summary>A request for usage, judged as the provider judges it: no zone letters, no unknown words.</summary>
internal sealed class UsageQuery
{
    private static readonly string[] dimensions = ["api_key_id", "model", "unit_type", "description"];

    private static readonly Dictionary<string, int> widths = new(StringComparer.Ordinal)
    {
        ["TIME_UNIT_DAY"] = 86_400,
        ["TIME_UNIT_HOUR"] = 3_600,
        ["TIME_UNIT_QUARTER_HOUR"] = 900,
        ["TIME_UNIT_MINUTE"] = 60,
        ["TIME_UNIT_SECOND"] = 1,
    };

    private readonly TimeZoneInfo zone;
    private readonly List<(string Field, string Value)> filters = [];

    private UsageQuery(Interval range, TimeZoneInfo zone, int seconds, string[] groupBy)
    {
        (Range, this.zone, Seconds, GroupBy) = (range, zone, seconds, groupBy);
    }

    /// <summary>Width of the buckets.</summary>
    public int Seconds { get; }

    public Interval Range { get; }

    public string[] GroupBy { get; }

    public static UsageQuery Read(ReadOnlyMemory<byte> body, SimulatedFaults faults)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var request = json.RootElement.GetProperty("analyticsRequest");
            var times = request.GetProperty("timeRange");
            var zone = TimeZoneInfo.FindSystemTimeZoneById(times.GetProperty("timezone").GetString() ?? "");
            var range = new Interval(Time(times, "startTime", zone), Time(times, "endTime", zone));
            if (range.IsEmpty) throw Invalid("endTime must be after startTime");
            var unit = request.GetProperty("timeUnit").GetString() ?? "";
            if (!widths.TryGetValue(unit, out var width)) throw Invalid("timeUnit is not supported");
            if (faults.Refuses(width, range)) throw Invalid($"timeUnit {unit} is not supported");
            var value = request.GetProperty("values").EnumerateArray().Single();
            if (value.GetProperty("name").GetString() != "usd" || value.GetProperty("aggregation").GetString() != "AGGREGATION_SUM") throw Invalid("values");
            var groupBy = request.GetProperty("groupBy").EnumerateArray().Select(name => name.GetString() ?? "").ToArray();
            if (groupBy.Except(dimensions, StringComparer.Ordinal).Any()) throw Invalid("groupBy has an unknown field");
            if (faults.ModelRefused && groupBy.Contains("model", StringComparer.Ordinal)) throw Invalid("groupBy has an unknown field: model");
            var query = new UsageQuery(range, zone, width, groupBy);
            foreach (var filter in request.TryGetProperty("filters", out var list) ? list.EnumerateArray().Select(each => each.GetString() ?? "") : [])
            {
                var colon = filter.IndexOf(':', StringComparison.Ordinal);
                if (colon < 1 || !dimensions.Contains(filter[..colon], StringComparer.Ordinal)) throw Invalid("filters");
                query.filters.Add((filter[..colon], filter[(colon + 1)..]));
            }
            return query;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or TimeZoneNotFoundException or InvalidTimeZoneException)
        {
            throw Invalid("the request can't be read");
        }
    }

    /// <summary>Starts of the buckets that have begun, in UTC; the first is the bucket that holds the range's start.</summary>
    public List<DateTimeOffset> Buckets(DateTimeOffset now)
    {
        var starts = new List<DateTimeOffset>();
        var local = TimeZoneInfo.ConvertTime(Range.Start, zone).DateTime;
        var width = Seconds * TimeSpan.TicksPerSecond;
        for (var at = new DateTime(local.Ticks / width * width); ; at = at.AddTicks(width))
        {
            var utc = new DateTimeOffset(zone.IsInvalidTime(at) ? at.AddHours(1) - zone.GetUtcOffset(at.AddHours(1)) : at - zone.GetUtcOffset(at), TimeSpan.Zero);
            if (utc >= Range.End || utc > now) return starts;
            if (starts.Count == 0 || utc > starts[^1]) starts.Add(utc);
        }
    }

    public string[] Group(Spent spent) => [.. GroupBy.Select(dimension => ValueOf(spent, dimension))];

    public bool Passes(Spent spent) => filters.TrueForAll(filter => ValueOf(spent, filter.Field) == filter.Value);

    private static string ValueOf(Spent spent, string dimension) => dimension switch
    {
        "api_key_id" => spent.Key,
        "model" => spent.Model,
        "unit_type" => spent.Unit,
        _ => Prices.Description(spent.Model, spent.Unit),
    };

    private static DateTimeOffset Time(JsonElement times, string name, TimeZoneInfo zone) =>
        DateTime.TryParseExact(times.GetProperty(name).GetString(), "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var at)
            ? new(at - zone.GetUtcOffset(at), TimeSpan.Zero)
            : throw Invalid($"{name} must be YYYY-MM-DD HH:MM:SS");

    private static XaiRefusal Invalid(string what) => new(400, 3, $"Invalid argument: {what}");
}
