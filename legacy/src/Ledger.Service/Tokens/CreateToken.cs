using FluentValidation;
using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Tokens;

/// <summary>Makes a token. It is shown once: a replay of the same call answers its id only.</summary>
internal sealed record CreateToken(string? Name, IReadOnlyList<string>? Scopes, string? Expires);

internal sealed class CreateTokenValidator : AbstractValidator<CreateToken>
{
    public CreateTokenValidator()
    {
        RuleFor(r => r.Name).Required().Name();
        RuleFor(r => r.Scopes).Must(s => s is { Count: > 0 and <= 4 } && s.All(word => Enum.TryParse<Scope>(word, true, out _) && !char.IsAsciiDigit(word[0])))
            .WithMessage("scopes is a list of read, bookmark, write, admin; each includes those before it.");
        RuleFor(r => r.Expires).Instant();
    }
}

internal sealed record TokenCreated(string Id, string? Token, string Name, IReadOnlyList<string> Scopes, DateTimeOffset? Expires);

internal static class CreateTokenEndpoint
{
    public static async Task<Answer> Post(CreateToken request, Command command, Journal journal, TokenStore tokens, TimeProvider clock, CancellationToken ct)
    {
        if (await journal.Before(command, ct) is { } before) return before;
        var expires = request.Expires.ToInstant();
        if (expires <= clock.GetUtcNow()) throw new Refused("time.out_of_range", "expires must lie ahead.", "expires", request.Expires);
        var scope = request.Scopes!.Select(word => Enum.Parse<Scope>(word, ignoreCase: true)).Max();
        var id = Ids.Short("t", command.Key);
        var token = TokenText.New();
        // The key is kept first: of two calls with one key, only the first makes a token.
        var answer = await journal.Write(command, _ => Plan.Nothing(new TokenCreated(id, null, request.Name!, [scope.ToString().ToLowerInvariant()], expires)), ct);
        if (answer.Replayed) return answer;
        await tokens.Add(id, request.Name!, token, scope, expires, ct);
        return answer.With("token", token);
    }
}
