namespace Ledger;

/// <summary>Refused at the edge, with a code that callers know.</summary>
public sealed class Refused(string code, string detail, string? field = null, string? value = null, IReadOnlyList<string>? candidates = null) : Exception(detail)
{
    /// <summary>The code, the sentence, and what is wrong where.</summary>
    public Refusal Why { get; } = new(code, detail, field, value is null ? null : Names.Printable(value), candidates);
}
