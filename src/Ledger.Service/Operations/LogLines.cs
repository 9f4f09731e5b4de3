using System.Collections.Concurrent;
using Ledger.Service.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Ledger.Service.Operations;

/// <summary>
/// Writes each entry of the log as one line. While the database is away, whatever works meets the same error many times a second: that is
/// written without its stack, and once in a while, with how often it was left out.
/// </summary>
public sealed class LogLines(TimeProvider clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "ledger";

    private static readonly TimeSpan onceIn = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<(string, string), Repeats> repeated = new();

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var text = logEntry.Formatter(logEntry.State, logEntry.Exception);
        if (logEntry.Exception is { } exception)
        {
            if (DatabaseIsAway(exception) is { } why)
            {
                if (!repeated.GetOrAdd((logEntry.Category, KindOf(logEntry.State) ?? ""), _ => new()).IsTold(clock, out var leftOut)) return;
                text = $"{text}: {why.Message}{(leftOut > 0 ? $" ({leftOut} more like this were not written)" : "")}";
            }
            else
            {
                text = $"{text} {exception}";
            }
        }
        textWriter.WriteLine($"{Word(logEntry.LogLevel)}: {logEntry.Category}[{logEntry.EventId.Id}] {text.ReplaceLineEndings(" ")}");
    }

    private static Exception? DatabaseIsAway(Exception? e)
    {
        while (e is not null && !DatabaseErrors.IsTransient(e)) e = e.InnerException;
        return e;
    }

    /// <summary>The text before anything was filled in, so that entries that differ by a name or a number are of one kind. Kinds stand in sources, so they are few.</summary>
    private static string? KindOf<TState>(TState state) =>
        state is IReadOnlyList<KeyValuePair<string, object?>> { Count: > 0 } values && values[^1] is { Key: "{OriginalFormat}", Value: string kind } ? kind : null;

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        LogLevel.Critical => "crit",
        LogLevel.Debug => "dbug",
        LogLevel.Trace => "trce",
        _ => "info",
    };

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
