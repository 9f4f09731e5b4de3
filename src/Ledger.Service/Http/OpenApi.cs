using Ledger.Contracts;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Wolverine.Http;

namespace Ledger.Service.Http;

/// <summary>The description of this interface at <c>/openapi/v1.json</c>: written from the endpoints.</summary>
public static class OpenApi
{
    public static IServiceCollection AddLedgerOpenApi(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new()
            {
                Title = "Ledger",
                Version = "v1",
                Description = "Money is a decimal string in dollars, times are RFC 3339 UTC, null is unknown. A refusal is application/problem+json (RFC 9457) with a stable code.",
            };
            document.Servers = [];
            document.Tags = new HashSet<OpenApiTag>(document.Paths.Keys.Select(TagOf).Distinct(StringComparer.Ordinal).Select(tag => new OpenApiTag { Name = tag }));
            var schemes = (document.Components ??= new()).SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
            schemes["token"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "ldg_…" };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(async (operation, context, ct) =>
        {
            // Wolverine names an operation by its route, and tags it with the full name of its class.
            if (context.Description.ActionDescriptor is WolverineActionDescriptor { Chain: { } chain }) operation.OperationId = NameOf(chain);
            operation.Summary = null;
            operation.Tags = new HashSet<OpenApiTagReference> { new(TagOf(context.Description.RelativePath ?? ""), context.Document) };
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            if (metadata.OfType<IAuthorizeData>().FirstOrDefault() is { Policy: { } scope })
            {
                operation.Description = $"Needs the scope {scope}.";
                operation.Security = [new() { [new OpenApiSecuritySchemeReference("token", context.Document)] = [] }];
            }
            if (metadata.OfType<WritesMetadata>().Any())
            {
                (operation.Parameters ??= []).Add(new OpenApiParameter
                {
                    Name = "Idempotency-Key",
                    In = ParameterLocation.Header,
                    Required = true,
                    Description = "Any text of up to 200 characters, used once: the same key and body are answered once, the same key with another body is refused.",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 200 },
                });
            }
            var problem = await context.GetOrCreateSchemaAsync(typeof(Problem), null, ct);
            (operation.Responses ??= [])["default"] = new OpenApiResponse
            {
                Description = "Refused, or failed: what, why, and what would be right.",
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { [Problems.ContentType] = new() { Schema = problem } },
            };
        });
    });

    /// <summary>The class of the endpoint unless it says another name, as in 0.1: generated clients are named by it. A read has no suffix.</summary>
    private static string NameOf(HttpChain chain)
    {
        if (chain.HasExplicitOperationId) return chain.OperationId;
        const string suffix = "Endpoint";
        var name = chain.Method.HandlerType.Name;
        return chain.HttpMethods.Contains("GET") && name.EndsWith(suffix, StringComparison.Ordinal) ? name[..^suffix.Length] : name;
    }

    /// <summary>The noun of the path: <c>missions</c>.</summary>
    private static string TagOf(string path)
    {
        const string prefix = "api/v1/";
        path = path.TrimStart('/');
        return (path.StartsWith(prefix, StringComparison.Ordinal) ? path[prefix.Length..] : path).Split('/')[0];
    }
}
