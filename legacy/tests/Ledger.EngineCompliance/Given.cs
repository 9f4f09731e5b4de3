using System.Security.Cryptography;
using System.Text;

namespace Ledger.EngineCompliance;

/// <summary>Small words for building appends in tests.</summary>
public static class Given
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static NewEvent Event(string cause, string data = """{"n":1}""", DateTimeOffset? at = null, string type = "tested.v1") =>
        new(Ids.DerivedFrom(cause, "test"), type, Encoding.UTF8.GetBytes(data), at ?? Noon);

    public static StreamAppend Stream(string stream, long expected, params IReadOnlyList<NewEvent> events) => new(stream, expected, events);

    public static AppendRequest Append(params IReadOnlyList<StreamAppend> streams) => new() { Streams = streams };

    public static AppendRequest One(string stream, string cause, long expected = StreamAppend.AnyVersion) =>
        Append(Stream(stream, expected, Event(cause)));

    public static IdempotencyKey Key(string key, string body = "body", string? answer = null) =>
        new(key, SHA256.HashData(Encoding.UTF8.GetBytes(body)), answer);

    public static NewMessage Message(string cause, string body = """{"to":"x"}""", DateTimeOffset? due = null) =>
        new(Ids.DerivedFrom(cause, "message"), "alert.v1", Encoding.UTF8.GetBytes(body), due ?? Noon);

    public static string Text(this Recorded recorded) => Encoding.UTF8.GetString(recorded.Data.Span);
}
