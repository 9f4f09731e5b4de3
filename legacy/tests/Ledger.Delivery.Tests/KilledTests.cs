using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Ledger.Delivery.Mail;

namespace Ledger.Delivery.Tests;

/// <summary>kill -9 of a delivering process: the real service, against a real mail server.</summary>
public sealed class KilledTests
{
    [Theory]
    // Between claim and content: nothing arrived before, one does now.
    [InlineData("""{"stall":1}""", "auth", 1)]
    // The content arrived, the answer did not: one more, never a third.
    [InlineData("""{"holdAnswer":1}""", "mail", 2)]
    public async Task a_process_killed_while_it_sends_costs_at_most_one_extra_copy(string mood, string until, int copies)
    {
        await using var server = await SmtpServer.Start();
        await using var scene = await Scene.Set();
        await server.Mood(mood);
        var id = (await scene.Send(Scene.Mail(at: DateTimeOffset.UtcNow)))[0];
        using (var child = new Child(scene, server))
        {
            await server.Next(until);
            await Task.Delay(100);
            child.Kill();
        }
        await Resume(scene, server, id, copies);
    }

    [Fact]
    public async Task a_process_killed_between_the_answer_and_its_mark_costs_one_extra_copy()
    {
        await using var server = await SmtpServer.Start();
        await using var scene = await Scene.Set();
        await server.Mood("""{"slowAnswer":1}""");
        var id = (await scene.Send(Scene.Mail(at: DateTimeOffset.UtcNow)))[0];
        using (var child = new Child(scene, server))
        {
            await server.Next("mail");
            // The mark has to wait for this row; the answer (a second and a half later) does not.
            await using var connection = await scene.Database.DataSource.OpenConnectionAsync();
            await using var holding = await connection.BeginTransactionAsync();
            await using var hold = new Npgsql.NpgsqlCommand("select from ledger_outbox for update", connection, holding);
            await hold.ExecuteNonQueryAsync();
            for (var i = 0; await Waiters(scene) == 0; i++)
            {
                Assert.True(i < 200, "The child never came to its mark.");
                await Task.Delay(50);
            }
            child.Kill();
            // Its statement dies with its connection, before the row is free.
            await scene.Database.Execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ledger' and wait_event_type = 'Lock'");
            await holding.RollbackAsync();
        }
        await Resume(scene, server, id, copies: 2);
    }

    [Fact]
    public async Task a_process_killed_between_claim_and_begin_costs_nothing_at_all()
    {
        await using var server = await SmtpServer.Start();
        await using var scene = await Scene.Set();
        var id = (await scene.Send(Scene.Mail()))[0];
        // Three holders in a row that claim and die: nothing was begun, so nothing counts as sent.
        for (var i = 0; i < 3; i++)
        {
            Assert.Single(await scene.Outbox.Claim(10, TimeSpan.FromMinutes(1), scene.Clock.GetUtcNow(), CancellationToken.None));
            scene.Clock.Advance(TimeSpan.FromMinutes(2));
        }
        await Scene.Run(scene.Loop(new SmtpChannel(server.Options(), "ledger@example.org")));
        Assert.Equal((MessageState.Delivered, 0), ((await scene.Kept(id)).State, (await scene.Kept(id)).Unknown));
        Assert.Single(await server.Mails());
    }

    /// <summary>Somebody else takes over once the lease has run out, and turns up for days.</summary>
    private static async Task Resume(Scene scene, SmtpServer server, Guid id, int copies)
    {
        await server.Mood("{}");
        Assert.Equal(MessageState.Waiting, (await scene.Kept(id)).State);
        // The child ran by the real clock.
        scene.Clock.Advance(DateTimeOffset.UtcNow + TimeSpan.FromMinutes(3) - scene.Clock.GetUtcNow());
        var loop = scene.Loop(new SmtpChannel(server.Options(), "ledger@example.org"));
        for (var i = 0; i < 5; i++)
        {
            await Scene.Run(loop);
            scene.Clock.Advance(TimeSpan.FromHours(1));
        }
        var kept = await scene.Kept(id);
        Assert.Equal((MessageState.Delivered, 1), (kept.State, kept.Unknown));
        var mails = await server.Mails();
        Assert.Equal(copies, mails.Length);
        Assert.Single(mails.Select(m => (string)m["messageId"]!).Distinct());
    }

    private static Task<long> Waiters(Scene scene) =>
        scene.Database.Scalar<long>("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like 'update ledger_outbox%state = ''delivered''%'");

    /// <summary>The service, delivering from the scene's database.</summary>
    private sealed class Child : IDisposable
    {
        private readonly Process process;
        private readonly StringBuilder said = new();
        private readonly string home = Directory.CreateTempSubdirectory("ledger-child-").FullName;

        public Child(Scene scene, SmtpServer server)
        {
            var program = Path.Combine(AppContext.BaseDirectory, "..", "..", "Ledger.Service", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "Ledger.Service.dll");
            var start = new ProcessStartInfo("dotnet", [Path.GetFullPath(program)]) { RedirectStandardError = true, RedirectStandardOutput = true };
            var settings = new Dictionary<string, string>
            {
                ["LEDGER_HOME"] = home,
                ["LEDGER_DB"] = scene.Database.ConnectionString,
                ["LEDGER_URL"] = $"http://127.0.0.1:{FreePort()}",
                ["LEDGER_CONFIG"] = "/dev/null",
                ["SMTP_HOST"] = "localhost",
                ["SMTP_PORT"] = $"{server.Port}",
                ["SMTP_USERNAME"] = SmtpServer.User,
                ["SMTP_PASSWORD"] = SmtpServer.Password,
                ["SMTP_SENDER_EMAIL"] = "ledger@example.org",
                ["SMTP_CA_FILE"] = SmtpServer.CaFile,
            };
            foreach (var (name, value) in settings) start.Environment[name] = value;
            process = Process.Start(start)!;
            process.ErrorDataReceived += (_, line) => said.AppendLine(line.Data);
            process.OutputDataReceived += (_, line) => said.AppendLine(line.Data);
            process.BeginErrorReadLine();
            process.BeginOutputReadLine();
        }

        public void Kill()
        {
            Assert.False(process.HasExited, said.ToString());
            process.Kill();
            process.WaitForExit();
        }

        public void Dispose()
        {
            if (!process.HasExited) process.Kill();
            process.Dispose();
            Directory.Delete(home, recursive: true);
        }

        private static int FreePort()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
    }
}
