using System.Text.RegularExpressions;
using Ledger.Service.Settings;
using Ledger.Service.Xai;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace Ledger.Service.Operations;

/// <summary>
/// Takes secrets out of what is logged: those the service was started with, by their value, and whatever has the shape of one. Nothing here logs a
/// secret on purpose; libraries repeat in errors what they were given.
/// </summary>
public sealed partial class LogRedaction(LedgerOptions options)
{
    /// <summary>Shorter ones are common words, such as a database password <c>ledger</c>: taking those out would make the log unreadable.</summary>
    private const int lengthMin = 8;

    private readonly string[] known = [.. Known(options).OfType<string>().Where(s => s.Length >= lengthMin).Distinct().OrderByDescending(s => s.Length)];

    public string Scrub(string text)
    {
        foreach (var secret in known) text = text.Replace(secret, "***", StringComparison.Ordinal);
        return Assignments().Replace(Redaction.WithoutCredentials(text), "***");
    }

    private static IEnumerable<string?> Known(LedgerOptions options)
    {
        var channels = options.Channels;
        foreach (var secret in (Secret?[])[options.Token, options.XaiKey, channels.Smtp?.Password, channels.SlackUrl, channels.Webhook?.Url, .. channels.Webhook?.Secrets ?? []]) yield return secret?.Reveal();
        yield return new NpgsqlConnectionStringBuilder(options.Database).Password;
        // The secret of a webhook's address is its path, and libraries show the two apart.
        foreach (var url in new[] { channels.SlackUrl, channels.Webhook?.Url }.OfType<Secret>()) yield return new Uri(url.Reveal()).PathAndQuery;
    }

    [GeneratedRegex(@"(?<=\b(?:password|pwd|secret)\s*=\s*)[^;&\s""']+|whsec_[A-Za-z0-9+/=]{8,}|(?<=://[^/\s:@]*:)[^/\s@]+(?=@)", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Assignments();
}

/// <summary>Pushes the log to a collector, with the same left out.</summary>
public sealed class PushedLog(LogRedaction redaction, TimeProvider clock, BaseExporter<LogRecord> exporter) : BatchLogRecordExportProcessor(exporter)
{
    private readonly Outages outages = new(clock);

    public override void OnEnd(LogRecord data)
    {
        var stack = data.Exception?.ToString();
        if (outages.Is(data.CategoryName ?? "", data.Attributes, data.Exception, out var told))
        {
            if (told is null) return;
            stack = told;
        }
        var attributes = new List<KeyValuePair<string, object?>>();
        foreach (var (name, value) in data.Attributes ?? []) attributes.Add(new(name, value is null or int or long or bool or double ? value : redaction.Scrub($"{value}")));
        if (stack is not null) attributes.Add(new("exception.stacktrace", redaction.Scrub(stack)));
        if (data.Exception is { } e) attributes.Add(new("exception.type", e.GetType().FullName));
        (data.Attributes, data.Exception) = (attributes, null);
        if (data.Body is { } body) data.Body = redaction.Scrub(body);
        if (data.FormattedMessage is { } message) data.FormattedMessage = redaction.Scrub(message);
        base.OnEnd(data);
    }
}
