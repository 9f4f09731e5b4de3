using FluentValidation;
using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Budgets;

/// <summary>Makes the budgets what a declared file says, in one append: all of it or nothing, and what is so already is left alone.</summary>
internal sealed record ApplyBudgets(IReadOnlyList<SetBudget>? Budgets, bool? Prune);

internal sealed class ApplyBudgetsValidator : AbstractValidator<ApplyBudgets>
{
    public ApplyBudgetsValidator() => DeclaredRules.Apply(this, r => r.Budgets, r => r.Budgets, needed: true);
}

internal static class ApplyBudgetsEndpoint
{
    public static Task<Answer> Post(ApplyBudgets request, Command command, Journal journal, Declared declared, TimeProvider clock, CancellationToken ct) => journal.Write(command, async ct =>
    {
        var (body, streams) = await declared.Compare(request.Budgets!, request.Prune == true, clock.GetUtcNow().ToMicroseconds(), command.By, ct);
        var plan = new Plan(body);
        foreach (var (stream, version, events) in streams)
            plan.Append(stream, version, events);
        return plan;
    }, ct);
}
