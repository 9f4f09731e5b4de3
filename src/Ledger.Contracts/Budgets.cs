using Ledger.Alerts;
using Ledger.Forecasts;
using Ledger.Money;

namespace Ledger.Contracts;

/// <summary>Says what may be spent in a scope, and who is told before it is: <c>POST /api/v1/budgets</c>. The same name sets it anew, all of it.</summary>
/// <param name="Name">What people call it; without one it is named by its scope.</param>
/// <param name="Scope"><c>all</c>, or <c>account:</c>, <c>agent:</c>, <c>key:</c>, <c>model:</c>, <c>unit:</c> or <c>mission:</c> and a name.</param>
/// <param name="Limits">One per period, at least one.</param>
/// <param name="Zone">IANA name of the time zone its periods are cut in; UTC when none is given.</param>
/// <param name="WeekStart"><c>monday</c> (default) to <c>sunday</c>.</param>
/// <param name="Thresholds"><c>80%</c>, <c>$25</c>, <c>forecast 100%</c>; without any: 50, 80 and 100 %, and forecast 100 %.</param>
/// <param name="Recipients">E-mail addresses; none: the installation's own.</param>
/// <param name="Channels"><c>email</c>, <c>slack</c>, <c>webhook</c>, <c>exec</c>; none: all that are configured.</param>
public sealed record SetBudget(
    string? Name, string? Scope, IReadOnlyList<WantedLimit>? Limits, string? Zone, string? WeekStart, IReadOnlyList<string>? Thresholds, IReadOnlyList<string>? Recipients,
    IReadOnlyList<string>? Channels);

/// <summary>A limit for one period.</summary>
/// <param name="Period"><c>day</c>, <c>week</c>, <c>month</c>, <c>quarter</c>, <c>life</c> (of a mission), or <c>FROM..UNTIL</c>.</param>
/// <param name="Limit">Dollars, above 0.</param>
public sealed record WantedLimit(string? Period, Amount? Limit);

/// <summary>Another limit for one period, for a while; after that the old one counts again: <c>POST /api/v1/budgets/{name}/raise</c>.</summary>
/// <param name="Limit">The limit meanwhile, above the one that was set.</param>
/// <param name="Until">When the old limit counts again.</param>
/// <param name="Period">Which; it may be left out where the budget has only one.</param>
public sealed record RaiseBudget(Amount? Limit, string? Until, string? Period);

/// <summary>What a command about one budget answers.</summary>
/// <param name="Budget">As it is now, with where it stands.</param>
/// <param name="Change"><c>set</c>, <c>changed</c>, <c>unchanged</c>, <c>raised</c> or <c>closed</c>.</param>
public sealed record BudgetAnswer(BudgetSummary Budget, string Change);

/// <summary>A budget, each of its periods with where it stands.</summary>
/// <param name="Id">Derived from the name.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Scope">By ids: <c>agent:ba</c>, <c>mission:m-1a2b3c4d</c>.</param>
/// <param name="ScopeName">By the names people use: <c>mission:owner/repo#3</c>.</param>
/// <param name="Zone">IANA name of its time zone.</param>
/// <param name="WeekStart">First day of its weeks.</param>
/// <param name="Thresholds">In rising order per basis.</param>
/// <param name="Recipients">E-mail addresses; empty: the installation's own.</param>
/// <param name="Channels">Empty: all that are configured.</param>
/// <param name="Closed">Watched no longer.</param>
/// <param name="SetAt">When it was last set.</param>
/// <param name="Periods">Its periods.</param>
public sealed record BudgetSummary(
    string Id, string Name, string Scope, string ScopeName, string Zone, string WeekStart, IReadOnlyList<string> Thresholds, IReadOnlyList<string> Recipients, IReadOnlyList<string> Channels,
    bool Closed, DateTimeOffset SetAt, IReadOnlyList<PeriodSummary> Periods);

/// <summary>A period of a budget.</summary>
/// <param name="Period">As the budget writes it.</param>
/// <param name="Window">The window it is in; null: it has none now.</param>
/// <param name="Limit">The limit that counts now.</param>
/// <param name="SetLimit">The limit as it was set.</param>
/// <param name="RaisedUntil">While it is raised: until when.</param>
/// <param name="Spent">Null: not known.</param>
/// <param name="Percent">Spent of the limit; null: not known.</param>
/// <param name="Forecast">At the window's end.</param>
/// <param name="RunsOut">When the limit is reached at this pace; null: not in this window, or not known.</param>
/// <param name="Resets">When the next window begins; null: there is none.</param>
/// <param name="State"><c>ok</c>, <c>warn</c>, <c>over</c>, <c>unknown</c>.</param>
/// <param name="Passed">Thresholds that are passed now.</param>
public sealed record PeriodSummary(
    string Period, Interval? Window, Usd Limit, Usd SetLimit, DateTimeOffset? RaisedUntil, Usd? Spent, decimal? Percent, Forecast Forecast, DateTimeOffset? RunsOut, DateTimeOffset? Resets, string State,
    IReadOnlyList<string> Passed);

/// <summary>Budgets with where each of their periods stands: <c>GET /api/v1/budgets</c>.</summary>
/// <param name="Budgets">By name.</param>
/// <param name="More">There are more than these.</param>
/// <param name="AsOf">Where the answer stands.</param>
/// <param name="Data">How far its figures can be relied on.</param>
public sealed record BudgetList(IReadOnlyList<BudgetSummary> Budgets, bool More, AsOfSummary AsOf, DataSummary Data);

/// <summary>A declared file: <c>POST /api/v1/budgets/plan</c> says what it would change.</summary>
/// <param name="Budgets">What there should be.</param>
/// <param name="Prune">Close budgets that are not in the file.</param>
public sealed record PlanBudgets(IReadOnlyList<SetBudget>? Budgets, bool? Prune);

/// <summary>A declared file: <c>POST /api/v1/budgets/apply</c> makes the budgets what it says, all of it or nothing.</summary>
/// <param name="Budgets">What there should be.</param>
/// <param name="Prune">Close budgets that are not in the file.</param>
public sealed record ApplyBudgets(IReadOnlyList<SetBudget>? Budgets, bool? Prune);

/// <summary>The difference between a declared file and the budgets there are.</summary>
/// <param name="Budgets">Those of the file in its order, then those that are closed.</param>
/// <param name="Set">How many are new.</param>
/// <param name="Changed">How many become other ones.</param>
/// <param name="Closed">How many are closed.</param>
/// <param name="Unchanged">How many are as wanted already.</param>
/// <param name="Changes">Whether there is any change.</param>
public sealed record BudgetPlan(IReadOnlyList<PlannedBudget> Budgets, int Set, int Changed, int Closed, int Unchanged, bool Changes);

/// <summary>What a declared file does to a budget.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Action"><c>set</c>, <c>changed</c>, <c>closed</c>, <c>unchanged</c>.</param>
/// <param name="Differences">Field by field.</param>
public sealed record PlannedBudget(string Name, string Action, IReadOnlyList<BudgetDifference> Differences);

/// <summary>A field that is or becomes another.</summary>
/// <param name="Field">The field.</param>
/// <param name="Before">Null: there was none.</param>
/// <param name="After">Null: there is none any more.</param>
public sealed record BudgetDifference(string Field, string? Before, string? After);

/// <summary>
/// Which alerts budgets would have sent, and when: those given, else those there are. Readings are replayed as they arrived; nothing is
/// changed and nobody is told. <c>POST /api/v1/budgets/backtest</c>.
/// </summary>
/// <param name="Budgets">Null: those there are.</param>
/// <param name="Since">Where it begins; 90 days ago when it is not given.</param>
/// <param name="Until">Where it ends.</param>
public sealed record BacktestBudgets(IReadOnlyList<SetBudget>? Budgets, string? Since, string? Until);

/// <summary>The alerts, in order.</summary>
/// <param name="Since">Where it begins.</param>
/// <param name="Until">Where it ends.</param>
/// <param name="Count">How many alerts, in all.</param>
/// <param name="Alerts">The first thousand of them.</param>
/// <param name="More">There would be more: there are too many, or the replay took too long.</param>
/// <param name="Data">How far the figures can be relied on.</param>
public sealed record BacktestAnswer(DateTimeOffset Since, DateTimeOffset Until, int Count, IReadOnlyList<BacktestAlert> Alerts, bool More, DataSummary Data);

/// <summary>An alert that would have been sent. Several thresholds crossed at once are one alert, the highest.</summary>
/// <param name="At">When the figure was, or would have been, known.</param>
/// <param name="Budget">Name of the budget.</param>
/// <param name="Scope">Its scope, by the names people use.</param>
/// <param name="Period">The period.</param>
/// <param name="Window">Its window.</param>
/// <param name="Threshold">The threshold.</param>
/// <param name="Basis"><c>actual</c> or <c>forecast</c>.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Spent">Spent by then.</param>
/// <param name="Limit">The limit.</param>
/// <param name="Forecast">What the period would have cost, as one could tell then; null: one could not.</param>
/// <param name="Also">Other thresholds crossed at the same moment.</param>
/// <param name="Drivers">What it came from.</param>
/// <param name="RunsOut">When prepaid credit would have run out; null: not known.</param>
public sealed record BacktestAlert(
    DateTimeOffset At, string Budget, string Scope, string Period, Interval Window, string Threshold, string Basis, Severity Severity, Usd Spent, Usd Limit, Usd? Forecast, IReadOnlyList<string> Also,
    IReadOnlyList<Driver> Drivers, DateTimeOffset? RunsOut);
