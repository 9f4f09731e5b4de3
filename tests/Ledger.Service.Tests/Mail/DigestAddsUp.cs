using System.Globalization;
using System.Text.RegularExpressions;
using Ledger.Digests;
using Ledger.Money;
using Ledger.Service.Mail;

namespace Ledger.Service.Tests.Mail;

/// <summary>Whatever a week cost: each table of its digest, and the leftovers below, add up to the total at the top, in text and in Markdown.</summary>
public sealed partial class DigestAddsUp
{
    [Fact]
    public void what_is_shown_adds_up_to_the_cent()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var digest = Week(new(seed));
            var total = Shown.Of(digest.Total!.Value).ToString();
            foreach (var page in new[] { DigestMail.Text(digest), DigestMail.Markdown(digest) })
            {
                Assert.Contains($"Billed in week 47: {total}", Plain(page), StringComparison.Ordinal);
                var (missions, agents, models) = (Section(page, "Missions: 3 closed this week", "Agents"), Section(page, "Agents", "What it was spent on"), Section(page, "What it was spent on", "Alerts of the week: 2"));
                // The last row of missions is their total.
                var rows = Rows(missions).ToArray();
                Assert.Equal((seed, Read(total)), (seed, rows[^1][0]));
                Assert.Equal((seed, Read(total)), (seed, rows[..^1].Sum(r => r[0])));
                Assert.Equal((seed, Read(total)), (seed, Rows(agents).Sum(r => r[0])));
                Assert.Equal((seed, Read(total)), (seed, Rows(models).Sum(r => r[0])));
                Assert.Equal((seed, Read(Shown.Of(digest.Before!.Value).ToString())), (seed, Rows(models).Sum(r => r[^1])));
                Assert.Equal((seed, Read(total)), (seed, Days(page).Sum()));
            }
        }
    }

    private static Digest Week(Random random)
    {
        // Not round: each row has a rest below a cent.
        Usd Some() => new(random.NextInt64(1, 300_000_000_000));
        Usd Sum(IEnumerable<Usd> amounts) => amounts.Aggregate(Usd.Zero, (sum, a) => sum + a);
        Usd[] missions = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => Some())], models = [.. Enumerable.Range(0, 3).Select(_ => Some())];
        var (others, idle, unassigned) = (Some(), Some(), Some());
        var total = Sum([.. missions, others, idle, unassigned]);
        Usd[] agents = (total - unassigned).Split([random.Next(1, 9), random.Next(1, 9), random.Next(1, 9)]), byModel = total.Split([random.Next(1, 9), random.Next(1, 9), random.Next(1, 9)]);
        return Samples.GoodWeek with
        {
            Total = total,
            Before = Sum(models),
            Days = [.. total.Split([1, 2, 3, 4, 5, 6, 7]).Select((d, i) => new DigestDay(new(2026, 11, 16 + i), d))],
            Idle = idle,
            Unassigned = unassigned,
            Missions = [.. missions.Select((m, i) => new DigestMission($"m{i}", "Work", null, "ended", m, m, m, m))],
            OtherMissions = new(3, others),
            ByAgent = [.. agents.Select((a, i) => new DigestPart($"agent{i}", a, null)), new("(unassigned)", unassigned, null)],
            ByModel = [.. byModel.Select((m, i) => new DigestPart($"model{i}", m, models[i]))],
            Fix = null,
        };
    }

    private static string Section(string page, string from, string to)
    {
        var start = Regex.Match(page, $"^(## )?{from}$", RegexOptions.Multiline);
        var rest = page[(start.Index + start.Length)..];
        return rest[..Regex.Match(rest, $"^(## )?{to}$", RegexOptions.Multiline).Index];
    }

    /// <summary>The days of the figure.</summary>
    private static decimal[] Days(string page) => Rows(page[..Regex.Match(page, "^(## )?Missions", RegexOptions.Multiline).Index]).First(r => r.Length == 7);

    /// <summary>The amounts of each row of a table.</summary>
    private static IEnumerable<decimal[]> Rows(string section) =>
        section.Split('\n').Select(line => Money().Matches(Plain(line)).Select(Read).ToArray()).Where(row => row.Length > 0);

    private static string Plain(string text) => text.Replace("**", "", StringComparison.Ordinal).Replace("\\", "", StringComparison.Ordinal);

    private static decimal Read(Match match) => Read(match.Value);

    private static decimal Read(string money) => money.StartsWith('<') ? 0 : decimal.Parse(money.TrimStart('$'), NumberStyles.Number, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"<?\$[\d,]+\.\d\d(?!\d)")]
    private static partial Regex Money();
}
