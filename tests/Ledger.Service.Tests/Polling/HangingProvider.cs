using System.Diagnostics;
using System.Globalization;
using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Settings;
using Ledger.Service.Tests.Support;
using Ledger.Service.Xai;

namespace Ledger.Service.Tests.Polling;

/// <summary>A provider that takes a request and never comes to an end with its answer.</summary>
/// <remarks><c>eng/soak</c> runs this with the limits that the service really has; here they are shorter.</remarks>
public sealed class HangingProvider(TestDatabases databases, ITestOutputHelper output)
{
    private static readonly bool usual = Environment.GetEnvironmentVariable("LEDGER_CHAOS_PROVIDER") == "1";
    private static readonly int others = usual ? 9 : 3;
    private static readonly (Fault, string)[] endless = [(Fault.Slow, "600000"), (Fault.Drip, "1000")];

    /// <summary>After this a reading is given up.</summary>
    private static readonly TimeSpan givenUpAfter = TimeSpan.FromSeconds(usual ? 20 : 4);

    /// <summary>What everything else may take besides, on a machine that does other things too.</summary>
    private static readonly TimeSpan slack = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task an_account_whose_provider_hangs_holds_no_other_up_and_goes_on_by_itself()
    {
        await using var host = await LedgerHost.Start(databases, Hasty);
        var teams = Enumerable.Range(0, others + 1).Select(i => new SimulatedTeam(host.Clock, seed: 100 + i)).ToArray();
        foreach (var (i, team) in teams.Index())
        {
            team.AddKey($"xai-{i}", host.Clock.GetUtcNow().AddDays(-3));
            await host.Connect($"team-{i}", key: host.Xai.Issue(team));
        }
        (await host.Post("agents/from-keys")).Ok();
        var (watch, dollars) = (Stopwatch.StartNew(), 0);
        await Comes(teams.Length, "the first readings");
        foreach (var (fault, milliseconds) in usual ? endless : endless[..1])
        {
            output.WriteLine($"{fault}:");
            host.Xai.Faults.Order(new(fault, XaiCall.Any, Times: 100_000, milliseconds, teams[0].Id));
            // One that waits in the same queue waits for the reading that is given up, and no longer.
            await Comes(others, "readings of the others");
            Assert.InRange(watch.Elapsed, TimeSpan.Zero, givenUpAfter + slack);

            watch.Restart();
            var started = (await host.Post("missions", new { title = "meanwhile", agents = new[] { "0" } })).Ok();
            var ended = (await host.Post("missions/end", new { mission = (string)started["mission"]!["id"]! })).Ok();
            Say("a mission of that account was started and ended");
            Assert.InRange(watch.Elapsed, TimeSpan.Zero, slack);
            Assert.Equal("meanwhile", (string?)ended["mission"]!["title"]);

            await LedgerHost.Until(async () => (string?)(await Account())["state"] == "failing", "a status that says so", 60);
            Say("status said it");
            var why = (await Account())["error"]!;
            Assert.Equal("unreachable", (string?)why["kind"]);
            Assert.Matches("^xAI gives no usable answer: (No complete answer within|The reading took longer than) .* It is tried again at [0-9:]{8} UTC\\.$", (string?)why["detail"]);
            var status = (await host.Get("status")).Ok();
            Assert.Contains(status["warnings"]!.AsArray(), w => ((string)w!).StartsWith("team-0 can't be read (unreachable)", StringComparison.Ordinal));
            Assert.All(status["accounts"]!.AsArray().Skip(1), a => Assert.Equal("ok", (string?)a!["state"]));

            watch.Restart();
            (await host.Post("accounts/team-0/sync")).Refused("provider.unavailable");
            Say("a sync was given up");
            Assert.InRange(watch.Elapsed, TimeSpan.Zero, givenUpAfter + slack);

            host.Xai.Faults.Clear();
            host.Clock.Advance(TimeSpan.FromMinutes(16));
            watch.Restart();
            await LedgerHost.Until(async () => await host.Billed() == new Usd((dollars + 1) * Usd.TicksPerDollar), "what that account spent meanwhile", 60);
            dollars++;
            Say("when the provider answered again its account was read");
            Assert.Equal("ok", (string?)(await Account())["state"]);
        }

        // Each team spends a dollar, and so many of them are read.
        async Task Comes(int more, string what)
        {
            foreach (var (i, team) in teams.Index()) team.Spend($"{i}", team.Keys[0].Id, Prices.Reasoning, Prices.Prompt, Usd.Parse("1.00"));
            dollars += more;
            watch.Restart();
            await LedgerHost.Until(async () => await host.Billed() == new Usd(dollars * Usd.TicksPerDollar), what, 90);
            Say(what);
        }

        void Say(string what) => output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what} after {watch.Elapsed.TotalSeconds:0.0} s"));

        async Task<System.Text.Json.Nodes.JsonNode> Account() => (await host.Get("status")).Ok()["accounts"]![0]!;
    }

    private static LedgerOptions Hasty(LedgerOptions o) => o with { PollEvery = TimeSpan.FromSeconds(2), Xai = usual ? new XaiOptions { BaseAddress = o.Xai.BaseAddress } : o.Xai };
}
