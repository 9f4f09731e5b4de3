using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Budgets;

public static class Setup
{
    /// <summary>Where budgets stand, what would have been told of them, and what an agent is told that asks.</summary>
    public static void AddBudgets(this IServiceCollection services) => services
        .AddSingleton<CurrentBooks>()
        .AddSingleton<BudgetSummaries>()
        .AddSingleton<Backtest>()
        .AddSingleton<Guard.GuardBooks>();
}
