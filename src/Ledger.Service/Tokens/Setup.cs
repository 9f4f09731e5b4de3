using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Tokens;

public static class Setup
{
    public static void AddTokens(this IServiceCollection services) => services.AddSingleton<Tokens>();
}
