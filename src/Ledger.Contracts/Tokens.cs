namespace Ledger.Contracts;

/// <summary>Makes a token: <c>POST /api/v1/tokens</c>. It is shown once; a repeat of the same call answers its id only.</summary>
/// <param name="Name">Whose it is, for people.</param>
/// <param name="Scopes">Of <c>read</c>, <c>bookmark</c>, <c>write</c>, <c>admin</c>; each includes those before it.</param>
/// <param name="Expires">When it stops working; null: never.</param>
public sealed record CreateToken(string? Name, IReadOnlyList<string>? Scopes, string? Expires);

/// <summary>A token that was made.</summary>
/// <param name="Id">By which it is listed and revoked.</param>
/// <param name="Token">The token itself; null when it was shown before.</param>
/// <param name="Name">Whose it is.</param>
/// <param name="Scopes">The highest of those asked for: it includes the others.</param>
/// <param name="Expires">When it stops working; null: never.</param>
public sealed record TokenCreated(string Id, string? Token, string Name, IReadOnlyList<string> Scopes, DateTimeOffset? Expires);

/// <summary>The tokens there are: <c>GET /api/v1/tokens</c>.</summary>
public sealed record TokenList(IReadOnlyList<TokenSummary> Tokens);

/// <summary>A token as it is listed: never the token itself.</summary>
/// <param name="Id">By which it is revoked.</param>
/// <param name="Name">Whose it is.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it stops working; null: never.</param>
/// <param name="UsedAt">When it was last used, to the minute; null: not yet.</param>
/// <param name="RevokedAt">Since when it does not work any more; null: it was not revoked.</param>
public sealed record TokenSummary(
    string Id, string Name, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? UsedAt, DateTimeOffset? RevokedAt);

/// <summary>What <c>DELETE /api/v1/tokens/{id}</c> answers.</summary>
public sealed record TokenRevoked(string Id);
