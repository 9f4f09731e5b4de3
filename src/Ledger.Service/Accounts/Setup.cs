using Ledger.Service.Settings;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;

namespace Ledger.Service.Accounts;

public static class Setup
{
    public static void AddAccounts(this IServiceCollection services)
    {
    }

}
