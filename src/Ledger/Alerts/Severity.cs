namespace Ledger.Alerts;

/// <summary>How much it matters.</summary>
public enum Severity
{
    /// <summary>Good to know.</summary>
    Info,

    /// <summary>There is time to act.</summary>
    Warning,

    /// <summary>Act now.</summary>
    Critical,
}
