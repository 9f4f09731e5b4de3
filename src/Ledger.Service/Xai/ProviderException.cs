namespace Ledger.Service.Xai;

/// <summary>A provider did not give what was asked for. The detail is fit for people: cut, and without secrets.</summary>
/// <param name="kind">One of <see cref="FailureKind"/>.</param>
/// <param name="detail">What happened, with the provider's own words where it gave some.</param>
/// <param name="retryAfter">How long to stay away; at most an hour. Null: nothing was said.</param>
/// <param name="needs">The permission that is missing, by the provider's name for it.</param>
/// <param name="status">The HTTP status, where there was an answer.</param>
public sealed class ProviderException(string kind, string detail, TimeSpan? retryAfter = null, string? needs = null, int? status = null)
    : Exception(detail)
{
    /// <summary>One of <see cref="FailureKind"/>.</summary>
    public string Kind { get; } = kind;

    /// <summary>What happened, for people.</summary>
    public string Detail => Message;

    /// <summary>How long the provider asked us to stay away, capped at an hour.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>When the provider takes requests again, where it asked us to stay away.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>The missing permission, such as <c>team-token:endpoint:BillingRead</c>.</summary>
    public string? Needs { get; } = needs;

    /// <summary>The HTTP status, where there was an answer.</summary>
    public int? Status { get; } = status;
}

/// <summary>Stable words for why a provider could not be read.</summary>
public static class FailureKind
{
    /// <summary>The credential is wrong, revoked or expired.</summary>
    public const string Auth = "auth";

    /// <summary>The credential is good and lacks a right.</summary>
    public const string Permission = "permission";

    /// <summary>The provider asked us to slow down.</summary>
    public const string RateLimited = "rate-limited";

    /// <summary>No complete answer: network, timeout, an HTTP error, or something that is no JSON.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>JSON that is not the answer it should be; nothing of it was used.</summary>
    public const string Contract = "contract";

    /// <summary>The provider does not know the team.</summary>
    public const string NotFound = "not-found";

    /// <summary>Another kind of key: an inference key where a management key is needed.</summary>
    public const string WrongKind = "wrong-kind";

    /// <summary>What we sent was refused, or would have been.</summary>
    public const string Invalid = "invalid";
}
