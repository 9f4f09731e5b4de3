using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ledger.Service.Settings;
using Ledger.Service.Storage;
using Ledger.Service.Xai;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Ledger.Service.Operations;

/// <summary>Writes each entry of the log as one line without secrets: for people, or as JSON for programs.</summary>
public sealed class LogLines(LedgerOptions options, LogRedaction redaction, TimeProvider clock) : ConsoleFormatter(FormatterName), IDisposable
{
    public const string FormatterName = "ledger";

    // Not for a page: quotes and letters beyond ASCII stay readable.
    private static readonly JsonWriterOptions readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Outages outages = new(clock);
    private readonly ActivityListener? messages = options.LogFormat == LogFormat.Json ? MessagesOfRequests() : null;

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var text = logEntry.Formatter(logEntry.State, logEntry.Exception);
        var stack = logEntry.Exception is { } e ? redaction.Scrub(e.ToString()) : null;
        if (outages.Is(logEntry.Category, logEntry.State, logEntry.Exception, out var told))
        {
            if (told is null) return;
            (text, stack) = ($"{text}: {told}", null);
        }
        text = redaction.Scrub(text);
        textWriter.WriteLine(options.LogFormat == LogFormat.Json
            ? Json(clock.GetUtcNow(), Word(logEntry.LogLevel), logEntry.Category, logEntry.EventId.Id, text, CorrelationOf(scopeProvider), stack)
            : $"{Word(logEntry.LogLevel)}: {logEntry.Category}[{logEntry.EventId.Id}] {Redaction.Visible((stack is null ? text : $"{text} {stack}").ReplaceLineEndings(" "))}");
    }

    public void Dispose() => messages?.Dispose();

    /// <summary>A line of JSON. The trace's id is there in a request and in the messages it sent; what is not known is left out.</summary>
    public static string Json(DateTimeOffset at, string level, string category, int eventId, string message, string? correlation, string? exception)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, readable))
        {
            json.WriteStartObject();
            json.WriteString("time", at.UtcDateTime);
            json.WriteString("level", level);
            json.WriteString("category", category);
            if (eventId != 0) json.WriteNumber("event", eventId);
            json.WriteString("message", message);
            if (correlation is not null) json.WriteString("correlation", correlation);
            if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
            {
                json.WriteString("traceId", activity.TraceId.ToHexString());
                json.WriteString("spanId", activity.SpanId.ToHexString());
            }
            if (exception is not null) json.WriteString("exception", exception);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    /// <summary>Wolverine gives a message the trace of who sent it only while somebody listens.</summary>
    private static ActivityListener MessagesOfRequests()
    {
        var listener = new ActivityListener { ShouldListenTo = source => source.Name == "Wolverine", Sample = (ref _) => ActivitySamplingResult.PropagationData };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    /// <summary>What the answer to the request has in its header <c>X-Correlation-Id</c>.</summary>
    private static string? CorrelationOf(IExternalScopeProvider? scopes)
    {
        var found = new string?[1];
        scopes?.ForEachScope((scope, into) =>
        {
            foreach (var (name, value) in scope as IEnumerable<KeyValuePair<string, object?>> ?? [])
                if (name == "RequestId") into[0] = value?.ToString();
        }, found);
        return found[0];
    }

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        LogLevel.Critical => "crit",
        LogLevel.Debug => "dbug",
        LogLevel.Trace => "trce",
        _ => "info",
    };
}

/// <summary>
/// While the database is away, whatever works meets the same error many times a second. That is told without its stack, and once in a while, with
/// how often it was left out.
/// </summary>
internal sealed class Outages(TimeProvider clock)
{
    private static readonly TimeSpan onceIn = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<(string, string), Repeats> repeated = new();

    /// <summary>Whether this entry is of an outage, and then what is told instead of its stack; null: nothing, it was told just now.</summary>
    public bool Is(string category, object? state, Exception? e, out string? told)
    {
        told = null;
        while (e is not null && !DatabaseErrors.IsTransient(e)) e = e.InnerException;
        if (e is null) return false;
        if (repeated.GetOrAdd((category, KindOf(state) ?? ""), _ => new()).IsTold(clock, out var leftOut))
            told = $"{e.Message}{(leftOut > 0 ? $" ({leftOut} more like this were not written)" : "")}";
        return true;
    }

    /// <summary>The text before anything was filled in, so that entries that differ by a name or a number are of one kind. Kinds stand in sources, so they are few.</summary>
    private static string? KindOf(object? state) =>
        state is IReadOnlyList<KeyValuePair<string, object?>> { Count: > 0 } values && values[^1] is { Key: "{OriginalFormat}", Value: string kind } ? kind : null;

    /// <summary>When something was last told, and how often it was left out since then.</summary>
    private sealed class Repeats
    {
        private long? told;
        private int leftOut;

        public bool IsTold(TimeProvider clock, out int before)
        {
            lock (this)
            {
                before = leftOut;
                if (told is { } last && clock.GetElapsedTime(last) < onceIn)
                {
                    leftOut++;
                    return false;
                }
                (told, leftOut) = (clock.GetTimestamp(), 0);
                return true;
            }
        }
    }
}
