using System.Text.Json;

namespace Ledger.Cli.Http;

/// <summary>What the service answered.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The whole body.</param>
/// <param name="Position">The position it wrote, from the header <c>Ledger-Position</c>; null when it wrote nothing.</param>
/// <param name="RetryAfter">How long it asks to wait before the request is sent again.</param>
internal sealed record Reply(int Status, byte[] Body, long? Position = null, TimeSpan? RetryAfter = null)
{
    /// <summary>Somebody else wrote at the same moment and nothing of this was written: the same request may be sent again.</summary>
    public bool LostRace => Status == 409 && TryParse()?.Text("code") == "conflict.retry";

    /// <summary>The document, or the problem thrown. The position is in it as the member <c>position</c>, where programs look for it.</summary>
    public JsonElement Document()
    {
        if (Status is 204) return WithPosition(LedgerClient.Parse(Http.Body.Empty));
        if (Status is >= 200 and < 300) return WithPosition(LedgerClient.Parse(Body));
        throw Problem();
    }

    /// <summary>Like <see cref="Document"/>, for a bookmark: it is only in the books when the answer says at which position, or which mission it is.</summary>
    public JsonElement Bookmark()
    {
        var answer = Document();
        return Position is not null || answer.Part("mission")?.Text("id") is not null ? answer : throw LedgerClient.NotLedger(Status);
    }

    /// <summary>Why it was refused.</summary>
    public Refusal Problem()
    {
        if (TryParse() is not { } problem) return LedgerClient.NotLedger(Status);
        var why = Cli.Problem.From(problem, Status, Body);
        return new(Status == 401
            ? why with { Detail = why.Detail + " The token comes from LEDGER_TOKEN, else from the file `token` in the data folder (LEDGER_HOME)." }
            : why);
    }

    private JsonElement WithPosition(JsonElement answer)
    {
        if (Position is not { } position || answer.ValueKind != JsonValueKind.Object) return answer;
        return LedgerClient.Parse(Http.Body.Of(json =>
        {
            foreach (var member in answer.EnumerateObject())
                if (!member.NameEquals("position")) member.WriteTo(json);
            json.WriteNumber("position", position);
        }));
    }

    private JsonElement? TryParse()
    {
        try
        {
            return JsonDocument.Parse(Body).RootElement;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
