using System.Text.Json;
using Ledger.Alerts;

namespace Ledger.Contracts;

/// <summary>Alerts, the latest first: <c>GET /api/v1/alerts</c>. What people were told, and what became of it.</summary>
/// <param name="Alerts">At most as many as were asked for.</param>
/// <param name="More">There are more.</param>
/// <param name="AsOf">Where the answer stands.</param>
public sealed record AlertList(IReadOnlyList<AlertSummary> Alerts, bool More, AsOfSummary AsOf);

/// <summary>An alert.</summary>
/// <param name="Id">Id.</param>
/// <param name="Kind"><c>budget</c>, <c>runway</c>, <c>anomaly</c>, <c>stale</c>, <c>mission</c>, <c>key</c>, <c>restatement</c>, <c>history</c>.</param>
/// <param name="Severity"><c>info</c>, <c>warning</c>, <c>critical</c>.</param>
/// <param name="Headline">One line for people.</param>
/// <param name="State"><c>open</c>, <c>acknowledged</c>, <c>recovered</c>, <c>replaced</c> by a worse level of the same budget or credit, or <c>over</c>: with its window, or because what it is about has changed.</param>
/// <param name="At">When it was raised.</param>
/// <param name="RecoveredAt">When it was over.</param>
/// <param name="AcknowledgedAt">When somebody said that they had seen it.</param>
/// <param name="AcknowledgedBy">Who.</param>
/// <param name="Scope">What it is about.</param>
/// <param name="Event">All it says, as the log holds it.</param>
public sealed record AlertSummary(
    string Id, string Kind, Severity Severity, string Headline, string State, DateTimeOffset At, DateTimeOffset? RecoveredAt, DateTimeOffset? AcknowledgedAt, string? AcknowledgedBy, string Scope,
    JsonElement Event);

/// <summary>An alert that somebody has seen: <c>POST /api/v1/alerts/{id}/ack</c>. Once is enough: a second time changes nothing.</summary>
public sealed record AlertAnswer(AlertSummary Alert);
