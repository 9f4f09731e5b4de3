using FluentValidation;
using Ledger.Budgets;
using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Budgets;

/// <summary>Another limit for one period, for a while; after that the old one counts again. Its alerts are armed anew.</summary>
internal sealed record RaiseBudget(Amount? Limit, string? Until, string? Period);

internal sealed class RaiseBudgetValidator : AbstractValidator<RaiseBudget>
{
    public RaiseBudgetValidator()
    {
        RuleFor(r => r.Limit).NotNull().WithMessage("limit is needed: the limit meanwhile.");
        RuleFor(r => r.Until).Required().Instant();
    }
}

internal static class RaiseBudgetEndpoint
{
    public static Task<Answer> Post(string name, RaiseBudget request, Command command, Journal journal, Registry registry, Standings standings, TimeProvider clock, CancellationToken ct) => journal.Write(command, async ct =>
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var (version, known) = await BudgetFinder.Meant(registry, name, ct);
        var period = request.Period is null ? null : BudgetTexts.PeriodOf("period", request.Period);
        var events = known.Raise(period, BudgetTexts.Amount("limit", request.Limit!.Text), request.Until.ToInstant()!.Value, now, command.By).Events();
        var after = events.Aggregate((Budget?)known, Budget.Fold)!;
        return new Plan(new BudgetAnswer(await standings.Of(after, ct), "raised", null)).Append(Budget.StreamOf(after.Id), version, events);
    }, ct);
}
