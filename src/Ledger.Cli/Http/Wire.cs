using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Ledger.Cli.Http;

/// <summary>Why no answer came.</summary>
internal sealed class WireException(string message) : Exception(message)
{
    /// <summary>Nothing listens there, as far as can be told.</summary>
    public bool IsNobodyThere { get; init; }
}

/// <summary>How long things may take.</summary>
internal sealed record Patience(TimeSpan Connect, TimeSpan Answer)
{
    /// <summary>Reads wait up to 10 s for their view in the service.</summary>
    public static readonly Patience Usual = new(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(20));

    /// <summary>Long operations tell their progress; this is the longest silence between two lines.</summary>
    public static readonly Patience Long = new(TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(5));

    /// <summary>Asked several times a second whether it is there yet.</summary>
    public static readonly Patience Glance = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));

    /// <summary>A bookmark would rather wait in the spool than keep an agent waiting.</summary>
    public static readonly Patience Bookmark = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10));
}

/// <summary>
/// One HTTP/1.1 request over one connection, written by hand because the runtime's client takes longer to start than everything
/// else `mission start` does (75 ms against 41). No redirects, no proxy, no cookies; every answer is bounded.
/// </summary>
internal sealed class Wire : IDisposable
{
    private const int HeadBytesMax = 64 * 1024;
    private const int BodyBytesMax = 64 * 1024 * 1024;
    private const int SecondsMax = 1_000_000;

    private readonly Stream stream;
    private readonly Socket socket;
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
    private int start;
    private int end;
    private long left;
    private bool chunked;
    private bool lastChunkSeen;

    public int Status { get; private set; }
    public string ContentType { get; private set; } = "";

    /// <summary>The position that the service says it wrote.</summary>
    public long? Position { get; private set; }

    /// <summary>The team's time zone, as the service says it.</summary>
    public string? Zone { get; private set; }

    /// <summary>The version of the service, as it says it.</summary>
    public string? Version { get; private set; }

    /// <summary>How long the service asks to wait before the request is sent again.</summary>
    public TimeSpan? RetryAfter { get; private set; }

    private Wire(Socket socket, Stream stream) => (this.socket, this.stream) = (socket, stream);

    /// <summary>Sends a request and reads the head of its answer.</summary>
    public static Wire Send(Uri url, string method, string target, ReadOnlySpan<byte> body, IReadOnlyList<(string Name, string Value)> headers, Patience patience)
    {
        var socket = Connect(url, patience);
        Stream? stream = null;
        try
        {
            stream = new NetworkStream(socket, ownsSocket: true);
            if (url.Scheme == Uri.UriSchemeHttps)
            {
                var tls = new SslStream(stream);
                stream = tls;
                tls.AuthenticateAsClient(url.IdnHost);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or System.Security.Authentication.AuthenticationException)
        {
            stream?.Dispose();
            socket.Dispose();
            throw new WireException("no secure connection: " + e.Message);
        }

        var wire = new Wire(socket, stream);
        try
        {
            stream.Write(Head(url, method, target, body, headers));
            wire.ReadHead();
            return wire;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            wire.Dispose();
            throw new WireException(Reason(e));
        }
        catch (WireException)
        {
            wire.Dispose();
            throw;
        }
    }

    /// <summary>The whole body.</summary>
    public byte[] ReadAll()
    {
        var all = new MemoryStream();
        var piece = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            for (int n; (n = Read(piece)) > 0;)
            {
                if (all.Length + n > BodyBytesMax) throw new WireException($"the answer is larger than {BodyBytesMax >> 20} MB");
                all.Write(piece, 0, n);
            }
            return all.ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <summary>The body line by line, as it arrives.</summary>
    public IEnumerable<byte[]> ReadLines()
    {
        var line = new MemoryStream();
        var piece = new byte[4096];
        for (int n; (n = Read(piece)) > 0;)
        {
            for (var i = 0; i < n; i++)
            {
                if (piece[i] != '\n') line.WriteByte(piece[i]);
                else if (line.Length > 0)
                {
                    yield return line.ToArray();
                    line.SetLength(0);
                }
            }
            if (line.Length > BodyBytesMax) throw new WireException("a line of the answer is too long");
        }
        if (line.Length > 0) yield return line.ToArray();
    }

    public void Dispose()
    {
        stream.Dispose();
        socket.Dispose();
        ArrayPool<byte>.Shared.Return(Interlocked.Exchange(ref buffer, []));
    }

    private static Socket Connect(Uri url, Patience patience)
    {
        var host = url.DnsSafeHost;
        IPAddress[] addresses;
        try
        {
            addresses = host == "localhost" ? [IPAddress.Loopback, IPAddress.IPv6Loopback]
                : IPAddress.TryParse(host, out var literal) ? [literal]
                : Dns.GetHostAddresses(host);
        }
        catch (SocketException e)
        {
            throw new WireException($"{host}: {Reason(e)}") { IsNobodyThere = true };
        }
        var why = "the name has no address";
        foreach (var address in addresses)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                if (IPAddress.IsLoopback(address))
                {
                    socket.Connect(address, url.Port);
                }
                else
                {
                    using var enough = new CancellationTokenSource(patience.Connect);
                    socket.ConnectAsync(new IPEndPoint(address, url.Port), enough.Token).AsTask().GetAwaiter().GetResult();
                }
                socket.SendTimeout = socket.ReceiveTimeout = (int)patience.Answer.TotalMilliseconds;
                return socket;
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                socket.Dispose();
                why = Reason(e);
            }
        }
        throw new WireException(why) { IsNobodyThere = true };
    }

    private static byte[] Head(Uri url, string method, string target, ReadOnlySpan<byte> body, IReadOnlyList<(string Name, string Value)> headers)
    {
        var text = new StringBuilder(256);
        text.Append(method).Append(' ').Append(target).Append(" HTTP/1.1\r\nHost: ").Append(url.Authority).Append("\r\nConnection: close\r\n");
        foreach (var (name, value) in headers)
            text.Append(name).Append(": ").Append(value).Append("\r\n");
        if (method != "GET") text.Append("Content-Length: ").Append(body.Length).Append("\r\n");
        if (body.Length > 0) text.Append("Content-Type: application/json\r\n");
        text.Append("\r\n");
        var head = new byte[text.Length + body.Length];
        Encoding.ASCII.GetBytes(text.ToString(), head);
        body.CopyTo(head.AsSpan(text.Length));
        return head;
    }

    private void ReadHead()
    {
        do
        {
            var status = ReadHeadLine();
            if (!status.StartsWith("HTTP/1.", StringComparison.Ordinal) || status.Length < 12 || !int.TryParse(status.AsSpan(9, 3), out var code))
                throw new WireException("what answers there does not speak HTTP");
            Status = code;
            left = -1;
            for (string line; (line = ReadHeadLine()).Length > 0;)
            {
                var colon = line.IndexOf(':');
                if (colon < 0) continue;
                var name = line.AsSpan(0, colon);
                var value = line.AsSpan(colon + 1).Trim();
                if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) && long.TryParse(value, out var length)) left = length;
                else if (name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase)) chunked = value.EndsWith("chunked", StringComparison.OrdinalIgnoreCase);
                else if (name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)) ContentType = value.ToString();
                else if (name.Equals("Ledger-Position", StringComparison.OrdinalIgnoreCase)) Position = WholeNumber(value);
                else if (name.Equals("Ledger-Zone", StringComparison.OrdinalIgnoreCase)) Zone = value.ToString();
                else if (name.Equals("Ledger-Version", StringComparison.OrdinalIgnoreCase)) Version = value.ToString();
                else if (name.Equals("Retry-After", StringComparison.OrdinalIgnoreCase) && WholeNumber(value) is { } seconds and <= SecondsMax) RetryAfter = TimeSpan.FromSeconds(seconds);
            }
        }
        while (Status is >= 100 and < 200);
        if (Status is 204 or 304) left = 0;
        if (chunked) left = 0;
    }

    private static long? WholeNumber(ReadOnlySpan<char> text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Next piece of the body; 0 at its end. A body that ends early is an error, never a short answer.</summary>
    private int Read(Span<byte> into)
    {
        try
        {
            if (chunked)
            {
                if (left == 0 && !NextChunk()) return 0;
            }
            else if (left == 0)
            {
                return 0;
            }
            var wanted = left < 0 ? into.Length : (int)Math.Min(left, into.Length);
            int n;
            if (start < end)
            {
                n = Math.Min(wanted, end - start);
                buffer.AsSpan(start, n).CopyTo(into);
                start += n;
            }
            else
            {
                n = stream.Read(into[..wanted]);
            }
            if (n == 0 && left > 0) throw new WireException("the answer ended in the middle");
            if (left > 0) left -= n;
            return n;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new WireException(Reason(e));
        }
    }

    private bool NextChunk()
    {
        if (lastChunkSeen) return false;
        var line = ReadHeadLine();
        if (line.Length == 0) line = ReadHeadLine();
        var semicolon = line.IndexOf(';');
        if (!long.TryParse(semicolon < 0 ? line : line[..semicolon], NumberStyles.AllowHexSpecifier, null, out left) || left < 0)
            throw new WireException("the answer is garbled");
        lastChunkSeen = left == 0;
        return !lastChunkSeen;
    }

    private string ReadHeadLine()
    {
        var line = new StringBuilder(64);
        while (true)
        {
            if (start == end)
            {
                start = 0;
                end = stream.Read(buffer, 0, buffer.Length);
                if (end == 0) throw new WireException("the connection was closed before an answer came");
            }
            var c = (char)buffer[start++];
            if (c == '\n') return line.Length > 0 && line[^1] == '\r' ? line.ToString(0, line.Length - 1) : line.ToString();
            if (line.Length >= HeadBytesMax) throw new WireException("the head of the answer is too long");
            line.Append(c);
        }
    }

    // The runtime's own texts are compiled out (UseSystemResourceKeys), so the usual ones are said here.
    private static string Reason(Exception e) => (e as SocketException ?? e.InnerException as SocketException)?.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.TimedOut or SocketError.WouldBlock => "no answer in time",
        SocketError.ConnectionReset => "the connection was cut",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "the name can't be resolved",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "no route to it",
        { } other => "network error " + other,
        null => e is OperationCanceledException ? "no answer in time" : "the connection failed",
    };
}
