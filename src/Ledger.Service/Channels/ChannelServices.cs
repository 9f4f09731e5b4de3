using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Channels;

/// <summary>What the channels need of the host.</summary>
public static class ChannelServices
{
    public static IServiceCollection AddChannels(this IServiceCollection services, ChannelOptions options)
    {
        services.AddSingleton(options).AddSingleton<OlderMessages>().AddSingleton<ChannelHealth>().AddSingleton<DeadLetters>();
        foreach (var (name, connectionsMax) in new[] { (ChannelNames.Slack, 1), (ChannelNames.Webhook, 32) })
        {
            services.AddHttpClient(name, client => client.Timeout = Timeout.InfiniteTimeSpan)
                .ConfigurePrimaryHttpMessageHandler(() => WebhookPost.Handler(options, connectionsMax))
                // Connections renew themselves, and part of the address is a secret that a log would tell.
                .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
                .RemoveAllLoggers();
        }
        return services;
    }
}
