using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Ledger.Delivery.Tests;

/// <summary>A real mail server in a process of its own: STARTTLS, AUTH LOGIN, a certificate of its own making, and moods.</summary>
internal sealed class SmtpServer : IAsyncDisposable
{
    public const string User = "ledger";
    public const string Password = "canary-smtp-password-8d1f";

    private static readonly Lazy<(string Key, string Certificate)> pem = new(MakeCertificate);
    private readonly Process process;
    private readonly Channel<JsonNode> told = Channel.CreateUnbounded<JsonNode>();
    private readonly List<JsonNode> all = [];
    private int port;

    private SmtpServer(Process process) => this.process = process;

    public int Port => port;

    /// <summary>The file that its certificate can be judged by.</summary>
    public static string CaFile => pem.Value.Certificate;

    /// <summary>Everything it told so far.</summary>
    public async Task<JsonNode[]> Events()
    {
        await process.StandardInput.WriteLineAsync("""{"ping":1}""");
        await Next("pong");
        lock (all) return [.. all];
    }

    public async Task<JsonNode[]> Mails() => [.. (await Events()).Where(e => (string?)e["event"] == "mail")];

    public static string? Folder => Directories().FirstOrDefault(f => File.Exists(Path.Combine(f, ".installed")));

    /// <summary>Starts one, or skips the test where there is none to start.</summary>
    public static async Task<SmtpServer> Start(bool tls = true, bool auth = true, int port = 0)
    {
        if (Folder is not { } folder)
        {
            Assert.Skip("No mail server for tests: run eng/ensure-smtp-server (needs node and npm).");
            throw new InvalidOperationException("Skipped.");
        }
        var options = new JsonObject { ["port"] = port, ["key"] = pem.Value.Key, ["cert"] = pem.Value.Certificate, ["tls"] = tls };
        if (auth) (options["user"], options["password"]) = (User, Password);
        var start = new ProcessStartInfo("node") { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add("server.mjs");
        start.ArgumentList.Add(options.ToJsonString());
        var server = new SmtpServer(Process.Start(start)!);
        _ = Task.Run(server.Listen);
        server.port = (int)(await server.Next("listening"))["port"]!;
        return server;
    }

    public SmtpOptions Options(string password = Password, TimeSpan? attemptMax = null) => new()
    {
        Host = "localhost",
        Port = port,
        Username = User,
        Password = new(password),
        CaFile = CaFile,
        AttemptMax = attemptMax ?? TimeSpan.FromSeconds(10),
    };

    /// <summary>What is out of the ordinary from now on: <c>{"cutBeforeAnswer":1}</c>.</summary>
    public async Task Mood(string json)
    {
        await process.StandardInput.WriteLineAsync(json);
        await Next("mood");
    }

    /// <summary>The next thing of a kind that it tells.</summary>
    public async Task<JsonNode> Next(string what)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await foreach (var line in told.Reader.ReadAllAsync(patience.Token))
            if ((string?)line["event"] == what) return line;
        throw new InvalidOperationException($"The mail server ended before it told of {what}.");
    }

    /// <summary>kill -9.</summary>
    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    /// <summary>What a MIME parser makes of a mail.</summary>
    public static async Task<JsonNode> Parse(byte[] mail)
    {
        if (Folder is not { } folder)
        {
            Assert.Skip("No MIME parser for tests: run eng/ensure-smtp-server (needs node and npm).");
            throw new InvalidOperationException("Skipped.");
        }
        var start = new ProcessStartInfo("node") { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add("parse.mjs");
        using var parser = Process.Start(start)!;
        await parser.StandardInput.BaseStream.WriteAsync(mail);
        parser.StandardInput.Close();
        var parsed = await parser.StandardOutput.ReadToEndAsync();
        await parser.WaitForExitAsync();
        return JsonNode.Parse(parsed)!;
    }

    private async Task Listen()
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            var node = JsonNode.Parse(line)!;
            lock (all) all.Add(node);
            told.Writer.TryWrite(node);
        }
        told.Writer.Complete();
    }

    private static IEnumerable<string> Directories()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Ledger.sln"))) yield return Path.Combine(folder.FullName, "artifacts", "smtp-server");
    }

    private static (string, string) MakeCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        var folder = Directory.CreateTempSubdirectory("ledger-smtp-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Delete(recursive: true);
        var (keyFile, certificateFile) = (Path.Combine(folder.FullName, "key.pem"), Path.Combine(folder.FullName, "cert.pem"));
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        return (keyFile, certificateFile);
    }
}
