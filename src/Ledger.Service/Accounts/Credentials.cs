using System.Security.Cryptography;
using System.Text;
using Ledger.Accounts;
using Ledger.Service.Settings;
using Marten;
using Microsoft.AspNetCore.DataProtection;

namespace Ledger.Service.Accounts;

/// <summary>A provider credential at rest, as a document of its own: encrypted with keys that the database does not hold.</summary>
public sealed record Credential
{
    /// <summary>Derived from the command that stored it.</summary>
    public required string Id { get; init; }

    /// <summary>Account id.</summary>
    public required string Account { get; init; }

    /// <summary>Tells two credentials apart.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The encrypted text; null once it was replaced or removed. The rest stays, so that a command that is sent again is known.</summary>
    public string? Sealed { get; init; }
}

/// <summary>Encrypts credentials, opens them for whoever asks the provider, and deletes them.</summary>
/// <remarks>
/// The keys lie in the data folder (<see cref="FolderOf"/>), so a dump of the database holds ciphertext only. What a credential belongs to is part of what
/// it is encrypted for: one that is moved to another account opens nothing.
/// </remarks>
public sealed class Credentials(IDataProtectionProvider protection, LedgerOptions options)
{
    private const string fingerprintFile = "fingerprint.key";

    private readonly Lazy<byte[]> fingerprintKey = new(() => FingerprintKey(FolderOf(options)));

    /// <summary>Where the keys lie.</summary>
    public static string FolderOf(LedgerOptions options) => Path.Combine(options.Home, "keys");

    /// <summary>A keyed hash: it tells two credentials apart without being of use to somebody who guesses.</summary>
    public string Fingerprint(Secret secret) => Convert.ToHexStringLower(HMACSHA256.HashData(fingerprintKey.Value, Encoding.UTF8.GetBytes(secret.Reveal())))[..32];

    /// <summary>Stores a credential in the session's transaction, in place of the one the account has.</summary>
    public async Task<CredentialStored> Store(IDocumentSession session, string id, string account, Secret secret, DateTimeOffset now, string by, CancellationToken ct)
    {
        await Delete(session, account, ct);
        var fingerprint = Fingerprint(secret);
        session.Store(new Credential { Id = id, Account = account, Fingerprint = fingerprint, Sealed = ProtectorOf(id, account).Protect(secret.Reveal()) });
        return new(account, id, fingerprint, secret.Redacted, now, by);
    }

    /// <summary>Deletes an account's credentials in the session's transaction.</summary>
    public static async Task Delete(IDocumentSession session, string account, CancellationToken ct)
    {
        foreach (var held in await session.Query<Credential>().Where(c => c.Account == account && c.Sealed != null).ToListAsync(ct))
            session.Store(held with { Sealed = null });
    }

    /// <summary>The credential an account is read with.</summary>
    /// <exception cref="Refused"><c>credential.lost</c>: there is none, or the keys are not those it was encrypted with.</exception>
    public async Task<Secret> Open(IQuerySession session, Account account, CancellationToken ct)
    {
        var held = account.Credential is { } stored ? await session.LoadAsync<Credential>(stored.Credential, ct) : null;
        if (held?.Sealed is not { } text)
            throw new Refused("credential.lost", $"{account.Label} has no credential; `ledger account rotate` stores one.");
        try
        {
            return new(ProtectorOf(held.Id, account.Id).Unprotect(text));
        }
        catch (CryptographicException)
        {
            throw new Refused("credential.lost", $"The stored credential of {account.Label} can't be opened with the keys in {FolderOf(options)}: they are not the ones it was stored with. `ledger account rotate` stores it anew.");
        }
    }

    /// <summary>Makes the folder of the keys; it is for this user alone.</summary>
    /// <exception cref="ConfigurationException">Others can read it.</exception>
    public static DirectoryInfo OpenFolder(LedgerOptions options)
    {
        const UnixFileMode mine = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var folder = Directory.CreateDirectory(FolderOf(options), mine);
        return (folder.UnixFileMode & ~mine) == 0
            ? folder
            : throw new ConfigurationException("LEDGER_HOME", $"{folder.FullName} can be read by others; `chmod 700 {folder.FullName}`.");
    }

    private IDataProtector ProtectorOf(string id, string account) => protection.CreateProtector("credential.v1", account, id);

    private static byte[] FingerprintKey(string folder)
    {
        var path = Path.Combine(folder, fingerprintFile);
        if (!File.Exists(path)) PrivateFile.Write(path, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) + "\n");
        try
        {
            return Convert.FromBase64String(File.ReadAllText(path).Trim());
        }
        catch (FormatException)
        {
            throw new ConfigurationException("LEDGER_HOME", $"{path} holds no key. Restore it, or delete it; then a key that is stored already is not recognised.");
        }
    }
}
