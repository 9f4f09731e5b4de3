using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Processes;

/// <summary>
/// Two services on one database under load, of which one is stopped (SIGSTOP) for a while and then goes on as if nothing had been: its connections
/// lived on, and it held what it held. Nothing is lost or done twice, and the other one says what stands still.
/// </summary>
/// <remarks><c>eng/soak</c> stops them for longer than the server lets a session say nothing, so that the other one takes everything over.</remarks>
public sealed class Suspended(UnderLoad books, ITestOutputHelper output) : IClassFixture<UnderLoad>
{
    private const int mailsAtOnce = 4;
    private static readonly string[] views = ["spend", "chain", "watch"];
    private static readonly int rounds = Number("LEDGER_CHAOS_STOPS", 1);
    private static readonly TimeSpan stopped = TimeSpan.FromSeconds(Number("LEDGER_CHAOS_STOPPED_SECONDS", 20));

    /// <summary>The lock of who computes the views is watched by a query of a minute; half a minute after its end the server ends that session.</summary>
    private static readonly TimeSpan takenOverWithin = TimeSpan.FromSeconds(95);

    private static readonly TimeSpan namedAtTheEarliest = TimeSpan.FromSeconds(10);

    /// <summary>11 s on a machine that has nothing else to do.</summary>
    private static readonly TimeSpan namedWithin = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task a_node_that_is_stopped_and_goes_on_does_nothing_twice_and_is_named_meanwhile()
    {
        RunningService[] nodes = [books.Service, await books.StartAnother()];
        await using var second = nodes[1];
        await LedgerHost.Until(async () => (await Nodes()).Count == 2, "both nodes to run something", 60);
        await books.Begin();
        await books.Works("the beginning");
        for (var round = 0; round < rounds; round++)
        {
            // The one that leads, then one that does not.
            var leader = (int)(await Nodes()).First(n => n!["runs"]!.AsArray().Any(r => (string)r! == "leader"))!["number"]! == 1 ? 0 : 1;
            var which = round % 2 == 0 ? leader : 1 - leader;
            var (node, other) = (nodes[which], nodes[1 - which]);
            books.AskOf(other);
            var held = Runs(await Nodes(), which + 1).Intersect(views).ToArray();
            await books.AtAMail(node.Suspend);
            try
            {
                await Meanwhile(which + 1, held, which == leader);
            }
            finally
            {
                node.Resume();
            }
            var watch = Stopwatch.StartNew();
            var works = await books.Works("it goes on");
            books.AskOf(node);
            works += $"; asked of the node itself: {await books.Works("it goes on")}";
            await LedgerHost.Until(async () => (await books.Ask("/health/ready")).Status == 200, "a node that is ready", 60);
            await LedgerHost.Until(async () => await Nodes() is { Count: 2 } now && now.All(n => !(bool)n!["silent"]!) && now.SelectMany(n => n!["runs"]!.AsArray().Select(r => (string)r!)).GroupBy(r => r).All(r => r.Count() == 1), "everything to run in one place", 60);
            output.WriteLine($"when it went on: {works}; everything ran in one place after {watch.Elapsed.TotalSeconds:0.0} s");
        }
        await books.Settle();
        var copies = await books.Check();
        output.WriteLine($"{books.Acknowledged} commands acknowledged; {copies} copies of mails");
        Assert.InRange(copies, 0, rounds * mailsAtOnce);
    }

    private async Task Meanwhile(int number, string[] held, bool leads)
    {
        var (watch, acknowledged, named, moved) = (Stopwatch.StartNew(), books.Acknowledged, default(TimeSpan?), default(TimeSpan?));
        // What is handed out to a node that does not lead is handed out anew two seconds after it counts as silent; then nothing stands still, and nothing is said.
        var isNamed = held.Length > 0 || leads;
        while (watch.Elapsed < stopped || (isNamed && named is null))
        {
            await Task.Delay(500);
            var status = await books.Get("status");
            if (named is null && status["warnings"]!.AsArray().Select(w => (string)w!).FirstOrDefault(w => w.Contains($"node {number} ", StringComparison.Ordinal)) is { } warning)
            {
                named = watch.Elapsed;
                output.WriteLine($"node {number}{(leads ? ", which leads," : "")} holds {string.Join(", ", held)}; after {named.Value.TotalSeconds:0.0} s status said: {warning}");
                Assert.Matches(@" has not been heard since 20[0-9-]+T[0-9:.]+Z; what it runs stands still until it answers or is ended, ", warning);
                Assert.All(held, v => Assert.Contains(v, warning, StringComparison.Ordinal));
                Assert.Equal(503, (await books.Ask("/health/ready")).Status);
                Assert.True(watch.Elapsed < takenOverWithin && (bool)status["nodes"]!.AsArray().First(n => (int)n!["number"]! == number)!["silent"]!);
            }
            Assert.True(!isNamed || named is not null || watch.Elapsed < namedWithin, $"not named after {watch.Elapsed.TotalSeconds:0} s");
            if (moved is null && watch.Elapsed > namedAtTheEarliest && !Runs(status["nodes"]!.AsArray(), number).Intersect(views).Any()) moved = watch.Elapsed;
        }
        output.WriteLine($"it was stopped for {watch.Elapsed.TotalSeconds:0} s, {books.Acknowledged - acknowledged} commands were acknowledged meanwhile{(moved is { } at && held.Length > 0 ? $", and the other node computed the views after {at.TotalSeconds:0} s" : "")}");
        Assert.InRange(books.Acknowledged, acknowledged + 5, int.MaxValue);
        Assert.True(moved is not null || held.Length == 0 || stopped < takenOverWithin, "the other node did not take over");
    }

    private async Task<JsonArray> Nodes() => (await books.Get("status"))["nodes"]!.AsArray();

    private static IEnumerable<string> Runs(JsonArray nodes, int number) => nodes.Where(n => (int)n!["number"]! == number).SelectMany(n => n!["runs"]!.AsArray().Select(r => (string)r!));

    private static int Number(string variable, int usual) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : usual;
}
