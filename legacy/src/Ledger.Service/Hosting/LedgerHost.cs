using System.Net;
using System.Runtime.InteropServices;
using Ledger.Delivery;
using Ledger.Digests;
using Ledger.Postgres;
using Ledger.Postgres.Embedded;
using Ledger.Service.Accounts;
using Ledger.Service.Agents;
using Ledger.Service.Budgets;
using Ledger.Service.Delivery;
using Ledger.Service.Digests;
using Ledger.Service.Guarding;
using Ledger.Service.Http;
using Ledger.Service.Keys;
using Ledger.Service.Missions;
using Ledger.Service.Notifying;
using Ledger.Service.Operations;
using Ledger.Service.Polling;
using Ledger.Service.Scheduling;
using Ledger.Service.Spend;
using Ledger.Service.Tokens;
using Ledger.Service.Vault;
using Ledger.Service.Watching;
using Ledger.Service.Writing;
using Ledger.Views;
using Ledger.Views.Spend;
using Ledger.Views.Watching;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ledger.Service.Hosting;

/// <summary>The running service. This file is its table of contents: what is started in which order, and every endpoint.</summary>
internal sealed class LedgerHost : IAsyncDisposable
{
    private readonly EmbeddedServer? server;
    private readonly LedgerDatabase database;
    private readonly PostgresEventLog log;
    private readonly Books books;
    private readonly WebApplication app;
    private readonly CancellationTokenSource stopping = new();
    private Task background = Task.CompletedTask;

    private LedgerHost(EmbeddedServer? server, LedgerDatabase database, PostgresEventLog log, Books books, WebApplication app) =>
        (this.server, this.database, this.log, this.books, this.app) = (server, database, log, books, app);

    /// <summary>Where it listens.</summary>
    public Uri Url => new(app.Urls.First());

    /// <summary>What it is made of; for tests.</summary>
    public IServiceProvider Services => app.Services;

    /// <summary>The program: starts, serves until it is told to stop, says why when it can't.</summary>
    public static async Task<int> Run(string[] args)
    {
        static void Say(string text) => Console.Error.WriteLine($"ledger: {text}");
        using var stop = new CancellationTokenSource();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
        try
        {
            var settings = SettingsReader.Read(args, Environment.GetEnvironmentVariable);
            using var memory = new IdleMemory(TimeProvider.System);
            await using var host = await Start(settings, TimeProvider.System, Say, stop.Token);
            await Task.Delay(Timeout.Infinite, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Say("stopping");
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception e) when (Explained(e) is { } why)
        {
            Say(why.Text);
            return why.Exit;
        }
    }

    /// <summary>Brings everything up, in order; when it returns, commands are answered.</summary>
    public static async Task<LedgerHost> Start(ServiceSettings settings, TimeProvider clock, Action<string> say, CancellationToken ct)
    {
        Directory.CreateDirectory(settings.Home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        say($"data folder {settings.Home}");
        var keyFile = KeyFile.Open(settings.KeyFile);
        EmbeddedServer? server = null;
        LedgerDatabase? database = null;
        PostgresEventLog? log = null;
        Books? books = null;
        WebApplication? app = null;
        try
        {
            if (settings.Database is null)
                server = await EmbeddedServer.Start(Path.Combine(settings.Home, "postgres"), clock, say, ct);
            database = LedgerDatabase.Connect(settings.Database ?? server!.ConnectionString);
            await Migrate(database, settings, clock, say, ct);
            say(server is null ? "database ready" : "embedded PostgreSQL ready");
            log = await PostgresEventLog.Open(database, new() { AllowUnsafeServer = settings.AllowUnsafeDatabase }, ct);
            say($"log at position {(await log.Head(ct)).Position}");
            books = new(database.DataSource, log, clock);
            await books.Start(ct);
            say($"views at position {books.Position}");

            app = Build(settings, clock, keyFile, database, log, books, say);
            await FirstToken.Ensure(settings, app.Services.GetRequiredService<TokenStore>(), say, ct);
            var host = new LedgerHost(server, database, log, books, app);
            await app.Services.GetRequiredService<Schedule>().Open(ct);
            app.Services.GetRequiredService<Pollers>().Start();
            app.Services.GetRequiredService<Watch>().Start();
            if (await new PostgresOutbox(database).HoldAfterRestore(ct) is > 0 and var held)
                say($"these books were restored elsewhere: {held} messages that waited are set aside, since they may have been delivered before");
            app.Services.GetRequiredService<Deliverer>().Start();
            await app.StartAsync(ct);
            // At once: what was missed while nobody ran is made up for, and the next time is set.
            await app.Services.GetRequiredService<Schedule>().At(DigestJob.Name, DigestJob.OfTeam, clock.GetUtcNow(), ct);
            await app.Services.GetRequiredService<Schedule>().Start(ct);
            host.background = app.Services.GetRequiredService<ConnectAtStart>().Run(host.stopping.Token);
            say($"listening on {host.Url.ToString().TrimEnd('/')}");
            return host;
        }
        catch
        {
            // What runs already stops first: it would go on sending, and hold leases that another node waits for.
            if (app is not null)
            {
                await StopWorkers(app.Services);
                await app.DisposeAsync();
            }
            if (books is not null) await books.DisposeAsync();
            if (log is not null) await log.DisposeAsync();
            if (database is not null) await database.DisposeAsync();
            if (server is not null) await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Brings the tables up to date. A server of the operator's own may still be starting: it gets half a minute.</summary>
    private static async Task Migrate(LedgerDatabase database, ServiceSettings settings, TimeProvider clock, Action<string> say, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            try
            {
                await Migrations.Run(database, Migration.FromResources("service", typeof(LedgerHost).Assembly), ct);
                return;
            }
            catch (Npgsql.NpgsqlException e) when (settings.Database is not null && e.IsTransient && clock.GetElapsedTime(began) < TimeSpan.FromSeconds(30))
            {
                say("waiting for the database");
                await Task.Delay(TimeSpan.FromSeconds(1), clock, ct);
            }
        }
    }

    /// <summary>Stops in the opposite order: no new requests, no jobs, no polls, then the log and the database.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        using (var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10)))
            await app.StopAsync(patience.Token);
        await background.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await StopWorkers(app.Services);
        await books.DisposeAsync();
        await log.DisposeAsync();
        await app.DisposeAsync();
        await database.DisposeAsync();
        if (server is not null) await server.DisposeAsync();
        stopping.Dispose();
    }

    private static async Task StopWorkers(IServiceProvider services)
    {
        await services.GetRequiredService<Schedule>().DisposeAsync();
        await services.GetRequiredService<Pollers>().DisposeAsync();
        await services.GetRequiredService<Watch>().DisposeAsync();
        await services.GetRequiredService<Deliverer>().DisposeAsync();
    }

    private static WebApplication Build(ServiceSettings settings, TimeProvider clock, KeyFile keyFile, LedgerDatabase database, PostgresEventLog log, Books books, Action<string> say)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddSimpleConsole(o => o.SingleLine = true).AddFilter("Microsoft.AspNetCore", LogLevel.Error)
            // Says "fail" of every look that a shutdown cuts short.
            .AddFilter("Quartz.Impl.AdoJobStore.ConnectionAndTransactionHolder", LogLevel.None).AddFilter(null, LogLevel.Warning);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 1024 * 1024;
            kestrel.Limits.MaxConcurrentConnections = 1_000;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            Listen(kestrel, settings);
        });
        builder.Services.ConfigureHttpJsonOptions(o => Json.Configure(o.SerializerOptions));
        builder.Services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);

        AddEngine(builder.Services, settings, clock, keyFile, database, log, books);
        AddWriting(builder.Services);
        AddAccounts(builder.Services);
        builder.Services.AddSchedule().AddJobs();
        AddBudgets(builder.Services);
        AddWatching(builder.Services);
        AddDigests(builder.Services);
        AddDelivery(builder.Services, settings, say);
        builder.Services.AddValidators().AddLedgerOpenApi();

        var app = builder.Build();
        var hosts = new HostGuard(settings);
        app.UseMiddleware<ProblemMiddleware>();
        app.Use((http, next) => hosts.Invoke(http, next));
        app.UseRouting();
        app.UseMiddleware<RateMiddleware>();
        app.Use((http, next) => Api.Authorize(http, http.RequestServices.GetRequiredService<TokenStore>(), next));
        app.UseMiddleware<WriteMiddleware>();
        MapEndpoints(app);
        return app;
    }

    /// <summary>Where facts live.</summary>
    private static void AddEngine(IServiceCollection services, ServiceSettings settings, TimeProvider clock, KeyFile keyFile, LedgerDatabase database, PostgresEventLog log, Books books) => services
        .AddSingleton(settings).AddSingleton(clock).AddSingleton(keyFile)
        // Given ready-made: they are disposed of where they were made, in order.
        .AddSingleton(database).AddSingleton(database.DataSource)
        .AddSingleton<IEventLog>(log).AddSingleton(log).AddSingleton(books).AddSingleton(new SpendQueries(database.DataSource, log, books))
        .AddSingleton<IOutbox>(new PostgresOutbox(database)).AddSingleton<ILeases>(new PostgresLeases(database));

    /// <summary>Commands → events.</summary>
    private static void AddWriting(IServiceCollection services) => services
        .AddSingleton<Journal>().AddSingleton<Registry>().AddSingleton<Moved>().AddSingleton<MissionFinder>()
        .AddSingleton<ReadAt>().AddSingleton<DataStates>()
        .AddSingleton(s => new TokenStore(s.GetRequiredService<Npgsql.NpgsqlDataSource>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ServiceSettings>().Token));

    /// <summary>Polls → readings → snapshots.</summary>
    private static void AddAccounts(IServiceCollection services) => services
        .AddSingleton<CredentialVault>().AddSingleton<Connector>().AddSingleton<ConnectAtStart>()
        .AddSingleton<Sources>().AddSingleton<Recorder>().AddSingleton<Pollers>();

    /// <summary>Spend → where budgets stand, and what an agent is told that asks.</summary>
    private static void AddBudgets(IServiceCollection services) => services
        .AddSingleton<Reaches>().AddSingleton<Standings>().AddSingleton<Declared>().AddSingleton<Troubles>()
        .AddSingleton<HoldLedger>().AddSingleton<HoldGate>().AddSingleton<Lookout>();

    /// <summary>Spend → alerts → messages.</summary>
    private static void AddWatching(IServiceCollection services) => services
        .AddSingleton<WatchQueries>().AddSingleton<WatchMark>().AddSingleton<Raiser>().AddSingleton<Watch>().AddSingleton<Checks>().AddSingleton<Backtest>()
        .AddSingleton<Team>().AddSingleton<Routes>().AddSingleton<Sent>().AddSingleton<INotifier, Notifier>();

    /// <summary>Books → the week's digest.</summary>
    private static void AddDigests(IServiceCollection services) => services
        .AddSingleton<DigestArchive>().AddSingleton<ComposeDigest>().AddSingleton<DigestSender>().AddSingleton<DigestState>();

    /// <summary>Outbox → people.</summary>
    private static void AddDelivery(IServiceCollection services, ServiceSettings settings, Action<string> say) => services
        .AddSingleton(s => new Deliverer(
            settings.Delivery ?? new() { MailFolder = Path.Combine(settings.Home, "mail") }, s.GetRequiredService<IOutbox>(), s.GetRequiredService<TimeProvider>(), say));

    private static void MapEndpoints(WebApplication app)
    {
        app.MapGet("/health/live", GetLive.Get).WithMetadata(OpenToAllMetadata.Instance);
        app.MapGet("/health/ready", GetReady.Get).WithMetadata(OpenToAllMetadata.Instance);
        app.MapOpenApi().WithMetadata(OpenToAllMetadata.Instance);
        app.Read<string>("/metrics", Scope.Read, GetMetrics.Get);

        var api = app.MapGroup(Api.Prefix);
        api.Read<Status>("/status", Scope.Read, GetStatus.Get);
        api.Read<Diagnosis>("/doctor", Scope.Read, GetDoctor.Get);
        api.Write<Verified>("/verify", Scope.Write, VerifyBooksEndpoint.Post);
        api.Write<Rebuilt>("/rebuild", Scope.Admin, RebuildViewsEndpoint.Post);

        api.Read<AccountList>("/accounts", Scope.Read, ListAccounts.Get);
        api.Write<AddedAccount>("/accounts", Scope.Admin, AddAccountEndpoint.Post);
        api.Write<TestedAccount>("/accounts/{label}/test", Scope.Admin, TestAccountEndpoint.Post);
        api.Write<SyncedAccount>("/accounts/{label}/sync", Scope.Write, SyncAccountEndpoint.Post);
        api.Write<AccountAnswer>("/accounts/{label}/rotate", Scope.Admin, RotateAccountEndpoint.Post);
        api.Edit<AccountAnswer>("/accounts/{label}", Scope.Admin, EditAccountEndpoint.Patch);
        api.Remove<AccountAnswer>("/accounts/{label}", Scope.Admin, RemoveAccountEndpoint.Delete);

        api.Read<AgentList>("/agents", Scope.Read, ListAgents.Get);
        api.Write<AgentAnswer>("/agents", Scope.Write, AddAgentEndpoint.Post);
        api.Write<FromKeysAnswer>("/agents/from-keys", Scope.Write, AddAgentsFromKeysEndpoint.Post);
        api.Edit<AgentAnswer>("/agents/{id}", Scope.Write, EditAgentEndpoint.Patch);

        api.Read<KeyList>("/keys", Scope.Read, ListKeys.Get);
        api.Write<KeyAnswer>("/keys/assign", Scope.Write, AssignKeyEndpoint.Post);

        api.Write<BookmarkAnswer>("/missions", Scope.Bookmark, StartMissionEndpoint.Post);
        api.Write<BookmarkAnswer>("/missions/end", Scope.Bookmark, EndMissionEndpoint.Post);
        api.Write<SwitchAnswer>("/missions/switch", Scope.Bookmark, SwitchMissionEndpoint.Post);
        api.Write<BookmarkAnswer>("/missions/{id}/reopen", Scope.Bookmark, ReopenMissionEndpoint.Post);
        api.Write<EditAnswer>("/missions/{id}/cancel", Scope.Write, CancelMissionEndpoint.Post);
        api.Edit<EditAnswer>("/missions/{id}", Scope.Write, EditMissionEndpoint.Patch);
        api.Read<MissionList>("/missions", Scope.Read, ListMissions.Get);
        api.Read<MissionCost>("/missions/cost", Scope.Read, GetMissionCost.Get);
        api.Read<MissionDiff>("/missions/diff", Scope.Read, DiffMission.Get);
        api.Read<MissionExplained>("/missions/explain", Scope.Read, ExplainMission.Get);
        api.Read<ReportBody>("/report", Scope.Read, GetReport.Get);

        api.Read<BudgetList>("/budgets", Scope.Read, ListBudgets.Get);
        api.Write<BudgetAnswer>("/budgets", Scope.Write, SetBudgetEndpoint.Post);
        api.Write<BudgetAnswer>("/budgets/{name}/raise", Scope.Write, RaiseBudgetEndpoint.Post);
        api.Write<BudgetAnswer>("/budgets/{name}/close", Scope.Write, CloseBudgetEndpoint.Post);
        api.Write<PlanBody>("/budgets/plan", Scope.Read, PlanBudgetsEndpoint.Post);
        api.Write<PlanBody>("/budgets/apply", Scope.Write, ApplyBudgetsEndpoint.Post);
        api.Write<BacktestBody>("/budgets/backtest", Scope.Read, BacktestBudgetsEndpoint.Post);
        api.Read<AlertList>("/alerts", Scope.Read, ListAlerts.Get);
        api.Write<AlertAnswer>("/alerts/{id}/ack", Scope.Bookmark, AcknowledgeAlertEndpoint.Post);
        api.Write<TestedAlert>("/alerts/test", Scope.Admin, TestAlertEndpoint.Post);
        api.Read<RunwayList>("/runway", Scope.Read, GetRunway.Get);
        api.Read<ForecastBody>("/forecast", Scope.Read, GetForecast.Get);
        api.Read<GuardBody>("/guard", Scope.Read, GetGuard.Get);
        api.Write<GuardBody>("/guard", Scope.Bookmark, TakeHoldEndpoint.Post);
        api.Read<HoldList>("/holds", Scope.Read, ListHolds.Get);
        api.Write<HoldAnswer>("/holds/{id}/release", Scope.Bookmark, ReleaseHoldEndpoint.Post);
        api.Read<Digest>("/digest", Scope.Read, GetDigest.Get);
        api.Write<SentDigest>("/digest/send", Scope.Write, SendDigestEndpoint.Post);
        api.Read<DigestList>("/digests", Scope.Read, ListDigests.Get);

        api.Read<Outbox>("/outbox", Scope.Read, GetOutbox.Get);
        api.Write<RetriedMessage>("/outbox/{id}/retry", Scope.Admin, RetryMessageEndpoint.Post);

        api.Write<TokenCreated>("/tokens", Scope.Admin, CreateTokenEndpoint.Post);
        api.Read<TokenList>("/tokens", Scope.Admin, ListTokens.Get);
        api.Remove<TokenRevoked>("/tokens/{id}", Scope.Admin, RevokeToken.Delete);
    }

    private static void Listen(Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions kestrel, ServiceSettings settings)
    {
        if (settings.Bind is { } address) kestrel.Listen(address, settings.Url.Port);
        else if (IPAddress.TryParse(settings.Url.Host.Trim('[', ']'), out var loopback)) kestrel.Listen(loopback, settings.Url.Port);
        else kestrel.ListenLocalhost(settings.Url.Port);
    }

    /// <summary>Failures an operator can do something about, in one line, with the exit code that says whose turn it is.</summary>
    private static (string Text, int Exit)? Explained(Exception e) => e switch
    {
        ConfigurationException => (e.Message, ConfigurationException.Exit),
        PostgresClusterException => (e.Message, 69),
        Quartz.SchedulerException => ($"the schedule can't be opened: {e.Message}", 69),
        SchemaMismatchException => (e.Message, ConfigurationException.Exit),
        LogBrokenException => (e.Message, 70),
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException } => ("LEDGER_URL: something else listens on that port already.", ConfigurationException.Exit),
        Npgsql.NpgsqlException => ($"the database can't be used: {e.Message}", 69),
        InvalidOperationException => (e.Message, ConfigurationException.Exit),
        UnauthorizedAccessException or IOException => ($"LEDGER_HOME: {e.Message}", ConfigurationException.Exit),
        _ => null,
    };
}
