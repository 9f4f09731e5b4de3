using System.Globalization;
using Ledger.Service.Http;
using Ledger.Service.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Wolverine;

namespace Ledger.Service.Operations;

public static class Setup
{
    private const string serviceName = "ledger";
    private const int seriesOfOne = 200, seriesOfRequests = 1000;
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
        services.AddHealthChecks().AddCheck<BooksHealth>("books");
        services.AddSingleton<LogRedaction>();
        services.AddSingleton<Queues>();
        services.AddTelemetry(options);
    }

    /// <summary>Figures for whoever scrapes; and what a collector asked for by the standard variables.</summary>
    private static void AddTelemetry(this IServiceCollection services, LedgerOptions options)
    {
        var wanted = options.Telemetry;
        if (wanted.IsOff) return;
        var telemetry = services.AddOpenTelemetry().ConfigureResource(r => r.Clear().AddService(serviceName, serviceVersion: StatusReader.Version).AddTelemetrySdk().AddEnvironmentVariableDetector());
        telemetry.WithMetrics(m =>
        {
            m.AddMeter(meters).AddRuntimeInstrumentation().AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddPrometheusExporter();
            // Room for series is taken when an instrument begins: 2,000 each unless told otherwise, ten megabytes before the first request. Only requests have so many.
            m.AddView(i => new() { CardinalityLimit = i.Name == "http.server.request.duration" ? seriesOfRequests : seriesOfOne });
            if (wanted.Metrics) m.AddOtlpExporter(to => to.Read(options, "METRICS"));
        });
        if (wanted.Traces)
            telemetry.WithTracing(t => t.AddSource(sources).AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddNpgsql().AddOtlpExporter(to => to.Read(options, "TRACES")));
        if (wanted.Logs)
        {
            telemetry.WithLogging(l => l.AddProcessor(provider =>
            {
                var to = new OtlpExporterOptions();
                to.Read(options, "LOGS");
                return new PushedLog(provider.GetRequiredService<LogRedaction>(), provider.GetRequiredService<TimeProvider>(), new OtlpLogExporter(to));
            }), o => o.IncludeFormattedMessage = true);
        }
    }

    /// <summary>OpenTelemetry reads the variables of one signal only where all three are pushed; here each goes where it is wanted, or nowhere.</summary>
    private static void Read(this OtlpExporterOptions to, LedgerOptions options, string signal)
    {
        if (Get("PROTOCOL") is { } protocol) to.Protocol = protocol.Trim() == "http/protobuf" ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        if (Get("ENDPOINT") is { } endpoint) to.Endpoint = new(endpoint.Trim());
        if (Get("HEADERS") is { } headers) to.Headers = headers;
        if (int.TryParse(Get("TIMEOUT"), CultureInfo.InvariantCulture, out var milliseconds)) to.TimeoutMilliseconds = milliseconds;

        string? Get(string what) => options.Get($"OTEL_EXPORTER_OTLP_{signal}_{what}");
    }

    public static void Operations(this WolverineOptions opts) => opts.Schedules.ScheduleRecurring<CheckBooks>("check-books", everyFiveMinutes, at => new CheckBooks(at)).SkipWhileRunning();

    public static void MapOperations(this IEndpointRouteBuilder app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = BooksHealth.WriteLive }).AllowAnonymous();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = BooksHealth.WriteReady }).AllowAnonymous();
        var telemetry = app.ServiceProvider.GetRequiredService<LedgerOptions>().Telemetry;
        if (telemetry.IsOff) return;
        // Nobody asks for what is pushed, so its meters must be there from the start.
        if (telemetry.Metrics) app.ServiceProvider.GetRequiredService<Metrics>();
        app.MapPrometheusScrapingEndpoint("/metrics", null, scrape => scrape.Use(async (http, next) =>
        {
            await http.RequestServices.GetRequiredService<Metrics>().Read(http.RequestAborted);
            await next(http);
        }), null).RequireAuthorization(Scopes.Read);
    }
}
