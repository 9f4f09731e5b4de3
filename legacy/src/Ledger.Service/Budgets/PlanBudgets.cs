using FluentValidation;
using Ledger.Service.Http;

namespace Ledger.Service.Budgets;

/// <summary>What applying a declared file would change. Changes nothing. With <c>prune</c>, budgets that are not in the file would be closed.</summary>
internal sealed record PlanBudgets(IReadOnlyList<SetBudget>? Budgets, bool? Prune);

internal sealed class PlanBudgetsValidator : AbstractValidator<PlanBudgets>
{
    public PlanBudgetsValidator() => DeclaredRules.Apply(this, r => r.Budgets, r => r.Budgets, needed: true);
}

internal static class PlanBudgetsEndpoint
{
    public static async Task<PlanBody> Post(PlanBudgets request, Command command, Declared declared, TimeProvider clock, CancellationToken ct) =>
        (await declared.Compare(request.Budgets!, request.Prune == true, clock.GetUtcNow().ToMicroseconds(), command.By, ct)).Body;
}
