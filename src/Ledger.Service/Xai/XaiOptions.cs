namespace Ledger.Providers.Xai;

/// <summary>Where and how xAI's management API is asked.</summary>
public sealed record XaiOptions
{
    /// <summary>The management API, or a proxy or simulator in its place (<c>XAI_MANAGEMENT_URL</c>).</summary>
    /// <value>The default is <c>https://management-api.x.ai</c>.</value>
    public Uri BaseAddress { get; init; } = new("https://management-api.x.ai");

    /// <summary>Whether plain http is accepted for an address that is not this machine's own; only an operator may say so.</summary>
    /// <value>The default is false.</value>
    public bool AllowPlainHttp { get; init; }

    /// <summary>Longest stretch asked for in one request.</summary>
    /// <value>The default is 7 days.</value>
    public TimeSpan StretchMax { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Requests that one reading of usage may cost when the answers are too large and have to be split.</summary>
    /// <value>The default is 64.</value>
    public int RequestsMax { get; init; } = 64;

    /// <summary>Timeouts, sizes, retries and pace.</summary>
    public ProviderHttpOptions Http { get; init; } = new();
}
