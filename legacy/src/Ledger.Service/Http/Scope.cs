namespace Ledger.Service.Http;

/// <summary>What a token may do. Each includes those before it.</summary>
internal enum Scope
{
    /// <summary>See everything but credentials' metadata.</summary>
    Read,

    /// <summary>Start, end, switch and reopen missions.</summary>
    Bookmark,

    /// <summary>Change agents, keys' owners and missions.</summary>
    Write,

    /// <summary>Accounts, credentials, tokens, repairs.</summary>
    Admin,
}

/// <summary>The scope an endpoint demands.</summary>
internal sealed record ScopeMetadata(Scope Scope);

/// <summary>The endpoint answers without a token.</summary>
internal sealed class OpenToAllMetadata
{
    public static OpenToAllMetadata Instance { get; } = new();
}
