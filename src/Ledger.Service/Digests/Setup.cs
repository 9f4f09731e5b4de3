using Ledger.Service.Settings;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;

namespace Ledger.Service.Digests;

public static class Setup
{
    public static void AddDigests(this IServiceCollection services)
    {
    }

    public static void Digests(this WolverineOptions opts, LedgerOptions options)
    {
    }
}
