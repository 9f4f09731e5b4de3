using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ledger.Service.Http;

/// <summary>What a token may do. Each includes those before it.</summary>
public enum TokenScope
{
    /// <summary>See everything but credentials' metadata.</summary>
    Read,

    /// <summary>Start, end, switch and reopen missions; take holds; acknowledge alerts.</summary>
    Bookmark,

    /// <summary>Change agents, keys' owners, missions and budgets.</summary>
    Write,

    /// <summary>Accounts, credentials, tokens, repairs.</summary>
    Admin,
}

/// <summary>The authorization policies of endpoints: <c>[Authorize(Policy = Scopes.Write)]</c>. An endpoint that names none is for nobody.</summary>
public static class Scopes
{
    public const string Read = "read";
    public const string Bookmark = "bookmark";
    public const string Write = "write";
    public const string Admin = "admin";

    /// <summary>The claim that carries a token's scope.</summary>
    public const string Claim = "scope";

    public static void AddPolicies(AuthorizationOptions options)
    {
        foreach (var scope in Enum.GetValues<TokenScope>())
            options.AddPolicy(Word(scope), p => p.RequireAuthenticatedUser().RequireAssertion(c => Of(c.User) >= scope));
        // Routing itself answers what no route matches, and another method or content type; a route without a policy is for nobody.
        options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAssertion(c => c.Resource is HttpContext http && http.GetEndpoint() is not RouteEndpoint).Build();
    }

    public static string Word(TokenScope scope) => scope.ToString().ToLowerInvariant();

    public static TokenScope? Of(ClaimsPrincipal user) => Enum.TryParse<TokenScope>(user.FindFirstValue(Claim), ignoreCase: true, out var scope) ? scope : null;
}
