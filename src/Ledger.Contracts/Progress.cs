using System.Text.Json.Serialization;

namespace Ledger.Contracts;

/// <summary>How far a long operation is.</summary>
/// <param name="What">What is counted.</param>
/// <param name="Done">How many are done.</param>
/// <param name="Of">Out of how many.</param>
public sealed record Progress(string What, long Done, long Of);

/// <summary>A line of a long operation's answer for a caller that accepts <c>application/x-ndjson</c>: one of these is there.</summary>
/// <param name="Progress">How far it is.</param>
/// <param name="Result">The last line: what others get as the whole answer.</param>
/// <param name="Problem">The last line: why there is no result.</param>
public sealed record ProgressLine(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Progress? Progress = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] object? Result = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Problem? Problem = null);
