namespace Ledger.Contracts;

/// <summary>What a refusal looks like on the wire (RFC 9457), media type <c>application/problem+json</c>.</summary>
/// <param name="Type">A name for the kind of problem: the code in the form of an address.</param>
/// <param name="Title">What the code means.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">One sentence a person can act on.</param>
/// <param name="Code">Stable code; <see cref="Refusals.All"/> lists them.</param>
/// <param name="Exit">Exit code of the command line.</param>
/// <param name="Field">The field that is wrong, if one is.</param>
/// <param name="Value">The value that is wrong, cut; never a secret.</param>
/// <param name="Candidates">What could have been meant.</param>
/// <param name="RetryAt">When it is worth asking again, where the provider said so.</param>
/// <param name="Correlation">Finds the request in the service's log.</param>
public sealed record Problem(
    string Type, string Title, int Status, string Detail, string Code, int Exit, string? Field, string? Value, IReadOnlyList<string>? Candidates, DateTimeOffset? RetryAt,
    string? Correlation);
