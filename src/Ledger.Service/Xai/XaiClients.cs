using System.Security.Cryptography;
using System.Text;

namespace Ledger.Service.Xai;

/// <summary>Makes a client for a credential. All clients of one credential share its pace.</summary>
public sealed class XaiClients(IHttpClientFactory factory, XaiOptions options, TimeProvider clock) : IDisposable
{
    /// <summary>The name of the HTTP client.</summary>
    internal const string Name = "xai";

    private const int pacersMax = 64;

    private readonly Lock gate = new();
    private readonly Dictionary<string, Pacer> pacers = new(StringComparer.Ordinal);

    /// <summary>Credentials whose pace is remembered.</summary>
    internal int Remembered
    {
        get { lock (gate) return pacers.Count; }
    }

    /// <summary>A client that reads with this credential. It is cheap: make one where it is needed.</summary>
    /// <param name="key">The credential.</param>
    /// <param name="requestsMax">What one reading of usage may cost; null: as the options say.</param>
    public XaiClient For(Secret key, int? requestsMax = null) => new(HttpFor(key), requestsMax is { } most ? options with { RequestsMax = most } : options, key, clock);

    internal XaiHttp HttpFor(Secret key) => new(factory.CreateClient(Name), key, PacerOf(key), clock);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            foreach (var pacer in pacers.Values) pacer.Dispose();
        }
    }

    private Pacer PacerOf(Secret key)
    {
        var id = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key.Reveal())));
        lock (gate)
        {
            if (pacers.TryGetValue(id, out var known)) return known;
            if (pacers.Count >= pacersMax)
            {
                foreach (var (idle, _) in pacers.Where(pacer => pacer.Value.IsIdle).ToList()) pacers.Remove(idle);
            }
            return pacers[id] = new(clock, options);
        }
    }
}
