using System.Text.Json;
using Ledger.Postgres;
using Ledger.Testing;

namespace Ledger.Delivery.Tests;

/// <summary>A real outbox with messages, a clock that is moved by hand, and what the operator was told.</summary>
internal sealed class Scene : IAsyncDisposable
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 16, 12, 0, 0, TimeSpan.Zero);

    private readonly TestDatabase database;
    private readonly PostgresEventLog log;
    private int events;

    private Scene(TestDatabase database, PostgresEventLog log)
    {
        (this.database, this.log) = (database, log);
        Outbox = new PostgresOutbox(database.Database);
    }

    public TestDatabase Database => database;
    public IOutbox Outbox { get; }
    public HandClock Clock { get; } = new(Noon);
    public List<string> Said { get; } = [];

    public static async Task<Scene> Set()
    {
        var database = await TestDatabase.Create();
        return new(database, await database.OpenLog());
    }

    public static MailMessageBody Mail(string to = "ludo@example.org", string notification = "a-1b2c3d4e", string @class = "alert", string subject = "Ledger: vigilio at 80 %", string text = "Hello.\n", string? html = null, DateTimeOffset? at = null, params string[] all) =>
        new(notification, @class, to, all.Length > 0 ? all : [to], subject, text, html, $"{notification}.prod@ledger.invalid", "alerts.prod.ledger.invalid", at ?? Noon);

    public static JsonElement Payload(string json = """{"event":"budget.threshold_crossed","n":1}""") => JsonDocument.Parse(json).RootElement;

    /// <summary>Commits messages with an event, as whoever watches does.</summary>
    public async Task<Guid[]> Send(params IMessageBody[] bodies)
    {
        var cause = $"cause-{++events}";
        var messages = bodies.Select((b, i) => MessageJson.ToNew(b, cause, $"m{i}", Clock.GetUtcNow())).ToArray();
        var appended = await log.Append(new()
        {
            Streams = [new StreamAppend("alerts", StreamAppend.AnyVersion, [new NewEvent(Ids.DerivedFrom(cause, "event"), "tested.v1", "{}"u8.ToArray(), Clock.GetUtcNow())])],
            Messages = messages,
        }, CancellationToken.None);
        Assert.IsType<AppendResult.Written>(appended);
        return [.. messages.Select(m => m.Id)];
    }

    public ChannelLoop Loop(IChannel channel) => new(channel, Outbox, Clock, Said.Add);

    /// <summary>Turns until there is nothing to do just now.</summary>
    public static async Task Run(ChannelLoop loop)
    {
        while (await loop.Turn(CancellationToken.None, CancellationToken.None))
        {
            // Again.
        }
    }

    public async Task<KeptMessage> Kept(Guid id) => (await Outbox.Find(id, CancellationToken.None))!;

    public async Task<OutboxState> State() => await Outbox.State(Clock.GetUtcNow(), CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await log.DisposeAsync();
        await database.DisposeAsync();
    }
}

/// <summary>A clock that stands until it is moved.</summary>
internal sealed class HandClock(DateTimeOffset start) : TimeProvider
{
    private DateTimeOffset now = start;

    public override DateTimeOffset GetUtcNow() => now;

    public void Advance(TimeSpan by) => now += by;
}

/// <summary>A channel that answers by script, then always the last; and remembers what it was given.</summary>
internal sealed class Scripted(string kind, params Outcome[] answers) : IChannel
{
    private int next;

    public string Kind => kind;
    public ChannelRules Rules { get; init; } = new() { ClaimMax = 500 };
    public ChannelInfo Info { get; } = new("scripted", true, "a script", null);
    public List<Parcel> Given { get; } = [];

    /// <summary>What happens while it is being sent.</summary>
    public Func<Task>? Sending { get; set; }

    public async Task<Outcome> Send(Parcel parcel, CancellationToken ct)
    {
        Given.Add(parcel);
        if (Sending is { } sending) await sending();
        return answers[Math.Min(next++, answers.Length - 1)];
    }
}
