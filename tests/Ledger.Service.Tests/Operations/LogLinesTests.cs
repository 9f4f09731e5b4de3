using System.Net.Sockets;
using Ledger.Service.Operations;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Ledger.Service.Tests.Operations;

/// <summary>The service's log, as an operator reads it.</summary>
public sealed class LogLinesTests
{
    private readonly FakeTimeProvider clock = new();
    private readonly LogLines lines;

    public LogLinesTests() => lines = new(clock);

    [Fact]
    public void an_entry_is_one_line_with_its_stack()
    {
        Assert.Equal("warn: Ledger.Mail[7] mail is down\n", Write("Ledger.Mail", "mail is down", null, LogLevel.Warning));
        var line = Write("Ledger.Mail", "mail\nis down", Thrown(new InvalidOperationException("no such thing")));
        Assert.StartsWith("fail: Ledger.Mail[7] mail is down System.InvalidOperationException: no such thing    at Ledger.", line, StringComparison.Ordinal);
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
    }

    [Fact]
    public void a_database_that_is_away_is_told_without_a_stack_and_once_in_a_while()
    {
        var away = Thrown(new InvalidOperationException("wrapped", new NpgsqlException("Failed to connect", new SocketException(111))));
        Assert.Equal("fail: Wolverine.Queue[7] queue 1 can't be read: Failed to connect\n", Write("Wolverine.Queue", "queue {Number} can't be read", away, LogLevel.Error, 1));
        for (var i = 0; i < 5; i++) Assert.Equal("", Write("Wolverine.Queue", "queue {Number} can't be read", away, LogLevel.Error, i));
        Assert.NotEqual("", Write("Wolverine.Queue", "queue {Number} can't be written", away, LogLevel.Error, 1));
        Assert.NotEqual("", Write("Marten", "queue {Number} can't be read", away, LogLevel.Error, 1));
        clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal("fail: Wolverine.Queue[7] queue 2 can't be read: Failed to connect (5 more like this were not written)\n", Write("Wolverine.Queue", "queue {Number} can't be read", away, LogLevel.Error, 2));
    }

    private string Write(string category, string text, Exception? exception, LogLevel level = LogLevel.Error, params object[] values)
    {
        var logger = new Logger(lines, category);
#pragma warning disable CA2254, CA1848 // The text is the test's.
        logger.Log(level, new EventId(7), exception, text, values);
#pragma warning restore CA2254, CA1848
        return logger.Written.ToString().ReplaceLineEndings("\n");
    }

    private static Exception Thrown(Exception e)
    {
        try
        {
            throw e;
        }
        catch (Exception thrown)
        {
            return thrown;
        }
    }

    private sealed class Logger(LogLines lines, string category) : ILogger
    {
        public StringWriter Written { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Write(new LogEntry<TState>(logLevel, category, eventId, state, exception, formatter), null, Written);
    }
}
