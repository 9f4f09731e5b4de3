using System.Globalization;

namespace Ledger.Service.Xai;

/// <summary>What a failure of the provider means to people: what happened, until when, and what to do. Made here for every command, page and answer.</summary>
public static class ProviderWords
{
    private const string makeKey = "A management key is made in the xAI console under Settings, Management Keys.";

    /// <summary>One or two sentences.</summary>
    /// <param name="kind">One of <see cref="FailureKind"/>.</param>
    /// <param name="detail">What exactly happened.</param>
    /// <param name="label">The account, where it is connected; null: somebody is connecting it.</param>
    /// <param name="retryAt">When it is tried again, or may be.</param>
    /// <param name="goesOn">It is tried again by itself; null: as for accounts that are connected. A command has to be given again.</param>
    public static string Sentence(string kind, string detail, string? label, DateTimeOffset? retryAt, bool? goesOn = null)
    {
        var isRepeated = goesOn ?? label is not null;
        var then = isRepeated ? "; reading goes on by itself then" : "; try again then";
        var again = !isRepeated ? "" : retryAt is { } at ? $" It is tried again at {Clock(at)}." : " It is tried again by itself.";
        return kind switch
        {
            FailureKind.RateLimited => retryAt is { } end ? $"xAI asks us to wait until {Clock(end)}{then}." : $"xAI asks us to wait a while{(isRepeated ? "; reading goes on by itself" : "; try again later")}.",
            FailureKind.Auth when label is null => $"xAI refuses the key (mistyped, revoked or expired?). {makeKey} {Quoted(detail)}".TrimEnd(),
            FailureKind.Auth => $"xAI refuses {label}'s key (revoked?). `ledger account rotate {label}` gives a new one. {Quoted(detail)}".TrimEnd(),
            FailureKind.WrongKind => detail,
            FailureKind.Permission when label is null => $"xAI does not let the key read the bill: {Told(detail)}",
            FailureKind.Permission => $"xAI does not let {label}'s key read the bill: {Told(detail)} Add the right in the xAI console, or give another key: `ledger account rotate {label}`.",
            FailureKind.NotFound => $"xAI does not know the team{(label is null ? "; check its id" : $" of {label}")}. {Quoted(detail)}".TrimEnd(),
            FailureKind.Unreachable => $"xAI gives no usable answer: {Told(detail)}{again}",
            FailureKind.Contract => $"xAI's answer is not what it should be: {Told(detail)} Nothing of it was used.{again}",
            FailureKind.Invalid => $"xAI refuses the request: {Told(detail)}{again}",
            _ => $"Reading failed here, not at xAI: {Told(detail)}{again}",
        };
    }

    /// <summary>Why the balance can't be read, while usage can.</summary>
    public static string NoBalance(string kind, string detail) => kind switch
    {
        FailureKind.Permission => $"xAI does not let the key read the balance: {Told(detail)}",
        FailureKind.NotFound => $"xAI has no balance for the team: {Told(detail)}",
        FailureKind.Contract => $"xAI's balance is not what it should be: {Told(detail)}",
        _ => $"xAI gives no balance: {Told(detail)}",
    };

    /// <summary>The answer to whoever asked.</summary>
    /// <param name="e">What happened.</param>
    /// <param name="label">The account, where it is connected.</param>
    public static Refusal Refusal(this ProviderException e, string? label = null)
    {
        // Where somebody gives a key, that is what is wrong; a command about a connected account has no such field.
        var field = label is null ? "credential" : null;
        var words = Sentence(e.Kind, e.Detail, label, e.RetryAt);
        return e.Kind switch
        {
            FailureKind.Auth or FailureKind.Permission or FailureKind.WrongKind => new("credential.refused", words, field),
            FailureKind.NotFound => new("credential.refused", words, label is null ? "team" : null),
            FailureKind.Contract => new("provider.contract", words, RetryAt: e.RetryAt),
            FailureKind.Invalid when label is null => new("request.invalid", words, field),
            FailureKind.Invalid => new("provider.contract", words, RetryAt: e.RetryAt),
            _ => new("provider.unavailable", words, RetryAt: e.RetryAt),
        };
    }

    private static string Clock(DateTimeOffset at) => at.UtcDateTime.ToString("HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private static string Told(string detail) => detail.EndsWith('.') ? detail : $"{detail}.";

    // The status says nothing that the sentence does not.
    private static string Quoted(string detail) => detail.IndexOf(": ", StringComparison.Ordinal) is > 0 and var at && detail.StartsWith("HTTP ", StringComparison.Ordinal) ? $"(xAI says: {detail[(at + 2)..].TrimEnd('.')}.)" : "";
}
