using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.Timeout;

namespace Ledger.Service.Xai;

/// <summary>Registers what asks xAI.</summary>
public static class XaiServices
{
    /// <summary>Adds <see cref="XaiClients"/> and the HTTP client it uses, with pace, retries and time-outs.</summary>
    /// <exception cref="ArgumentException">The options can't be used; <see cref="XaiOptions.WhyNot"/> says why.</exception>
    public static IServiceCollection AddXai(this IServiceCollection services, XaiOptions options)
    {
        if (options.WhyNot() is { } why) throw new ArgumentException(why, nameof(options));
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<XaiClients>();
        var client = services.AddHttpClient(XaiClients.Name, http =>
        {
            http.BaseAddress = new(options.BaseAddress.AbsoluteUri.TrimEnd('/') + "/");
            http.DefaultRequestHeaders.Accept.Add(new("application/json"));
            http.DefaultRequestHeaders.UserAgent.Add(new("Ledger", "0.1"));
            // The pipeline below keeps time, by the clock of the host.
            http.Timeout = Timeout.InfiniteTimeSpan;
        });
        // No log of requests: at its most talkative it would write headers, and the traces say the rest.
        client.RemoveAllLoggers();
        client.SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        client.ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
        {
            // The credential would go along.
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Deflate,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseHeadersLength = 64,
            MaxConnectionsPerServer = 8,
        });
        client.AddResilienceHandler(XaiClients.Name, (pipeline, context) => Build(pipeline, options, context.ServiceProvider.GetRequiredService<TimeProvider>()));
        client.AddHttpMessageHandler(provider => new XaiGuard(options, provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    // From the outside in. The first turn is waited for outside of the total time: a queue is no fault of the provider.
    private static void Build(ResiliencePipelineBuilder<HttpResponseMessage> pipeline, XaiOptions options, TimeProvider clock)
    {
        pipeline.TimeProvider = clock;
        pipeline
            .AddRateLimiter(new HttpRateLimiterStrategyOptions { Name = "FirstTurn", RateLimiter = args => XaiExchange.Of(args.Context).TakeFirstTurn(clock, args.Context.CancellationToken) })
            .AddTimeout(new HttpTimeoutStrategyOptions { Name = "Total", Timeout = options.DeadlineMax })
            .AddRetry(new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = options.AttemptsMax - 1,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.BackoffFirst,
                MaxDelay = options.BackoffMax,
                ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception switch
                {
                    TimeoutRejectedException => true,
                    // A complete answer that is no use, such as an error page, would only come again.
                    ProviderException { Status: >= 200 and < 400 } => false,
                    ProviderException { Kind: FailureKind.Unreachable or FailureKind.RateLimited } failure =>
                        (failure.RetryAfter ?? TimeSpan.Zero) < options.DeadlineMax - clock.GetElapsedTime(XaiExchange.Of(args.Context).Begun),
                    _ => false,
                }),
                DelayGenerator = args => ValueTask.FromResult((args.Outcome.Exception as ProviderException)?.RetryAfter),
            })
            .AddRateLimiter(new HttpRateLimiterStrategyOptions { Name = "Turn", RateLimiter = args => XaiExchange.Of(args.Context).TakeTurn(args.Context.CancellationToken) })
            .AddTimeout(new HttpTimeoutStrategyOptions { Name = "Attempt", Timeout = options.AttemptMax });
    }
}
