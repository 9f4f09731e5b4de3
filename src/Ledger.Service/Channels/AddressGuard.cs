using System.Net;
using System.Net.Sockets;

namespace Ledger.Service.Channels;

/// <summary>The target of a webhook lies where webhooks must not reach.</summary>
internal sealed class BlockedTargetException(string message) : IOException(message);

/// <summary>
/// Keeps webhooks off this machine and its private neighbours: every address that a name resolves to is checked, and the
/// connection goes to an address that was checked, so that a name can't change its meaning in between.
/// </summary>
internal sealed class AddressGuard(IReadOnlyList<string> allowed)
{
    private static readonly IPNetwork[] closed =
    [
        .. new[]
        {
            // "This" network, private, carrier's NAT, loopback, link-local (the clouds' metadata), protocol assignments, documentation, 6to4 relays, benchmarks, multicast, reserved.
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
            "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            // Unspecified, loopback and IPv4-compatible; NAT64 and local NAT64; discard; Teredo, benchmarks, ORCHID, documentation; 6to4; segment routing; unique local, link-local, site-local, multicast.
            "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        }.Select(n => IPNetwork.Parse(n)),
    ];

    /// <summary>Whether an address is one that anybody on the internet may be reached at.</summary>
    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6
            && !Array.Exists(closed, n => n.BaseAddress.AddressFamily == address.AddressFamily && n.Contains(address));
    }

    /// <summary>Whether the operator named this host as private on purpose.</summary>
    public bool Allows(string host) => allowed.Contains(host.Trim('[', ']'), StringComparer.OrdinalIgnoreCase);

    /// <summary>Why an address can't be a webhook's, as far as it tells without asking anybody; null when it can.</summary>
    public string? WhyNot(Uri url)
    {
        if (url.UserInfo.Length > 0) return "it holds a user name";
        if (Allows(url.Host)) return url.Scheme is "http" or "https" ? null : "it is neither https nor http";
        if (url.Scheme != Uri.UriSchemeHttps) return "it is not https (a host of your own network that speaks http must stand in LEDGER_WEBHOOK_ALLOW_PRIVATE)";
        if (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) && !IsPublic(address)) return "it is a loopback, private or reserved address (one of your own network must stand in LEDGER_WEBHOOK_ALLOW_PRIVATE)";
        return url.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || url.Host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            ? "it is this machine (it must stand in LEDGER_WEBHOOK_ALLOW_PRIVATE)"
            : null;
    }

    /// <summary>Resolves once, checks every answer, connects to one of them.</summary>
    public async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = await Dns.GetHostAddressesAsync(host, ct);
        if (!Allows(host) && Array.Exists(addresses, a => !IsPublic(a)))
            throw new BlockedTargetException($"{host} leads to a loopback, private or reserved address, where webhooks must not reach; LEDGER_WEBHOOK_ALLOW_PRIVATE names exceptions");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
