using System.Net;
using Ledger.Service.Accounts;
using Ledger.Service.Alerts;
using Ledger.Service.Budgets;
using Ledger.Service.Channels;
using Ledger.Service.Digests;
using Ledger.Service.Http;
using Ledger.Service.Messaging;
using Ledger.Service.Operations;
using Ledger.Service.Polling;
using Ledger.Service.Settings;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Ledger.Service.Tokens;
using Ledger.Service.Xai;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Scalar.AspNetCore;
using Wolverine;
using Wolverine.Http;

namespace Ledger.Service;

/// <summary>The running service: this file is its table of contents.</summary>
public static class LedgerService
{
    public static Task<int> Main(string[] args) => Startup.Run(args);

    /// <summary>Everything the service is made of. The database must be reachable when the host starts.</summary>
    /// <param name="options">Checked settings; <see cref="LedgerOptions.Database"/> names the database.</param>
    /// <param name="clock">The clock of the domain.</param>
    /// <param name="tablesAreMade">The tables are as this program wants them: they are neither compared nor changed.</param>
    public static WebApplicationBuilder Compose(LedgerOptions options, TimeProvider clock, bool tablesAreMade = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddConsole(o => o.FormatterName = LogLines.FormatterName).AddConsoleFormatter<LogLines, ConsoleFormatterOptions>().AddFilter("Microsoft.AspNetCore", LogLevel.Error)
            // A body that can't be read is the caller's fault, and the caller is told.
            .AddFilter("Ledger.Contracts", LogLevel.None).AddFilter(null, LogLevel.Warning)
            // A start that fails is explained in one line at the end; what it says before that is its stack trace.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        builder.Services.Configure<ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 1024 * 1024;
            kestrel.Limits.MaxConcurrentConnections = 1_000;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            if (options.Bind is { } address) kestrel.Listen(address, options.Url.Port);
            else if (IPAddress.TryParse(options.Url.Host.Trim('[', ']'), out var loopback)) kestrel.Listen(loopback, options.Url.Port);
            else kestrel.ListenLocalhost(options.Url.Port);
        });

        builder.Services.AddSingleton(options).AddSingleton(clock);
        builder.Services.AddBooks(options, clock, tablesAreMade);
        builder.Services.AddHttp(options);
        builder.Services.AddXai(options.Xai);
        builder.Services.AddAccounts();
        builder.Services.AddPolling();
        builder.Services.AddSpend();
        builder.Services.AddBudgets();
        builder.Services.AddAlerts();
        builder.Services.AddChannels(options.Channels);
        builder.Services.AddDigests();
        builder.Services.AddTokens();
        builder.Services.AddOperations(options);

        builder.Host.UseWolverine(opts =>
        {
            opts.Messages(options, tablesAreMade);
            opts.Accounts();
            opts.Polling(options);
            opts.Alerts(options);
            opts.Channels();
            opts.Digests(options);
            opts.Operations();
            opts.Failures();
        });
        return builder;
    }

    /// <summary>What answers, and in which order a request is looked at.</summary>
    public static void Map(WebApplication app)
    {
        app.UseAnswerHeaders();
        app.Use(PlainAnswers.Shape);
        app.UseExceptionHandler();
        app.UseHostFiltering();
        app.UseRouting();
        app.UseRateLimiter();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseMiddleware<RequestChecks>();
        app.Use(Idempotency.Mark);
        app.MapOpenApi().AllowAnonymous();
        // Everything it shows comes from this service.
        app.MapScalarApiReference("/reference", page => page.WithTitle("Ledger").WithOpenApiRoutePattern("/openapi/v1.json").DisableDefaultFonts().DisableTelemetry().DisableAgent()).AllowAnonymous();
        app.MapOperations();
        app.MapWolverineEndpoints(http =>
        {
            http.RejectUnparseableQueryValues = true;
            http.AddPolicy<IdempotencyPolicy>();
            http.AddPolicy<ValidationPolicy>();
            http.AddMiddleware(typeof(CallerMiddleware));
        });
    }
}
