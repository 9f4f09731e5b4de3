using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Ledger.Service.Http;

/// <summary>A write as it came in: who asks, under which key, and what exactly.</summary>
/// <param name="Key">The caller's idempotency key.</param>
/// <param name="BodyHash">SHA-256 of method, path and canonical body.</param>
/// <param name="By">Name of the token.</param>
internal sealed record Command(string Key, byte[] BodyHash, string By)
{
    public static ValueTask<Command?> BindAsync(HttpContext http) => ValueTask.FromResult(http.Features.Get<Command>());
}

/// <summary>Marks an endpoint that changes something: it needs an idempotency key and takes JSON or nothing.</summary>
internal sealed class WriteMetadata
{
    public static WriteMetadata Instance { get; } = new();
}

/// <summary>
/// Checks a write before anything is bound: the key, the content type, the size (Kestrel's limit), the depth, the syntax.
/// Leaves the body buffered for the binder and its hash for the idempotency check.
/// </summary>
internal sealed class WriteMiddleware(RequestDelegate next)
{
    private static readonly JsonDocumentOptions strict = new() { MaxDepth = Json.DepthMax, AllowDuplicateProperties = false };

    public async Task Invoke(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<WriteMetadata>() is not null)
            http.Features.Set(await Read(http));
        await next(http);
    }

    private static async Task<Command> Read(HttpContext http)
    {
        var request = http.Request;
        var key = Key(request);
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
        http.Features.Set<IHttpRequestBodyDetectionFeature>(HasBody.Instance);
        request.ContentLength = body.Length;
        return new(key, Json.Hash(request.Method, request.Path, document.RootElement), http.User.Identity?.Name ?? "");
    }

    /// <summary>A write without a body is one with an empty object.</summary>
    private sealed class HasBody : IHttpRequestBodyDetectionFeature
    {
        public static HasBody Instance { get; } = new();

        public bool CanHaveBody => true;
    }

    private static string Key(HttpRequest request)
    {
        if (request.Headers["Idempotency-Key"] is not [{ Length: > 0 } key])
            throw new Refused("idempotency.missing", "A write needs one Idempotency-Key header: any text of up to 200 characters that you never use for something else.", "Idempotency-Key");
        return key.Length <= 200 && key.All(c => c is >= '!' and <= '~')
            ? key
            : throw new Refused("request.invalid", "An Idempotency-Key has 1 to 200 printable ASCII characters and no spaces.", "Idempotency-Key", key);
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
            case JsonValueKind.String:
                var raw = element.GetRawText();
                if (!raw.Contains('\\', StringComparison.Ordinal)) break;
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
