using Ledger.Agents;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Spend;

namespace Ledger.Tests.Spend;

/// <summary>One hour bucket (10:00–11:00) of one key: given owners, missions and readings, who carries what?</summary>
internal sealed class LineStory
{
    public static readonly DateTimeOffset Day = new(2026, 11, 16, 0, 0, 0, TimeSpan.Zero);
    private readonly AttributionContext directory = new();
    private readonly List<(DateTimeOffset At, Usd Total)> readings = [];

    public LineStory(IdleRule idle = IdleRule.Shares, string agents = "ba", string owners = "ba=1")
    {
        foreach (var agent in agents.Split(','))
            directory.Apply(new AgentAdded(agent, agent, idle, Day, null));
        Owned(owners);
    }

    public static Interval Bucket => new(At("10:00"), At("11:00"));

    public static DateTimeOffset At(string time) => Day + TimeSpan.Parse(time, System.Globalization.CultureInfo.InvariantCulture);

    public LineStory Owned(string owners, string? from = null)
    {
        var list = owners.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(o => o.Split('=')).Select(o => new Owner(o[0], int.Parse(o[1], System.Globalization.CultureInfo.InvariantCulture))).ToArray();
        directory.Apply(new KeyAssigned("xai", "k", list, from is null ? null : At(from), Day, null));
        return this;
    }

    public LineStory Mission(string id, string start, string? end, string agents = "ba", int weight = 1)
    {
        directory.Apply(new MissionStarted(id, id, null, agents.Split(','), weight, At(start), Day, null));
        if (end is not null) directory.Apply(new MissionEnded(id, At(end), Day, null));
        return this;
    }

    public LineStory Corrected(string id, string? start, string? end)
    {
        directory.Apply(new MissionWindowCorrected(id, start is null ? null : At(start), end is null ? null : At(end), Day, null));
        return this;
    }

    public LineStory Reading(string time, decimal total)
    {
        readings.Add((At(time), Usd.FromDollars(total)));
        return this;
    }

    public IReadOnlyList<Holding> Holdings()
    {
        var ownership = directory.Ownership("xai", "k");
        var book = new LineBook();
        DateTimeOffset? previous = null;
        foreach (var (at, total) in readings)
        {
            book.Observe(new(total, Evidence.Of(Bucket, previous, TimeSpan.Zero, at)), (amount, evidence) => Attributor.Attribute(amount, evidence, ownership, directory));
            previous = at;
        }
        Assert.Equal(readings[^1].Total.Ticks, book.Holdings().Sum(h => h.Amount.Ticks));
        return book.Holdings();
    }

    /// <summary>A mission's row as the table in the design shows it: <c>billed method low high</c>.</summary>
    public string Cost(string mission)
    {
        var mine = Holdings().Where(h => h.Party.Mission == mission).ToArray();
        var billed = new Usd(mine.Sum(h => h.Amount.Ticks));
        var total = readings[^1].Total;
        var claims = Bounds.Of(Bucket, directory.Ownership("xai", "k"), directory).Where(c => c.Mission == mission).ToArray();
        var low = claims is [var c] ? c.Low(total) : Usd.Zero;
        var high = claims is [var d] ? d.High(total) : Usd.Zero;
        Assert.True(low <= billed && billed <= high);
        var method = mine.Length == 0 ? "-" : string.Join('+', mine.Select(h => h.Method).Distinct()).ToLowerInvariant();
        return $"{billed} {method} {low} {high}";
    }

    public Usd Carried(string? mission, string? agent) =>
        new(Holdings().Where(h => h.Party == new Party(mission, agent)).Sum(h => h.Amount.Ticks));

    public Usd Idle(string agent = "ba") => Carried(null, agent);
}
