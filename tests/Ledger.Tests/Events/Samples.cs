using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Keys;
using Ledger.Log;
using Ledger.Missions;
using Ledger.Money;

namespace Ledger.Tests.Events;

/// <summary>One event of every kind with every field filled, and one with every field empty that may be.</summary>
internal static class Samples
{
    private static readonly DateTimeOffset at = Time("2026-11-16T10:15:00.000001Z");

    public static IReadOnlyList<ILedgerEvent> Full { get; } =
    [
        new AccountConnected("xai-2f7kq0m1", "xai", "team_7c1e", "prod", 3600, 300, at, "olga"),
        new AccountEdited("xai-2f7kq0m1", "live", 900, Time("2026-11-17T00:00:00Z"), new(600), at, "olga"),
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
                    Start = Time("2026-11-16T09:00:00Z"), Seconds = 3600, Dimensions = DimensionSet.KeyUnit, Key = "key-vigilio", Model = "grok-4-fast", Unit = "Completion tokens",
                    Total = Usd.Parse("0.123456789"), Replaces = Usd.Parse("4.5"), Raw = "0.12345678901234568", Withdrawn = true, Retaken = true,
                },
            ],
            Missing = [new(Time("2026-11-16T09:00:00Z"), 3600, DimensionSet.Key, "key-ba", "grok-4", "Search calls")],
            Found = [new(Time("2026-11-16T10:00:00Z"), 900, DimensionSet.Key, "key-ba", "grok-4", "Search calls")],
        },
        new BalanceObserved(
            "xai-2f7kq0m1", 2026, 11, Usd.Parse("27.88"), Usd.Parse("31"), Usd.Parse("27.81"), Usd.Parse("3.19"), Usd.Parse("5"), Usd.Parse("100"), Usd.Parse("31"),
            [new("grok-4-fast", "Completion tokens", 1_234_567, "500000", Usd.Parse("0.62"))], at, at.AddSeconds(1)),
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
    ];

    public static TheoryData<string> Names => new(EventNames.All.Values.Order(StringComparer.Ordinal));

    public static ILedgerEvent FullOf(string name) => Full.Single(e => EventNames.All[e.GetType()] == name);

    public static ILedgerEvent SparseOf(string name) => Sparse.Single(e => EventNames.All[e.GetType()] == name);

    private static DateTimeOffset Time(string text) => Instants.TryParse(text, out var time) ? time : throw new FormatException(text);
}
