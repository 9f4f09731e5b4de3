using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Ledger.Service.Http;
using Ledger.Service.Settings;
using Marten;
using Marten.Patching;

namespace Ledger.Service.Tokens;

/// <summary>Finds out whose a token is. What was recognised is trusted for a few seconds, so a revoked token stops working everywhere within them.</summary>
public sealed class Tokens(IDocumentStore store, LedgerOptions options, TimeProvider clock)
{
    private const int cachedMax = 1_000;
    private const int tokenLengthMax = 300;
    private static readonly TimeSpan trusted = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan usedEvery = TimeSpan.FromMinutes(1);

    private readonly string? given = options.Token is { } token ? TokenText.Hash(token.Reveal()) : null;
    private readonly ConcurrentDictionary<string, (Token? Token, long At)> recognised = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> noted = new(StringComparer.Ordinal);

    /// <summary>The token's document; null when it is nobody's. The token given by the environment is the operator's.</summary>
    public async Task<Token?> Recognise(string? token, CancellationToken ct)
    {
        if (token is null or { Length: > tokenLengthMax }) return null;
        var hash = TokenText.Hash(token);
        if (given is not null && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(hash), Encoding.ASCII.GetBytes(given)))
            return new() { Id = "env", Name = "operator", Hash = hash, Scope = TokenScope.Admin, CreatedAt = default };
        if (!TokenText.IsWellFormed(token)) return null;
        if (recognised.TryGetValue(hash, out var known) && clock.GetElapsedTime(known.At) < trusted) return known.Token;

        await using var session = store.LightweightSession();
        var found = await session.Query<Token>().FirstOrDefaultAsync(t => t.Hash == hash, ct);
        if (found is not null && !found.IsValid(clock.GetUtcNow())) found = null;
        if (recognised.Count >= cachedMax) recognised.Clear();
        recognised[hash] = (found, clock.GetTimestamp());
        if (found is not null) await NoteUse(session, found, ct);
        return found;
    }

    /// <summary>After a token was made or revoked here.</summary>
    public void Forget() => recognised.Clear();

    private async Task NoteUse(IDocumentSession session, Token token, CancellationToken ct)
    {
        if (noted.TryGetValue(token.Id, out var last) && clock.GetElapsedTime(last) < usedEvery) return;
        noted[token.Id] = clock.GetTimestamp();
        session.Patch<Token>(token.Id).Set(t => t.UsedAt, clock.GetUtcNow());
        await session.SaveChangesAsync(ct);
    }
}
