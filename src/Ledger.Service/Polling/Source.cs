namespace Ledger.Service.Polling;

/// <summary>How far an account is read: its heartbeat, which changes without an event.</summary>
public sealed record Source
{
    /// <summary>Account id.</summary>
    public required string Account { get; init; }

    /// <summary>When the last complete reading was asked; null: never.</summary>
    public DateTimeOffset? Asked { get; init; }

    /// <summary>When it was answered.</summary>
    public DateTimeOffset? Answered { get; init; }

    /// <summary>Why the account can't be read just now, as a stable word; null when it can.</summary>
    public string? Failing { get; init; }

    /// <summary>The same in words.</summary>
    public string? Detail { get; init; }

    /// <summary>When it is read next.</summary>
    public DateTimeOffset? NextDue { get; init; }
}
