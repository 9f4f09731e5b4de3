using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Ledger.Service.Channels;
using Ledger.Service.Mail;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Wolverine;

namespace Ledger.Service.Tests.Channels;

/// <summary>Channels as the host makes them, and handlers called as Wolverine calls them.</summary>
internal sealed class Given : IDisposable
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 16, 12, 0, 0, TimeSpan.Zero);
    private readonly ServiceProvider services;

    public Given(ChannelOptions options)
    {
        Options = options;
        services = new ServiceCollection().AddSingleton<TimeProvider>(Clock).AddChannels(options).AddLogging().BuildServiceProvider();
        Health = new(options, new(null!), Clock, NullLogger<ChannelHealth>.Instance);
    }

    public ChannelOptions Options { get; }
    public FakeTimeProvider Clock { get; } = new(Noon);
    public ChannelHealth Health { get; }
    public CancellationToken Stopping { get; init; }

    /// <summary>One attempt of a message.</summary>
    public Task Handle(INotification message, Envelope? envelope = null)
    {
        envelope ??= new() { Attempts = 1 };
        var clients = services.GetRequiredService<IHttpClientFactory>();
        return message switch
        {
            SendMail mail => SendMailHandler.Handle(mail, envelope, Options, Health, Stopping),
            SendSlack slack => SendSlackHandler.Handle(slack, envelope, Options, clients, Health, Clock, Stopping),
            SendWebhook webhook => SendWebhookHandler.Handle(webhook, envelope, Options, clients, Health, Clock, Stopping),
            RunProgram program => RunProgramHandler.Handle(program, envelope, Options, Health, Stopping),
            _ => throw new ArgumentException($"Nobody handles {message}.", nameof(message)),
        };
    }

    public async Task<DeliveryFailed> Fails(INotification message, Envelope? envelope = null) => await Assert.ThrowsAsync<DeliveryFailed>(() => Handle(message, envelope));

    public async Task<DeliveryRefused> IsRefused(INotification message, Envelope? envelope = null) => await Assert.ThrowsAsync<DeliveryRefused>(() => Handle(message, envelope));

    public static SendMail Mail(string to = "ludo@example.org", string notification = "a-1b2c3d4e", string @class = "alert", string subject = "Ledger: vigilio at 80 %", string text = "Hello.\n", string? html = null, DateTimeOffset? at = null, params string[] all) =>
        new(Ids.DerivedFrom(notification, $"mail:{to}"), notification, @class, to, all.Length > 0 ? all : [to], subject, text, html, $"{notification}.prod@ledger.invalid", "alerts.prod.ledger.invalid", at ?? Noon);

    public static SendWebhook Webhook(string payload = """{"event":"budget.threshold_crossed","n":1}""") => new(Guid.NewGuid(), "a-1", "alert", Json(payload), Noon);

    public static RunProgram Program(string payload = """{"event":"x"}""") => new(Guid.NewGuid(), "a-1", "alert", Json(payload), Noon);

    public static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose() => services.Dispose();
}
