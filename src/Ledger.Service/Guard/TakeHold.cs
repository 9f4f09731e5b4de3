using FluentValidation;
using Ledger.Contracts;
using Ledger.Guard;
using Ledger.Money;
using Ledger.Service.Http;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Guard;

public sealed class TakeHoldValidator : AbstractValidator<TakeHold>
{
    private const long yearSeconds = 366 * 86_400;

    public TakeHoldValidator()
    {
        RuleFor(r => r.Reserve).NotNull().WithErrorCode("hold.invalid").WithMessage("reserve is needed: how much to keep free.");
        RuleFor(r => r.ForSeconds).Must(s => s is null || (s > 0 && s <= (long)HoldsBook.LengthMax.TotalSeconds)).WithErrorCode("hold.invalid").WithMessage("A hold lasts from 1 second to 24 hours.");
        RuleFor(r => r.MaxAgeSeconds).InclusiveBetween(0, yearSeconds);
    }
}

public static class TakeHoldEndpoint
{
    private static readonly Usd reserveMax = Usd.FromCents(100_000_000);
    private static readonly TimeSpan usual = TimeSpan.FromMinutes(30);

    [WolverinePost("/api/v1/guard"), Authorize(Policy = Scopes.Bookmark)]
    public static async Task<GuardSummary> Post(TakeHold request, Caller caller, IDocumentSession session, GuardBooks books, TimeProvider clock, CancellationToken ct)
    {
        var reserve = Reserve(request.Reserve!.Text);
        var length = request.ForSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : usual;
        TimeSpan? maxAge = request.MaxAgeSeconds is { } age ? TimeSpan.FromSeconds(age) : null;
        var names = await session.Known(ct);
        var question = await GuardQuestion.Of(session, names, request.Agent, request.Budget, reserve, maxAge, ct);

        var stream = await session.FetchHoldsAlone(ct);
        var now = clock.GetUtcNow().ToMicroseconds();
        var known = await books.Look(session, names, question, stream.Aggregate, ct);
        var answer = GuardRules.Decide(known.Facts, now);
        if (answer.Decision is GuardDecision.Deny or GuardDecision.Unknown) return GuardBooks.Summary(question, known, answer, null);
        if (known.Holds >= OpenHolds.Max) throw new Refused("hold.invalid", $"{known.Holds} holds are open already; give some back or wait for their end.", "reserve");
        var taken = HoldsBook.Take(Ids.Short("h", caller.Key), question.Agent, reserve, length, known.Position, now, caller.Name);
        stream.AppendOne(taken);
        return GuardBooks.Summary(question, known, answer, taken);
    }

    private static Usd Reserve(string text)
    {
        if (!Usd.TryParse(text.Trim(), out var reserve)) throw new Refused("hold.invalid", "reserve is an amount in dollars such as 2.50.", "reserve", text);
        return reserve > Usd.Zero && reserve <= reserveMax ? reserve : throw new Refused("hold.invalid", $"A hold keeps more than $0 free, and at most ${reserveMax}.", "reserve", text);
    }
}
