using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ledger.Service.Channels;
using MimeKit;
using SmtpServer;
using SmtpServer.Authentication;
using SmtpServer.Mail;
using SmtpServer.Protocol;
using SmtpServer.Storage;

namespace Ledger.Service.Tests.Channels;

/// <summary>A certificate of nobody's authority, for localhost.</summary>
internal static class TestCertificate
{
    private static readonly Lazy<(X509Certificate2 Certificate, string File)> made = new(Make);

    public static X509Certificate2 Certificate => made.Value.Certificate;

    /// <summary>The file that it can be judged by.</summary>
    public static string CaFile => made.Value.File;

    private static (X509Certificate2, string) Make()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        var folder = System.IO.Directory.CreateTempSubdirectory("ledger-smtp-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Delete(recursive: true);
        var file = Path.Combine(folder.FullName, "cert.pem");
        File.WriteAllText(file, certificate.ExportCertificatePem());
        return (X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null), file);
    }
}

/// <summary>A mail as the server took it.</summary>
internal sealed record Taken(string From, string To, string? User, bool Secure, MimeMessage Mail, string Raw);

/// <summary>A real mail server that remembers what it took and refuses whom it is told to.</summary>
internal sealed class MailServer : IAsyncDisposable, IMessageStore, IMailboxFilter, IUserAuthenticator
{
    public const string User = "ledger";
    public const string Password = "canary smtp pässword 8d1f";

    private readonly global::SmtpServer.SmtpServer server;
    private readonly Task running;
    private readonly CancellationTokenSource stopping = new();

    private MailServer(int port, bool tls, bool implicitTls)
    {
        Port = port;
        var options = new SmtpServerOptionsBuilder().ServerName("localhost").Endpoint(e =>
        {
            e.Endpoint(new(IPAddress.Loopback, port)).IsSecure(implicitTls).AuthenticationRequired(tls).AllowUnsecureAuthentication(false);
            if (tls) e.Certificate(TestCertificate.Certificate);
        }).Build();
        var services = new global::SmtpServer.ComponentModel.ServiceProvider();
        services.Add((IMessageStore)this);
        services.Add((IMailboxFilter)this);
        services.Add((IUserAuthenticator)this);
        server = new(options, services);
        running = server.StartAsync(stopping.Token);
    }

    public int Port { get; }
    public ConcurrentQueue<Taken> Mails { get; } = [];
    public ConcurrentQueue<string> SignedIn { get; } = [];

    /// <summary>What a recipient is answered with; null: he is taken.</summary>
    public Func<string, SmtpResponse?> Recipient { get; set; } = _ => null;

    /// <summary>What the content is answered with.</summary>
    public Func<SmtpResponse> Content { get; set; } = () => SmtpResponse.Ok;

    public static MailServer Start(bool tls = true, bool implicitTls = false, int? port = null) => new(port ?? Given.FreePort(), tls, implicitTls);

    public SmtpOptions Options(SmtpTls tls = SmtpTls.StartTls, string password = Password, TimeSpan? attemptMax = null) => new()
    {
        Host = "localhost",
        Port = Port,
        Tls = tls,
        Username = User,
        Password = new Secret(password),
        CaFile = TestCertificate.CaFile,
        AttemptMax = attemptMax ?? TimeSpan.FromSeconds(10),
    };

    public async Task<SmtpResponse> SaveAsync(ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
    {
        var answer = Content();
        if ((int)answer.ReplyCode >= 400) return answer;
        using var raw = new MemoryStream(buffer.ToArray());
        Mails.Enqueue(new(
            Address(transaction.From), Address(Assert.Single(transaction.To)), context.Authentication?.User, context.Pipe.IsSecure,
            await MimeMessage.LoadAsync(raw, cancellationToken), System.Text.Encoding.Latin1.GetString(raw.ToArray())));
        return answer;
    }

    public Task<bool> CanAcceptFromAsync(ISessionContext context, IMailbox from, int size, CancellationToken cancellationToken) => Task.FromResult(true);

    public Task<bool> CanDeliverToAsync(ISessionContext context, IMailbox to, IMailbox from, CancellationToken cancellationToken) =>
        Recipient(Address(to)) is { } refused ? throw new SmtpResponseException(refused) : Task.FromResult(true);

    public Task<bool> AuthenticateAsync(ISessionContext context, string user, string password, CancellationToken cancellationToken)
    {
        SignedIn.Enqueue(user);
        return Task.FromResult(user == User && password == Password);
    }

    private static string Address(IMailbox box) => $"{box.User}@{box.Host}";

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        server.Shutdown();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.Dispose();
    }
}
