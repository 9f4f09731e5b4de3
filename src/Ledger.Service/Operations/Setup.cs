using Ledger.Service.Http;
using Ledger.Service.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Wolverine;

namespace Ledger.Service.Operations;

public static class Setup
{
    /// <summary>Where traces and metrics are pushed, as OpenTelemetry names it; nothing is pushed without it.</summary>
    private const string collector = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private const string everyFiveMinutes = "*/5 * * * *";

    private static readonly string[] meters = [Metrics.MeterName, "Marten", "Wolverine:ledger"];
    private static readonly string[] sources = ["Marten", "Wolverine"];

    public static void AddOperations(this IServiceCollection services, LedgerOptions options)
    {
        services.AddSingleton<LogProgressReader>();
        services.AddSingleton<RebuildViews>();
        services.AddSingleton<VerifyBooks>();
        services.AddSingleton<Troubles>();
        services.AddSingleton<Nodes>();
        services.AddHostedService<NodeNumber>();
        services.AddSingleton<StatusReader>();
        services.AddSingleton<Doctor>();
        services.AddSingleton<Metrics>();
        services.AddSingleton<Queues>();
        services.AddHealthChecks().AddCheck<BooksHealth>("books");
        var telemetry = services.AddOpenTelemetry().WithMetrics(m => m.AddMeter(meters).AddRuntimeInstrumentation().AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddPrometheusExporter());
        if (Environment.GetEnvironmentVariable(collector) is { Length: > 0 })
            telemetry.UseOtlpExporter().WithTracing(t => t.AddSource(sources).AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddNpgsql());
    }

    public static void Operations(this WolverineOptions opts) => opts.Schedules.ScheduleRecurring<CheckBooks>("check-books", everyFiveMinutes, at => new CheckBooks(at)).SkipWhileRunning();

    public static void MapOperations(this IEndpointRouteBuilder app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = BooksHealth.WriteLive }).AllowAnonymous();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = BooksHealth.WriteReady }).AllowAnonymous();
        app.MapPrometheusScrapingEndpoint("/metrics", null, scrape => scrape.Use(async (http, next) =>
        {
            await http.RequestServices.GetRequiredService<Metrics>().Read(http.RequestAborted);
            await next(http);
        }), null).RequireAuthorization(Scopes.Read);
    }
}
