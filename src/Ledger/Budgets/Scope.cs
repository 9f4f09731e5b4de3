using System.Diagnostics.CodeAnalysis;

namespace Ledger.Budgets;

/// <summary>What a budget or a question is about.</summary>
public enum ScopeKind
{
    /// <summary>Everything that is billed.</summary>
    Everything,

    /// <summary>One account, by id.</summary>
    Account,

    /// <summary>One agent, by id; its idle spend included.</summary>
    Agent,

    /// <summary>One key, by the provider's id.</summary>
    Key,

    /// <summary>One model.</summary>
    Model,

    /// <summary>One unit type.</summary>
    Unit,

    /// <summary>One mission, by id.</summary>
    Mission,
}

/// <summary>A part of the spend: <c>all</c>, <c>agent:ba</c>, <c>mission:m-1a2b3c4d</c>.</summary>
/// <param name="Kind">The dimension.</param>
/// <param name="Value">Id in that dimension; empty for everything.</param>
public sealed record Scope(ScopeKind Kind, string Value)
{
    /// <summary>Everything.</summary>
    public static Scope Everything { get; } = new(ScopeKind.Everything, "");

    /// <summary>As people write it.</summary>
    public override string ToString() => Kind == ScopeKind.Everything ? "all" : $"{Kind.ToString().ToLowerInvariant()}:{Value}";

    /// <summary>Reads what people write; the value is not looked up.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Scope? scope)
    {
        scope = null;
        if (text is null) return false;
        if (text is "all" or "everything") scope = Everything;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && colon < text.Length - 1 && Enum.TryParse<ScopeKind>(text[..colon], ignoreCase: true, out var kind) && kind != ScopeKind.Everything && !char.IsAsciiDigit(text[0]))
            scope = new(kind, text[(colon + 1)..]);
        return scope is not null;
    }
}
