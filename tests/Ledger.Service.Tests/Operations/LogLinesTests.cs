using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Ledger.Service.Operations;
using Ledger.Service.Settings;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Ledger.Service.Tests.Operations;

/// <summary>The service's log, as an operator reads it.</summary>
public sealed class LogLinesTests : IDisposable
{
    private const string canary = "canary-4f1c-0123456789";

    private static readonly LedgerOptions options = new()
    {
        Home = "/nowhere",
        Database = $"Host=db;Username=ledger;Password={canary}-db",
        Token = new($"{canary}-token"),
        XaiKey = new($"{canary}-key"),
        Channels = new()
        {
            MailFolder = "/nowhere",
            Smtp = new() { Host = "smtp", Username = "u", Password = new($"{canary}-smtp") },
            SlackUrl = new($"https://hooks.example.org/{canary}/slack"),
            Webhook = new() { Url = new($"https://hooks.example.org/{canary}?x=1"), Secrets = [new($"{canary}-webhook")] },
        },
    };

    private readonly FakeTimeProvider clock = new(new(2026, 11, 16, 10, 15, 0, TimeSpan.Zero));
    private readonly LogLines lines;

    public LogLinesTests() => lines = In(LogFormat.Text);

    public void Dispose() => lines.Dispose();

    [Fact]
    public void as_JSON_an_entry_is_an_object_of_one_line()
    {
        using var json = In(LogFormat.Json);
        using var activity = new Activity("request").Start();
        var line = Write("Ledger.Mail", "\"mail\" is\ndown", Thrown(new InvalidOperationException("no such thing")), LogLevel.Warning, json);
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        var entry = JsonNode.Parse(line)!;
        Assert.Equal(("2026-11-16T10:15:00Z", "warn", "Ledger.Mail", 7), ((string)entry["time"]!, (string)entry["level"]!, (string)entry["category"]!, (int)entry["event"]!));
        Assert.Equal("\"mail\" is\ndown", (string)entry["message"]!);
        Assert.StartsWith("System.InvalidOperationException: no such thing\n   at Ledger.", ((string)entry["exception"]!).ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Equal(activity.TraceId.ToHexString(), (string)entry["traceId"]!);
        Assert.Equal("0HN:1", (string)entry["correlation"]!);
        // So that a message has the trace of who sent it, without a collector too.
        using (var wolverine = new ActivitySource("Wolverine"))
        using (var message = wolverine.StartActivity("send-mail.v1"))
            Assert.Equal(activity.TraceId, message?.TraceId);
        var away = Thrown(new NpgsqlException("Failed to connect", new SocketException(111)));
        Assert.Equal("queue is away: Failed to connect", (string)JsonNode.Parse(Write("Wolverine.Queue", "queue is away", away, LogLevel.Error, json))!["message"]!);
        Assert.Equal("", Write("Wolverine.Queue", "queue is away", away, LogLevel.Error, json));
    }

    [Theory]
    [InlineData(LogFormat.Text)]
    [InlineData(LogFormat.Json)]
    public void no_secret_is_in_a_line(LogFormat format)
    {
        using var written = In(format);
        var known = $"{canary}-db {canary}-token {canary}-key {canary}-smtp https://hooks.example.org/{canary}/slack GET /{canary}?x=1 {canary}-webhook";
        var shaped = $"Authorization: Bearer {canary} xai-token-{canary}-abcdef ldg_{canary}-abcdef whsec_canary4f1c0123 Host=x;Password={canary};Username=u postgres://u:{canary}@db/x";
        var line = Write("Ledger.Mail", known, Thrown(new InvalidOperationException(shaped)), LogLevel.Error, written);
        Assert.DoesNotContain("canary", line, StringComparison.Ordinal);
        Assert.Contains("Host=x;Password=***;Username=u postgres://u:***@db/x", line, StringComparison.Ordinal);
        Assert.Contains("the key xai-vigilio of ledger", Write("Ledger.Mail", "the key xai-vigilio of ledger", null, LogLevel.Error, written), StringComparison.Ordinal);
    }

    [Fact]
    public void what_acts_on_a_terminal_is_spelt_out() => Assert.Equal("warn: Ledger.Mail[7] GET /x\\u001B[2J\n", Write("Ledger.Mail", "GET /x\u001b[2J", null, LogLevel.Warning));

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

    private LogLines In(LogFormat format) => new(options with { LogFormat = format }, new LogRedaction(options), clock);

    private string Write(string category, string text, Exception? exception, LogLevel level = LogLevel.Error, params object[] values) => Write(category, text, exception, level, lines, values);

    private static string Write(string category, string text, Exception? exception, LogLevel level, LogLines lines, params object[] values)
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

    private sealed class Logger(LogLines lines, string category) : ILogger, IExternalScopeProvider
    {
        public StringWriter Written { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Write(new LogEntry<TState>(logLevel, category, eventId, state, exception, formatter), this, Written);

        public void ForEachScope<TState>(Action<object?, TState> callback, TState state) => callback(new Dictionary<string, object?>(StringComparer.Ordinal) { ["RequestId"] = "0HN:1" }, state);

        public IDisposable Push(object? state) => throw new NotSupportedException();
    }
}
