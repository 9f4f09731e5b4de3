using Ledger.Service.Settings;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;

namespace Ledger.Service.Operations;

public static class Setup
{
    public static void AddOperations(this IServiceCollection services, LedgerOptions options)
    {
    }

    public static void Operations(this WolverineOptions opts)
    {
    }

    public static void MapOperations(this IEndpointRouteBuilder app)
    {
    }
}
