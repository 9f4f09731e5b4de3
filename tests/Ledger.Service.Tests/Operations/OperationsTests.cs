using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Service.Operations;
using Ledger.Service.Tests.Support;
using Marten;
using Marten.Services;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Ledger.Service.Tests.Operations;

/// <summary>What the service says of itself, and how the books are checked.</summary>
public sealed class OperationsTests(TestDatabases databases) : IAsyncLifetime
{
    private LedgerHost host = null!;

    public async ValueTask InitializeAsync() => host = await LedgerHost.Start(databases);

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task health_metrics_and_doctor_say_what_holds()
    {
        var given = await Given.Account(host);
        await given.Spender("ba", host.Clock.GetUtcNow().FloorToHour(), "1.25");
        Assert.Equal("""{"status":"live"}""", (await Anonymous("/health/live")).Ok().Text);
        var ready = (await Anonymous("/health/ready")).Ok();
        Assert.Equal("ready", (string?)ready["status"]);
        Assert.Equal(["database", "log", "spend", "chain"], ready["checks"]!.AsArray().Select(c => (string)c!["name"]!).Take(4));
        (await Anonymous("/metrics")).Refused("auth.missing");
        using (var nobody = host.Alba.Server.CreateClient()) Assert.Equal(System.Net.HttpStatusCode.Unauthorized, (await nobody.GetAsync(new Uri("/metrics", UriKind.Relative))).StatusCode);
        (await host.Post("budgets", new { scope = "all", limits = new[] { new { period = "month", limit = "31" } } })).Ok();

        await LedgerHost.Until(async () => Metric(await host.Get("/metrics"), "ledger_budget_remaining_usd", "budget=\"all\"", "period=\"month\"") == "29.75", "what is left of the budget among the metrics");
        var metrics = (await host.Get("/metrics")).Ok();
        Assert.Equal("31", Metric(metrics, "ledger_budget_limit_usd", "budget=\"all\"", "period=\"month\""));
        Assert.Equal("1", Metric(metrics, "ledger_source_up", "account=\"prod\"", "provider=\"xai\""));
        Assert.Equal("1.25", Metric(metrics, "ledger_spend_usd", "agent=\"ba\""));
        Assert.Equal("0", Metric(metrics, "ledger_view_halted", "view=\"spend\""));
        (await host.Post("budgets/all/close")).Ok();
        await LedgerHost.Until(async () => Metric(await host.Get("/metrics"), "ledger_budget_limit_usd", "budget=\"all\"") == "NaN", "a closed budget that is no figure any more");

        var doctor = (await host.Get("doctor")).Ok()["checks"]!.AsArray();
        Assert.Contains(doctor, c => (string?)c!["name"] == "account prod" && (bool)c["ok"]!);
        Assert.Contains(doctor, c => (string?)c!["name"] == "view spend" && (bool)c["ok"]!);
        Assert.Contains(doctor, c => (string?)c!["name"] == "dead letters" && (bool)c["ok"]!);
        // The account came without a key.
        Assert.Contains(doctor, c => (string?)c!["name"] == "credential prod" && !(bool)c["ok"]! && ((string)c["fix"]!).Contains("rotate", StringComparison.Ordinal));
    }

    [Fact]
    public async Task a_message_that_should_have_been_handled_is_told_and_the_service_stays_ready()
    {
        // What waits for its next attempt is not overdue, however long ago it was sent.
        await Execute("insert into messages.wolverine_incoming_envelopes (id, status, owner_id, execution_time, attempts, body, message_type, received_at, timestamp) values (gen_random_uuid(), 'Scheduled', 0, now() + interval '8 hours', 3, '', 'later.v1', 'local://nowhere/', now() - interval '1 hour')");
        Assert.True((bool)(await Queues())["ok"]!);
        await using var db = new NpgsqlConnection(host.Options.Database);
        await db.OpenAsync();
        await using (var insert = new NpgsqlCommand("insert into messages.wolverine_incoming_envelopes (id, status, owner_id, attempts, body, message_type, received_at, timestamp) values (gen_random_uuid(), 'Incoming', 99, 0, '', 'compose.v1', 'local://nowhere/', now() - interval '10 minutes')", db)) await insert.ExecuteNonQueryAsync();
        await using (var held = await db.BeginTransactionAsync())
        {
            // Everybody still sees it, and nobody can take it.
            await using (var delete = new NpgsqlCommand("delete from messages.wolverine_incoming_envelopes where message_type = 'compose.v1'", db, held)) Assert.Equal(1, await delete.ExecuteNonQueryAsync());
            var queues = await Queues();
            Assert.False((bool)queues["ok"]!);
            Assert.Equal("compose.v1 should have been handled 10 minutes ago", (string?)queues["detail"]);
            Assert.Contains((await host.Get("doctor")).Ok()["checks"]!.AsArray(), c => (string?)c!["name"] == "queues" && !(bool)c["ok"]!);
            Assert.StartsWith("60", Metric(await host.Get("/metrics"), "ledger_queue_overdue_seconds"), StringComparison.Ordinal);
            await held.CommitAsync();
        }
        Assert.True((bool)(await Queues())["ok"]!);

        async Task<System.Text.Json.Nodes.JsonNode> Queues()
        {
            var ready = (await Anonymous("/health/ready")).Ok();
            Assert.Equal("ready", (string?)ready["status"]);
            return ready["checks"]!.AsArray().Single(c => (string?)c!["name"] == "queues")!;
        }
    }

    [Fact]
    public async Task without_OpenTelemetry_there_are_no_metrics_and_the_service_works()
    {
        await using var quiet = await host.Another(o => o with { Telemetry = new() { IsOff = true } });
        (await quiet.Get("status")).Ok();
        (await quiet.Get("/metrics")).Refused("not_found");
    }

    [Fact]
    public async Task status_says_where_everything_stands()
    {
        var given = await Given.Account(host);
        await given.Spender("ba", host.Clock.GetUtcNow().FloorToHour(), "1.25");
        (await host.Post("missions", new { title = "x", agents = new[] { "ba" } })).Ok();
        (await host.Post("budgets", new { scope = "all", limits = new[] { new { period = "month", limit = "1" } } })).Ok();
        var last = await host.Head();
        await LedgerHost.Until(async () => (await host.Get("status")).Ok()["views"]!.AsArray().All(v => (long)v!["position"]! >= last), "the views at the last position");

        var status = (await host.Get("status")).Ok();
        Assert.Equal("1.25", (string?)status["spend"]!["monthToDate"]);
        Assert.Equal("1.25", (string?)status["spend"]!["today"]);
        Assert.Null(status["credit"]!["left"]);
        Assert.Equal("1.25", (string?)status["spend"]!["week"]);
        Assert.Equal("0.00", (string?)status["spend"]!["yesterday"]);
        Assert.Equal(("x", "0.00", "1.25"), ((string?)status["missionsOpen"]![0]!["title"], (string?)status["missionsOpen"]![0]!["low"], (string?)status["missionsOpen"]![0]!["high"]));
        Assert.Equal(("critical", "all is 25 % over its month: $1.25 of $1.00."), ((string?)status["needs"]![0]!["severity"], (string?)status["needs"]![0]!["what"]));
        Assert.Equal(("all", "over"), ((string?)status["budgets"]![0]!["name"], (string?)status["budgets"]![0]!["state"]));
        Assert.Equal("all", (string?)status["budgetsOver"]![0]!["name"]);
        Assert.Equal("ok", (string?)status["accounts"]![0]!["state"]);
        Assert.Equal(64, ((string)status["chain"]!).Length);
        Assert.Equal(["spend", "chain"], status["views"]!.AsArray().Select(v => (string)v!["name"]!).Take(2));
    }

    [Fact]
    public async Task a_changed_event_and_a_changed_money_row_are_found()
    {
        var given = await Given.Account(host);
        await given.Spender("ba", host.Clock.GetUtcNow().FloorToHour(), "1.25");
        Assert.True((bool)(await host.Post("verify")).Ok()["ok"]!);
        await Execute("update spend_v3.part set amount = amount + 1");
        var broken = (await host.Post("verify")).Ok();
        Assert.False((bool)broken["ok"]!);
        var rebuilt = (await host.Post("rebuild")).Ok()["views"]![0]!;
        Assert.Equal("spend", (string?)rebuilt["name"]);
        Assert.False((bool)rebuilt["equal"]!);
        Assert.Contains("part", (string)rebuilt["firstDifference"]!, StringComparison.Ordinal);
        Assert.True((bool)(await host.Post("verify")).Ok()["ok"]!);
        await Execute("update mt_events set data = jsonb_set(data, '{label}', '\"other\"') where type = 'account-connected.v1'");
        var tampered = (await host.Post("verify")).Ok();
        Assert.False((bool)tampered["ok"]!);
        Assert.Contains(tampered["checks"]!.AsArray(), c => !(bool)c!["ok"]! && ((string?)c["detail"])!.StartsWith("position 1:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task what_was_added_up_over_wrong_rows_is_not_answered_after_a_rebuild()
    {
        var given = await Given.Account(host);
        await given.Spender("ba", host.Clock.GetUtcNow().FloorToHour(), "1.25");
        // Once the views have it.
        (await host.Post("verify")).Ok();
        await Execute($"update spend_v3.agent_day set billed = billed + {Money.Usd.Parse("1").Ticks}");
        (await host.Post("budgets", new { scope = "all", limits = new[] { new { period = "month", limit = "10" } } })).Ok();
        Assert.Equal("2.25", await Spent());
        (await host.Post("rebuild")).Ok();
        Assert.Equal("1.25", await Spent());

        async Task<string?> Spent() => (string?)(await host.Get("budgets")).Ok()["budgets"]![0]!["periods"]![0]!["spent"];
    }

    [Fact]
    public async Task what_Marten_notes_for_itself_is_no_view()
    {
        await using (var note = host.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand("insert into mt_event_progression (name, last_seq_id, last_updated) values ('HighWaterStuckGap', 0, now() - interval '1 hour')"))
            await note.ExecuteNonQueryAsync();
        Assert.DoesNotContain("highwaterstuckgap", (await host.Get("status")).Ok()["views"]!.AsArray().Select(v => (string)v!["name"]!));
        Assert.True((bool)(await host.Post("verify")).Ok()["ok"]!);
    }

    [Fact]
    public async Task a_long_answer_tells_how_far_it_is_to_whoever_wants_to_know()
    {
        await Given.Account(host);
        var reply = await host.Send(HttpMethod.Post, "rebuild", new { view = "spend" }, "n-1", r => r.Headers.Accept.ParseAdd("application/x-ndjson"));
        Assert.Equal("application/x-ndjson", reply.ContentType);
        Assert.StartsWith("{\"result\":", reply.Text.Trim().Split('\n')[^1], StringComparison.Ordinal);
        // Once more is once more: nothing is replayed.
        Assert.False((await host.Post("rebuild", null, "n-1")).Ok().IsReplay);
        (await host.Post("rebuild", new { view = "alerts" })).Refused("request.invalid");
    }

    [Fact]
    public async Task events_that_were_not_counted_are_found_by_the_regular_check()
    {
        await Given.Account(host);
        var last = await host.Head();
        await LedgerHost.Until(async () => await host.Scalar<long>("select coalesce(max(position), 0) from spend_v3.mark") >= last, "the view");
        await Check();
        Assert.Equal(200, (await Anonymous("/health/ready")).Status);
        await Execute("update spend_v3.mark set events = events - 1");
        await Check();
        Assert.Equal(503, (await Anonymous("/health/ready")).Status);
        Assert.Contains((await host.Get("status")).Ok()["warnings"]!.AsArray(), w => ((string)w!).Contains("spend has counted", StringComparison.Ordinal));

        async Task Check()
        {
            await using var session = host.Services.GetRequiredService<IDocumentStore>().LightweightSession();
            await CheckBooksHandler.Handle(new(host.Clock.GetUtcNow()), session, host.Services.GetRequiredService<NpgsqlDataSource>(), Microsoft.Extensions.Logging.Abstractions.NullLogger<BooksCheck>.Instance, CancellationToken.None);
            await session.SaveChangesAsync();
        }
    }

    [Fact]
    public async Task a_poisoned_event_stops_one_view_and_is_named()
    {
        await Given.Account(host);
        await using (var session = host.Services.GetRequiredService<IDocumentStore>().LightweightSession())
        {
            session.Events.Append("account-poison", new BalanceObserved("poison", 2026, 11, null, null, null, null, null, null, null, [], host.Clock.GetUtcNow(), host.Clock.GetUtcNow()));
            await session.SaveChangesAsync();
        }
        var position = await host.Head();
        await LedgerHost.Until(async () => await host.Scalar<long>("select coalesce(max(last_seq_id), 0) from mt_event_progression where name = 'Chain:All'") >= position, "the views at the last event");
        // From here on nobody can read this event.
        await Execute($$"""
            insert into mt_streams (id, version) values ('account-worse', 1);
            insert into mt_events (seq_id, id, stream_id, version, data, type, timestamp, tenant_id, is_archived)
            select nextval('mt_events_sequence'), gen_random_uuid(), 'account-worse', 1, '{"account": 7}', 'balance-observed.v1', timestamp, '*DEFAULT*', false from mt_events where seq_id = {{position}};
            notify mt_events_appended
            """);
        await host.Post("agents", new { name = "after" });
        await LedgerHost.Until(async () => (await Anonymous("/health/ready")).Status == 503, "the health check that fails", 40);
        var ready = (await Anonymous("/health/ready"))["checks"]!.AsArray();
        Assert.Contains(ready, c => !(bool)c!["ok"]! && ((string)c["detail"]!).Contains($"{position + 1}", StringComparison.Ordinal));
        Assert.Contains((await host.Get("doctor")).Ok()["checks"]!.AsArray(), c => ((string)c!["name"]!).StartsWith("view ", StringComparison.Ordinal) && !(bool)c["ok"]! && ((string)c["detail"]!).Contains($"{position + 1}", StringComparison.Ordinal));
        // The rest goes on.
        (await host.Get("agents")).Ok();
        (await host.Post("agents", new { name = "still" })).Ok();
    }

    [Fact]
    public async Task a_transaction_that_stays_open_holds_the_views_back_and_is_named()
    {
        await Given.Account(host);
        await using var dump = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(host.Options.Database) { ApplicationName = "pg_dump", Pooling = false }.ConnectionString);
        await dump.OpenAsync();
        await using var transaction = await dump.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        await using (var first = new NpgsqlCommand("select pg_current_xact_id(), count(*) from mt_events", dump, transaction)) await first.ExecuteScalarAsync();
        // A number is burnt while it is open, as by an append that was rolled back.
        await Execute("select nextval('mt_events_sequence')");
        await using var slow = new NpgsqlCommand("select pg_sleep(30)", dump, transaction) { CommandTimeout = 60 };
        using var stop = new CancellationTokenSource();
        var running = slow.ExecuteScalarAsync(stop.Token);
        (await host.Post("agents", new { name = "ba" })).Ok();

        await LedgerHost.Until(async () => (await Anonymous("/health/ready")).Status == 503, "the health check that fails");
        Assert.Contains((await Anonymous("/health/ready"))["checks"]!.AsArray(), c => !(bool)c!["ok"]! && ((string)c["detail"]!).Contains("pg_dump", StringComparison.Ordinal));
        Assert.Contains((await host.Get("status")).Ok()["warnings"]!.AsArray(), w => ((string)w!).Contains("pg_dump", StringComparison.Ordinal));

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await transaction.RollbackAsync();
        await LedgerHost.Until(async () => (await Anonymous("/health/ready")).Status == 200, "everything that goes on by itself");
    }

    [Fact]
    public async Task an_append_that_is_still_open_is_waited_for_and_counted()
    {
        var given = await Given.Account(host);
        var before = await given.Bills(("", host.Clock.GetUtcNow().FloorToHour(), "1.00"));
        await LedgerHost.Until(async () => await Reached() >= before, "the view");
        await using var db = new NpgsqlConnection(host.Options.Database);
        await db.OpenAsync();
        await using (var open = await db.BeginTransactionAsync())
        {
            // Its number is drawn, and nobody can see it yet.
            await using var session = host.Services.GetRequiredService<IDocumentStore>().LightweightSession(SessionOptions.ForTransaction(open));
            session.Events.StartStream(Agent.StreamOf("late"), new AgentAdded("late", "late", IdleRule.Shares, host.Clock.GetUtcNow(), null));
            await session.SaveChangesAsync();
            for (var i = 0; i < 3; i++) (await host.Post("agents", new { name = $"early-{i}" })).Ok();
            await Task.Delay(TimeSpan.FromSeconds(2));
            Assert.Equal(before, await Reached());
            await open.CommitAsync();
        }
        var last = await host.Head();
        Assert.Equal(before + 4, last);
        await LedgerHost.Until(async () => await Reached() >= last, "the view at the end of the log");
        Assert.Equal("early-0 early-1 early-2 late", await host.Scalar<string>("select string_agg(id, ' ' order by id) from spend_v3.context where kind = 'agent'"));
        Assert.True((bool)(await host.Post("verify")).Ok()["ok"]!);

        Task<long> Reached() => host.Scalar<long>("select coalesce(max(position), 0) from spend_v3.mark");
    }

    private Task<Reply> Anonymous(string path) => host.Send(HttpMethod.Get, path, null, null, r => r.Headers.Authorization = new("Bearer", ""));

    /// <summary>A figure of the page, by its name and labels; null when it is not there.</summary>
    private static string? Metric(Reply page, string name, params string[] labels) => page.Text.Split('\n')
        .FirstOrDefault(l => l.StartsWith(name + "{", StringComparison.Ordinal) && labels.All(label => l.Contains(label, StringComparison.Ordinal)))?.Split('}')[^1].Trim().Split(' ')[0];

    private async Task Execute(string sql)
    {
        await using var command = host.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
