using System.Security.Claims;
using System.Text.Encodings.Web;
using Ledger.Service.Http;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ledger.Service.Tokens;

/// <summary><c>Authorization: Bearer ldg_…</c> → who asks and what they may do.</summary>
public sealed class TokenAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, Tokens tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Bearer";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // Nobody asks who it is there; and whether the service lives must be answered without the database, also to those who send a token.
        if (Context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null) return AuthenticateResult.NoResult();
        if (Request.Headers.Authorization is not [{ } header] || !header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return AuthenticateResult.NoResult();
        if (await tokens.Recognise(header[7..].Trim(), Context.RequestAborted) is not { } token) return AuthenticateResult.NoResult();
        Claim[] claims = [new(ClaimTypes.Name, token.Name), new("token", token.Id), new(Scopes.Claim, Scopes.Word(token.Scope))];
        return AuthenticateResult.Success(new(new(new ClaimsIdentity(claims, Scheme.Name)), Scheme.Name));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        return Problems.Write(Context, new("auth.missing", "A valid token is needed: Authorization: Bearer ldg_… (the first one stands in the file token of the data folder)."));
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        var policy = Context.GetEndpoint()?.Metadata.GetMetadata<IAuthorizeData>()?.Policy;
        var name = Context.User.Identity?.Name;
        return Problems.Write(Context, new("auth.scope", policy is null
            ? "This endpoint is for nobody."
            : $"The token \"{name}\" has the scope {Context.User.FindFirstValue(Scopes.Claim)}; this needs {policy}."));
    }
}
