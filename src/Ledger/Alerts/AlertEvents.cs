using System.Text.Json.Serialization;
using Ledger.Budgets;
using Ledger.Forecasts;
using Ledger.Money;

namespace Ledger.Alerts;

/// <summary>Something people are told of, once.</summary>
public interface IAlert : ILedgerEvent
{
    /// <summary>Id, derived from the key: the same trouble has the same alert.</summary>
    string Alert { get; }

    /// <summary>What makes it this alert: budget, period, basis, threshold …</summary>
    string Key { get; }

    /// <summary>How much it matters.</summary>
    Severity Severity { get; }

    /// <summary>When it was raised.</summary>
    DateTimeOffset At { get; }
}

/// <summary>Good news about an alert.</summary>
public interface IRecovery : ILedgerEvent
{
    /// <summary>The alert it ends.</summary>
    string Alert { get; }

    /// <summary>When.</summary>
    DateTimeOffset At { get; }
}

/// <summary>Spend, or what it is forecast to be, crossed a threshold of a budget.</summary>
public sealed record BudgetThresholdCrossed : IAlert
{
    /// <summary>Id, derived from the key.</summary>
    public required string Alert { get; init; }

    /// <summary>Budget, period, window, arming, basis and threshold.</summary>
    public required string Key { get; init; }

    /// <summary>How much it matters.</summary>
    public required Severity Severity { get; init; }

    /// <summary>Budget id.</summary>
    public required string Budget { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its scope.</summary>
    public required string Scope { get; init; }

    /// <summary>What people call what the scope names: a label, a title. Null: it is called by its id, or 0.1 wrote the event.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ScopeName { get; init; }

    /// <summary>The period's kind.</summary>
    public required string Period { get; init; }

    /// <summary>The period's window.</summary>
    public required Interval Window { get; init; }

    /// <summary>The threshold.</summary>
    public required Threshold Threshold { get; init; }

    /// <summary>Spent in the window so far.</summary>
    public required Usd Spent { get; init; }

    /// <summary>The limit that counts now.</summary>
    public required Usd Limit { get; init; }

    /// <summary>What the period will have cost; says why when that can't be said.</summary>
    public required Forecast Forecast { get; init; }

    /// <summary>What it comes from and what to do.</summary>
    public required Circumstances Circumstances { get; init; }

    /// <summary>Other thresholds found crossed at the same moment: one message tells of all. Null: none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Threshold>? Also { get; init; }

    /// <summary>The alert that tells of this one too; null: this one is told itself.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ToldBy { get; init; }

    /// <summary>It stands in the list and the digest, and nobody was told: what is left will do.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Quiet { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }
}

/// <summary>A crossed threshold is clear again by five percent of the limit: restated, raised, or the forecast fell.</summary>
/// <param name="Alert">The alert it ends.</param>
/// <param name="Budget">Budget id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Threshold">The threshold.</param>
/// <param name="Spent">Spent in the window.</param>
/// <param name="Limit">The limit that counts now.</param>
/// <param name="At">When.</param>
public sealed record BudgetRecovered(string Alert, string Budget, string Name, Threshold Threshold, Usd Spent, Usd Limit, DateTimeOffset At) : IRecovery;

/// <summary>Prepaid credit is about to run out.</summary>
/// <param name="Alert">Id.</param>
/// <param name="Key">Account, level and which filling of the credit.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Account">Account id.</param>
/// <param name="Level"><c>72h</c>, <c>24h</c>, <c>4h</c> left, or <c>50%</c>, <c>20%</c>, <c>10%</c> of the credit left.</param>
/// <param name="Circumstances">With the runway.</param>
/// <param name="At">When.</param>
/// <param name="ToldBy">The alert whose message tells of this one too; null: it has its own.</param>
public sealed record RunwayShort(
    string Alert, string Key, Severity Severity, string Account, string Level, Circumstances Circumstances, DateTimeOffset At,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ToldBy = null) : IAlert;

/// <summary>Credit was bought, or spending slowed by so much that the level is clear again.</summary>
/// <param name="Alert">The alert it ends.</param>
/// <param name="Account">Account id.</param>
/// <param name="Level">The level.</param>
/// <param name="Left">Credit left.</param>
/// <param name="At">When.</param>
public sealed record RunwayRecovered(string Alert, string Account, string Level, Usd Left, DateTimeOffset At) : IRecovery;

/// <summary>An agent spends much more than it usually does at this hour of this weekday.</summary>
/// <param name="Alert">Id.</param>
/// <param name="Key">Agent and UTC day.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Agent">Agent id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Hour">Start of the hour.</param>
/// <param name="Spent">Spent in that hour so far.</param>
/// <param name="Usual">What is usual.</param>
/// <param name="Circumstances">What it comes from.</param>
/// <param name="At">When.</param>
public sealed record SpendAnomalous(
    string Alert, string Key, Severity Severity, string Agent, string Name, DateTimeOffset Hour, Usd Spent, Usd Usual, Circumstances Circumstances, DateTimeOffset At) : IAlert;

/// <summary>An account is not being read: what is spent now is not seen.</summary>
/// <param name="Alert">Id.</param>
/// <param name="Key">Account and since when.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Account">Account id.</param>
/// <param name="AccountName">Its label.</param>
/// <param name="Through">How far its data reaches; null: nothing was ever read.</param>
/// <param name="Reason">Why, in words; null when unknown.</param>
/// <param name="At">When.</param>
public sealed record SourceStale(string Alert, string Key, Severity Severity, string Account, string AccountName, DateTimeOffset? Through, string? Reason, DateTimeOffset At) : IAlert;

/// <summary>An account is read again.</summary>
/// <param name="Alert">The alert it ends.</param>
/// <param name="Account">Account id.</param>
/// <param name="AccountName">Its label.</param>
/// <param name="At">When.</param>
public sealed record SourceRecovered(string Alert, string Account, string AccountName, DateTimeOffset At) : IRecovery;

/// <summary>A mission is open that nobody seems to work on: it goes on taking its agents' spend.</summary>
/// <param name="Alert">Id.</param>
/// <param name="Key">Mission and window.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Mission">Mission id.</param>
/// <param name="Title">Its title.</param>
/// <param name="Ref">Its reference.</param>
/// <param name="Agents">Its agents.</param>
/// <param name="Since">Start of the open window.</param>
/// <param name="Billed">What it cost so far; null when unknown.</param>
/// <param name="At">When.</param>
public sealed record MissionLeftOpen(
    string Alert, string Key, Severity Severity, string Mission, string Title, string? Ref, IReadOnlyList<string> Agents, DateTimeOffset Since, Usd? Billed, DateTimeOffset At) : IAlert;

/// <summary>Several agents spend through one key: no bill can tell them apart.</summary>
/// <param name="Alert">Id.</param>
/// <param name="Key">Key and its owners.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Account">Account id.</param>
/// <param name="Shared">The key, its agents, and what was billed through it in the last 24 hours of data.</param>
/// <param name="At">When.</param>
public sealed record KeyShared(string Alert, string Key, Severity Severity, string Account, SharedKey Shared, DateTimeOffset At) : IAlert;

/// <summary>The provider changed figures of the past by a lot.</summary>
/// <param name="Alert">Id.</param>
/// <param name="Key">Account and position.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Account">Account id.</param>
/// <param name="AccountName">Its label.</param>
/// <param name="Moved">By how much, signed.</param>
/// <param name="Days">The UTC days concerned.</param>
/// <param name="AsOf">Position of the reading.</param>
/// <param name="At">When.</param>
public sealed record LargeRestatement(string Alert, string Key, Severity Severity, string Account, string AccountName, Usd Moved, Interval Days, long AsOf, DateTimeOffset At) : IAlert;

/// <summary>The past was read in. What it had crossed before anybody watched is said here, once.</summary>
/// <param name="Alert">Id.</param>
/// <param name="Key">Account and connection.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Account">Account id.</param>
/// <param name="AccountName">Its label.</param>
/// <param name="Window">The time read in.</param>
/// <param name="Spent">What was spent in it.</param>
/// <param name="Passed">Thresholds that history alone had passed.</param>
/// <param name="Circumstances">What it went to.</param>
/// <param name="At">When.</param>
public sealed record HistoryImported(
    string Alert, string Key, Severity Severity, string Account, string AccountName, Interval Window, Usd Spent, IReadOnlyList<PassedThreshold> Passed, Circumstances Circumstances, DateTimeOffset At) : IAlert;

/// <summary>A threshold that was passed before anybody watched.</summary>
/// <param name="Budget">Budget id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Period">The period's kind.</param>
/// <param name="Threshold">The highest threshold passed.</param>
/// <param name="Spent">Spent in its window.</param>
/// <param name="Limit">Its limit.</param>
public sealed record PassedThreshold(string Budget, string Name, string Period, Threshold Threshold, Usd Spent, Usd Limit);

/// <summary>Somebody has seen an alert.</summary>
/// <param name="Alert">Id.</param>
/// <param name="At">When.</param>
/// <param name="By">Who.</param>
public sealed record AlertAcknowledged(string Alert, DateTimeOffset At, string? By) : ILedgerEvent;
