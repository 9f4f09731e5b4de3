using System.Security.Cryptography;
using System.Text;
using Ledger.Service.Http;

namespace Ledger.Service.Tokens;

/// <summary>A token that was handed out, as a document: its hash, never itself.</summary>
public sealed record Token
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>SHA-256 of the token, hexadecimal.</summary>
    public required string Hash { get; init; }

    public required TokenScope Scope { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? UsedAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    public bool IsValid(DateTimeOffset now) => RevokedAt is null && (ExpiresAt is not { } end || end > now);
}

/// <summary>What a token looks like: <c>ldg_</c>, 256 random bits, a checksum that tells a typing error from a revoked token.</summary>
public static class TokenText
{
    private const string prefix = "ldg_";
    private const int randomLength = 43;
    private const int sumLength = 6;

    public static string New()
    {
        var random = Base64Url(RandomNumberGenerator.GetBytes(32));
        return prefix + random + Sum(random);
    }

    public static bool IsWellFormed(string token) =>
        token.StartsWith(prefix, StringComparison.Ordinal) && token.Length == prefix.Length + randomLength + sumLength
        && Sum(token.Substring(prefix.Length, randomLength)) == token[^sumLength..];

    public static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private static string Sum(string random) => Base64Url(SHA256.HashData(Encoding.ASCII.GetBytes("ledger token " + random)))[..sumLength];

    private static string Base64Url(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
