using FluentValidation;
using Ledger.Budgets;
using Ledger.Contracts;
using Ledger.Service.Http;
using Ledger.Service.Settings;
using Ledger.Service.Storage;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Budgets;

public sealed class SetBudgetValidator : AbstractValidator<SetBudget>
{
    public SetBudgetValidator()
    {
        RuleFor(r => r.Name).Name();
        RuleFor(r => r.Scope).Required();
        RuleFor(r => r.Limits).Must(l => l is { Count: > 0 }).WithErrorCode("budget.invalid").WithMessage("limits names at least one period with its limit.");
        RuleForEach(r => r.Limits).Must(l => l is { Period: not null, Limit: not null }).WithErrorCode("budget.invalid").WithMessage("A limit needs its period and its amount.");
        RuleForEach(r => r.Thresholds).Required();
        RuleForEach(r => r.Recipients).Must(a => EmailAddress.WhyNot(a?.Trim()) is null).WithErrorCode("recipient.invalid")
            .WithMessage((_, a) => $"A recipient is one plain e-mail address: {EmailAddress.WhyNot(a?.Trim())}.");
        RuleForEach(r => r.Channels).Required();
    }
}

public static class SetBudgetEndpoint
{
    [WolverinePost("/api/v1/budgets"), Authorize(Policy = Scopes.Write)]
    public static async Task<BudgetAnswer> Post(SetBudget request, Caller caller, IDocumentSession session, BudgetSummaries summaries, LedgerOptions options, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var wanted = await session.Wanted(request.In(options.People.Zone), await session.Known(ct), now, caller.Name, ct);
        var stream = await session.Events.FetchForWriting<Budget>(Budget.StreamOf(wanted.Budget), ct);
        var set = Budget.Set(stream.Aggregate, wanted, now);
        if (set is not null) stream.AppendOne(set);
        var after = set is null ? stream.Aggregate! : Budget.Fold(stream.Aggregate, set)!;
        return new(await summaries.Of(session, after, ct), ChangeOf(stream.Aggregate, set));
    }

    /// <summary><c>set</c>, <c>changed</c>, <c>unchanged</c>.</summary>
    public static string ChangeOf(Budget? before, BudgetSet? set) => set is null ? "unchanged" : before is { Closed: false } ? "changed" : "set";
}
