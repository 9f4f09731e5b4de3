using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Digests;
using Ledger.Forecasts;
using Ledger.Guard;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Money;

namespace Ledger.Tests.Events;

/// <summary>One event of every kind with every field filled, and one with every field empty that may be.</summary>
internal static class Samples
{
    private static readonly DateTimeOffset at = Time("2026-11-16T10:15:00.000001Z");

    private static readonly Interval month = new(Time("2026-11-01T00:00:00Z"), Time("2026-12-01T00:00:00Z"));

    // No real threshold is in percent and in dollars: this one has every field.
    private static readonly Threshold threshold = new(Basis.Forecast, 80, Usd.Parse("24.80"));

    private static readonly Forecast forecast = new(Usd.Parse("38.4"), Usd.Parse("33.1"), Usd.Parse("45"), "rate-24h", at.AddDays(2), "nothing was spent yet");

    private static readonly Runway runway = new(
        "xai-2f7kq0m1", "prod", Usd.Parse("3.19"), Usd.Parse("31"), Usd.Parse("0.41"), Usd.Parse("9.3"), Usd.Parse("27.88"), at.AddHours(8), at.AddHours(7), at.AddHours(19), at, "nothing was read of this account yet", Usd.Parse("9.3"), at.AddMinutes(-5), Usd.Parse("0.25"), true, "xAI gives no balance: HTTP 503.");

    private static readonly SharedKey shared = new("key-vigilio", "xai-vigilio", ["ba", "vigilio"], Usd.Parse("9.3"));

    private static readonly Recommendation action = new("stop-unit", "Pause searches through xai-vigilio: saves about $4.00 a day.", Usd.Parse("4"), "day", "mission end m-4t0v9k2d");

    private static readonly Circumstances circumstances = new([new("unit", "X searches", "X searches", Usd.Parse("10"), 358)], [shared], runway, action, 812, at);

    public static IReadOnlyList<ILedgerEvent> Full { get; } =
    [
        new AccountConnected("xai-2f7kq0m1", "xai", "team_7c1e", "prod", 3600, 300, at, "olga", 60),
        new AccountEdited("xai-2f7kq0m1", "live", 900, Time("2026-11-17T00:00:00Z"), new(600), at, "olga", 900),
        new CredentialStored("xai-2f7kq0m1", "cred-8p1x", "a1b2c3", "…x9Qz", at, "olga"),
        new AccountRemoved("xai-2f7kq0m1", at, "olga"),
        new UsageSnapshotTaken
        {
            Account = "xai-2f7kq0m1",
            Reading = "9f0c5a61c2a98e7f8d1b0a4c6e2f3d57",
            Part = 1,
            Parts = 2,
            Asked = at,
            Answered = at,
            Measured = new(at.AddSeconds(1), at.AddSeconds(2)),
            Covers = new(Time("2026-11-16T09:00:00Z"), Time("2026-11-16T11:00:00Z")),
            Dimensions = DimensionSet.KeyDescriptionUnit,
            SettlementLagSeconds = 300,
            Previous = [new(Time("2026-11-16T09:00:00Z"), Time("2026-11-16T10:00:00Z"), Time("2026-11-16T09:55:00Z"), Time("2026-11-16T09:55:03Z"))],
            Lines =
            [
                new()
                {
                    Start = Time("2026-11-16T09:00:00Z"),
                    Seconds = 3600,
                    Dimensions = DimensionSet.KeyUnit,
                    Key = "key-vigilio",
                    Model = "grok-4-fast",
                    Unit = "Completion tokens",
                    Total = Usd.Parse("0.123456789"),
                    Replaces = Usd.Parse("4.5"),
                    Raw = "0.12345678901234568",
                    Withdrawn = true,
                    Closed = true,
                    MovedFrom = [new(DimensionSet.Key, "key-ba", "grok-4", "Search calls", Usd.Parse("0.1"))],
                    Retaken = true,
                },
            ],
            Missing = [new(Time("2026-11-16T09:00:00Z"), 3600, DimensionSet.Key, "key-ba", "grok-4", "Search calls")],
            Found = [new(Time("2026-11-16T10:00:00Z"), 900, DimensionSet.Key, "key-ba", "grok-4", "Search calls")],
        },
        new BalanceObserved(
            "xai-2f7kq0m1", 2026, 11, Usd.Parse("27.88"), Usd.Parse("31"), Usd.Parse("27.81"), Usd.Parse("3.19"), Usd.Parse("5"), Usd.Parse("100"), Usd.Parse("31"),
            [new("grok-4-fast", "Completion tokens", 1_234_567, "500000", Usd.Parse("0.62"))], at, at.AddSeconds(1), Usd.Parse("36"), "2026-10"),
        new PollFailed("xai-2f7kq0m1", "permission", "team-token:endpoint:BillingRead is missing", at),
        new PollRecovered("xai-2f7kq0m1", at),
        new KeySeen("xai-2f7kq0m1", "key-vigilio", "xai-vigilio", at),
        new KeyAssigned("xai-2f7kq0m1", "key-vigilio", [new("ba", 1), new("vigilio", 3)], at, at, "olga"),
        new AgentAdded("ba", "Ba", IdleRule.Yields, at, "olga"),
        new AgentEdited("ba", "Ba the second", IdleRule.Yields, at, "olga"),
        new MissionStarted("m-4t0v9k2d", "Budget TUI", "trentuna/token-monitor#3", ["ba", "vigilio"], 2, at, at, "ba"),
        new MissionEnded("m-4t0v9k2d", at, at, "ba"),
        new MissionReopened("m-4t0v9k2d", at, at, "ba"),
        new MissionWindowCorrected("m-4t0v9k2d", at, at.AddHours(1), at, "olga"),
        new MissionEdited("m-4t0v9k2d", "Budget TUI, again", "trentuna/token-monitor#4", ["ba"], 3, at, "olga"),
        new MissionCancelled("m-4t0v9k2d", at, "olga"),
        new BudgetSet
        {
            Budget = "b-7d0q2m4x",
            Name = "ba's month",
            Scope = "agent:ba",
            Limits = [new("month", Usd.Parse("31"))],
            Zone = "Europe/Brussels",
            WeekStart = DayOfWeek.Monday,
            Thresholds = [threshold],
            Recipients = ["ludo@example.org"],
            Channels = ["email"],
            At = at,
            By = "olga",
        },
        new BudgetRaised("b-7d0q2m4x", "month", Usd.Parse("45"), at.AddDays(3), at, "olga"),
        new BudgetClosed("b-7d0q2m4x", at, "olga"),
        new BudgetThresholdCrossed
        {
            Alert = "a-0m3k5v9t",
            Key = "budget:b-7d0q2m4x:month:2026-11-01T00:00:00Z:1:actual:80%",
            Severity = Severity.Critical,
            Budget = "b-7d0q2m4x",
            Name = "ba's month",
            Scope = "agent:ba",
            ScopeName = "vigilio",
            Period = "month",
            Window = month,
            Threshold = threshold,
            Spent = Usd.Parse("24.9"),
            Limit = Usd.Parse("31"),
            Forecast = forecast,
            Circumstances = circumstances,
            Also = [threshold],
            ToldBy = "a-5h8t1w3z",
            Quiet = true,
            At = at,
        },
        new BudgetRecovered("a-0m3k5v9t", "b-7d0q2m4x", "ba's month", threshold, Usd.Parse("20"), Usd.Parse("31"), at),
        new RunwayShort("a-0m3k5v9t", "runway:xai-2f7kq0m1:24h:0", Severity.Critical, "xai-2f7kq0m1", "24h", circumstances, at, "a-9w1x3y5z"),
        new RunwayRecovered("a-0m3k5v9t", "xai-2f7kq0m1", "24h", Usd.Parse("53.19"), at),
        new SpendAnomalous("a-0m3k5v9t", "anomaly:ba:2026-11-16", Severity.Warning, "ba", "Ba", Time("2026-11-16T09:00:00Z"), Usd.Parse("6.2"), Usd.Parse("1.1"), circumstances, at),
        new SourceStale("a-0m3k5v9t", "stale:xai-2f7kq0m1:2026-11-16T09:00:00Z", Severity.Warning, "xai-2f7kq0m1", "prod", Time("2026-11-16T09:00:00Z"), "the key was revoked", at),
        new SourceRecovered("a-0m3k5v9t", "xai-2f7kq0m1", "prod", at),
        new MissionLeftOpen("a-0m3k5v9t", "open:m-4t0v9k2d:2026-11-01T00:00:00Z", Severity.Warning, "m-4t0v9k2d", "Budget TUI", "trentuna/token-monitor#3", ["ba"], Time("2026-11-01T00:00:00Z"), Usd.Parse("3"), at),
        new KeyShared("a-0m3k5v9t", "shared:xai-2f7kq0m1:key-vigilio:ba,vigilio", Severity.Warning, "xai-2f7kq0m1", shared, at),
        new LargeRestatement("a-0m3k5v9t", "restated:xai-2f7kq0m1:812", Severity.Warning, "xai-2f7kq0m1", "prod", Usd.Parse("-2.5"), month, 812, at),
        new HistoryImported(
            "a-0m3k5v9t", "history:xai-2f7kq0m1:2026-11-16T10:15:00Z", Severity.Warning, "xai-2f7kq0m1", "prod", month, Usd.Parse("32.81"),
            [new("b-7d0q2m4x", "ba's month", "month", threshold, Usd.Parse("32.81"), Usd.Parse("31"))], circumstances, at),
        new AlertAcknowledged("a-0m3k5v9t", at, "olga"),
        new HoldTaken("h-3q8w1z5c", "ba", Usd.Parse("2.5"), at.AddMinutes(30), 812, at, "ba"),
        new HoldReleased("h-3q8w1z5c", at, "ba"),
        new DigestComposed("trentuna", "2026-W47", "[trentuna] AI spend week 47: $47.23 (+12%)", new()
        {
            Team = "trentuna",
            Week = "2026-W47",
            Window = month,
            Zone = "Europe/Brussels",
            AsOf = 812,
            Chain = "9f0c",
            At = at,
            Through = at,
            Total = Usd.Parse("47.23"),
            Preliminary = Usd.Parse("12"),
            Before = Usd.Parse("42.1"),
            Days = [new(new(2026, 11, 16), Usd.Parse("6.75"))],
            MonthToDate = Usd.Parse("102.5"),
            Month = forecast,
            Runways = [runway],
            Budgets = [new("ba's month", "agent Ba", "month", month, Usd.Parse("31"), Usd.Parse("24.9"), forecast, "warn", 2, "Europe/Brussels")],
            Missions = [new("m-4t0v9k2d", "Budget TUI", "trentuna/token-monitor#3", "ended", Usd.Parse("3"), Usd.Parse("4.5"), Usd.Parse("0.5"), Usd.Parse("6"))],
            OtherMissions = new(2, Usd.Parse("1.2")),
            MissionsEnded = 3,
            MissionsOpen = 2,
            ByAgent = [new("Ba", Usd.Parse("20"), Usd.Parse("18"))],
            ByModel = [new("grok-4-fast", Usd.Parse("40"), Usd.Parse("30"))],
            Idle = Usd.Parse("5"),
            Unassigned = Usd.Parse("1"),
            Fix = action,
            Alerts = [new("a-0m3k5v9t", at, Severity.Warning, "[WARN 80%] ba's month", true)],
            AlertsInAll = 2,
            Moved = [new("2026-W46", Usd.Parse("42.1"), Usd.Parse("42.41"))],
            Refined = new(Usd.Parse("3.5"), 12),
            Gaps = [new("prod", Time("2026-11-16T09:00:00Z"), at, "the key was revoked")],
            Recommendations = [action],
            Reproduce = "ledger digest preview --week 2026-W47 --as-of 812",
        }, ["ludo@example.org"], at, "olga"),
    ];

    public static IReadOnlyList<ILedgerEvent> Sparse { get; } =
    [
        new AccountConnected("xai-2f7kq0m1", "xai", "team_7c1e", "prod", 3600, null, at, null),
        new AccountEdited("xai-2f7kq0m1", null, null, null, null, at, null),
        new CredentialStored("xai-2f7kq0m1", "cred-8p1x", "a1b2c3", "…x9Qz", at, null),
        new AccountRemoved("xai-2f7kq0m1", at, null),
        new UsageSnapshotTaken
        {
            Account = "xai-2f7kq0m1",
            Reading = "9f0c5a61c2a98e7f8d1b0a4c6e2f3d57",
            Part = 1,
            Parts = 1,
            Asked = at,
            Answered = at.AddSeconds(2),
            Covers = new(Time("2026-11-16T09:00:00Z"), Time("2026-11-16T11:00:00Z")),
            Dimensions = DimensionSet.KeyModelUnit,
            SettlementLagSeconds = 0,
            Previous = [],
            Lines = [new() { Start = Time("2026-11-16T09:00:00Z"), Seconds = 3600, Total = Usd.Parse("-0.0000000001") }],
        },
        new BalanceObserved("xai-2f7kq0m1", 2026, 11, null, null, null, null, null, null, null, [new("grok-4-fast", "Completion tokens", null, null, Usd.Zero)], at, at),
        new PollFailed("xai-2f7kq0m1", "unreachable", "", at),
        new PollRecovered("xai-2f7kq0m1", at),
        new KeySeen("xai-2f7kq0m1", "key-vigilio", null, at),
        new KeyAssigned("xai-2f7kq0m1", "", [], null, at, null),
        new AgentAdded("ba", "Ba", IdleRule.Shares, at, null),
        new AgentEdited("ba", null, null, at, null),
        new MissionStarted("m-4t0v9k2d", "Budget TUI", null, ["ba"], 1, at, at, null),
        new MissionEnded("m-4t0v9k2d", at, at, null),
        new MissionReopened("m-4t0v9k2d", at, at, null),
        new MissionWindowCorrected("m-4t0v9k2d", null, null, at, null),
        new MissionEdited("m-4t0v9k2d", null, null, null, null, at, null),
        new MissionCancelled("m-4t0v9k2d", at, null),
        new BudgetSet
        {
            Budget = "b-7d0q2m4x",
            Name = "all",
            Scope = "all",
            Limits = [new("life", Usd.Parse("31"))],
            Zone = "UTC",
            WeekStart = DayOfWeek.Sunday,
            Thresholds = [new(Basis.Actual, null, null)],
            Recipients = [],
            Channels = [],
            At = at,
        },
        new BudgetRaised("b-7d0q2m4x", "month", Usd.Parse("45"), at.AddDays(3), at, null),
        new BudgetClosed("b-7d0q2m4x", at, null),
        new BudgetThresholdCrossed
        {
            Alert = "a-0m3k5v9t",
            Key = "k",
            Severity = Severity.Info,
            Budget = "b-7d0q2m4x",
            Name = "all",
            Scope = "all",
            Period = "month",
            Window = month,
            Threshold = new(Basis.Actual, null, null),
            Spent = Usd.Parse("24.9"),
            Limit = Usd.Parse("31"),
            Forecast = new(null, null, null, null, null, null),
            Circumstances = new([new("key", null, null, Usd.Zero, 0)], [new("key-vigilio", null, [], Usd.Zero)], null, null, 0, null),
            At = at,
        },
        new BudgetRecovered("a-0m3k5v9t", "b-7d0q2m4x", "all", new(Basis.Actual, null, null), Usd.Zero, Usd.Parse("31"), at),
        new RunwayShort("a-0m3k5v9t", "k", Severity.Info, "xai-2f7kq0m1", "24h",
            new([], [], new("xai-2f7kq0m1", "prod", Usd.Zero, null, Usd.Zero, Usd.Zero, Usd.Zero, null, null, null, null, null), new("top-up", "Top up.", Usd.Zero, "once", null), 0, null), at),
        new RunwayRecovered("a-0m3k5v9t", "xai-2f7kq0m1", "24h", Usd.Zero, at),
        new SpendAnomalous("a-0m3k5v9t", "k", Severity.Info, "ba", "Ba", at, Usd.Zero, Usd.Zero, Circumstances.None, at),
        new SourceStale("a-0m3k5v9t", "k", Severity.Info, "xai-2f7kq0m1", "prod", null, null, at),
        new SourceRecovered("a-0m3k5v9t", "xai-2f7kq0m1", "prod", at),
        new MissionLeftOpen("a-0m3k5v9t", "k", Severity.Info, "m-4t0v9k2d", "Budget TUI", null, [], at, null, at),
        new KeyShared("a-0m3k5v9t", "k", Severity.Info, "xai-2f7kq0m1", new("key-vigilio", null, [], Usd.Zero), at),
        new LargeRestatement("a-0m3k5v9t", "k", Severity.Info, "xai-2f7kq0m1", "prod", Usd.Zero, month, 0, at),
        new HistoryImported("a-0m3k5v9t", "k", Severity.Info, "xai-2f7kq0m1", "prod", month, Usd.Zero, [], Circumstances.None, at),
        new AlertAcknowledged("a-0m3k5v9t", at, null),
        new HoldTaken("h-3q8w1z5c", null, Usd.Parse("2.5"), at.AddMinutes(30), 0, at, null),
        new HoldReleased("h-3q8w1z5c", at, null),
        new DigestComposed("trentuna", "2026-W47", "s", new()
        {
            Team = "trentuna",
            Week = "2026-W47",
            Window = month,
            Zone = "UTC",
            AsOf = 0,
            Chain = "",
            At = at,
            Through = null,
            Total = null,
            Preliminary = null,
            Before = null,
            MonthToDate = null,
            Month = new(null, null, null, null, null, null),
            Runways = [],
            Budgets = [new("all", "all", "month", month, Usd.Parse("31"), null, new(null, null, null, null, null, null), "unknown")],
            Missions = [new("m-4t0v9k2d", "Budget TUI", null, "open", Usd.Zero, null, null, null)],
            OtherMissions = new(0, Usd.Zero),
            MissionsEnded = 0,
            ByAgent = [new("Ba", Usd.Zero, null)],
            ByModel = [],
            Idle = null,
            Unassigned = null,
            Fix = null,
            Alerts = [],
            AlertsInAll = 0,
            Moved = [],
            Gaps = [new("prod", at, null, "")],
            Recommendations = [],
            Reproduce = "",
        }, [], at, null),
    ];

    public static TheoryData<string> Names => new(StoredNames.All.Values.Order(StringComparer.Ordinal));

    public static ILedgerEvent FullOf(string name) => Full.Single(e => StoredNames.All[e.GetType()] == name);

    public static ILedgerEvent SparseOf(string name) => Sparse.Single(e => StoredNames.All[e.GetType()] == name);

    private static DateTimeOffset Time(string text) => Instants.TryParse(text, out var time) ? time : throw new FormatException(text);
}
