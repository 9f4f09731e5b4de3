using Ledger.Service.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ledger.Service.Http;

/// <summary>How an endpoint is declared: its method, its path, the scope it demands, what it answers.</summary>
internal static class Api
{
    public const string Prefix = "/api/v1";

    /// <summary>A read.</summary>
    public static RouteHandlerBuilder Read<TAnswer>(this IEndpointRouteBuilder api, string path, Scope scope, Delegate handler) =>
        Finish<TAnswer>(api.MapGet(path, handler), scope, handler);

    /// <summary>A write by POST.</summary>
    public static RouteHandlerBuilder Write<TAnswer>(this IEndpointRouteBuilder api, string path, Scope scope, Delegate handler) =>
        Finish<TAnswer>(api.MapPost(path, handler).WithMetadata(WriteMetadata.Instance), scope, handler);

    /// <summary>An edit by PATCH.</summary>
    public static RouteHandlerBuilder Edit<TAnswer>(this IEndpointRouteBuilder api, string path, Scope scope, Delegate handler) =>
        Finish<TAnswer>(api.MapPatch(path, handler).WithMetadata(WriteMetadata.Instance), scope, handler);

    /// <summary>A removal by DELETE.</summary>
    public static RouteHandlerBuilder Remove<TAnswer>(this IEndpointRouteBuilder api, string path, Scope scope, Delegate handler) =>
        Finish<TAnswer>(api.MapDelete(path, handler).WithMetadata(WriteMetadata.Instance), scope, handler);

    private static RouteHandlerBuilder Finish<TAnswer>(RouteHandlerBuilder endpoint, Scope scope, Delegate handler) => endpoint
        .AddEndpointFilterFactory(Validation.Filter)
        .WithMetadata(new ScopeMetadata(scope), new ProducesResponseTypeMetadata(200, typeof(TAnswer), ["application/json"]))
        .WithName(handler.Method.DeclaringType!.Name)
        .WithTags(handler.Method.DeclaringType!.Namespace!.Split('.')[^1]);

    /// <summary>Who may come in: a token with the scope the endpoint demands, or nobody.</summary>
    public static async Task Authorize(HttpContext http, TokenStore tokens, RequestDelegate next)
    {
        // What routing itself answers (no such method, another content type) belongs to nobody and tells nothing.
        if (http.GetEndpoint() is RouteEndpoint endpoint && endpoint.Metadata.GetMetadata<OpenToAllMetadata>() is null)
        {
            // Without a declared scope an endpoint is for nobody.
            var demanded = endpoint.Metadata.GetMetadata<ScopeMetadata>()?.Scope ?? throw new Refused("auth.scope", "This endpoint is for nobody.");
            var caller = await tokens.Recognise(Bearer(http.Request), http.RequestAborted) ?? throw Unknown(http);
            if (caller.Scope < demanded)
                throw new Refused("auth.scope", $"The token \"{caller.Name}\" has the scope {caller.Scope.ToString().ToLowerInvariant()}; this needs {demanded.ToString().ToLowerInvariant()}.");
            http.User = caller.ToPrincipal();
        }
        await next(http);
    }

    private static Refused Unknown(HttpContext http)
    {
        http.Response.Headers.WWWAuthenticate = "Bearer";
        return new("auth.missing", "A valid token is needed: Authorization: Bearer ldg_… (the first one stands in the file token of the data folder).");
    }

    private static string? Bearer(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header[7..].Trim() : null;
}
