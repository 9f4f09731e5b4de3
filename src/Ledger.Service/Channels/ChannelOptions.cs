using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ledger.Service.Settings;

namespace Ledger.Service.Channels;

/// <summary>Where messages go, read and checked. What is null is not configured. A value that may be a secret is never repeated.</summary>
public sealed record ChannelOptions
{
    private const int secretBytesMax = 16 * 1024;

    /// <summary>Where mails are written as files while there is no <see cref="Smtp"/>.</summary>
    public required string MailFolder { get; init; }

    /// <summary>Who mails are from.</summary>
    /// <value>The default is <c>ledger@localhost</c>, which is good for files only.</value>
    public string Sender { get; init; } = "ledger@localhost";

    /// <summary>The mail server.</summary>
    public SmtpOptions? Smtp { get; init; }

    /// <summary>An incoming webhook of Slack or of what speaks like it.</summary>
    public Secret? SlackUrl { get; init; }

    /// <summary>The generic webhook.</summary>
    public WebhookOptions? Webhook { get; init; }

    /// <summary>The absolute path of a program that is told.</summary>
    public string? Exec { get; init; }

    /// <summary>Hosts that webhooks may reach although they are private, or speak http.</summary>
    public IReadOnlyList<string> AllowPrivate { get; init; } = [];

    /// <summary>Names, besides LEDGER_ and XAI_, that the configuration file may hold.</summary>
    public static bool Knows(string name) => name.StartsWith("SMTP_", StringComparison.Ordinal) || name is "SLACK_WEBHOOK_URL" or "SLACK_WEBHOOK_URL_FILE" or "ALERTING_WEBHOOK_URL" or "WEBHOOK_URL";

    /// <summary>Whether messages of a channel reach people, where they go (without secrets), and what would configure it.</summary>
    public (bool Configured, string? Target, string? Hint) Describe(string channel) => channel switch
    {
        ChannelNames.Email => Smtp is { } smtp ? (true, smtp.Target, null) : (false, MailFolder, $"No SMTP_HOST is set: mails are written as .eml files to {MailFolder}."),
        ChannelNames.Slack => SlackUrl is { } url ? (true, WebhookPost.TargetOf(url), null) : (false, null, "SLACK_WEBHOOK_URL is not set."),
        ChannelNames.Webhook => Webhook is { } webhook
            ? (true, WebhookPost.TargetOf(webhook.Url), webhook.Secrets.Count > 0 ? null : "LEDGER_WEBHOOK_SECRET is not set: receivers can't tell who posts.")
            : (false, null, "LEDGER_WEBHOOK_URL is not set."),
        ChannelNames.Exec => Exec is { } program ? (true, program, null) : (false, null, "LEDGER_ALERT_EXEC is not set."),
        _ => throw new ArgumentException($"{channel} is no channel.", nameof(channel)),
    };

    /// <summary>Reads and checks what was given.</summary>
    /// <exception cref="ConfigurationException">The first setting that can't work, by its name.</exception>
    public static ChannelOptions Read(Func<string, string?> get, string home)
    {
        var allowed = get("LEDGER_WEBHOOK_ALLOW_PRIVATE")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        foreach (var host in allowed)
            if (Uri.CheckHostName(host.Trim('[', ']')) == UriHostNameType.Unknown)
                throw new ConfigurationException("LEDGER_WEBHOOK_ALLOW_PRIVATE", $"'{Names.Printable(host)}' is no host; expected names or addresses by comma, without https:// and ports.");
        var smtp = SmtpOf(get);
        return new()
        {
            MailFolder = Path.Combine(home, "mail"),
            Sender = SenderOf(get, smtp is not null),
            Smtp = smtp,
            SlackUrl = Target(get, allowed, "SLACK_WEBHOOK_URL"),
            Webhook = WebhookOf(get, allowed),
            Exec = Program(get),
            AllowPrivate = allowed,
        };
    }

    private static SmtpOptions? SmtpOf(Func<string, string?> get)
    {
        if (get("SMTP_HOST")?.Trim() is not { } host)
        {
            foreach (var name in new[] { "SMTP_PORT", "SMTP_TLS", "SMTP_USERNAME", "SMTP_PASSWORD", "SMTP_PASSWORD_FILE", "SMTP_CA_FILE" })
                if (get(name) is not null) throw new ConfigurationException(name, "it says how to speak to a mail server, but SMTP_HOST does not say which.");
            return null;
        }
        if (Uri.CheckHostName(host) == UriHostNameType.Unknown) throw new ConfigurationException("SMTP_HOST", $"'{Names.Printable(host)}' is no host name such as smtp.example.org.");
        var port = Port(get);
        var tls = Tls(get, host, port);
        var (user, password) = (get("SMTP_USERNAME"), SecretOf(get, "SMTP_PASSWORD"));
        if (user is not null && password is null) throw new ConfigurationException("SMTP_PASSWORD", "SMTP_USERNAME is set, so a password is needed (or SMTP_PASSWORD_FILE).");
        if (user is null && password is not null) throw new ConfigurationException("SMTP_USERNAME", "a password is set, so a user name is needed.");
        return new() { Host = host, Port = port, Tls = tls, Username = user, Password = password is null ? null : new Secret(password), CaFile = CaFile(get) };
    }

    private static int Port(Func<string, string?> get)
    {
        if (get("SMTP_PORT") is not { } text)
            return get("SMTP_TLS")?.Trim().Equals("implicit", StringComparison.OrdinalIgnoreCase) == true ? SmtpOptions.ImplicitTlsPort : 587;
        if (!int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
            throw new ConfigurationException("SMTP_PORT", $"'{Names.Printable(text)}' is no port; 587 is usual.");
        return port;
    }

    private static SmtpTls Tls(Func<string, string?> get, string host, int port)
    {
        switch (get("SMTP_TLS")?.Trim().ToLowerInvariant())
        {
            case null or "true":
                return port == SmtpOptions.ImplicitTlsPort ? SmtpTls.Implicit : SmtpTls.StartTls;
            case "starttls":
                return SmtpTls.StartTls;
            case "implicit":
                return SmtpTls.Implicit;
            case "none" or "false" when IsLoopback(host) || Yes(get, "LEDGER_SMTP_INSECURE"):
                return SmtpTls.None;
            case "none" or "false":
                throw new ConfigurationException("SMTP_TLS", "none is for a server on this machine: the password and the mails would travel in the clear. LEDGER_SMTP_INSECURE=1 says that this is wanted.");
            default:
                throw new ConfigurationException("SMTP_TLS", $"'{Names.Printable(get("SMTP_TLS")!)}' is neither starttls, implicit nor none.");
        }
    }

    private static bool Yes(Func<string, string?> get, string name) => get(name)?.Trim().ToLowerInvariant() switch
    {
        null or "0" or "no" or "false" => false,
        "1" or "yes" or "true" => true,
        _ => throw new ConfigurationException(name, "expected 1 or 0."),
    };

    private static bool IsLoopback(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static string? CaFile(Func<string, string?> get)
    {
        if (get("SMTP_CA_FILE") is not { } path) return null;
        try
        {
            return SmtpOptions.Authorities(path).Count > 0 ? path : throw new ConfigurationException("SMTP_CA_FILE", $"{Names.Printable(path)} holds no certificate in PEM form.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ConfigurationException("SMTP_CA_FILE", $"{Names.Printable(path)} can't be read as certificates in PEM form.");
        }
    }

    private static string SenderOf(Func<string, string?> get, bool needed)
    {
        if (get("SMTP_SENDER_EMAIL")?.Trim() is not { } sender)
            return needed ? throw new ConfigurationException("SMTP_SENDER_EMAIL", "SMTP_HOST is set, so it is needed: the address that mails come from.") : "ledger@localhost";
        return EmailAddress.WhyNot(sender) is { } why ? throw new ConfigurationException("SMTP_SENDER_EMAIL", $"'{Names.Printable(sender)}' is no address: {why}.") : sender;
    }

    private static WebhookOptions? WebhookOf(Func<string, string?> get, string[] allowed)
    {
        var name = Array.Find(["LEDGER_WEBHOOK_URL", "ALERTING_WEBHOOK_URL", "WEBHOOK_URL"], n => get(n) is not null || get(n + "_FILE") is not null) ?? "LEDGER_WEBHOOK_URL";
        var url = Target(get, allowed, name);
        var secrets = new List<Secret>();
        foreach (var setting in new[] { "LEDGER_WEBHOOK_SECRET", "LEDGER_WEBHOOK_SECRET_PREVIOUS" })
        {
            if (SecretOf(get, setting) is not { } secret) continue;
            if (Signature.WhyNot(secret) is { } why) throw new ConfigurationException(setting, $"{why}.");
            if (setting.EndsWith("PREVIOUS", StringComparison.Ordinal) && secrets.Count == 0) throw new ConfigurationException(setting, "it is the one before LEDGER_WEBHOOK_SECRET, which is not set.");
            secrets.Add(new Secret(secret));
        }
        if (url is null && secrets.Count > 0) throw new ConfigurationException("LEDGER_WEBHOOK_SECRET", "there is nothing to sign: LEDGER_WEBHOOK_URL is not set.");
        return url is null ? null : new() { Url = url, Secrets = secrets };
    }

    private static Secret? Target(Func<string, string?> get, string[] allowed, string name)
    {
        if (SecretOf(get, name) is not { } text) return null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0) throw new ConfigurationException(name, "it is no address such as https://hooks.example.org/….");
        return new AddressGuard(allowed).WhyNot(url) is { } why ? throw new ConfigurationException(name, $"{why}.") : new Secret(text);
    }

    private static string? Program(Func<string, string?> get) =>
        get("LEDGER_ALERT_EXEC")?.Trim() is not { } path ? null
        : RunProgramHandler.WhyNot(path) is { } why ? throw new ConfigurationException("LEDGER_ALERT_EXEC", $"'{Names.Printable(path)}': {why}.")
        : path;

    /// <summary>A value, or what the file holds that the name with _FILE leads to.</summary>
    private static string? SecretOf(Func<string, string?> get, string name)
    {
        if (get(name)?.Trim() is { Length: > 0 } value) return value;
        if (get(name + "_FILE") is not { } path) return null;
        try
        {
            var text = new FileInfo(path).Length <= secretBytesMax ? File.ReadAllText(path).Trim() : throw new ConfigurationException(name + "_FILE", $"{Names.Printable(path)} is larger than any secret.");
            return text.Length > 0 ? text : throw new ConfigurationException(name + "_FILE", $"{Names.Printable(path)} is empty.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(name + "_FILE", $"{Names.Printable(path)} can't be read.");
        }
    }
}

/// <summary>How a mail server is spoken to.</summary>
public enum SmtpTls
{
    /// <summary>Nothing is said before STARTTLS succeeded.</summary>
    StartTls,

    /// <summary>TLS from the first byte.</summary>
    Implicit,

    /// <summary>In the clear: for a server on this machine.</summary>
    None,
}

/// <summary>A mail server.</summary>
public sealed record SmtpOptions
{
    /// <summary>The port that speaks TLS from the first byte.</summary>
    public const int ImplicitTlsPort = 465;

    /// <summary>Its name.</summary>
    public required string Host { get; init; }

    /// <summary>Its port.</summary>
    /// <value>The default is 587.</value>
    public int Port { get; init; } = 587;

    /// <summary>How it is spoken to.</summary>
    /// <value>The default is STARTTLS, which must succeed.</value>
    public SmtpTls Tls { get; init; }

    /// <summary>Who signs in; null: nobody does.</summary>
    public string? Username { get; init; }

    /// <summary>The password of <see cref="Username"/>.</summary>
    public Secret? Password { get; init; }

    /// <summary>PEM file of further authorities that the server's certificate may come from.</summary>
    public string? CaFile { get; init; }

    /// <summary>The longest that one attempt takes.</summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan AttemptMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Host and port.</summary>
    public string Target => $"{Host}:{Port}";

    internal static X509Certificate2Collection Authorities(string caFile)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(caFile);
        return authorities;
    }
}

/// <summary>The generic webhook, signed the Standard Webhooks way.</summary>
public sealed record WebhookOptions
{
    /// <summary>Where to post; part of it may be a secret.</summary>
    public required Secret Url { get; init; }

    /// <summary>The secret in use, and the one before while receivers change over. None: unsigned.</summary>
    public IReadOnlyList<Secret> Secrets { get; init; } = [];
}
