using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Ledger.Service.Http;

/// <summary>
/// Checks a write before anything is bound: the key, the content type, the size (Kestrel's limit), the depth, the syntax, and texts that
/// could not be stored or shown. A write without a body is one with an empty object.
/// </summary>
public sealed class RequestChecks(RequestDelegate next)
{
    private const int keyLengthMax = 200;

    private static readonly JsonDocumentOptions strict = new() { MaxDepth = JsonConventions.DepthMax, AllowDuplicateProperties = false };

    public async Task Invoke(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<WritesMetadata>() is not null) await Check(http);
        await next(http);
    }

    private static async Task Check(HttpContext http)
    {
        var request = http.Request;
        CheckKey(request);
        // Wolverine reads a JSON body only for a caller that takes JSON back; lines of progress are JSON too.
        if (LongAnswer.IsWanted(request)) request.Headers.Append("Accept", "application/json");
        var body = new MemoryStream();
        await request.Body.CopyToAsync(body, http.RequestAborted);
        if (body.Length > 0 && request.ContentType?.Split(';')[0].Trim().Equals("application/json", StringComparison.OrdinalIgnoreCase) != true)
            throw new Refused("request.content_type", "The body must be application/json.", "Content-Type", request.ContentType);
        if (body.Length == 0)
        {
            body.Write("{}"u8);
            request.ContentType = "application/json";
        }
        using var document = JsonDocument.Parse(body.GetBuffer().AsMemory(0, (int)body.Length), strict);
        RefuseBadText(document.RootElement);
        body.Position = 0;
        request.Body = body;
        request.ContentLength = body.Length;
        http.Features.Set<IHttpRequestBodyDetectionFeature>(HasBody.Instance);
    }

    private sealed class HasBody : IHttpRequestBodyDetectionFeature
    {
        public static HasBody Instance { get; } = new();

        public bool CanHaveBody => true;
    }

    private static void CheckKey(HttpRequest request)
    {
        if (request.Headers[Idempotency.Header] is not [{ Length: > 0 } key])
            throw new Refused("idempotency.missing", "A write needs one Idempotency-Key header: any text of up to 200 characters that you never use for something else.", Idempotency.Header);
        if (key.Length > keyLengthMax || !key.All(c => c is >= '!' and <= '~'))
            throw new Refused("request.invalid", "An Idempotency-Key has 1 to 200 printable ASCII characters and no spaces.", Idempotency.Header, key);
    }

    /// <summary>U+0000 and lone surrogates can't be stored or shown anywhere, whatever field they are in.</summary>
    private static void RefuseBadText(JsonElement element, string path = "")
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                    RefuseBadText(member.Value, path.Length == 0 ? member.Name : $"{path}.{member.Name}");
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                    RefuseBadText(item, path);
                break;
            case JsonValueKind.String when element.GetRawText().Contains('\\', StringComparison.Ordinal):
                string text;
                try
                {
                    text = element.GetString()!;
                }
                catch (InvalidOperationException)
                {
                    throw new Refused("text.invalid", $"{Names.Printable(path)} holds a lone surrogate.", path);
                }
                if (text.Contains('\0', StringComparison.Ordinal)) throw new Refused("text.invalid", $"{Names.Printable(path)} holds U+0000.", path);
                break;
        }
    }
}

/// <summary>JSON as this service speaks it: strict in, plain out, and nothing but what <see cref="ContractsJson"/> lists.</summary>
public static class JsonConventions
{
    /// <summary>Deepest nesting a request may have.</summary>
    public const int DepthMax = 16;

    public static void Configure(JsonSerializerOptions options)
    {
        LedgerJson.Configure(options);
        options.TypeInfoResolver = ContractsJson.Default;
        options.PropertyNameCaseInsensitive = false;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.MaxDepth = DepthMax;
    }

    public static JsonSerializerOptions Options { get; } = Made();

    private static JsonSerializerOptions Made()
    {
        var options = new JsonSerializerOptions();
        Configure(options);
        return options;
    }
}
