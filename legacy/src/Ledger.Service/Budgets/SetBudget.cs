using FluentValidation;
using Ledger.Budgets;
using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Budgets;

/// <summary>Says what may be spent in a scope, and who is told before it is. The same name sets it anew, all of it; answers where it stands now.</summary>
internal sealed record SetBudget(
    string? Name, string? Scope, IReadOnlyList<WantedLimit>? Limits, string? Zone, string? WeekStart, IReadOnlyList<string>? Thresholds, IReadOnlyList<string>? Recipients, IReadOnlyList<string>? Channels);

internal sealed record WantedLimit(string? Period, Amount? Limit);

internal sealed class SetBudgetValidator : AbstractValidator<SetBudget>
{
    public SetBudgetValidator()
    {
        RuleFor(r => r.Name).Name();
        RuleFor(r => r.Scope).Required();
        RuleFor(r => r.Limits).Must(l => l is { Count: > 0 }).WithErrorCode("budget.invalid").WithMessage("limits names at least one period with its limit.");
        RuleForEach(r => r.Limits).Must(l => l is { Period: not null, Limit: not null }).WithErrorCode("budget.invalid").WithMessage("A limit needs its period and its amount.");
        RuleForEach(r => r.Thresholds).Required();
        RuleForEach(r => r.Recipients).Must(a => EmailAddress.WhyNot(a?.Trim()) is null).WithErrorCode("recipient.invalid").WithMessage((_, a) => $"A recipient is one plain e-mail address: {EmailAddress.WhyNot(a?.Trim())}.");
        RuleForEach(r => r.Channels).Required();
    }
}

internal static class SetBudgetEndpoint
{
    public static Task<Answer> Post(SetBudget request, Command command, Journal journal, Registry registry, Standings standings, TimeProvider clock, CancellationToken ct) => journal.Write(command, async ct =>
    {
        var now = clock.GetUtcNow().ToMicroseconds();
        var wanted = await registry.AskCurrent(d => Wanted.Of(request, d, now, command.By), ct);
        var known = await registry.Budget(wanted.Budget, ct);
        var events = Budget.Set(known.State, wanted, now).Events();
        var after = events.Aggregate(known.State, Budget.Fold)!;
        return new Plan(new BudgetAnswer(await standings.Of(after, ct), Wanted.Change(known.State, events), null)).Append(Budget.StreamOf(after.Id), known.Version, events);
    }, ct);
}
