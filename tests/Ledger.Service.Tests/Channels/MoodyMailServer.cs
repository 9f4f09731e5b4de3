using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Ledger.Service.Channels;

namespace Ledger.Service.Tests.Channels;

/// <summary>A mail server that answers line by line as it is told: what a real one does rarely.</summary>
internal sealed class MoodyMailServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);

    public MoodyMailServer()
    {
        listener.Start();
        _ = Serve();
    }

    /// <summary>The answer to a line that begins with a word: null hangs, the empty text cuts the connection.</summary>
    public Dictionary<string, string?> Answers { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What it says it can, besides its name.</summary>
    public string[] Offers { get; init; } = [];

    public ConcurrentQueue<string> Heard { get; } = [];

    public SmtpOptions Options(TimeSpan? attemptMax = null, bool signsIn = false, SmtpTls tls = SmtpTls.None) => new()
    {
        Host = "127.0.0.1",
        Port = ((IPEndPoint)listener.LocalEndpoint).Port,
        Tls = tls,
        Username = signsIn ? "ledger" : null,
        Password = signsIn ? new Secret("canary-password") : null,
        AttemptMax = attemptMax ?? TimeSpan.FromSeconds(10),
    };

    public void Dispose() => listener.Dispose();

    private async Task Serve()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync();
                _ = Talk(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // The test is over, or the client has gone.
        }
    }

    private async Task Talk(TcpClient connection)
    {
        using var client = connection;
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        await using var writer = new StreamWriter(client.GetStream(), Encoding.ASCII) { NewLine = "\r\n", AutoFlush = true };
        var (inside, greeting) = (false, Answers.GetValueOrDefault("greeting", "220 here"));
        if (!await Say(writer, greeting)) return;
        while (await reader.ReadLineAsync() is { } line)
        {
            Heard.Enqueue(line);
            if (inside && line != ".") continue;
            var word = inside ? "." : line.Split(' ', ':')[0].ToUpperInvariant();
            inside = false;
            var usual = word switch
            {
                "EHLO" => string.Join("\r\n", Offers.Select(o => $"250-{o}").Prepend("250-here").Append("250 HELP")),
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "250 fine",
            };
            var answer = Answers.TryGetValue(word, out var told) ? told : usual;
            if (answer is "")
                return;
            if (!await Say(writer, answer)) return;
            inside = word == "DATA" && answer!.StartsWith('3');
        }
    }

    /// <summary>Says it; where there is nothing to say, stays silent until the other side goes.</summary>
    private static async Task<bool> Say(StreamWriter writer, string? answer)
    {
        if (answer is null)
        {
            await Task.Delay(TimeSpan.FromSeconds(20));
            return false;
        }
        await writer.WriteLineAsync(answer);
        return true;
    }
}
