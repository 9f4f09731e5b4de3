using System.Diagnostics;
using System.Globalization;
using Ledger.Service.Operations;
using Ledger.Service.Tests.Support;
using Npgsql;

namespace Ledger.Service.Tests.Processes;

/// <summary>
/// Whatever is killed or cut off under load: nothing acknowledged is lost or done twice, no mail is lost, the books add up, and everything goes on by itself.
/// </summary>
/// <remarks><c>eng/soak</c> runs these for a long time.</remarks>
public sealed class Disasters(UnderLoad books, ITestOutputHelper output) : IClassFixture<UnderLoad>
{
    private const int mailsAtOnce = 4;
    private const int logPerSecondMax = 20_000;
    private const string noRoom = "No space left on device";

    private static readonly int rounds = Number("LEDGER_CHAOS_ROUNDS", 2);
    private static readonly TimeSpan away = TimeSpan.FromSeconds(Number("LEDGER_CHAOS_AWAY_SECONDS", 10));
    private static readonly TimeSpan held = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan full = TimeSpan.FromSeconds(Number("LEDGER_CHAOS_FULL_SECONDS", 5));

    [Fact]
    public async Task the_service_and_the_database_are_killed_again_and_again()
    {
        await books.Begin();
        for (var round = 0; round < rounds; round++)
        {
            var (service, database) = (round % 3 != 1, round % 3 != 2);
            var what = service ? database ? "the service and the database" : "the service" : "the database";
            await books.AtAMail(() =>
            {
                if (database) books.KillDatabase();
                if (service) books.KillService();
            });
            var watch = Stopwatch.StartNew();
            if (database) await books.StartDatabase();
            if (service) await books.StartService();
            output.WriteLine($"{what} killed: started again after {watch.Elapsed.TotalSeconds:0.0} s; since then: {await books.Works($"a kill of {what}")}");
        }
        var copies = await Holds();
        // Whoever is killed then has sent a mail and not noted it.
        Assert.InRange(copies, 1, rounds * mailsAtOnce);
    }

    [Fact]
    public async Task the_database_is_away_for_a_while()
    {
        await books.Begin();
        await books.Works("the beginning");
        var (watch, said) = (Stopwatch.StartNew(), books.Service.Said.Length);
        (int, string?)[] answers = [];
        try
        {
            books.Network.Closed = true;
            books.Network.CutAll();
            while (watch.Elapsed < away)
            {
                await Task.Delay(500);
                answers = [.. answers.Union([
                    await Answer("/api/v1/status"), await Answer("/api/v1/report"), await Answer("/api/v1/missions"), await Answer("/api/v1/agents", """{"name":"nobody"}"""),
                ])];
                Assert.Equal((200, null), await Answer("/health/live"));
                Assert.Equal((503, null), await Answer("/health/ready"));
            }
            Assert.Equal((503, "log.busy"), Assert.Single(answers));
            Assert.False(books.Service.Process.HasExited);
            // A line for each request that was refused, and one now and then for everything else.
            Assert.InRange(books.Service.Said.Length - said, 1, away.TotalSeconds * logPerSecondMax);
        }
        finally
        {
            books.Network.Closed = false;
        }
        output.WriteLine($"the database was away for {watch.Elapsed.TotalSeconds:0} s (the service said {books.Service.Said.Length - said} characters about it); since it is back: {await books.Works("the database came back")}");
        await Holds();

        async Task<(int, string?)> Answer(string path, string? body = null)
        {
            var (status, code, retryAfter) = await books.Ask(path, body);
            Assert.True(code is null || retryAfter is not null, $"{path} does not say when to come again");
            return (status, code);
        }
    }

    [Fact]
    public async Task the_disk_is_full_for_a_while()
    {
        await books.Begin();
        await books.Works("the beginning");
        var watch = new Stopwatch();
        // What the disk does is a function: to replace it takes no lock that all these writers would have to let go.
        Task Disk(string does) => books.Execute($"create or replace function elsewhere_full() returns trigger language plpgsql as $$ begin {does}; end $$");
        // First the log alone, then everything that is kept of messages as well.
        foreach (var tables in new[] { new[] { "mt_events" }, ["mt_events", "messages.wolverine_incoming_envelopes", "messages.wolverine_outgoing_envelopes", .. (await books.Column("select format('queues.%I', relname) from pg_class where relnamespace = 'queues'::regnamespace and relkind = 'r'"))] })
        {
            await Disk($"raise exception 'could not extend file \"base/1/2\": {noRoom}' using errcode = '53100'");
            foreach (var table in tables) await books.Execute($"create or replace trigger no_room before insert or update on {table} for each statement execute function elsewhere_full()");
            try
            {
                watch.Restart();
                var said = books.Service.Said.Length;
                await LedgerHost.Until(() => Says(noRoom), "a status that says so");
                output.WriteLine($"a full disk is said after {watch.Elapsed.TotalSeconds:0.0} s");
                var acknowledged = books.Acknowledged;
                while (watch.Elapsed < full)
                {
                    await Task.Delay(500);
                    var (status, code, retryAfter) = await books.Ask("/api/v1/agents", """{"name":"nobody"}""");
                    Assert.Equal((503, "log.busy"), (status, code));
                    Assert.NotNull(retryAfter);
                    foreach (var path in new[] { "/api/v1/status", "/api/v1/report", "/api/v1/missions", "/health/live" }) Assert.Equal(200, (await books.Ask(path)).Status);
                    Assert.Equal(503, (await books.Ask("/health/ready")).Status);
                }
                Assert.InRange(books.Acknowledged - acknowledged, 0, 2);
                output.WriteLine($"the service said {books.Service.Said.Length - said} characters about it in {watch.Elapsed.TotalSeconds:0} s");
            }
            finally
            {
                await Disk("return null");
            }
            watch.Restart();
            output.WriteLine($"room again: {await books.Works("there is room again")}");
            await LedgerHost.Until(async () => !await Says(noRoom), "a status that says so no more");
            output.WriteLine($"room again: status said nothing of it any more after {watch.Elapsed.TotalSeconds:0.0} s");
        }
        await Holds();
        await books.Execute("drop function elsewhere_full() cascade");

        async Task<bool> Says(string words) => (await books.Get("status"))["warnings"]!.AsArray().Any(w => ((string)w!).Contains(words, StringComparison.Ordinal));
    }

    [Fact]
    public async Task burnt_numbers_an_append_that_stays_open_and_a_dump_pass_no_event_over()
    {
        await books.Begin();
        await books.Works("the beginning");
        for (var i = 0; i < 3; i++)
        {
            await books.Execute("select nextval('mt_events_sequence') from generate_series(1, 2)");
            await using (await books.Append("nobody")) await Task.Delay(100);
        }
        var burnt = await books.Last();
        var watch = Stopwatch.StartNew();
        await LedgerHost.Until(async () => await books.Mark() >= burnt, "the mark behind burnt numbers");
        output.WriteLine($"burnt numbers held the views for {watch.Elapsed.TotalSeconds:0.0} s");

        await using (var slow = await books.Append("late"))
        {
            var acknowledged = books.Acknowledged;
            watch.Restart();
            await LedgerHost.Until(async () => await Held("slow-writer"), "a status that names who holds the views");
            output.WriteLine($"an open append is named after {watch.Elapsed.TotalSeconds:0.0} s");
            while (watch.Elapsed < held) await Task.Delay(500);
            Assert.InRange(await books.Mark(), 0, slow.Position - 1);
            Assert.InRange(books.Acknowledged, acknowledged + 10, int.MaxValue);
            var last = await books.Last();
            watch.Restart();
            await slow.Commit();
            await LedgerHost.Until(async () => await books.Scalar<long>("select min(last_seq_id) from mt_event_progression where name in ('Spend:V3:All', 'Chain:All')") >= last, "the views behind the open append");
            output.WriteLine($"after its commit the views had all {last - slow.Position + 1} events within {watch.Elapsed.TotalSeconds:0.00} s");
        }
        await Dumped(await Dump());
        await Holds();
    }

    /// <summary>Dumps the books while a number is burnt; where the dump is.</summary>
    private async Task<string> Dump()
    {
        var file = Path.Combine(Path.GetTempPath(), $"ledger-dump-{Guid.NewGuid():N}");
        await books.Execute("create schema if not exists elsewhere; create table if not exists elsewhere.locked ()");
        Task dump;
        await using (var connection = new NpgsqlConnection(books.Database))
        {
            await connection.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using (var hold = new NpgsqlCommand("lock table elsewhere.locked in access exclusive mode", connection)) await hold.ExecuteNonQueryAsync();
            dump = books.Run("pg_dump", "-Fc", "-f", file, "ledger");
            await LedgerHost.Until(async () => await books.Scalar<long>("select count(*) from pg_stat_activity where application_name = 'pg_dump' and wait_event_type = 'Lock'") == 1, "a dump that waits");
            await books.Execute("select nextval('mt_events_sequence')");
            await LedgerHost.Until(async () => await Held("pg_dump"), "a status that names the dump");
            var acknowledged = books.Acknowledged;
            await LedgerHost.Until(() => Task.FromResult(books.Acknowledged > acknowledged + 3), "commands during the dump");
        }
        await dump;
        var (watch, last) = (Stopwatch.StartNew(), await books.Last());
        await LedgerHost.Until(async () => await books.Mark() >= last, "views that go on when the dump has ended");
        output.WriteLine($"when the dump had ended the views went on within {watch.Elapsed.TotalSeconds:0.0} s");
        return file;
    }

    /// <summary>The dump is books of their own, sound and equal to these up to where it was taken.</summary>
    private async Task Dumped(string file)
    {
        await books.Run("createdb", "drill");
        await books.Run("pg_restore", "--no-owner", "--exit-on-error", "-d", "drill", file);
        File.Delete(file);
        var drill = new NpgsqlConnectionStringBuilder(books.Database) { Database = "drill" }.ConnectionString;
        const string chain = $"select number || ' ' || encode(hash, 'hex') from {Chain.Schema}.link where position = ";
        await using var restored = NpgsqlDataSource.Create(drill);
        await using var position = restored.CreateCommand($"select max(position) from {Chain.Schema}.link");
        var at = (long)(await position.ExecuteScalarAsync())!;
        await using var hash = restored.CreateCommand($"{chain}{at}");
        Assert.Equal(await books.Scalar<string>($"{chain}{at}"), await hash.ExecuteScalarAsync());
        await UnderLoad.Verify(drill);
        await books.Execute("drop database drill with (force)");
    }

    private async Task<bool> Held(string by) =>
        (await books.Get("status"))["warnings"]!.AsArray().Any(w => ((string)w!).Contains(by, StringComparison.Ordinal)) && (await books.Ask("/health/ready")).Status == 503;

    private async Task<int> Holds()
    {
        var watch = Stopwatch.StartNew();
        await books.Settle();
        var settled = watch.Elapsed;
        var copies = await books.Check();
        output.WriteLine($"{books.Acknowledged} commands acknowledged; settled in {settled.TotalSeconds:0.0} s, checked in {(watch.Elapsed - settled).TotalSeconds:0.0} s; {copies} copies of mails");
        return copies;
    }

    private static int Number(string variable, int usual) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : usual;
}
