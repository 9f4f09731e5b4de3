using System.Security.Cryptography;
using Ledger.Service.Hosting;

namespace Ledger.Service.Vault;

/// <summary>The key that wraps all others. It lives in a file of its own, never in the database, so a dump holds ciphertext only.</summary>
internal sealed class KeyFile
{
    private readonly byte[] key;

    private KeyFile(byte[] key, string path)
    {
        this.key = key;
        Path = path;
        Id = Convert.ToHexStringLower(HMACSHA256.HashData(key, "ledger key id"u8))[..16];
    }

    public string Path { get; }

    /// <summary>Names the key without telling it.</summary>
    public string Id { get; }

    /// <summary>The key itself: for the vault, nowhere else.</summary>
    public ReadOnlySpan<byte> Key => key;

    /// <summary>Opens the key file; makes it where there is none.</summary>
    /// <exception cref="ConfigurationException">Somebody else can read it, or it holds no key.</exception>
    public static KeyFile Open(string path)
    {
        if (!File.Exists(path))
            PrivateFile.Write(path, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) + "\n");
        if (!PrivateFile.IsPrivate(path))
            throw new ConfigurationException("LEDGER_HOME", $"{path} can be read by others; `chmod 600 {path}`.");
        try
        {
            var key = Convert.FromBase64String(File.ReadAllText(path).Trim());
            return key.Length == 32 ? new(key, path) : throw new FormatException();
        }
        catch (FormatException)
        {
            throw new ConfigurationException("LEDGER_HOME", $"{path} holds no key. Restore it from where it was kept; without it stored credentials are lost and have to be entered again.");
        }
    }

    /// <summary>A keyed hash: tells two credentials apart without being of use to somebody who guesses.</summary>
    public string Fingerprint(ReadOnlySpan<byte> secret)
    {
        var own = HMACSHA256.HashData(key, "ledger fingerprint"u8);
        return Convert.ToHexStringLower(HMACSHA256.HashData(own, secret))[..32];
    }
}
