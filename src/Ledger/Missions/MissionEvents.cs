namespace Ledger.Missions;

/// <summary>A mission started: its first window opens.</summary>
/// <param name="Mission">Id.</param>
/// <param name="Title">Title.</param>
/// <param name="Ref">Issue URL or <c>owner/repo#n</c>; null when there is none.</param>
/// <param name="Agents">Who works on it.</param>
/// <param name="Weight">Its weight among an agent's missions open at once, 1 to 1,000,000.</param>
/// <param name="Start">First instant of the window.</param>
/// <param name="At">When it was said.</param>
/// <param name="By">Who said it.</param>
public sealed record MissionStarted(
    string Mission, string Title, string? Ref, IReadOnlyList<string> Agents, int Weight, DateTimeOffset Start, DateTimeOffset At, string? By) : ILedgerEvent;

/// <summary>The open window ends.</summary>
/// <param name="Mission">Id.</param>
/// <param name="End">First instant after the window.</param>
/// <param name="At">When it was said.</param>
/// <param name="By">Who said it.</param>
public sealed record MissionEnded(string Mission, DateTimeOffset End, DateTimeOffset At, string? By) : ILedgerEvent;

/// <summary>An ended mission goes on: another window opens.</summary>
/// <param name="Mission">Id.</param>
/// <param name="Start">First instant of the new window.</param>
/// <param name="At">When it was said.</param>
/// <param name="By">Who said it.</param>
public sealed record MissionReopened(string Mission, DateTimeOffset Start, DateTimeOffset At, string? By) : ILedgerEvent;

/// <summary>The first start or the last end was wrong; null leaves an edge where it was.</summary>
/// <param name="Mission">Id.</param>
/// <param name="Start">New first edge.</param>
/// <param name="End">New last edge.</param>
/// <param name="At">When it was said.</param>
/// <param name="By">Who said it.</param>
public sealed record MissionWindowCorrected(string Mission, DateTimeOffset? Start, DateTimeOffset? End, DateTimeOffset At, string? By) : ILedgerEvent;

/// <summary>What a mission is called, refers to, weighs or who works on it was edited; null leaves a value as it was.</summary>
/// <param name="Mission">Id.</param>
/// <param name="Title">New title.</param>
/// <param name="Ref">New reference; empty: none.</param>
/// <param name="Agents">New agents.</param>
/// <param name="Weight">New weight.</param>
/// <param name="At">When it was said.</param>
/// <param name="By">Who said it.</param>
public sealed record MissionEdited(
    string Mission, string? Title, string? Ref, IReadOnlyList<string>? Agents, int? Weight, DateTimeOffset At, string? By) : ILedgerEvent;

/// <summary>The mission counts as never begun: it has no windows any more, and its spend goes back to whom it came from.</summary>
/// <param name="Mission">Id.</param>
/// <param name="At">When it was said.</param>
/// <param name="By">Who said it.</param>
public sealed record MissionCancelled(string Mission, DateTimeOffset At, string? By) : ILedgerEvent;
