using Ledger.Service.Http;
using Ledger.Service.Settings;
using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Tokens;

/// <summary>The first start makes an admin token and keeps it in the token file, for this user's eyes only.</summary>
public static class FirstToken
{
    public static async Task Ensure(IServiceProvider services, Action<string> say, CancellationToken ct)
    {
        var (options, tokens, clock) = (services.GetRequiredService<LedgerOptions>(), services.GetRequiredService<Tokens>(), services.GetRequiredService<TimeProvider>());
        if (options.Token is not null) return;
        await using var session = services.GetRequiredService<IDocumentStore>().LightweightSession();
        if (File.Exists(options.TokenFile))
        {
            var kept = (await File.ReadAllTextAsync(options.TokenFile, ct)).Trim();
            if (await tokens.Recognise(kept, ct) is not null) return;
            // Revoked, or of another database: a new one takes its place only where nobody else is admin. A file that is missing is
            // made anew: whoever owns the data folder is the operator.
            if (await session.Query<Token>().AnyAsync(t => t.RevokedAt == null && t.Scope == TokenScope.Admin, ct)) return;
        }
        var token = TokenText.New();
        PrivateFile.Write(options.TokenFile, token + "\n");
        var hash = TokenText.Hash(token);
        session.Store(new Token { Id = "first-" + hash[..8], Name = "first token", Hash = hash, Scope = TokenScope.Admin, CreatedAt = clock.GetUtcNow() });
        await session.SaveChangesAsync(ct);
        tokens.Forget();
        say($"the admin token is in {options.TokenFile}");
    }
}
