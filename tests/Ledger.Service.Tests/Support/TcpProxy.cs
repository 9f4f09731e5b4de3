using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ledger.Service.Tests.Support;

/// <summary>
/// Stands between a client and a server (PostgreSQL, or the service) and cuts connections to order. Listens on loopback; the server
/// may be a socket folder of PostgreSQL or a TCP address.
/// </summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Func<EndPoint> server;
    private readonly List<Socket> open = [];
    private readonly Task accepting;
    private int cuts;

    /// <summary>Starts a proxy in front of a server, given the folder of its socket (or its host) and its port.</summary>
    public TcpProxy(string host, int port)
    {
        server = () => host.StartsWith('/')
            ? new UnixDomainSocketEndPoint($"{host}/.s.PGSQL.{port}")
            : new DnsEndPoint(host, port);
        listener.Start();
        accepting = Accept();
    }

    /// <summary>Where clients connect.</summary>
    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>
    /// When this returns true for bytes that a client sends, they are passed on and the connection is cut right after, so that
    /// the client never hears the answer.
    /// </summary>
    public Func<ReadOnlyMemory<byte>, bool>? CutAfter { get; set; }

    /// <summary>
    /// When this returns true for bytes that the server sends, they are not passed on and the connection is cut: the server did its
    /// work, and the client never hears of it.
    /// </summary>
    public Func<ReadOnlyMemory<byte>, bool>? CutBeforeAnswer { get; set; }

    /// <summary>Swallows everything in both directions, without closing: a half-open connection.</summary>
    public bool Silent { get; set; }

    /// <summary>Refuses new connections.</summary>
    public bool Closed { get; set; }

    /// <summary>How many connections have been cut because of bytes that <see cref="CutAfter"/> or <see cref="CutBeforeAnswer"/> named.</summary>
    public int Cuts => cuts;

    /// <summary>Whether bytes hold a text.</summary>
    public static bool Holds(ReadOnlyMemory<byte> bytes, string text) => bytes.Span.IndexOf(Encoding.ASCII.GetBytes(text)) >= 0;

    /// <summary>Cuts every open connection.</summary>
    public void CutAll()
    {
        lock (open)
        {
            foreach (var socket in open)
                socket.Dispose();
            open.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        CutAll();
        try
        {
            await accepting;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task Accept()
    {
        while (true)
        {
            var client = await listener.AcceptSocketAsync();
            if (Closed)
                client.Dispose();
            else
                _ = Serve(client);
        }
    }

    private async Task Serve(Socket client)
    {
        var to = server();
        using var upstream = new Socket(to.AddressFamily == AddressFamily.Unix ? AddressFamily.Unix : AddressFamily.InterNetwork, SocketType.Stream,
            to.AddressFamily == AddressFamily.Unix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        try
        {
            await upstream.ConnectAsync(to);
            client.NoDelay = true;
            lock (open)
            {
                open.Add(client);
                open.Add(upstream);
            }
            await Task.WhenAny(Pump(client, upstream, fromClient: true), Pump(upstream, client, fromClient: false));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
        finally
        {
            client.Dispose();
            lock (open)
            {
                open.Remove(client);
                open.Remove(upstream);
            }
        }
    }

    private async Task Pump(Socket from, Socket to, bool fromClient)
    {
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var count = await from.ReceiveAsync(buffer);
            if (count == 0)
                return;
            if (Silent)
                continue;
            var bytes = buffer.AsMemory(0, count);
            if (!fromClient && CutBeforeAnswer?.Invoke(bytes) == true)
            {
                Interlocked.Increment(ref cuts);
                return;
            }
            // Asked before the bytes go on, so that the order of cut and answer is ours.
            var cut = fromClient && CutAfter?.Invoke(bytes) == true;
            if (cut)
            {
                Interlocked.Increment(ref cuts);
                from.Dispose();
            }
            for (var sent = 0; sent < count;)
                sent += await to.SendAsync(bytes[sent..]);
            if (cut)
            {
                // The server must still read it all before it notices the hang-up.
                to.Shutdown(SocketShutdown.Send);
                await Task.Delay(200);
                return;
            }
        }
    }
}
