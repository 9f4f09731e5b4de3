using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Spend;

public static class Setup
{
    public static void AddSpend(this IServiceCollection services)
    {
    }

    public static void Spend(this StoreOptions o, string zone)
    {
    }
}
