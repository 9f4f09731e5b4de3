namespace Ledger.Service.Writing;

/// <summary>What a command decided: events per stream with the versions it looked at, and the answer.</summary>
internal sealed class Plan(object answer)
{
    private readonly List<(string Stream, long Version, IReadOnlyList<ILedgerEvent> Events)> streams = [];

    public object Answer { get; } = answer;

    /// <summary>Messages that leave with the commit.</summary>
    public IReadOnlyList<NewMessage> Messages { get; private set; } = [];

    public static Task<Plan> Nothing(object answer) => Task.FromResult(new Plan(answer));

    public Plan Append(string stream, long version, IReadOnlyList<ILedgerEvent> events)
    {
        streams.Add((stream, version, events));
        return this;
    }

    public Plan Send(IReadOnlyList<NewMessage> messages)
    {
        Messages = messages;
        return this;
    }

    /// <summary>As the log takes it. Ids follow from the cause, so that a retry writes nothing new.</summary>
    public IReadOnlyList<StreamAppend> ToStreams(string cause, DateTimeOffset now) =>
        [.. streams.Where(s => s.Events.Count > 0).Select(s => new StreamAppend(s.Stream, s.Version, [.. s.Events.Select((e, i) => EventJson.ToNew(e, cause, $"{s.Stream}:{i}", now))]))];
}
