using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Ledger.Service.Channels;

/// <summary>Standard Webhooks: HMAC-SHA256 over <c>id.timestamp.body</c>, one signature for each secret in use.</summary>
public static class Signature
{
    private const string prefix = "whsec_";

    /// <summary>Why a text is no secret to sign with; null when it is one.</summary>
    public static string? WhyNot(string secret)
    {
        if (!secret.StartsWith(prefix, StringComparison.Ordinal)) return secret.Length is >= 16 and <= 200 ? null : "a secret has 16 to 200 characters, or is whsec_ and base64";
        Span<byte> key = stackalloc byte[256];
        return Convert.TryFromBase64String(secret[prefix.Length..], key, out var length) && length is >= 16 and <= 128 ? null : "what follows whsec_ is no base64 of 16 to 128 bytes";
    }

    /// <summary>What stands in <c>webhook-signature</c>.</summary>
    internal static string Of(IReadOnlyList<Secret> secrets, string id, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        var signed = new byte[Encoding.UTF8.GetMaxByteCount(id.Length) + 32 + body.Length];
        var length = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{at.ToUnixTimeSeconds()}."), signed);
        body.CopyTo(signed.AsSpan(length));
        var whole = signed.AsMemory(0, length + body.Length);
        return string.Join(' ', secrets.Select(s => $"v1,{Convert.ToBase64String(HMACSHA256.HashData(Key(s.Reveal()), whole.Span))}"));
    }

    private static byte[] Key(string secret) => secret.StartsWith(prefix, StringComparison.Ordinal) ? Convert.FromBase64String(secret[prefix.Length..]) : Encoding.UTF8.GetBytes(secret);
}
