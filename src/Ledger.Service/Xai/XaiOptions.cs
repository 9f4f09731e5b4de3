namespace Ledger.Service.Xai;

/// <summary>Where xAI's management API is asked, and how much time, memory and requests that may cost.</summary>
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

    /// <summary>How long one attempt may take, to the last byte.</summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan AttemptMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a request may take with all its attempts and pauses; waiting for its first turn doesn't count.</summary>
    /// <value>The default is 60 seconds.</value>
    public TimeSpan DeadlineMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Attempts at one request, for faults that may pass; at least 2.</summary>
    /// <value>The default is 4.</value>
    public int AttemptsMax { get; init; } = 4;

    /// <summary>About how long the first pause between attempts is; it doubles each time, with jitter.</summary>
    /// <value>The default is half a second.</value>
    public TimeSpan BackoffFirst { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest pause between attempts, unless the provider asks for more.</summary>
    /// <value>The default is 15 seconds.</value>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Requests that may go at once after a quiet time, for each credential.</summary>
    /// <value>The default is 30.</value>
    public int Burst { get; init; } = 30;

    /// <summary>After a burst, one request each time this has passed.</summary>
    /// <value>The default is one second.</value>
    public TimeSpan Pace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Largest answer, counted after decompression.</summary>
    /// <value>The default is 32 MB.</value>
    public int BytesMax { get; init; } = 32 * 1024 * 1024;

    /// <summary>Why these options can't be used, in a sentence; null when they can.</summary>
    public string? WhyNot()
    {
        var address = BaseAddress;
        if (!address.IsAbsoluteUri || address.Scheme is not ("https" or "http") || address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0)
            return "The provider's base address must be an http(s) address without user, query or fragment.";
        if (address.Scheme == "http" && !address.IsLoopback && !AllowPlainHttp)
            return $"The credential would travel unencrypted to {address.Host}: use https, or an address of this machine.";
        return null;
    }
}
