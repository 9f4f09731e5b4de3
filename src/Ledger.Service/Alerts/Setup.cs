using Ledger.Service.Settings;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;

namespace Ledger.Service.Alerts;

public static class Setup
{
    public static void AddAlerts(this IServiceCollection services)
    {
    }

    public static MartenServiceCollectionExtensions.MartenConfigurationExpression SubscribeToAlerts(this MartenServiceCollectionExtensions.MartenConfigurationExpression marten) => marten;

    public static void Alerts(this WolverineOptions opts, LedgerOptions options)
    {
    }
}
