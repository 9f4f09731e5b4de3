using System.Text.Json.Serialization;
using Ledger.Alerts;
using Ledger.Digests;
using Ledger.Forecasts;
using Ledger.Money;

namespace Ledger.Contracts;

/// <summary>Everything at a glance: <c>GET /api/v1/status</c>.</summary>
/// <param name="Version">The service's.</param>
/// <param name="Position">Last position of the log.</param>
/// <param name="Chain">The last hash of the chain over the log, in hexadecimal.</param>
/// <param name="Views">How far what is computed from the log is.</param>
/// <param name="Accounts">How fresh each account's figures are.</param>
/// <param name="MissionsOpen">At most 100, the longest open first.</param>
/// <param name="Outbox">What waits to be delivered.</param>
/// <param name="Spend">What was billed; null: not known.</param>
/// <param name="Credit">Prepaid credit.</param>
/// <param name="Alerts">What people were told and nobody has seen to.</param>
/// <param name="BudgetsOver">Periods of budgets whose limit is reached.</param>
/// <param name="Nodes">The services that share the database; empty where one was told that it is alone.</param>
/// <param name="PollEverySeconds">How often an account is read.</param>
/// <param name="Warnings">What somebody should look at, in words.</param>
/// <param name="Needs">What needs somebody, the worst first: as the digest begins.</param>
/// <param name="Budgets">The budgets that matter most, at most 30: over, past a warning, unknown, fine.</param>
/// <param name="Runways">When prepaid credit ends, account by account.</param>
public sealed record ServiceStatus(
    string Version, long Position, string Chain, IReadOnlyList<ViewStatus> Views, IReadOnlyList<AccountStatus> Accounts, IReadOnlyList<OpenMission> MissionsOpen, OutboxStatus Outbox,
    SpendStatus Spend, CreditStatus Credit, AlertsStatus Alerts, IReadOnlyList<BudgetOver> BudgetsOver, IReadOnlyList<NodeStatus> Nodes, double PollEverySeconds, IReadOnlyList<string> Warnings,
    IReadOnlyList<NeedStatus> Needs, IReadOnlyList<DigestBudget> Budgets, IReadOnlyList<Runway> Runways);

/// <summary>Something that needs somebody.</summary>
/// <param name="Severity"><c>critical</c>: act now. <c>warning</c>: it will need somebody if nothing changes.</param>
/// <param name="What">A sentence with its figure.</param>
/// <param name="Why">Until when, since when, or why; null: there is no more to say.</param>
public sealed record NeedStatus(Severity Severity, string What, string? Why);

/// <summary>How far something that is computed from the log is.</summary>
/// <param name="Name"><c>spend</c> (the money views), <c>chain</c> (the hash chain) or <c>watch</c> (what alerts are found from).</param>
/// <param name="Position">Up to where.</param>
/// <param name="Lag">How many events are missing.</param>
public sealed record ViewStatus(string Name, long Position, long Lag);

/// <summary>One of the services that share the database.</summary>
/// <param name="Number">Its number, which no other has had.</param>
/// <param name="Machine">Where it runs.</param>
/// <param name="Since">When it started.</param>
/// <param name="Seen">When it last said that it is there.</param>
/// <param name="Silent">It has not said so for so long that the others take over what it ran.</param>
/// <param name="Runs">What runs there only: <c>leader</c>, schedules by name, <c>polls1</c> to <c>polls8</c>, the views by name.</param>
public sealed record NodeStatus(int Number, string Machine, DateTimeOffset Since, DateTimeOffset Seen, bool Silent, IReadOnlyList<string> Runs);

/// <summary>How fresh an account's figures are; as in <see cref="AccountSummary"/>. Removed accounts come last.</summary>
/// <param name="Label">See <see cref="AccountSummary"/>, as for those up to <paramref name="Error"/>.</param>
/// <param name="Provider">See there.</param>
/// <param name="State">See there.</param>
/// <param name="Since">See there.</param>
/// <param name="Through">See there.</param>
/// <param name="LagSeconds">See there.</param>
/// <param name="Stale">See there.</param>
/// <param name="Error">See there.</param>
/// <param name="LookedAfter">How far back its figures are read again; null: it is removed.</param>
/// <param name="Unsplit">Stretches in which a mission begins or ends, or a key changes hands, and that are told less finely than they could be; the newest 20.</param>
/// <param name="UnsplitCount">How many there are.</param>
/// <param name="Notes">What else somebody should know, in sentences: widths that the provider does not serve, clocks that differ.</param>
public sealed record AccountStatus(
    string Label, string Provider, string State, DateTimeOffset? Since, DateTimeOffset? Through, long? LagSeconds, bool Stale, AccountError? Error,
    LookedAfterSummary? LookedAfter, IReadOnlyList<UnsplitSummary> Unsplit, int UnsplitCount, IReadOnlyList<string> Notes);

/// <summary>How far back an account's figures are read again, so that what the provider corrects late is seen. <c>accounts/{label}/sync</c> with <c>since</c> reads further back.</summary>
/// <param name="DailyDays">So many days are read again each day.</param>
/// <param name="DailyAt">When that, or more, was last done; null: not yet.</param>
/// <param name="MonthlyDays">So many days are read again every 30 days.</param>
/// <param name="MonthlyAt">When that, or more, was last done; null: not yet.</param>
public sealed record LookedAfterSummary(int DailyDays, DateTimeOffset? DailyAt, int MonthlyDays, DateTimeOffset? MonthlyAt);

/// <summary>A stretch with an edge inside that is told less finely than it could be, so that a mission's bounds are wider there.</summary>
/// <param name="Start">Its start.</param>
/// <param name="End">Its end.</param>
/// <param name="Seconds">The width that was wanted: 900, 60 or 1.</param>
/// <param name="Reason">Stable: <c>refused</c>, <c>does not add up</c>, <c>cut off</c> or <c>broken</c>.</param>
/// <param name="Detail">The same in words, to follow the stretch: <c>stays whole: …</c></param>
/// <param name="TriedAt">When it was last tried.</param>
public sealed record UnsplitSummary(DateTimeOffset Start, DateTimeOffset End, int Seconds, string Reason, string Detail, DateTimeOffset TriedAt);

/// <summary>A mission that is open, with what it cost so far; null: unknown.</summary>
public sealed record OpenMission(string Id, string Title, string? Ref, DateTimeOffset Start, IReadOnlyList<string> Agents, Usd? Billed, Usd? Low, Usd? High)
{
    /// <summary>What the agents are called, in their order, where that is not their ids.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? AgentNames { get; init; }
}

/// <summary>What waits to be delivered.</summary>
/// <param name="Waiting">Messages not yet delivered and not dead.</param>
/// <param name="Dead">Messages set aside.</param>
/// <param name="OldestWaiting">Since when the oldest undelivered message has waited.</param>
/// <param name="OldestSeconds">How long that is.</param>
/// <param name="Channels">Where messages go.</param>
public sealed record OutboxStatus(long Waiting, long Dead, DateTimeOffset? OldestWaiting, long? OldestSeconds, IReadOnlyList<ChannelState> Channels);

/// <summary>What was billed today, this week and this month, in the team's time zone, and the whole day and week before; null while nothing was read.</summary>
public sealed record SpendStatus(Usd? Today, Usd? Yesterday, Usd? Week, Usd? LastWeek, Usd? MonthToDate, Usd? Unassigned);

/// <summary>Prepaid credit left over all accounts.</summary>
/// <param name="Left">At most so much: what was left when the balances were read, less what was billed since. Null: not known of one of them.</param>
/// <param name="ReadAt">When the balance was read that was read longest ago; null: none was.</param>
/// <param name="BilledSince">Billed since then; null: none was read.</param>
/// <param name="Stale">A balance was read longer ago than two polls take.</param>
public sealed record CreditStatus(Usd? Left, DateTimeOffset? ReadAt, Usd? BilledSince, bool Stale);

/// <summary>Alerts that are not over and that nobody has acknowledged, and the latest of them.</summary>
public sealed record AlertsStatus(int Open, IReadOnlyList<AlertLine> Latest);

/// <summary>An alert in few words.</summary>
public sealed record AlertLine(string Id, DateTimeOffset At, Severity Severity, string Headline);

/// <summary>A period of a budget whose limit is reached.</summary>
public sealed record BudgetOver(string Name, string Period, Usd Spent, Usd Limit);

/// <summary>What an operator should know, each with what to do about it: <c>GET /api/v1/doctor</c>.</summary>
/// <param name="Ok">Nothing was found that needs fixing.</param>
/// <param name="Checks">In the order they were made.</param>
public sealed record Diagnosis(bool Ok, IReadOnlyList<DoctorCheck> Checks);

/// <summary>One finding.</summary>
/// <param name="Name">Stable.</param>
/// <param name="Ok">Null: could not be found out, or neither good nor bad.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Fix">What to do about it.</param>
public sealed record DoctorCheck(string Name, bool? Ok, string Detail, string? Fix);

/// <summary>Whether the service runs: <c>GET /health/live</c>.</summary>
public sealed record LiveStatus(string Status);

/// <summary>Whether the service works: <c>GET /health/ready</c>; 503 when a check fails.</summary>
public sealed record ReadyStatus(string Status, IReadOnlyList<ReadyCheck> Checks);

/// <summary>What was looked at.</summary>
public sealed record ReadyCheck(string Name, bool Ok, string? Detail);

/// <summary>What checking the books found: <c>POST /api/v1/verify</c>.</summary>
/// <param name="Ok">Every law holds. When not, the command line exits 70.</param>
/// <param name="Position">Up to where the log was checked.</param>
/// <param name="Chain">The last hash of the chain, in hexadecimal.</param>
/// <param name="Checks">Each law.</param>
public sealed record Verified(bool Ok, long Position, string Chain, IReadOnlyList<VerifiedLaw> Checks);

/// <summary>A law of the books.</summary>
/// <param name="Law">Its name.</param>
/// <param name="Ok">Whether it holds.</param>
/// <param name="Checked">How many things were looked at.</param>
/// <param name="Detail">Where it is broken first; null when it holds.</param>
public sealed record VerifiedLaw(string Law, bool Ok, long Checked, string? Detail);

/// <summary>Computes the money views anew from the first event, compares, and swaps the new ones in: <c>POST /api/v1/rebuild</c>.</summary>
/// <param name="View"><c>spend</c>, the only one.</param>
public sealed record Rebuild(string? View);

/// <summary>What a rebuild found.</summary>
public sealed record Rebuilt(IReadOnlyList<RebuiltView> Views);

/// <summary>A view that was computed anew.</summary>
/// <param name="Name">Which.</param>
/// <param name="Position">Where both were compared.</param>
/// <param name="Rows">Rows computed from the log.</param>
/// <param name="Equal">The old one held the same. When not, the command line exits 70.</param>
/// <param name="FirstDifference">Where not, first.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record RebuiltView(string Name, long Position, long Rows, bool Equal, string? FirstDifference, double Seconds);
