using System.Text.Json.Serialization;
using Ledger.Alerts;
using Ledger.Forecasts;
using Ledger.Money;

namespace Ledger.Digests;

/// <summary>
/// A week's digest was composed, as of a position, and handed over for delivery. What it says stays what it said: later edits and
/// restatements are the next digest's news.
/// </summary>
/// <param name="Team">Whose.</param>
/// <param name="Week">ISO week: <c>2026-W47</c>.</param>
/// <param name="Subject">The mail's subject.</param>
/// <param name="Digest">All it says.</param>
/// <param name="Recipients">Who it was for.</param>
/// <param name="At">When.</param>
/// <param name="By">Who asked; null: the schedule.</param>
public sealed record DigestComposed(string Team, string Week, string Subject, Digest Digest, IReadOnlyList<string> Recipients, DateTimeOffset At, string? By) : ILedgerEvent
{
    /// <summary>The stream of a team's digests of a week.</summary>
    public static string StreamOf(string team, string week) => $"digest-{Ids.Short("t", team)}-{week}";
}

/// <summary>Everything a weekly digest says, as data: texts, pages and mails are made from this alone.</summary>
public sealed record Digest
{
    /// <summary>Whose.</summary>
    public required string Team { get; init; }

    /// <summary>ISO week: <c>2026-W47</c>.</summary>
    public required string Week { get; init; }

    /// <summary>The week's window.</summary>
    public required Interval Window { get; init; }

    /// <summary>IANA name of the zone the week is cut in.</summary>
    public required string Zone { get; init; }

    /// <summary>Position the figures stand at.</summary>
    public required long AsOf { get; init; }

    /// <summary>Chain hash there, in hex.</summary>
    public required string Chain { get; init; }

    /// <summary>When it was composed.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How far the data reaches; null: nothing was ever read.</summary>
    public required DateTimeOffset? Through { get; init; }

    /// <summary>Billed in the week; null: not known.</summary>
    public required Usd? Total { get; init; }

    /// <summary>The part of it that may still move.</summary>
    public required Usd? Preliminary { get; init; }

    /// <summary>Billed in the week before, by what is known now; null: not known.</summary>
    public required Usd? Before { get; init; }

    /// <summary>The week's days in the digest's zone, in order, and what each cost; null: not known, or an earlier version composed it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<DigestDay>? Days { get; init; }

    /// <summary>Billed in the month the week ends in, so far; null: not known.</summary>
    public required Usd? MonthToDate { get; init; }

    /// <summary>What that month will have cost.</summary>
    public required Forecast Month { get; init; }

    /// <summary>Prepaid credit, account by account, where there is any.</summary>
    public required IReadOnlyList<Runway> Runways { get; init; }

    /// <summary>Open budgets, worst first.</summary>
    public required IReadOnlyList<DigestBudget> Budgets { get; init; }

    /// <summary>Missions of the week by what they cost in it, at most five.</summary>
    public required IReadOnlyList<DigestMission> Missions { get; init; }

    /// <summary>What the missions beyond those cost, and how many they are.</summary>
    public required DigestRest OtherMissions { get; init; }

    /// <summary>Missions that ended in the week.</summary>
    public required int MissionsEnded { get; init; }

    /// <summary>Missions that are open and had begun by the week's end; null: an earlier version composed it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? MissionsOpen { get; init; }

    /// <summary>By agent, at most five and <c>(other)</c>; <c>(unassigned)</c> is one of them.</summary>
    public required IReadOnlyList<DigestPart> ByAgent { get; init; }

    /// <summary>By model, at most five and <c>(other)</c>.</summary>
    public required IReadOnlyList<DigestPart> ByModel { get; init; }

    /// <summary>Spent by agents without a mission; null: not known.</summary>
    public required Usd? Idle { get; init; }

    /// <summary>Spent through keys nobody owns; null: not known.</summary>
    public required Usd? Unassigned { get; init; }

    /// <summary>The one thing that would shrink the leftovers most; null when there are none.</summary>
    public required Recommendation? Fix { get; init; }

    /// <summary>Alerts raised in the week, latest first, at most ten.</summary>
    public required IReadOnlyList<DigestAlert> Alerts { get; init; }

    /// <summary>How many there were in all.</summary>
    public required int AlertsInAll { get; init; }

    /// <summary>What earlier digests said and what their weeks cost by now, where that differs.</summary>
    public required IReadOnlyList<DigestMoved> Moved { get; init; }

    /// <summary>What smaller buckets of the provider moved in earlier weeks since the last digest; null: nothing, or there was none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DigestRefined? Refined { get; init; }

    /// <summary>Where data is missing or stale.</summary>
    public required IReadOnlyList<DigestGap> Gaps { get; init; }

    /// <summary>At most three, largest effect first.</summary>
    public required IReadOnlyList<Recommendation> Recommendations { get; init; }

    /// <summary>The command that shows these figures again.</summary>
    public required string Reproduce { get; init; }
}

/// <summary>A day of a digest's week.</summary>
/// <param name="Day">The day.</param>
/// <param name="Billed">Billed on it; null: it is still to come.</param>
public sealed record DigestDay(DateOnly Day, Usd? Billed);

/// <summary>A budget in a digest.</summary>
/// <param name="Name">Name.</param>
/// <param name="Scope">What it limits, in people's names.</param>
/// <param name="Period">Period.</param>
/// <param name="Window">The window it is in.</param>
/// <param name="Limit">Limit that counts now.</param>
/// <param name="Spent">Spent; null: not known.</param>
/// <param name="Forecast">At the period's end.</param>
/// <param name="State"><c>ok</c>, <c>warn</c>, <c>over</c>, <c>unknown</c>.</param>
/// <param name="DaysOver">On how many of the week's days it was over, where it limits days and the window is the worst of them; null: it limits other stretches.</param>
/// <param name="Zone">The zone its days are cut in; null: the digest's, or an earlier version composed it.</param>
public sealed record DigestBudget(
    string Name, string Scope, string Period, Interval Window, Usd Limit, Usd? Spent, Forecast Forecast, string State,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? DaysOver = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Zone = null);

/// <summary>A mission in a digest.</summary>
/// <param name="Mission">Id.</param>
/// <param name="Title">Title.</param>
/// <param name="Ref">Reference.</param>
/// <param name="State"><c>open</c>, <c>ended</c>.</param>
/// <param name="Billed">In the week.</param>
/// <param name="Total">In all; null: not known.</param>
/// <param name="Low">It can't have cost less in all; null: not known.</param>
/// <param name="High">It can't have cost more in all; null: not known.</param>
public sealed record DigestMission(string Mission, string Title, string? Ref, string State, Usd Billed, Usd? Total, Usd? Low, Usd? High);

/// <summary>A part of the week's spend.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Billed">Billed.</param>
/// <param name="Before">In the week before; null: not known.</param>
public sealed record DigestPart(string Name, Usd Billed, Usd? Before);

/// <summary>What a cut list left out.</summary>
/// <param name="Count">How many.</param>
/// <param name="Billed">What they cost.</param>
public sealed record DigestRest(int Count, Usd Billed);

/// <summary>An alert in a digest.</summary>
/// <param name="Alert">Id.</param>
/// <param name="At">When.</param>
/// <param name="Severity">How much it mattered.</param>
/// <param name="Headline">One line.</param>
/// <param name="Recovered">It is over.</param>
public sealed record DigestAlert(string Alert, DateTimeOffset At, Severity Severity, string Headline, bool Recovered);

/// <summary>A week whose cost is not any more what its digest said.</summary>
/// <param name="Week">ISO week.</param>
/// <param name="Said">What its digest said.</param>
/// <param name="Now">What it is by now.</param>
public sealed record DigestMoved(string Week, Usd Said, Usd Now);

/// <summary>What smaller buckets told of hours that were known as a whole before. The bill is what it was.</summary>
/// <param name="Moved">How much moved between missions and the time between them.</param>
/// <param name="Hours">In how many hours.</param>
public sealed record DigestRefined(Usd Moved, int Hours);

/// <summary>Time in the week that we know less of than we should.</summary>
/// <param name="Account">Label.</param>
/// <param name="From">From.</param>
/// <param name="Until">Until; null: still.</param>
/// <param name="Reason">Why, in words.</param>
public sealed record DigestGap(string Account, DateTimeOffset From, DateTimeOffset? Until, string Reason);
