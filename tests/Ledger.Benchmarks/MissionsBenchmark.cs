using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Service.Tests.Spend;
using Ledger.Service.Tests.Support;

namespace Ledger.Benchmarks;

/// <summary>
/// An agent that begins one mission after the other within one running hour: does the last cost as much as the first? Once with each mission
/// ended by the next and a bookmark in which all lines of the hour rose; once with all left open while nothing is spent. (What is spent while
/// many are open is shared by all of them, so its rows grow with their number.)
/// </summary>
internal static class MissionsBenchmark
{
    private const string account = "xai-starts";
    private const int starts = 300;
    private const int lines = 48;
    private const int compared = 50;
    private static readonly DateTimeOffset hour = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);

    public static async Task Run(TestDatabases databases)
    {
        await Run(databases, "each ended by the next, with a bookmark", ends: true);
        await Run(databases, "all left open, nothing spent", ends: false);
    }

    private static async Task Run(TestDatabases databases, string what, bool ends)
    {
        await using var books = await SpendBooks.Create(databases);
        await books.AppendAndFollow(
            (Agent.StreamOf("a"), new AgentAdded("a", "a", IdleRule.Shares, hour.AddDays(-1), null)),
            (KeyOwnership.StreamOf(account, "k"), new KeyAssigned(account, "k", [new("a", 1)], null, hour.AddDays(-1), null)));
        var times = new List<double>();
        var previous = hour;
        for (var i = 0; i < starts; i++)
        {
            var at = hour.AddSeconds(10 * (i + 1));
            var events = new List<(string, ILedgerEvent)>();
            if (ends && i > 0) events.Add((Mission.StreamOf($"m{i - 1:D3}"), new MissionEnded($"m{i - 1:D3}", at, at, null)));
            events.Add((Mission.StreamOf($"m{i:D3}"), new MissionStarted($"m{i:D3}", $"m{i:D3}", null, ["a"], 1, at, at, null)));
            if (ends || i == 0) events.Add(($"account-{account}", Reading(i, previous, at.AddSeconds(1))));
            previous = at.AddSeconds(1);
            times.Add(await Figures.Milliseconds(async () => Assert.True(await books.Views.WaitFor(await books.Append(events), TimeSpan.FromSeconds(60), default))));
        }
        var (early, late) = (times.Skip(10).Take(compared).Median(), times.TakeLast(compared).Median());
        Figures.Say($"{starts} missions of one agent in one hour of {lines} lines, {what}: {times.Sum() / 1000:F1} s in all; one of the first {early:F0} ms, of the last {late:F0} ms (medians of {compared}): ratio {late / early:F1} (linear in all: about 1; with the square: {(starts - (compared / 2)) / (10 + (compared / 2.0)):F0})");
        await books.AssertVerified();
    }

    private static UsageSnapshotTaken Reading(int i, DateTimeOffset previous, DateTimeOffset asked) => new()
    {
        Account = account,
        Reading = asked.ToText(),
        Part = 1,
        Parts = 1,
        Asked = asked,
        Answered = asked,
        Covers = new(hour, hour.AddHours(1)),
        Dimensions = DimensionSet.KeyModelUnit,
        SettlementLagSeconds = 0,
        Previous = i == 0 ? [] : [new(hour, hour.AddHours(1), previous, previous)],
        Lines = [.. Enumerable.Range(0, lines).Select(l => new SnapshotLine
        {
            Start = hour,
            Seconds = 3600,
            Key = "k",
            Model = $"grok-{l % 8}",
            Unit = $"Kind {l / 8}",
            Total = new((i + 1) * 1_000_003L * (l + 1)),
            Replaces = i == 0 ? null : new(i * 1_000_003L * (l + 1)),
        })],
    };
}
