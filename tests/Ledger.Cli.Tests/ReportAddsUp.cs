using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ledger.Money;

namespace Ledger.Cli.Tests;

/// <summary>Whatever was spent: the rows printed add up to the total printed, the sentence below does too, and both show the same leftovers.</summary>
public sealed partial class ReportAddsUp
{
    [Theory]
    [InlineData("mission")]
    [InlineData("agent")]
    [InlineData("agent,mission")]
    [InlineData("model")]
    [InlineData("day,mission")]
    public void what_is_printed_adds_up_to_the_cent(string by)
    {
        var random = new Random(by.Length);
        string answer = "";
        using var service = new FakeService(_ => new(200, answer));
        using var desk = new Desk(service.Url);
        for (var round = 0; round < 60; round++)
        {
            answer = Answer(by.Split(','), random, isCut: round % 5 == 4);
            var printed = desk.Run("report", "--by", by).Out;
            var lines = printed.Split('\n');
            var rule = Array.FindIndex(lines, line => line.TrimStart().StartsWith("──", StringComparison.Ordinal));
            var rows = lines[2..rule].Select(line => (Line: line, Amount: Read(Money().Match(line)))).ToArray();
            var total = Read(Money().Match(lines[rule + 1]));
            var sum = Money().Matches(lines[rule + 2]).Select(Read).ToArray();
            Assert.True(rows.Sum(r => r.Amount) == total, printed);
            Assert.True(sum.Length == 4 && sum[0] == total && sum[1..].Sum() == total, printed);
            if (by.Contains("mission", StringComparison.Ordinal) && !printed.Contains("(other)", StringComparison.Ordinal))
                Assert.True(sum[2] == rows.Where(r => r.Line.Contains("(idle)", StringComparison.Ordinal)).Sum(r => r.Amount), printed);
            if (by != "model" && !printed.Contains("(other)", StringComparison.Ordinal))
                Assert.True(sum[3] == rows.Where(r => r.Line.Contains("(unassigned)", StringComparison.Ordinal)).Sum(r => r.Amount), printed);
            Assert.DoesNotContain("+ -", printed, StringComparison.Ordinal);
        }
    }

    private static string Answer(string[] by, Random random, bool isCut)
    {
        // Who, on which mission, for how much; a credit now and then.
        var parts = Enumerable.Range(0, random.Next(1, 30)).Select(_ => (
            Agent: random.Next(5) == 0 ? "(unassigned)" : $"agent{random.Next(3)}", Mission: random.Next(3) == 0 ? "(idle)" : $"m{random.Next(4)}",
            Amount: new Usd(random.Next(8) == 0 ? -random.NextInt64(0, 90_000_000_000) : random.NextInt64(0, random.Next(3) == 0 ? 90_000_000 : 90_000_000_000)))).ToArray();
        for (var i = 0; i < parts.Length; i++)
            if (parts[i].Agent == "(unassigned)") parts[i].Mission = "(unassigned)";
        var rows = parts.Select((p, i) => (Group: by.Select(d => d switch { "agent" => p.Agent, "mission" => p.Mission, "day" => $"2026-11-{10 + (i % 3)}", _ => $"model{i % 4}" }).ToArray(), p.Amount))
            .GroupBy(r => string.Join('|', r.Group)).Select(g => (g.First().Group, Amount: Sum(g.Select(r => r.Amount)))).ToList();
        if (isCut && rows.Count > 2)
        {
            var rest = Sum(rows.Skip(2).Select(r => r.Amount));
            rows = [.. rows.Take(2), ([.. by.Select(_ => "(other)")], rest)];
        }
        return JsonSerializer.Serialize(new
        {
            window = new { since = "2026-11-01T00:00:00Z", until = "2026-11-17T00:00:00Z" },
            groupBy = by,
            rows = rows.Select(r => by.Select((d, i) => (d, Value: r.Group[i])).Append(("billed", r.Amount.ToString())).ToDictionary(x => x.Item1, x => x.Item2)),
            total = Sum(parts.Select(p => p.Amount)).ToString(),
            idle = Sum(parts.Where(p => p.Mission == "(idle)").Select(p => p.Amount)).ToString(),
            unassigned = Sum(parts.Where(p => p.Agent == "(unassigned)").Select(p => p.Amount)).ToString(),
        });
    }

    private static Usd Sum(IEnumerable<Usd> amounts) => amounts.Aggregate(Usd.Zero, (sum, amount) => sum + amount);

    private static decimal Read(Match match)
    {
        var sign = match.Groups["less"].Success ? -1 : 1;
        return match.Groups["below"].Success ? 0 : sign * decimal.Parse(match.Groups["amount"].Value, NumberStyles.Number, CultureInfo.InvariantCulture);
    }

    // In a sentence the sign stands before the words, in a table before the dollar.
    [GeneratedRegex(@"(?<less>-|− (?:idle |unassigned )?|−(?:missions ))?(?<below><)?\$(?<amount>[\d,]+\.\d\d)(?!\d)")]
    private static partial Regex Money();
}
