using System.Threading.RateLimiting;
using FluentValidation;
using Ledger.Service.Settings;
using Ledger.Service.Tokens;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Wolverine.Http;

namespace Ledger.Service.Http;

public static class Setup
{
    /// <summary>Who may ask what, how much, in which words.</summary>
    public static void AddHttp(this IServiceCollection services, LedgerOptions options)
    {
        services.ConfigureHttpJsonOptions(o => JsonConventions.Configure(o.SerializerOptions));
        services.AddProblemDetails(o => o.CustomizeProblemDetails = PlainAnswers.Customize);
        services.AddExceptionHandler<Problems>();
        services.AddAuthentication(TokenAuthentication.SchemeName).AddScheme<AuthenticationSchemeOptions, TokenAuthentication>(TokenAuthentication.SchemeName, null);
        services.AddAuthorization(Scopes.AddPolicies);
        services.AddValidatorsFromAssembly(typeof(LedgerService).Assembly, ServiceLifetime.Singleton);
        services.AddWolverineHttp();
        services.AddLedgerOpenApi();
        // A page whose name was rebound to this address (DNS rebinding) says its own name here.
        services.AddHostFiltering(o =>
        {
            o.AllowedHosts = [.. new[] { "localhost", "127.0.0.1", "[::1]", options.Url.Host }.Concat(options.AllowedHosts).Distinct(StringComparer.OrdinalIgnoreCase)];
            o.IncludeFailureMessage = false;
        });
        // A bound on what one caller may ask, so that a loop gone wild does not starve the others.
        services.AddRateLimiter(limits =>
        {
            limits.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(http => RateLimitPartition.GetTokenBucketLimiter(
                $"{http.Connection.RemoteIpAddress} {http.Request.Headers.Authorization}",
                _ => new()
                {
                    TokenLimit = options.RequestsPerSecondMax,
                    TokensPerPeriod = options.RequestsPerSecondMax,
                    ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                    QueueLimit = 0,
                    AutoReplenishment = true,
                }));
            limits.OnRejected = async (context, _) =>
            {
                context.HttpContext.Response.Headers.RetryAfter = "1";
                await Problems.Write(context.HttpContext, new("rate.limited", $"More than {options.RequestsPerSecondMax} requests in a second; nothing was done. Try again."));
            };
        });
    }
}
