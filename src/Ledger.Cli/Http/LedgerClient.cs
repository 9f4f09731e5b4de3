using System.Globalization;
using System.Text.Json;
using Ledger.Cli.Commands;
using Ledger.Cli.Output;
using Ledger.Cli.Spooling;

namespace Ledger.Cli.Http;

/// <summary>Speaks to the service: token, problems, idempotency keys, positions; delivers what waits in the spool first.</summary>
internal sealed class LedgerClient(Call call)
{
    private const string Prefix = "/api/v1";
    private const string LongAnswers = "application/x-ndjson";

    /// <summary>How often a request that lost a race is sent again.</summary>
    private const int RepeatsMax = 3;

    private static readonly TimeSpan PauseUsual = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(2);
    private Delivery? delivery;
    private bool isZoneAsked;

    /// <summary>The team's time zone, as the newest answer of this run said it; null: none did.</summary>
    public string? Zone { get; private set; }

    /// <summary>The service's version, as the newest answer of this run said it; null: none did.</summary>
    public string? Version { get; private set; }

    /// <summary>A read: asks for at least the last position this user wrote.</summary>
    public JsonElement Get(Query query, bool money = true)
    {
        Deliver();
        var positions = new LastPosition(call.Settings);
        var least = money && !call.Has("as-of") ? positions.Read() : null;
        if (least is not null) query.With("minPosition", least.Value.ToString(CultureInfo.InvariantCulture));
        var answer = Ask("GET", query.ToString(), [], null, Patience.Usual);
        if (least is not null && answer.Part("asOf")?.Number("position") is { } asOf && asOf < least)
        {
            call.Printer.Warn($"The answer is as of position {asOf.Grouped()}; your last write was position {least.Value.Grouped()}.");
            // Other books may live at this address now: waiting for that position on every read would help nobody.
            positions.Set(asOf);
        }
        return answer;
    }

    /// <summary>A page that is to be read, printed or saved as it is: text, HTML, Markdown or JSON.</summary>
    public string GetPage(Query query)
    {
        Deliver();
        try
        {
            var reply = Raw("GET", query.ToString(), [], null, Patience.Usual);
            return reply.Status is >= 200 and < 300 ? System.Text.Encoding.UTF8.GetString(reply.Body) : throw reply.Problem();
        }
        catch (WireException e)
        {
            throw Unreachable(e);
        }
    }

    /// <summary>A write: carries an idempotency key, and its position is remembered.</summary>
    public JsonElement Write(string method, string path, byte[] body, string? key = null, Patience? patience = null)
    {
        Deliver();
        return Remember(Ask(method, path, body, key ?? call.Text("idempotency-key") ?? NewKey(), patience ?? Patience.Usual));
    }

    /// <summary>A long operation: tells its progress on standard error while it runs.</summary>
    public JsonElement WriteWithProgress(string path, byte[] body)
    {
        Deliver();
        var headers = Headers(call.Text("idempotency-key") ?? NewKey(), LongAnswers + ", application/json;q=0.9");
        try
        {
            return Remember(Document(Send("POST", path, body, headers, Patience.Long, wire =>
                wire.ContentType.StartsWith(LongAnswers, StringComparison.OrdinalIgnoreCase) ? ReadToResult(wire) : ReadWhole(wire))));
        }
        catch (WireException e)
        {
            throw Unreachable(e);
        }
    }

    /// <summary>The request itself; a problem is thrown, and so is silence.</summary>
    public JsonElement Ask(string method, string path, byte[] body, string? key, Patience patience)
    {
        try
        {
            return Document(Send(method, path, body, Headers(key, "application/json"), patience, ReadWhole));
        }
        catch (WireException e)
        {
            throw Unreachable(e);
        }
    }

    /// <summary>
    /// The request and what was answered; silence is a <see cref="WireException"/>. A bookmark that is delivered later says when it was made.
    /// </summary>
    public Reply Raw(string method, string path, byte[] body, string? key, Patience patience, string? bookmarkAt = null)
    {
        var headers = Headers(key, "application/json, text/*;q=0.9");
        if (bookmarkAt is not null) headers.Add(("Bookmark-At", bookmarkAt));
        return Send(method, path, body, headers, patience, ReadWhole);
    }

    public JsonElement Remember(JsonElement answer)
    {
        if (answer.Number("position") is { } position) new LastPosition(call.Settings).Raise(position);
        return answer;
    }

    /// <summary>Sends what waits in the spool, once a run, before anything else.</summary>
    /// <returns>Why the rest must wait, when the service said so itself.</returns>
    public Problem? Deliver()
    {
        if (delivery is not null || !call.Spool.HasWaiting) return delivery?.StoppedBy;
        var outcome = delivery = new Delivery(call);
        outcome.Run();
        if (outcome.Delivered > 0) call.Printer.Note($"Delivered {outcome.Delivered} bookmark{(outcome.Delivered == 1 ? "" : "s")} from the spool.");
        if (outcome.Refused > 0) call.Printer.Warn($"{outcome.Refused} spooled bookmark{(outcome.Refused == 1 ? " was" : "s were")} refused; `ledger status` lists them.");
        return outcome.StoppedBy;
    }

    /// <summary>The team's time zone, asked for where no answer has said it yet; null: the service is away, or does not say.</summary>
    public string? AskZone()
    {
        if (Zone is not null || isZoneAsked) return Zone;
        isZoneAsked = true;
        try
        {
            using var wire = Wire.Send(call.Settings.Url, "GET", call.Settings.Url.AbsolutePath.TrimEnd('/') + "/health/live", [], [("Accept", "*/*")], Patience.Bookmark);
            return Zone = wire.Zone;
        }
        catch (WireException)
        {
            return null;
        }
    }

    public static string NewKey() => Guid.NewGuid().ToString();

    public Refusal Unreachable(WireException e)
    {
        var waiting = call.Spool.Waiting;
        var also = waiting == 0 ? "" : $" {waiting} bookmark{(waiting == 1 ? " waits" : "s wait")} in the spool.";
        return Refusal.Of(Exit.Unavailable, "service.unreachable",
            $"The service at {call.Settings.UrlText} can't be reached ({e.Message}). Start it with `./ledger up`, or say where it is with LEDGER_URL.{also}",
            "LEDGER_URL", call.Settings.UrlText);
    }

    /// <summary>Parses an answer of ours; depth and size are bounded.</summary>
    public static JsonElement Parse(byte[] json)
    {
        try
        {
            return JsonDocument.Parse(json).RootElement;
        }
        catch (JsonException)
        {
            throw NotLedger(200);
        }
    }

    /// <summary>Something answers that does not speak as the service does.</summary>
    public static Refusal NotLedger(int status) => Refusal.Of(Exit.Unavailable, "service.not_ledger",
        $"What answers at this address (HTTP {status}) is not Ledger, or something stands in between. Check LEDGER_URL.", "LEDGER_URL");

    /// <summary>Sends a request, and the same bytes again when it lost a race: then nothing of it was written.</summary>
    private Reply Send(string method, string path, byte[] body, List<(string, string)> headers, Patience patience, Func<Wire, Reply> read)
    {
        for (var repeats = 0; ; repeats++)
        {
            Reply reply;
            using (var wire = Wire.Send(call.Settings.Url, method, Target(path), body, headers, patience))
            {
                (Zone, Version) = (wire.Zone ?? Zone, wire.Version ?? Version);
                reply = read(wire);
            }
            if (!reply.LostRace || repeats == RepeatsMax) return reply;
            var pause = reply.RetryAfter ?? PauseUsual;
            call.Around.Pause(pause < PauseMax ? pause : PauseMax);
        }
    }

    /// <summary>The document, or the problem. What a service of another version does not know it may not know for that reason.</summary>
    private JsonElement Document(Reply reply)
    {
        try
        {
            return reply.Document();
        }
        catch (Refusal refusal) when (Version is { } version && version != VersionCommand.Version && refusal.Problem.Code is "not_found" or "method.not_allowed" or "request.invalid")
        {
            throw new Refusal(refusal.Problem with { Detail = $"{refusal.Problem.Detail} The service is {version} and this program {VersionCommand.Version}: one of them may not know this yet." });
        }
    }

    private static Reply ReadWhole(Wire wire) => new(wire.Status, wire.ReadAll(), wire.Position, wire.RetryAfter);

    /// <summary>Lines of progress, then the result or the problem.</summary>
    private Reply ReadToResult(Wire wire)
    {
        using var bar = new ProgressBar(call);
        foreach (var line in wire.ReadLines())
        {
            var said = Parse(line);
            if (said.Part("progress") is { } progress) bar.Show(progress);
            else if (said.Part("problem") is { } problem) return new((int)(problem.Number("status") ?? 500), RawOf(problem));
            else if (said.Part("result") is { } result) return new(wire.Status, RawOf(result), wire.Position);
        }
        throw Refusal.Of(Exit.Unavailable, "service.cut", "The service stopped before it was done; the same command again goes on from where it was.");
    }

    private string Target(string path) => call.Settings.Url.AbsolutePath.TrimEnd('/') + Prefix + path;

    private List<(string, string)> Headers(string? key, string accept)
    {
        var headers = new List<(string, string)> { ("Accept", accept) };
        if (call.Settings.Token() is { } token) headers.Add(("Authorization", "Bearer " + token));
        if (key is null) return headers;
        foreach (var c in key)
            if (c is < ' ' or > '~' || key.Length > 200)
                throw Refusal.Of(Exit.Usage, "usage.key", "An idempotency key is up to 200 printable ASCII characters.", "idempotency-key");
        headers.Add(("Idempotency-Key", key));
        return headers;
    }

    private static byte[] RawOf(JsonElement e) => System.Text.Encoding.UTF8.GetBytes(e.GetRawText());
}
