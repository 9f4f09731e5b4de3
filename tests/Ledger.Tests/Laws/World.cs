using CsCheck;
using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Spend;

namespace Ledger.Tests.Laws;

/// <summary>
/// A random team over a few days: it spends, the provider restates and loses lines, keys change hands, missions start, overlap, end,
/// move and are cancelled, and polls come in any interleaving. Everything goes through the real rules; what they refuse does not happen.
/// </summary>
public sealed class World(Random random)
{
    public const string Account = "xai-test";

    /// <summary>
    /// Seeds of worlds. Each step depends on the steps before it, so CsCheck can't make a failing world smaller by leaving some out. It samples
    /// seeds instead, and prints the one that failed.
    /// </summary>
    public static readonly Gen<int> Seeds = new Seed();

    private static readonly string[] agents = ["ba", "face", "vigilio"];
    private static readonly string[] keys = ["k1", "k2", "k3"];
    private static readonly string[] models = ["grok-4", "grok-4-fast"];
    private static readonly string[] units = ["Prompt text tokens", "Reasoning tokens"];

    /// <summary>What was spent, by the second.</summary>
    private readonly Dictionary<(DateTimeOffset Start, string Key, string Model, string Unit), Usd> feed = [];

    /// <summary>The finest width the team reads by.</summary>
    private readonly int finest = random.Next(3) switch { 0 => 3600, 1 => 60, _ => 1 };

    private readonly HashSet<(DateTimeOffset, string, string, string)> vanished = [];
    private readonly Dictionary<LineName, HeldLine> held = [];
    private readonly AttributionContext context = new();
    private List<PreviousReading> coverage = [];
    private int named;

    public DateTimeOffset Now { get; private set; } = new(2026, 11, 16, 7, 3, 0, TimeSpan.Zero);

    /// <summary>What happened so far, in order, each with its stream.</summary>
    public List<(string Stream, ILedgerEvent Event)> Log { get; } = [];

    /// <summary>Begins with agents and most keys assigned.</summary>
    public World Begin()
    {
        foreach (var agent in agents)
            Happen(Agent.StreamOf(agent), new AgentAdded(agent, agent, random.Next(4) == 0 ? IdleRule.Yields : IdleRule.Shares, Now, null));
        foreach (var key in keys)
        {
            Happen(KeyOwnership.StreamOf(Account, key), new KeySeen(Account, key, $"name of {key}", Now));
            if (random.Next(4) != 0) Assign(key);
        }
        return this;
    }

    /// <summary>One random thing; time may pass.</summary>
    public void Step()
    {
        switch (random.Next(20))
        {
            case < 6: Spend(); break;
            case < 8: Restate(); break;
            case < 12: Poll(); break;
            case 12: Assign(keys[random.Next(keys.Length)]); break;
            case 13 or 14: StartMission(); break;
            case 15: EndMission(); break;
            case 16: EditMission(); break;
            case 17: OtherMission(); break;
            case 18: EditAgent(); break;
            default:
                if (random.Next(2) == 0) Vanish();
                else Rename();
                break;
        }
        Now += TimeSpan.FromSeconds(random.Next(4) switch { 0 => 0, 1 => random.Next(1, 120), 2 => random.Next(60, 1500), _ => random.Next(600, 7200) });
    }

    /// <summary>A last reading of everything.</summary>
    public void Finish() => Poll(whole: true);

    /// <summary>After a reading of everything, settled hours hold what the provider shows of them, and what it lacks; each time in one width.</summary>
    public void AssertBill()
    {
        var settled = Now - TimeSpan.FromMinutes(66);
        var shown = Shown(Interval.Always, 3600, DimensionSet.KeyModelUnit).ToLookup(l => l.Start, l => l.Total.Ticks);
        var lines = held.Values.Where(l => l.Total != Usd.Zero).ToArray();
        foreach (var hour in lines.GroupBy(l => l.Name.Start.FloorToHour()).Where(h => h.Key < settled))
        {
            // A tick of rounding for each finer bucket and key.
            var slack = hour.All(l => l.Name.Seconds == 3600) ? 0 : 120 * keys.Length;
            Assert.InRange(hour.Where(l => l.MissingSince is null).Sum(l => l.Total.Ticks) - shown[hour.Key].Sum(), -slack, slack);
        }
        Assert.All(shown.Where(h => h.Key < settled && h.Sum() > 0), h => Assert.Contains(lines, l => l.Name.Start.FloorToHour() == h.Key));
        foreach (var fine in lines.Where(l => l.Name.Seconds < 3600))
            Assert.DoesNotContain(lines, l => l.Name.Seconds > fine.Name.Seconds && l.Name.Bucket.Meets(fine.Name.Bucket));
    }

    private void Spend()
    {
        var late = random.Next(5) == 0 ? TimeSpan.FromHours(random.Next(1, 30)) : TimeSpan.Zero;
        var line = ((Now - late - TimeSpan.FromSeconds(random.Next(90))).FloorToMinute().AddSeconds(random.Next(60)), keys[random.Next(keys.Length)], models[random.Next(models.Length)], units[random.Next(units.Length)]);
        feed[line] = feed.GetValueOrDefault(line) + new Usd(random.Next(5) == 0 ? random.Next(1, 4) : random.NextInt64(1, 50_000_000_000));
    }

    private void Restate()
    {
        if (feed.Count == 0) return;
        var line = feed.Keys.ElementAt(random.Next(feed.Count));
        feed[line] = random.Next(4) switch
        {
            0 => Usd.Zero,
            1 => new(-random.NextInt64(1, 20_000_000_000)),
            2 => new(feed[line].Ticks / 3),
            _ => feed[line] + new Usd(random.Next(1, 1000)),
        };
    }

    private void Vanish()
    {
        if (feed.Count == 0) return;
        var line = HourOf(feed.Keys.ElementAt(random.Next(feed.Count)));
        if (!vanished.Remove(line)) vanished.Add(line);
    }

    /// <summary>The provider calls another model, or another key, what it said of an hour.</summary>
    private void Rename()
    {
        if (feed.Count == 0) return;
        var line = HourOf(feed.Keys.ElementAt(random.Next(feed.Count)));
        var (key, model) = random.Next(3) == 0 ? (keys[random.Next(keys.Length)], line.Model) : (line.Key, models[random.Next(models.Length)]);
        foreach (var (was, total) in feed.Where(f => HourOf(f.Key) == line && random.Next(5) > 0).ToArray())
        {
            feed.Remove(was);
            var now = was with { Key = key, Model = model };
            feed[now] = feed.GetValueOrDefault(now) + total;
        }
    }

    private void Poll(bool whole = false)
    {
        var covers = new Interval(Hour(Now - TimeSpan.FromHours(whole ? 24 * 10 : random.Next(1, 60))), Hour(Now).AddHours(1));
        var dimensions = random.Next(12) == 0 ? DimensionSet.KeyUnit : DimensionSet.KeyModelUnit;
        var hours = new Reading { Asked = Now, Answered = Now.AddSeconds(random.Next(0, 4)), Covers = covers, Dimensions = dimensions, Lines = Shown(covers, 3600, dimensions), Dense = true };
        var bookmark = random.Next(3) == 0 ? Now.AddMilliseconds(-random.Next(0, 900)) : (DateTimeOffset?)null;
        var inside = held.Values.Where(h => covers.Contains(h.Name.Start)).ToArray();
        var reading = finest < 3600 ? Finer(hours, inside) : hours;
        var snapshots = Observation.Observe(Account, reading, inside, Covering(covers), random.Next(3) == 0 ? 300 : 0, bookmark);
        foreach (var snapshot in snapshots)
        {
            Happen(Accounts.Account.StreamOf(Account), snapshot);
            foreach (var line in snapshot.Lines)
            {
                var name = new LineName(line.Start, line.Seconds, line.Dimensions ?? snapshot.Dimensions, line.Key, line.Model, line.Unit);
                held[name] = new(name, line.Total, null);
            }
            foreach (var name in snapshot.Missing ?? [])
                held[name] = held[name] with { MissingSince = snapshot.Answered };
            foreach (var name in snapshot.Found ?? [])
                held[name] = held[name] with { MissingSince = null };
        }
        Remember(covers, bookmark ?? reading.Asked, bookmark ?? reading.Answered);
        Now = reading.Answered;
    }

    private Reading Finer(Reading hours, IReadOnlyCollection<HeldLine> inside)
    {
        var split = new Split(hours, inside, Edges.Of(context.Missions.Values, [.. context.Keys.Values], hours.Covers), finest, TimeSpan.FromMinutes(5));
        foreach (var hour in split.HoursToAsk)
            switch (random.Next(12))
            {
                case 0: split.Stays(hour, 60, Split.Refused); break;
                case 1: split.TellHour(hour, 900, Shown(new(hour, hour.AddHours(1)), 900, hours.Dimensions)); break;
                case 2: split.TellHour(hour, 60, Shown(new(hour, hour.AddMinutes(40)), 60, hours.Dimensions)); break;
                default: split.TellHour(hour, 60, Shown(new(hour, hour.AddHours(1)), 60, hours.Dimensions)); break;
            }
        foreach (var minute in split.MinutesToAsk())
            if (random.Next(10) == 0) split.Stays(minute, 1, Split.Refused);
            else split.TellMinute(minute, Shown(new(minute, minute.AddMinutes(1)), 1, hours.Dimensions));
        return split.Result();
    }

    /// <summary>What the provider says of a stretch in some width.</summary>
    private IReadOnlyList<ReadLine> Shown(Interval time, int seconds, DimensionSet dimensions) =>
    [
        .. feed.Where(f => time.Contains(f.Key.Start) && !vanished.Contains(HourOf(f.Key)))
            .GroupBy(f => (Start: new DateTimeOffset(f.Key.Start.Ticks - (f.Key.Start.Ticks % (seconds * TimeSpan.TicksPerSecond)), TimeSpan.Zero), f.Key.Key, Model: dimensions == DimensionSet.KeyUnit ? null : f.Key.Model, f.Key.Unit))
            .Select(g => new ReadLine(g.Key.Start, seconds, g.Key.Key, g.Key.Model, g.Key.Unit, new(g.Sum(f => f.Value.Ticks)), new Usd(g.Sum(f => f.Value.Ticks)).ToString())),
    ];

    private static (DateTimeOffset Start, string Key, string Model, string Unit) HourOf((DateTimeOffset Start, string Key, string Model, string Unit) line) => line with { Start = Hour(line.Start) };

    private List<PreviousReading> Covering(Interval covers) =>
        [.. coverage.Where(c => new Interval(c.Start, c.End).Meets(covers)).Select(c => c with { Start = Later(c.Start, covers.Start), End = Earlier(c.End, covers.End) })];

    private void Remember(Interval covers, DateTimeOffset asked, DateTimeOffset answered)
    {
        var rest = new List<PreviousReading>();
        foreach (var c in coverage)
        {
            if (c.Start < covers.Start) rest.Add(c with { End = Earlier(c.End, covers.Start) });
            if (c.End > covers.End) rest.Add(c with { Start = Later(c.Start, covers.End) });
        }
        coverage = [.. rest.Where(c => c.Start < c.End), new(covers.Start, covers.End, asked, answered)];
    }

    private void Assign(string key)
    {
        var owners = agents.Where(_ => random.Next(2) == 0).Select(a => new Owner(a, random.Next(1, 5))).ToArray();
        var from = random.Next(3) == 0 ? Some(48) : (DateTimeOffset?)null;
        Decide(KeyOwnership.StreamOf(Account, key), () => [context.Ownership(Account, key).Assign(owners, from, Now, null)]);
    }

    private void StartMission()
    {
        var id = $"m-{++named:D3}";
        var who = agents.Where(_ => random.Next(2) == 0).DefaultIfEmpty(agents[random.Next(agents.Length)]).ToArray();
        Decide(Mission.StreamOf(id), () => [Mission.Start(null, id, $"Mission {named}", null, who, random.Next(4) == 0 ? 3 : 1, random.Next(3) == 0 ? Some(24) : Now, Now, null)]);
    }

    private void EndMission() => With(MissionState.Open, m => [m.End(random.Next(4) == 0 ? Some(6) : Now, Now, null)]);

    private void EditMission() => With(
        random.Next(3) == 0 ? MissionState.Open : MissionState.Ended,
        m => m.Edit(
            random.Next(2) == 0 ? Some(30) : null, m.State == MissionState.Ended && random.Next(2) == 0 ? Some(20) : null, null, null,
            random.Next(4) == 0 ? [agents[random.Next(agents.Length)]] : null, random.Next(4) == 0 ? random.Next(1, 4) : null, Now, null));

    private void OtherMission()
    {
        if (random.Next(3) == 0) With(MissionState.Open, m => [m.Cancel(Now, null)]);
        else With(MissionState.Ended, m => [m.Reopen(random.Next(2) == 0 ? Now : Some(10), Now, null)]);
    }

    private void EditAgent()
    {
        var agent = context.Agents[agents[random.Next(agents.Length)]];
        Decide(Agent.StreamOf(agent.Id), () => [agent.Edit(null, agent.Idle == IdleRule.Shares ? IdleRule.Yields : IdleRule.Shares, Now, null)]);
    }

    private void With(MissionState state, Func<Mission, IEnumerable<ILedgerEvent?>> rule)
    {
        var fitting = context.Missions.Values.Where(m => m.State == state).ToArray();
        if (fitting.Length == 0) return;
        var mission = fitting[random.Next(fitting.Length)];
        Decide(Mission.StreamOf(mission.Id), () => rule(mission));
    }

    private void Decide(string stream, Func<IEnumerable<ILedgerEvent?>> rule)
    {
        try
        {
            foreach (var happened in rule())
                if (happened is not null)
                    Happen(stream, happened);
        }
        catch (Refused)
        {
            // What the rules refuse does not happen.
        }
    }

    private void Happen(string stream, ILedgerEvent happened)
    {
        Log.Add((stream, happened));
        context.Apply(happened);
    }

    private DateTimeOffset Some(int hours) => (Now - TimeSpan.FromMinutes(random.Next(0, hours * 60))).ToMicroseconds();

    private static DateTimeOffset Hour(DateTimeOffset at) => new(at.Year, at.Month, at.Day, at.Hour, 0, 0, TimeSpan.Zero);

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private sealed class Seed : Gen<int>
    {
        public override int Generate(PCG pcg, Size? min, out Size size)
        {
            // No seed is smaller than another: after the first failure there is nothing to look for.
            size = new(0);
            return unchecked((int)pcg.Next());
        }
    }
}
