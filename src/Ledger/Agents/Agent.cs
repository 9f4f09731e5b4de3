using System.Globalization;

namespace Ledger.Agents;

/// <summary>Somebody who spends was added.</summary>
/// <param name="Agent">Id: lower-case name.</param>
/// <param name="Name">Name as given.</param>
/// <param name="Idle">What becomes of its time without a mission.</param>
/// <param name="At">When.</param>
/// <param name="By">Who.</param>
public sealed record AgentAdded(string Agent, string Name, IdleRule Idle, DateTimeOffset At, string? By) : ILedgerEvent;

/// <summary>An agent was edited; null leaves a value as it was.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Name">New display name.</param>
/// <param name="Idle">New rule.</param>
/// <param name="At">When.</param>
/// <param name="By">Who.</param>
public sealed record AgentEdited(string Agent, string? Name, IdleRule? Idle, DateTimeOffset At, string? By) : ILedgerEvent;

/// <summary>What becomes of spend in an agent's time without a mission.</summary>
public enum IdleRule
{
    /// <summary>Idle time carries its share, as <c>(idle)</c>.</summary>
    Shares,

    /// <summary>The agent spends on missions only: its idle part of a stretch goes to its own missions there.</summary>
    Yields,
}

/// <summary>Somebody who spends, as the log knows it.</summary>
/// <param name="Id">Lower-case id.</param>
/// <param name="Name">Display name.</param>
/// <param name="Idle">What becomes of its time without a mission.</param>
public sealed record Agent(string Id, string Name, IdleRule Idle)
{
    /// <summary>The name of its stream.</summary>
    public string Stream { get => field ?? StreamOf(Id); init; }

    /// <summary>The stream of an agent.</summary>
    public static string StreamOf(string id) => $"agent-{id}";

    /// <summary>The id of an agent: its name in lower case, spaces as dashes.</summary>
    public static string IdOf(string name) => string.Join('-', name.Trim().ToLowerInvariant().Normalize().Split(' ', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>
    /// The agent a key was made for, by its name: teams name keys after agents, often with the provider in front
    /// (<c>xai-vigilio</c>), which every key would share and no agent is called.
    /// </summary>
    public static string NameFromKey(string provider, string keyName)
    {
        var name = keyName.Trim();
        return name.Length > provider.Length + 1 && name.StartsWith(provider + "-", StringComparison.OrdinalIgnoreCase) ? name[(provider.Length + 1)..] : name;
    }

    /// <summary>Folds an event of the agent's stream. Total: an event of another kind changes nothing.</summary>
    public static Agent? Fold(Agent? agent, ILedgerEvent happened) => (agent, happened) switch
    {
        (_, AgentAdded e) => new(e.Agent, e.Name, e.Idle),
        ({ } a, AgentEdited e) => a with { Name = e.Name ?? a.Name, Idle = e.Idle ?? a.Idle },
        _ => agent,
    };

    /// <summary>Adds an agent.</summary>
    public static AgentAdded Add(Agent? known, string name, IdleRule idle, DateTimeOffset now, string? by)
    {
        Names.Check("name", name);
        if (name.AsSpan().IndexOfAny(",=\"'`/\\") >= 0) throw new Refused("text.invalid", "An agent's name can't hold , = / \\ or quotes.", "name", name);
        // Without culture data texts are not normalised: a letter and its accent apart would be another agent than both in one.
        if (name.Any(c => char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark))
            throw new Refused("text.invalid", "An agent's name can't hold combining marks; write the letter and its accent as one character.", "name", name);
        if (known is not null) throw new Refused("agent.exists", $"There is an agent {known.Id} already; `ledger agent edit {known.Id}` changes it.", "name", name);
        return new(IdOf(name), name.Trim(), idle, now, by);
    }

    /// <summary>Edits the agent; null when it is as wanted already.</summary>
    public AgentEdited? Edit(string? name, IdleRule? idle, DateTimeOffset now, string? by)
    {
        if (name is not null) Names.Check("name", name);
        return (name is null || name == Name) && (idle is null || idle == Idle) ? null : new(Id, name, idle, now, by);
    }
}
