using FluentValidation;
using Ledger.Guard;
using Ledger.Money;
using Ledger.Service.Budgets;
using Ledger.Service.Http;
using Ledger.Service.Missions;
using Ledger.Service.Writing;

namespace Ledger.Service.Guarding;

/// <summary>Asks the guard and, unless it denies or does not know, keeps money free for a while (30 minutes): agents that ask at once don't get the same dollars twice.</summary>
internal sealed record TakeHold(string? Agent, string? Budget, Amount? Reserve, long? ForSeconds, long? MaxAgeSeconds);

internal sealed class TakeHoldValidator : AbstractValidator<TakeHold>
{
    private const long yearSeconds = 366 * 86_400;

    public TakeHoldValidator()
    {
        RuleFor(r => r.Reserve).NotNull().WithErrorCode("hold.invalid").WithMessage("reserve is needed: how much to keep free.");
        RuleFor(r => r.ForSeconds).Must(s => s is null || (s > 0 && s <= (long)HoldsBook.LengthMax.TotalSeconds)).WithErrorCode("hold.invalid").WithMessage("A hold lasts from 1 second to 24 hours.");
        RuleFor(r => r.MaxAgeSeconds).InclusiveBetween(0, yearSeconds);
    }
}

internal static class TakeHoldEndpoint
{
    private static readonly Usd reserveMax = Usd.FromCents(100_000_000);
    private static readonly TimeSpan usual = TimeSpan.FromMinutes(30);

    public static async Task<Answer> Post(
        TakeHold request, Command command, Journal journal, MissionFinder finder, Registry registry, Lookout lookout, HoldGate gate, TimeProvider clock, CancellationToken ct)
    {
        var reserve = Reserve(request.Reserve!.Text);
        var length = request.ForSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : usual;
        TimeSpan? maxAge = request.MaxAgeSeconds is { } age ? TimeSpan.FromSeconds(age) : null;
        // One after the other here; between nodes the stream's version decides, and who comes second looks again.
        using var turn = await gate.Enter(ct);
        return await journal.Write(command, async ct =>
        {
            var now = clock.GetUtcNow().ToMicroseconds();
            var version = await journal.VersionOf(HoldsBook.StreamName, ct);
            // From here on every hold up to that version is in the directory, and whatever comes later moves the stream.
            await registry.AskCurrent(d => d.Holds.Count, ct);
            var question = await GetGuard.Asked(request.Agent, request.Budget, reserve, maxAge, finder, registry, ct);
            var known = await lookout.Look(question, ct);
            var answer = GuardRules.Decide(known.Facts, now);
            var taken = HoldsBook.Take(Ids.Short("h", command.Key), question.Agent, reserve, length, known.Position, now, command.By).Events();
            if (answer.Decision is GuardDecision.Deny or GuardDecision.Unknown) return new(GuardBody.Of(question, known, answer, null));
            if (known.Holds >= HoldLedger.OpenMax) throw new Refused("hold.invalid", $"{known.Holds} holds are open already; give some back or wait for their end.", "reserve");
            return new Plan(GuardBody.Of(question, known, answer, (HoldTaken)taken[0])).Append(HoldsBook.StreamName, version, taken);
        }, ct);
    }

    private static Usd Reserve(string text)
    {
        if (!Usd.TryParse(text.Trim(), out var reserve)) throw new Refused("hold.invalid", "reserve is an amount in dollars such as 2.50.", "reserve", text);
        return reserve > Usd.Zero && reserve <= reserveMax ? reserve : throw new Refused("hold.invalid", $"A hold keeps more than $0 free, and at most ${reserveMax}.", "reserve", text);
    }
}

/// <summary>Lets one caller at a time decide about holds, so that they don't make each other look again.</summary>
internal sealed class HoldGate : IDisposable
{
    private readonly SemaphoreSlim one = new(1);

    public async Task<IDisposable> Enter(CancellationToken ct)
    {
        if (!await one.WaitAsync(TimeSpan.FromSeconds(10), ct)) throw new Refused("log.busy", "Too many ask for holds just now; nothing was written. Try again.") { RetryAfter = TimeSpan.FromSeconds(1) };
        return new Turn(one);
    }

    public void Dispose() => one.Dispose();

    private sealed class Turn(SemaphoreSlim one) : IDisposable
    {
        public void Dispose() => one.Release();
    }
}
