using Ledger.Service.Settings;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;

namespace Ledger.Service.Polling;

public static class Setup
{
    public static void AddPolling(this IServiceCollection services)
    {
    }

    public static void Polling(this WolverineOptions opts, LedgerOptions options)
    {
    }
}
