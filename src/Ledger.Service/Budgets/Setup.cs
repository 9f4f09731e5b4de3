using Ledger.Service.Settings;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;

namespace Ledger.Service.Budgets;

public static class Setup
{
    public static void AddBudgets(this IServiceCollection services)
    {
    }

}
