using System.Security.Cryptography;
using System.Text;
using Ledger.Providers;
using Ledger.Service.Http;
using Npgsql;

namespace Ledger.Service.Vault;

/// <summary>
/// Provider credentials at rest: AES-256-GCM, each under a random key of its own, that key wrapped by the key file's. What a row
/// belongs to is bound in, so that a row moved to another account opens nothing.
/// </summary>
internal sealed class CredentialVault(NpgsqlDataSource db, KeyFile file, TimeProvider clock)
{
    private const int version = 1;
    private const int tagLength = 16;

    public string Fingerprint(Secret secret) => file.Fingerprint(Encoding.UTF8.GetBytes(secret.Reveal()));

    public async Task Store(string id, string account, string provider, Secret secret, CancellationToken ct)
    {
        var key = RandomNumberGenerator.GetBytes(32);
        var plain = Encoding.UTF8.GetBytes(secret.Reveal());
        try
        {
            var (wrappedNonce, wrapped) = Seal(file.Key, key, Bound("key", id, account, provider));
            var (nonce, sealedSecret) = Seal(key, plain, Bound("secret", id, account, provider));
            await using var insert = db.CreateCommand("""
                insert into ledger_credential (id, account, provider, version, kek, wrapped_key, wrapped_nonce, nonce, sealed, fingerprint, redacted, stored_at)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (id) do nothing
                """);
            foreach (var value in new object[] { id, account, provider, version, file.Id, wrapped, wrappedNonce, nonce, sealedSecret, Fingerprint(secret), secret.Redacted, clock.GetUtcNow() })
                insert.Parameters.Add(new() { Value = value });
            await insert.ExecuteNonQueryAsync(ct);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <summary>Opens a credential. Null: there is none of that id.</summary>
    /// <exception cref="Refused"><c>credential.lost</c>: the row and the key file don't belong together.</exception>
    public async Task<Secret?> Open(string id, string account, string provider, CancellationToken ct)
    {
        await using var select = db.CreateCommand("select wrapped_key, wrapped_nonce, nonce, sealed from ledger_credential where id = $1 and version = $2");
        select.Parameters.Add(new() { Value = id });
        select.Parameters.Add(new() { Value = version });
        await using var reader = await select.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) return null;
        byte[] key = [], plain = [];
        try
        {
            key = Unseal(file.Key, reader.GetFieldValue<byte[]>(1), reader.GetFieldValue<byte[]>(0), Bound("key", id, account, provider));
            plain = Unseal(key, reader.GetFieldValue<byte[]>(2), reader.GetFieldValue<byte[]>(3), Bound("secret", id, account, provider));
            return Secret.FromPaste(Encoding.UTF8.GetString(plain));
        }
        catch (CryptographicException)
        {
            throw new Refused("credential.lost", $"The stored credential of account {account} can't be opened with {file.Path}: the file or the row is not the one it was stored with. `ledger account rotate` stores it anew.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <summary>
    /// Until it is disposed of, nobody else on any node stores or deletes an account's credentials under this guard. It ends with its
    /// connection, should we die.
    /// </summary>
    public async Task<IAsyncDisposable> Alone(string account, CancellationToken ct)
    {
        var connection = await db.OpenConnectionAsync(ct);
        try
        {
            // The transaction holds the lock, and is rolled back when the connection is closed.
            await connection.BeginTransactionAsync(ct);
            await using var take = new NpgsqlCommand("select pg_advisory_xact_lock(hashtextextended('ledger_credential:' || $1, 0))", connection);
            take.Parameters.Add(new() { Value = account });
            await take.ExecuteNonQueryAsync(ct);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Deletes all credentials of an account but one; all when that is null.</summary>
    public async Task DeleteOthers(string account, string? keep, CancellationToken ct)
    {
        await using var delete = db.CreateCommand("delete from ledger_credential where account = $1 and id is distinct from $2");
        delete.Parameters.Add(new() { Value = account });
        delete.Parameters.Add(new() { Value = (object?)keep ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        await delete.ExecuteNonQueryAsync(ct);
    }

    private byte[] Bound(string what, string id, string account, string provider) => Encoding.UTF8.GetBytes($"v{version}|{what}|{id}|{account}|{provider}|{file.Id}");

    private static (byte[] Nonce, byte[] Sealed) Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> bound)
    {
        using var aes = new AesGcm(key, tagLength);
        var nonce = RandomNumberGenerator.GetBytes(12);
        var result = new byte[plain.Length + tagLength];
        aes.Encrypt(nonce, plain, result.AsSpan(0, plain.Length), result.AsSpan(plain.Length), bound);
        return (nonce, result);
    }

    private static byte[] Unseal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> result, ReadOnlySpan<byte> bound)
    {
        if (result.Length < tagLength) throw new CryptographicException("Too short.");
        using var aes = new AesGcm(key, tagLength);
        var plain = new byte[result.Length - tagLength];
        aes.Decrypt(nonce, result[..^tagLength], result[^tagLength..], plain, bound);
        return plain;
    }
}
