namespace Ledger.Agents;

/// <summary>What may happen to an agent.</summary>
public static class AgentRules
{
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

    /// <summary>Adds an agent.</summary>
    public static Decision Add(Agent? known, string name, IdleRule idle, DateTimeOffset now, string? by)
    {
        if (Names.Check("name", name) is { } bad) return bad;
        if (name.AsSpan().IndexOfAny(",=\"'`/\\") >= 0) return Decision.Refuse("text.invalid", "An agent's name can't hold , = / \\ or quotes.", "name", Names.Printable(name));
        // Without culture data texts are not normalised: a letter and its accent apart would be another agent than both in one.
        if (name.Any(c => char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark or System.Globalization.UnicodeCategory.EnclosingMark))
            return Decision.Refuse("text.invalid", "An agent's name can't hold combining marks; write the letter and its accent as one character.", "name", Names.Printable(name));
        if (known is not null) return Decision.Refuse("agent.exists", $"There is an agent {known.Id} already; `ledger agent edit {known.Id}` changes it.", "name", Names.Printable(name));
        return Decision.Accept(new AgentAdded(IdOf(name), name.Trim(), idle, now, by));
    }

    /// <summary>Edits an agent.</summary>
    public static Decision Edit(Agent known, string? name, IdleRule? idle, DateTimeOffset now, string? by)
    {
        if (name is not null && Names.Check("name", name) is { } bad) return bad;
        return (name is null || name == known.Name) && (idle is null || idle == known.Idle)
            ? Decision.Accept()
            : Decision.Accept(new AgentEdited(known.Id, name, idle, now, by));
    }
}
