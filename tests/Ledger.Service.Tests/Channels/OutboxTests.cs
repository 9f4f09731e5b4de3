using Ledger.Service.Tests.Support;
using JasperFx.CodeGeneration;
using Ledger.Contracts;
using Ledger.Service.Channels;
using Ledger.Service.Mail;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wolverine;
using Wolverine.Marten;
using Wolverine.Runtime;

namespace Ledger.Service.Tests.Channels;

/// <summary>The queues on a real database: what waits, what is set aside, what is tried again.</summary>
public sealed class OutboxTests(TestDatabases databases) : IAsyncLifetime
{
    private string folder = "";
    private IHost? host;

    public async ValueTask InitializeAsync()
    {
        folder = Directory.CreateTempSubdirectory("ledger-outbox").FullName;
        host = await Start(await databases.Create(), new() { MailFolder = Path.Combine(folder, "mail"), Exec = Path.Combine(folder, "hook") });
    }

    public async ValueTask DisposeAsync()
    {
        if (host is not null) await host.StopAsync();
        host?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task a_dead_letter_is_listed_with_its_reason_and_can_be_retried()
    {
        Hook("echo no such room >&2; exit 1");
        var tested = await Test("exec");
        Assert.Equal(("refused", 1), (tested.Outcome, tested.Attempts));
        Assert.Contains("no such room", tested.Reason, StringComparison.Ordinal);
        await Until(async () => (await Outbox()).DeadCount == 1, "the dead letter");
        var dead = Assert.Single((await Outbox()).Dead);
        Assert.Equal((tested.Id, "exec", "test", 1, (DateTimeOffset?)null), (dead.Id, dead.Channel, dead.Class, dead.Attempts, dead.DueAt));
        Assert.Contains("no such room", dead.Reason, StringComparison.Ordinal);

        Hook("cat > /dev/null; exit 0");
        await RetryMessageEndpoint.Post(dead.Id, Of<DeadLetters>(), CancellationToken.None);
        await Until(async () => await Outbox() is { DeadCount: 0, WaitingCount: 0 }, "its delivery");
        Assert.Equal("message.not_dead", (await Assert.ThrowsAsync<Refused>(() => Of<DeadLetters>().Retry(dead.Id, CancellationToken.None))).Why.Code);
        Assert.Equal("message.unknown", (await Assert.ThrowsAsync<Refused>(() => Of<DeadLetters>().Retry(Guid.NewGuid(), CancellationToken.None))).Why.Code);
    }

    [Fact]
    public async Task what_could_not_be_delivered_waits_for_its_next_try_and_shows_who_is_down()
    {
        Hook("exit 75");
        Assert.Equal("waiting", (await Test("exec")).Outcome);
        File.WriteAllText(Path.Combine(folder, "mail"), "in the way");
        Assert.Equal("waiting", (await Test("email", "ludo@example.org")).Outcome);
        await Until(async () => (await Outbox()).Waiting.Count(m => m.DueAt > DateTimeOffset.UtcNow.AddSeconds(5)) == 2, "the next tries");
        var outbox = await Outbox();
        Assert.Equal((2, 0), ((int)outbox.WaitingCount, (int)outbox.DeadCount));
        var mail = outbox.Waiting.Single(m => m.Channel == "email");
        Assert.Equal(("l…@example.org", 1, "test"), (mail.To, mail.Attempts, mail.Class));
        Assert.InRange((mail.DueAt!.Value - DateTimeOffset.UtcNow).TotalSeconds, 5, 34);
        var state = outbox.Channels.Single(c => c.Name == "email");
        Assert.Contains("mail", state.Down, StringComparison.Ordinal);
        Assert.NotNull(outbox.OldestSeconds);
    }

    [Fact]
    public async Task messages_and_limits_are_committed_together_and_a_mail_is_delivered_soon()
    {
        var limit = NotificationLimit.IdOf("email", "ludo@example.org");
        var audience = new Audience("trentuna", "UTC", ["ludo@example.org"], new Dictionary<string, Ledger.Budgets.Budget>());
        await using (var scope = host!.Services.CreateAsyncScope())
        {
            var outbox = scope.ServiceProvider.GetRequiredService<IMartenOutbox>();
            await using var session = Of<IDocumentStore>().LightweightSession();
            outbox.Enroll(session);
            foreach (var message in await session.Notify(new([Mail.Samples.Stale], []), audience, Of<ChannelOptions>(), DateTimeOffset.UtcNow, CancellationToken.None))
                if (message is SendMail) await outbox.PublishAsync(message);
            await session.SaveChangesAsync();
        }
        await Until(() => Task.FromResult(System.IO.Directory.Exists(Path.Combine(folder, "mail")) && System.IO.Directory.GetFiles(Path.Combine(folder, "mail"), "*.eml").Length == 1), "the mail");
        await using var query = Of<IDocumentStore>().QuerySession();
        Assert.Single((await query.LoadAsync<NotificationLimit>(limit))!.Sent);
    }

    private T Of<T>()
        where T : notnull => host!.Services.GetRequiredService<T>();

    private Task<Outbox> Outbox() => GetOutboxEndpoint.Get(Of<DeadLetters>(), Of<ChannelHealth>(), TimeProvider.System, CancellationToken.None);

    private Task<TestedAlert> Test(string channel, string? to = null) =>
        TestAlertEndpoint.Post(new(channel, to), Guid.NewGuid().ToString(), Of<ChannelHealth>(), Of<IWolverineRuntime>(), TimeProvider.System, CancellationToken.None);

    private void Hook(string script)
    {
        var path = Path.Combine(folder, "hook");
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static Task<IHost> Start(string connectionString, ChannelOptions options)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System).AddChannels(options);
        builder.Services.AddMarten(store =>
        {
            store.Connection(connectionString);
            store.UseSystemTextJsonForSerialization(Weasel.Core.EnumStorage.AsString, Weasel.Core.Casing.CamelCase);
        }).UseLightweightSessions().IntegrateWithWolverine();
        builder.UseWolverine(opts =>
        {
            opts.Discovery.DisableConventionalDiscovery();
            foreach (var handler in new[] { typeof(SendMailHandler), typeof(SendSlackHandler), typeof(SendWebhookHandler), typeof(RunProgramHandler) }) opts.Discovery.IncludeType(handler);
            opts.Durability.Mode = DurabilityMode.Solo;
            opts.Durability.ScheduledJobPollingTime = TimeSpan.FromMilliseconds(500);
            opts.ApplicationAssembly = typeof(LedgerService).Assembly;
            opts.CodeGeneration.TypeLoadMode = TypeLoadMode.Static;
            opts.Channels();
        });
        var host = builder.Build();
        return Started(host);
    }

    private static async Task<IHost> Started(IHost host)
    {
        await host.StartAsync();
        return host;
    }

    private static async Task Until(Func<Task<bool>> done, string what)
    {
        for (var began = Environment.TickCount64; !await done(); await Task.Delay(50))
            Assert.True(Environment.TickCount64 - began < 20_000, $"{what} did not come");
    }
}
