using Ledger.Service.Settings;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Wolverine;

namespace Ledger.Service.Accounts;

public static class Setup
{
    /// <summary>Accounts, and their credentials, encrypted with keys in the data folder.</summary>
    public static void AddAccounts(this IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName("ledger");
        services.AddOptions<KeyManagementOptions>().Configure<LedgerOptions, ILoggerFactory>((keys, options, logs) =>
            keys.XmlRepository = new FileSystemXmlRepository(Credentials.OpenFolder(options), logs));
        // That the keys themselves are not encrypted is known: the folder is for this user alone.
        services.AddLogging(logging => logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error));
        services.AddSingleton<Credentials>();
        services.AddSingleton<AccountConnection>();
        services.AddSingleton<AccountProgress>();
        services.AddSingleton<AccountServices>();
        services.AddSingleton<EnvironmentAccount>();
        services.AddHostedService(s => s.GetRequiredService<EnvironmentAccount>());
    }

    /// <summary>What stands in the environment concerns this process alone: another node may know nothing of it, and the next start asks again.</summary>
    public static void Accounts(this WolverineOptions opts) => opts.LocalQueueFor<ConnectFromEnvironment>().BufferedInMemory();
}
