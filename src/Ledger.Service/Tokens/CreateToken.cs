using FluentValidation;
using Ledger.Contracts;
using Ledger.Service.Http;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Wolverine.Http;

namespace Ledger.Service.Tokens;

public sealed class CreateTokenValidator : AbstractValidator<CreateToken>
{
    private const int scopesMax = 4;

    public CreateTokenValidator()
    {
        RuleFor(r => r.Name).Required().Name();
        RuleFor(r => r.Scopes).Must(s => s is { Count: > 0 and <= scopesMax } && s.All(word => Enum.TryParse<TokenScope>(word, true, out _) && !char.IsAsciiDigit(word[0])))
            .WithMessage("scopes is a list of read, bookmark, write, admin; each includes those before it.");
        RuleFor(r => r.Expires).Instant();
    }
}

public static class CreateTokenEndpoint
{
    /// <summary>The token's text is in the first answer and nowhere else, so that answer is not kept: a repeat finds the token by the id that follows from its key.</summary>
    [WolverinePost("/api/v1/tokens"), Authorize(Policy = Scopes.Admin), NotReplayed]
    public static async Task<TokenCreated> Post(CreateToken request, Caller caller, IDocumentSession session, HttpContext http, TimeProvider clock, CancellationToken ct)
    {
        var (id, expires, scope) = (Ids.Short("t", caller.Key), request.Expires.ToInstant(), request.Scopes!.Max(word => Enum.Parse<TokenScope>(word, ignoreCase: true)));
        if (await session.LoadAsync<Token>(id, ct) is { } before)
        {
            if (before.Name != request.Name || before.Scope != scope || before.ExpiresAt != expires)
                throw new Refused("idempotency.reused", "This Idempotency-Key was used before for something else; a new request needs a new key.", Idempotency.Header);
            http.Response.Headers[Idempotency.HitHeader] = "true";
            return new(id, null, before.Name, [Scopes.Word(scope)], expires);
        }
        if (expires <= clock.GetUtcNow()) throw new Refused("time.out_of_range", "expires must lie ahead.", "expires", request.Expires);
        var token = TokenText.New();
        // Of two calls with one key only one inserts; the other is told to send it again, and then finds this one.
        session.Insert(new Token { Id = id, Name = request.Name!, Hash = TokenText.Hash(token), Scope = scope, CreatedAt = clock.GetUtcNow(), ExpiresAt = expires });
        return new(id, token, request.Name!, [Scopes.Word(scope)], expires);
    }
}
