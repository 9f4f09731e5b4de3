using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Ledger.Accounts;

namespace Ledger.Service.Xai;

/// <summary>
/// Reads one xAI team's billing with one management key. Only reads. Every failure is a <see cref="ProviderException"/>; every result is complete.
/// </summary>
/// <remarks>Made by <see cref="XaiClients.For"/>. Safe for concurrent use.</remarks>
public sealed class XaiClient
{
    private const int pagesMax = 200;
    private const int teamMax = 200;

    private readonly XaiOptions options;
    private readonly Secret key;
    private readonly TimeProvider clock;
    private readonly XaiHttp http;

    internal XaiClient(XaiHttp http, XaiOptions options, Secret key, TimeProvider clock) => (this.http, this.options, this.key, this.clock) = (http, options, key, clock);

    /// <summary>Whether a key looks like one for inference, by its prefix. A hint only: it is tried all the same.</summary>
    public static bool LooksLikeInferenceKey(Secret key)
    {
        var text = key.Reveal();
        return text.StartsWith("xai-", StringComparison.Ordinal) && !text.StartsWith("xai-token-", StringComparison.Ordinal);
    }

    /// <summary>Who the key is and which team it belongs to. Needs no right.</summary>
    public async Task<XaiIdentity> Validate(Priority priority = Priority.First, CancellationToken ct = default)
    {
        var answer = await Send(new(HttpMethod.Get, "auth/management-keys/validation", priority), null, ct);
        return Judged(() => XaiParser.Identity(answer.Body, answer.ClockAhead));
    }

    /// <summary>All API keys of the team that this management key may see. Needs <see cref="XaiRights.ListApiKeys"/>.</summary>
    public async Task<IReadOnlyList<XaiKey>> Keys(string team, Priority priority = Priority.Background, CancellationToken ct = default)
    {
        var path = $"auth/teams/{Segment(team)}/api-keys";
        var keys = new Dictionary<string, XaiKey>(StringComparer.Ordinal);
        var tokens = new HashSet<string>(StringComparer.Ordinal);
        string? token = null;
        for (var page = 0; page < pagesMax; page++)
        {
            var query = "?pageSize=100" + (token is null ? "" : $"&paginationToken={Uri.EscapeDataString(token)}");
            var answer = await Send(new(HttpMethod.Get, path + query, priority), XaiRights.ListApiKeys, ct);
            (var some, token) = Judged(() => XaiParser.Keys(answer.Body));
            foreach (var each in some) keys[each.Id] = each;
            if (token is null) return [.. keys.Values];
            if (!tokens.Add(token)) throw new ProviderException(FailureKind.Contract, "The list of keys repeats a page token, so it would never end.");
        }
        throw new ProviderException(FailureKind.Contract, $"The list of keys has more than {pagesMax} pages.");
    }

    /// <summary>What was billed in a range of time, completely. Needs <see cref="XaiRights.BillingRead"/>.</summary>
    /// <param name="team">The team, in any text the provider takes.</param>
    /// <param name="range">Widened to whole buckets; what has not begun yet is left out. At most 100 days.</param>
    /// <param name="bucketSeconds">3600 or 900.</param>
    /// <param name="dimensions">The account's choice: <see cref="DimensionSet.KeyModelUnit"/> unless <c>model</c> was refused before.</param>
    /// <param name="priority">Who goes first.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<XaiUsage> ReadUsage(
        string team, Interval range, int bucketSeconds = 3600, DimensionSet dimensions = DimensionSet.KeyModelUnit, Priority priority = Priority.Background, CancellationToken ct = default)
    {
        if (bucketSeconds is not (3600 or 900)) throw new ArgumentOutOfRangeException(nameof(bucketSeconds), bucketSeconds, "A bucket is 3600 or 900 seconds.");
        var now = clock.GetUtcNow();
        if (range.End > now) range = range with { End = now };
        if (range.IsEmpty || range.Length > TimeSpan.FromDays(100)) throw new ArgumentOutOfRangeException(nameof(range), range, "A range has some length, at most 100 days, and begins in the past.");

        return await new UsageReader(asked => Ask(team, asked, priority, ct), options, bucketSeconds, dimensions).Read(range);
    }

    /// <summary>A short stretch by quarter-hours, minutes or seconds. Needs <see cref="XaiRights.BillingRead"/>. A refusal of the width is an answer here.</summary>
    /// <param name="team">The team.</param>
    /// <param name="range">Whole buckets: at most 6 hours by the minute or quarter-hour, 10 minutes by the second.</param>
    /// <param name="bucketSeconds">900, 60 or 1.</param>
    /// <param name="dimensions">As the hours were read.</param>
    /// <param name="priority">Who goes first.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<FineUsage> ReadFine(string team, Interval range, int bucketSeconds, DimensionSet dimensions, Priority priority, CancellationToken ct)
    {
        var lines = new List<ReadLine>();
        var left = new Stack<Interval>([range]);
        var (requests, answered) = (0, range.Start);
        while (left.TryPop(out var stretch))
        {
            UsageAnswer answer;
            if (requests == options.RequestsMax) return new([], Split.CutOff, requests, answered);
            requests++;
            try
            {
                answer = await Ask(team, new(stretch, bucketSeconds, dimensions), priority, ct);
            }
            catch (ProviderException e) when (e.Kind is FailureKind.Invalid or FailureKind.Contract)
            {
                return new([], e.Kind == FailureKind.Invalid ? Split.Refused : Split.Broken, requests, answered);
            }
            answered = answer.Answered;
            if (!answer.Part.LimitReached) lines.AddRange(answer.Part.Lines);
            else if (UsageReader.Halves(stretch, bucketSeconds) is var (early, late)) foreach (var half in new[] { early, late }) left.Push(half);
            else return new([], Split.CutOff, requests, answered);
        }
        return new(lines, null, requests, answered);
    }

    private async Task<UsageAnswer> Ask(string team, UsageAsked asked, Priority priority, CancellationToken ct)
    {
        var answer = await Send(new(HttpMethod.Post, $"v1/billing/teams/{Segment(team)}/usage", priority, UsageRequest(asked)), XaiRights.BillingRead, ct);
        return new(asked, Judged(() => XaiParser.Usage(answer.Body, asked, answer.Answered)), answer.Asked, answer.Answered, answer.ClockAhead);
    }

    /// <summary>Invoice preview, top-ups and limit. Needs <see cref="XaiRights.BillingRead"/>; without a right to the limits they stay unknown.</summary>
    public async Task<XaiBalance> ReadBalance(string team, Priority priority = Priority.Background, CancellationToken ct = default)
    {
        var path = $"v1/billing/teams/{Segment(team)}";
        var preview = await Send(new(HttpMethod.Get, $"{path}/postpaid/invoice/preview", priority), XaiRights.BillingRead, ct);
        var balance = Judged(() => XaiParser.Preview(preview.Body, preview.Asked, preview.Answered));

        // A team that never bought credit has no such page.
        if (await Unless(FailureKind.NotFound, Send(new(HttpMethod.Get, $"{path}/prepaid/balance", priority), XaiRights.BillingRead, ct)) is { } prepaid)
        {
            var list = Judged(() => XaiParser.Prepaid(prepaid.Body));
            balance = balance with { Purchases = list?.Purchases, Funding = list?.Funding, SettledThrough = list?.SettledThrough, Answered = prepaid.Answered };
        }
        if (await Unless(FailureKind.Permission, Send(new(HttpMethod.Get, $"{path}/postpaid/spending-limits", priority), XaiRights.BillingRead, ct)) is { } limits)
            balance = balance with { SpendingLimit = Judged(() => XaiParser.SpendingLimit(limits.Body)) ?? balance.SpendingLimit, Answered = limits.Answered };
        return balance;
    }

    /// <summary>Finds out in plain words whether the account can be read and why not.</summary>
    /// <param name="team">The team it should be, where one was given.</param>
    /// <param name="ct">Cancels.</param>
    public Task<XaiDiagnosis> Diagnose(string? team = null, CancellationToken ct = default) => new XaiDoctor(this, key, clock).Diagnose(team, ct);

    // The zone letter and the T of ISO 8601 are refused by the API.
    internal static byte[] UsageRequest(UsageAsked asked)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteStartObject("analyticsRequest");
        json.WriteStartObject("timeRange");
        json.WriteString("startTime", TimeText(asked.Range.Start));
        json.WriteString("endTime", TimeText(asked.Range.End));
        json.WriteString("timezone", "Etc/GMT");
        json.WriteEndObject();
        json.WriteString("timeUnit", asked.BucketSeconds switch { 3600 => "TIME_UNIT_HOUR", 900 => "TIME_UNIT_QUARTER_HOUR", 60 => "TIME_UNIT_MINUTE", _ => "TIME_UNIT_SECOND" });
        json.WriteStartArray("values");
        json.WriteStartObject();
        json.WriteString("name", "usd");
        json.WriteString("aggregation", "AGGREGATION_SUM");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartArray("groupBy");
        foreach (var dimension in XaiParser.GroupBy(asked.Dimensions)) json.WriteStringValue(dimension);
        json.WriteEndArray();
        json.WriteStartArray("filters");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return body.WrittenSpan.ToArray();
    }

    private static string TimeText(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private async Task<XaiAnswer> Send(XaiRequest call, string? needs, CancellationToken ct)
    {
        try
        {
            return await http.Send(call, ct);
        }
        catch (ProviderException e) when (e.Kind is FailureKind.Auth or FailureKind.Permission && needs is null && LooksLikeInferenceKey(key))
        {
            throw new ProviderException(FailureKind.WrongKind, $"This looks like an API key for inference; billing needs a management key (console: Settings, Management Keys). {e.Detail}", status: e.Status);
        }
        catch (ProviderException e) when (e.Kind == FailureKind.Permission && needs is not null)
        {
            throw new ProviderException(FailureKind.Permission, $"The management key lacks {needs}. {e.Detail}", needs: needs, status: e.Status);
        }
    }

    // The parser quotes what it refuses and knows no secrets; this credential is taken out of its words here.
    private T Judged<T>(Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (ProviderException e)
        {
            throw new ProviderException(e.Kind, http.Scrub(e.Detail));
        }
        catch (Exception e) when (e is InvalidOperationException or OverflowException)
        {
            throw new ProviderException(FailureKind.Contract, e is OverflowException ? "The answer's amounts add up to more than can be." : "The answer holds text that is no text.");
        }
    }

    private static async Task<XaiAnswer?> Unless(string tolerated, Task<XaiAnswer> sent)
    {
        try
        {
            return await sent;
        }
        catch (ProviderException e) when (e.Kind == tolerated)
        {
            return null;
        }
    }

    // Team ids are opaque. What can't be one segment of a path is refused here, the rest by the API in its own words.
    private static string Segment(string team)
    {
        team = team.Trim();
        if (team.Length is 0 or > teamMax || team is "." or ".." || team.Any(c => char.IsControl(c) || char.IsSurrogate(c) || c is '/' or '\\' or '%'))
            throw new ProviderException(FailureKind.Invalid, "The team id is empty, too long, or has characters that no id has.");
        return Uri.EscapeDataString(team);
    }
}
