namespace Ledger.Delivery;

/// <summary>Where messages go. What is null is not configured.</summary>
public sealed record DeliveryOptions
{
    /// <summary>Where mails are laid down as files while there is no <see cref="Smtp"/>.</summary>
    public required string MailFolder { get; init; }

    /// <summary>Who mails are from.</summary>
    public string Sender { get; init; } = "ledger@localhost";

    /// <summary>The mail server.</summary>
    public SmtpOptions? Smtp { get; init; }

    /// <summary>An incoming webhook of Slack or of what speaks like it.</summary>
    public Hidden? SlackUrl { get; init; }

    /// <summary>The generic webhook.</summary>
    public WebhookOptions? Webhook { get; init; }

    /// <summary>The absolute path of a program that is told.</summary>
    public string? Exec { get; init; }

    /// <summary>Hosts that webhooks may reach although they are private, or speak http.</summary>
    public IReadOnlyList<string> AllowPrivate { get; init; } = [];
}

/// <summary>A mail server, spoken to with STARTTLS.</summary>
public sealed record SmtpOptions
{
    /// <summary>Its name.</summary>
    public required string Host { get; init; }

    /// <summary>Its port.</summary>
    /// <value>The default is 587.</value>
    public int Port { get; init; } = 587;

    /// <summary>Whether nothing is said before STARTTLS succeeded.</summary>
    /// <value>The default is true.</value>
    public bool Tls { get; init; } = true;

    /// <summary>For AUTH LOGIN; null: none.</summary>
    public string? Username { get; init; }

    /// <summary>For AUTH LOGIN.</summary>
    public Hidden? Password { get; init; }

    /// <summary>PEM file of further authorities that the server's certificate may come from.</summary>
    public string? CaFile { get; init; }

    /// <summary>The longest that one attempt takes.</summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan AttemptMax { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>The generic webhook, signed the Standard Webhooks way.</summary>
public sealed record WebhookOptions
{
    /// <summary>Where to post; part of it may be a secret.</summary>
    public required Hidden Url { get; init; }

    /// <summary>The secret in use, and the one before while receivers change over. None: unsigned.</summary>
    public IReadOnlyList<Hidden> Secrets { get; init; } = [];
}
