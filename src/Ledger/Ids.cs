using System.Security.Cryptography;
using System.Text;

namespace Ledger;

/// <summary>Ids derived from cause and role: the same cause has the same id, so a retry or a replay writes nothing new.</summary>
public static class Ids
{
    /// <summary>A name-based id (RFC 9562 version 8, SHA-256) of cause and role.</summary>
    /// <param name="cause">What it follows from: an idempotency key, another event's id, a reading's id.</param>
    /// <param name="role">What it is to that cause: <c>mission-started</c>, <c>part:3</c>.</param>
    public static Guid DerivedFrom(string cause, string role)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(cause + "\n" + role), hash);
        var id = hash[..16];
        id[6] = (byte)((id[6] & 0x0F) | 0x80);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return new Guid(id, bigEndian: true);
    }

    /// <summary>Short readable id for things people name on a command line: eight characters of Crockford's base 32.</summary>
    public static string Short(string prefix, string cause)
    {
        const string alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(prefix + "\n" + cause), hash);
        Span<char> text = stackalloc char[8];
        for (var i = 0; i < text.Length; i++)
            text[i] = alphabet[hash[i] & 31];
        return $"{prefix}-{text}";
    }
}
