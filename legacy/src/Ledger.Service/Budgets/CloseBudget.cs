using Ledger.Budgets;
using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Budgets;

/// <summary>Watches a budget no longer. What it said stays in the books; setting it again opens it.</summary>
internal sealed record CloseBudget;

internal static class CloseBudgetEndpoint
{
    public static Task<Answer> Post(string name, CloseBudget request, Command command, Journal journal, Registry registry, Standings standings, TimeProvider clock, CancellationToken ct) => journal.Write(command, async ct =>
    {
        _ = request;
        var now = clock.GetUtcNow().ToMicroseconds();
        var (version, known) = await BudgetFinder.Meant(registry, name, ct);
        var events = known.Close(now, command.By).Events();
        var after = events.Aggregate((Budget?)known, Budget.Fold)!;
        return new Plan(new BudgetAnswer(await standings.Of(after, ct), events.Count == 0 ? "unchanged" : "closed", null)).Append(Budget.StreamOf(after.Id), version, events);
    }, ct);
}
