using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Ledger.Service.Http;
using Npgsql;

namespace Ledger.Service.Tokens;

/// <summary>The tokens that were handed out. The database holds hashes only; a revoked token stops working within seconds everywhere.</summary>
internal sealed class TokenStore(NpgsqlDataSource db, TimeProvider clock, string? givenToken)
{
    private const int cachedMax = 1_000;
    private static readonly TimeSpan trusted = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan usedEvery = TimeSpan.FromMinutes(1);

    private readonly byte[]? given = givenToken is null ? null : TokenText.Hash(givenToken);
    private readonly ConcurrentDictionary<string, (Caller? Caller, long At)> recognised = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> noted = new(StringComparer.Ordinal);

    /// <summary>Who a token belongs to; null when nobody.</summary>
    public async Task<Caller?> Recognise(string? token, CancellationToken ct)
    {
        if (token is null or { Length: > 300 }) return null;
        var hash = TokenText.Hash(token);
        if (given is not null && CryptographicOperations.FixedTimeEquals(hash, given)) return new("env", "operator", Scope.Admin);
        if (!TokenText.IsWellFormed(token)) return null;

        var name = Convert.ToHexString(hash);
        if (recognised.TryGetValue(name, out var known) && clock.GetElapsedTime(known.At) < trusted) return known.Caller;
        var caller = await Find(hash, ct);
        if (recognised.Count >= cachedMax) recognised.Clear();
        recognised[name] = (caller, clock.GetTimestamp());
        if (caller is not null) await NoteUse(caller.Id, ct);
        return caller;
    }

    public async Task Add(string id, string name, string token, Scope scope, DateTimeOffset? expires, CancellationToken ct)
    {
        await using var insert = db.CreateCommand("""
            insert into ledger_token_grant (id, name, sha256, scopes, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)
            on conflict (id) do nothing
            """);
        insert.Parameters.Add(new() { Value = id });
        insert.Parameters.Add(new() { Value = name });
        insert.Parameters.Add(new() { Value = TokenText.Hash(token) });
        insert.Parameters.Add(new() { Value = new[] { scope.ToString().ToLowerInvariant() } });
        insert.Parameters.Add(new() { Value = clock.GetUtcNow() });
        insert.Parameters.Add(new() { Value = (object?)expires ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
        await insert.ExecuteNonQueryAsync(ct);
    }

    public async Task<IReadOnlyList<Grant>> List(CancellationToken ct)
    {
        await using var select = db.CreateCommand("""
            select id, name, scopes, created_at, expires_at, used_at, revoked_at from ledger_token_grant order by created_at, id limit 1000
            """);
        await using var reader = await select.ExecuteReaderAsync(ct);
        var grants = new List<Grant>();
        while (await reader.ReadAsync(ct))
            grants.Add(new(reader.GetString(0), reader.GetString(1), reader.GetFieldValue<string[]>(2), reader.GetFieldValue<DateTimeOffset>(3), At(4), At(5), At(6)));
        return grants;

        DateTimeOffset? At(int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
    }

    /// <summary>False: there is no such token.</summary>
    public async Task<bool> Revoke(string id, CancellationToken ct)
    {
        await using var update = db.CreateCommand("update ledger_token_grant set revoked_at = coalesce(revoked_at, $2) where id = $1");
        update.Parameters.Add(new() { Value = id });
        update.Parameters.Add(new() { Value = clock.GetUtcNow() });
        var there = await update.ExecuteNonQueryAsync(ct) > 0;
        recognised.Clear();
        return there;
    }

    public async Task<bool> Any(CancellationToken ct)
    {
        await using var select = db.CreateCommand("select exists (select from ledger_token_grant where revoked_at is null and 'admin' = any(scopes))");
        return await select.ExecuteScalarAsync(ct) is true;
    }

    private async Task<Caller?> Find(byte[] hash, CancellationToken ct)
    {
        await using var select = db.CreateCommand("""
            select id, name, scopes from ledger_token_grant
            where sha256 = $1 and revoked_at is null and (expires_at is null or expires_at > $2)
            """);
        select.Parameters.Add(new() { Value = hash });
        select.Parameters.Add(new() { Value = clock.GetUtcNow() });
        await using var reader = await select.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) return null;
        var scope = reader.GetFieldValue<string[]>(2).Select(s => Enum.Parse<Scope>(s, ignoreCase: true)).Max();
        return new(reader.GetString(0), reader.GetString(1), scope);
    }

    private async Task NoteUse(string id, CancellationToken ct)
    {
        if (noted.TryGetValue(id, out var last) && clock.GetElapsedTime(last) < usedEvery) return;
        noted[id] = clock.GetTimestamp();
        await using var update = db.CreateCommand("update ledger_token_grant set used_at = $2 where id = $1");
        update.Parameters.Add(new() { Value = id });
        update.Parameters.Add(new() { Value = clock.GetUtcNow() });
        await update.ExecuteNonQueryAsync(ct);
    }
}

/// <summary>A token as it is listed: never the token itself.</summary>
internal sealed record Grant(
    string Id, string Name, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? UsedAt, DateTimeOffset? RevokedAt);

/// <summary>Who asks.</summary>
internal sealed record Caller(string Id, string Name, Scope Scope)
{
    public System.Security.Claims.ClaimsPrincipal ToPrincipal() =>
        new(new System.Security.Claims.ClaimsIdentity([new(System.Security.Claims.ClaimTypes.Name, Name), new("token", Id)], "token"));
}

/// <summary>What a token looks like: <c>ldg_</c>, 256 random bits, a checksum that tells a typing error from a revoked token.</summary>
internal static class TokenText
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

    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static string Sum(string random) => Base64Url(SHA256.HashData(Encoding.ASCII.GetBytes("ledger token " + random)))[..sumLength];

    private static string Base64Url(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
