using System.Globalization;
using System.Net;
using Ledger.Delivery;
using Ledger.Service.Hosting;

namespace Ledger.Service.Delivery;

/// <summary>Where messages go, read and checked. A value that may be a secret is never repeated.</summary>
internal static class DeliverySettings
{
    private const int secretBytesMax = 16 * 1024;

    /// <summary>Names, besides LEDGER_ and XAI_, that the file may hold.</summary>
    public static bool Knows(string name) => name.StartsWith("SMTP_", StringComparison.Ordinal) || name is "SLACK_WEBHOOK_URL" or "SLACK_WEBHOOK_URL_FILE" or "ALERTING_WEBHOOK_URL" or "WEBHOOK_URL";

    public static DeliveryOptions Read(Func<string, string?> get, string home)
    {
        var allowed = get("LEDGER_WEBHOOK_ALLOW_PRIVATE")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        foreach (var host in allowed)
            if (Uri.CheckHostName(host.Trim('[', ']')) == UriHostNameType.Unknown)
                throw new ConfigurationException("LEDGER_WEBHOOK_ALLOW_PRIVATE", $"'{Names.Printable(host)}' is no host; expected names or addresses by comma, without https:// and ports.");
        var smtp = Smtp(get);
        return new()
        {
            MailFolder = Path.Combine(home, "mail"),
            Sender = Sender(get, smtp is not null),
            Smtp = smtp,
            SlackUrl = Target(get, allowed, "SLACK_WEBHOOK_URL"),
            Webhook = Webhook(get, allowed),
            Exec = Exec(get),
            AllowPrivate = allowed,
        };
    }

    private static SmtpOptions? Smtp(Func<string, string?> get)
    {
        if (get("SMTP_HOST")?.Trim() is not { } host)
        {
            foreach (var name in new[] { "SMTP_PORT", "SMTP_TLS", "SMTP_USERNAME", "SMTP_PASSWORD", "SMTP_PASSWORD_FILE", "SMTP_CA_FILE" })
                if (get(name) is not null) throw new ConfigurationException(name, "it says how to speak to a mail server, but SMTP_HOST does not say which.");
            return null;
        }
        if (Uri.CheckHostName(host) == UriHostNameType.Unknown) throw new ConfigurationException("SMTP_HOST", $"'{Names.Printable(host)}' is no host name such as smtp.example.org.");
        var port = Port(get);
        var tls = Tls(get, host);
        var (user, password) = (get("SMTP_USERNAME"), Secret(get, "SMTP_PASSWORD"));
        if (user is not null && password is null) throw new ConfigurationException("SMTP_PASSWORD", "SMTP_USERNAME is set, so a password is needed (or SMTP_PASSWORD_FILE).");
        if (user is null && password is not null) throw new ConfigurationException("SMTP_USERNAME", "a password is set, so a user name is needed.");
        return new() { Host = host, Port = port, Tls = tls, Username = user, Password = password is null ? null : new(password), CaFile = CaFile(get) };
    }

    private static int Port(Func<string, string?> get)
    {
        if (get("SMTP_PORT") is not { } text) return 587;
        if (!int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
            throw new ConfigurationException("SMTP_PORT", $"'{Names.Printable(text)}' is no port; 587 is usual.");
        return port != 465 ? port : throw new ConfigurationException("SMTP_PORT", "465 speaks TLS from the first byte, which this mail client can't. Use the server's port for STARTTLS, usually 587.");
    }

    private static bool Tls(Func<string, string?> get, string host)
    {
        switch (get("SMTP_TLS")?.Trim().ToLowerInvariant())
        {
            case null or "starttls" or "true":
                return true;
            case "none" or "false" when IsLoopback(host) || Yes(get, "LEDGER_SMTP_INSECURE"):
                return false;
            case "none" or "false":
                throw new ConfigurationException("SMTP_TLS", "none is for a server on this machine: the password and the mails would travel in the clear. LEDGER_SMTP_INSECURE=1 says that this is wanted.");
            default:
                throw new ConfigurationException("SMTP_TLS", $"'{Names.Printable(get("SMTP_TLS")!)}' is neither starttls nor none.");
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
            var certificates = new System.Security.Cryptography.X509Certificates.X509Certificate2Collection();
            certificates.ImportFromPemFile(path);
            return certificates.Count > 0 ? path : throw new ConfigurationException("SMTP_CA_FILE", $"{Names.Printable(path)} holds no certificate in PEM form.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            throw new ConfigurationException("SMTP_CA_FILE", $"{Names.Printable(path)} can't be read as certificates in PEM form.");
        }
    }

    private static string Sender(Func<string, string?> get, bool needed)
    {
        if (get("SMTP_SENDER_EMAIL")?.Trim() is not { } sender)
            return needed ? throw new ConfigurationException("SMTP_SENDER_EMAIL", "SMTP_HOST is set, so it is needed: the address that mails come from.") : "ledger@localhost";
        return EmailAddress.WhyNot(sender) is { } why ? throw new ConfigurationException("SMTP_SENDER_EMAIL", $"'{Names.Printable(sender)}' is no address: {why}.") : sender;
    }

    private static WebhookOptions? Webhook(Func<string, string?> get, string[] allowed)
    {
        var name = Array.Find(["LEDGER_WEBHOOK_URL", "ALERTING_WEBHOOK_URL", "WEBHOOK_URL"], n => get(n) is not null || get(n + "_FILE") is not null) ?? "LEDGER_WEBHOOK_URL";
        var url = Target(get, allowed, name);
        var secrets = new List<Hidden>();
        foreach (var setting in new[] { "LEDGER_WEBHOOK_SECRET", "LEDGER_WEBHOOK_SECRET_PREVIOUS" })
        {
            if (Secret(get, setting) is not { } secret) continue;
            if (Ledger.Delivery.Webhooks.Signature.WhyNot(secret) is { } why) throw new ConfigurationException(setting, $"{why}.");
            if (setting.EndsWith("PREVIOUS", StringComparison.Ordinal) && secrets.Count == 0) throw new ConfigurationException(setting, "it is the one before LEDGER_WEBHOOK_SECRET, which is not set.");
            secrets.Add(new(secret));
        }
        if (url is null && secrets.Count > 0) throw new ConfigurationException("LEDGER_WEBHOOK_SECRET", "there is nothing to sign: LEDGER_WEBHOOK_URL is not set.");
        return url is null ? null : new() { Url = url, Secrets = secrets };
    }

    private static Hidden? Target(Func<string, string?> get, string[] allowed, string name)
    {
        if (Secret(get, name) is not { } text) return null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0) throw new ConfigurationException(name, "it is no address such as https://hooks.example.org/….");
        return Targets.WhyNot(url, allowed) is { } why ? throw new ConfigurationException(name, $"{why}.") : new(text);
    }

    private static string? Exec(Func<string, string?> get) =>
        get("LEDGER_ALERT_EXEC")?.Trim() is not { } path ? null
        : Targets.WhyNotProgram(path) is { } why ? throw new ConfigurationException("LEDGER_ALERT_EXEC", $"'{Names.Printable(path)}': {why}.")
        : path;

    /// <summary>A value, or what the file holds that the name with _FILE leads to.</summary>
    private static string? Secret(Func<string, string?> get, string name)
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
