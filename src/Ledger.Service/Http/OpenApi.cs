using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

using Ledger.Contracts;

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
            var schemes = (document.Components ??= new()).SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
            schemes["token"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "ldg_…" };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(async (operation, context, ct) =>
        {
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
}
