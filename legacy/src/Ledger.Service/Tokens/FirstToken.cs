using Ledger.Service.Hosting;
using Ledger.Service.Http;

namespace Ledger.Service.Tokens;

/// <summary>The first start makes an admin token and keeps it in the token file, for this user's eyes only.</summary>
internal static class FirstToken
{
    public static async Task Ensure(ServiceSettings settings, TokenStore tokens, Action<string> say, CancellationToken ct)
    {
        if (settings.Token is not null) return;
        if (File.Exists(settings.TokenFile))
        {
            var kept = (await File.ReadAllTextAsync(settings.TokenFile, ct)).Trim();
            if (await tokens.Recognise(kept, ct) is not null) return;
            // Revoked, or of another database: a new one takes its place only where nobody else is admin. A file that is missing is
            // made anew: whoever owns the data folder is the operator.
            if (await tokens.Any(ct)) return;
        }
        var token = TokenText.New();
        PrivateFile.Write(settings.TokenFile, token + "\n");
        await tokens.Add("first-" + Convert.ToHexStringLower(TokenText.Hash(token))[..8], "first token", token, Scope.Admin, null, ct);
        say($"the admin token is in {settings.TokenFile}");
    }
}
