using FluentValidation;
using Ledger.Budgets;
using Ledger.Contracts;
using Ledger.Service.Http;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Budgets;

public sealed class RaiseBudgetValidator : AbstractValidator<RaiseBudget>
{
    public RaiseBudgetValidator()
    {
        RuleFor(r => r.Limit).NotNull().WithMessage("limit is needed: the limit meanwhile.");
        RuleFor(r => r.Until).Required().Instant();
    }
}

public static class RaiseBudgetEndpoint
{
    [WolverinePost("/api/v1/budgets/{name}/raise"), Authorize(Policy = Scopes.Write)]
    public static async Task<BudgetAnswer> Post(string name, RaiseBudget request, Caller caller, IDocumentSession session, BudgetSummaries summaries, TimeProvider clock, CancellationToken ct)
    {
        var meant = await session.FindBudget(name, ct);
        var period = request.Period is null ? null : BudgetTexts.PeriodOf("period", request.Period);
        var limit = BudgetTexts.Amount("limit", request.Limit!.Text);
        var stream = await session.Events.FetchForWriting<Budget>(Budget.StreamOf(meant.Id), ct);
        var raised = stream.Aggregate!.Raise(period, limit, request.Until.ToInstant()!.Value, clock.GetUtcNow().ToMicroseconds(), caller.Name);
        stream.AppendOne(raised);
        return new(await summaries.Of(session, Budget.Fold(stream.Aggregate, raised)!, ct), "raised");
    }
}
