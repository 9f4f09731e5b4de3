using Ledger.Money;

namespace Ledger.Demo.Simulator;

/// <summary>One true spend: who, when, on what, exactly.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Agent">Who spent; null: the provider corrected its own figure, nobody spent.</param>
/// <param name="Key">Id of the API key.</param>
/// <param name="Model">Model as billed.</param>
/// <param name="Unit">Unit type as billed.</param>
/// <param name="Amount">Exact.</param>
/// <param name="VisibleAt">From when on billing shows it.</param>
public sealed record Spent(DateTimeOffset At, string? Agent, string Key, string Model, string Unit, Usd Amount, DateTimeOffset VisibleAt);

/// <summary>One API key of a simulated team.</summary>
/// <param name="Id">As billing names it.</param>
/// <param name="Name">As people do.</param>
/// <param name="Text">The invented key itself; an inference key, so billing refuses it.</param>
/// <param name="Created">From when on it is listed.</param>
public sealed record SimulatedKey(string Id, string Name, string Text, DateTimeOffset Created)
{
    /// <summary>As the provider shows it: the last four characters.</summary>
    public string Redacted => $"xai-...{Text[^4..]}";

    /// <summary>It was deleted: no longer listed, and billing names it by its id.</summary>
    public bool Deleted { get; set; }

    /// <summary>How billing labels it.</summary>
    public string Label => $"{(Deleted ? Id : Name)} ({Redacted})";
}

/// <summary>A spend that a script will make.</summary>
/// <param name="At">When.</param>
/// <param name="Agent">Who.</param>
/// <param name="Key">Id of the key.</param>
/// <param name="Model">Model.</param>
/// <param name="Unit">Unit type.</param>
/// <param name="Amount">Exact.</param>
public sealed record ScriptedSpend(DateTimeOffset At, string Agent, string Key, string Model, string Unit, Usd Amount);
