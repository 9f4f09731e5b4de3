using Ledger.Accounts;
using Ledger.Money;
using Marten;

namespace Ledger.Service.Polling;

/// <summary>
/// The lines that the books hold of an account for one UTC day. It is written together with the snapshots that change it, so that the next
/// reading is compared without waiting for any view.
/// </summary>
public sealed record HeldDay
{
    /// <summary>Account and day.</summary>
    public required string Id { get; init; }

    /// <summary>Account id.</summary>
    public required string Account { get; init; }

    /// <summary>The UTC day.</summary>
    public required DateOnly Day { get; init; }

    /// <summary>The lines, grouped by everything but their time.</summary>
    public required IReadOnlyList<HeldSeries> Series { get; init; }

    public static string IdOf(string account, DateOnly day) => $"{account}:{day:yyyy-MM-dd}";

    /// <summary>The ids of the days that a stretch of time touches.</summary>
    public static IReadOnlyList<string> IdsOf(string account, Interval time)
    {
        var ids = new List<string>();
        for (var day = DayOf(time.Start); new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero) < time.End; day = day.AddDays(1))
            ids.Add(IdOf(account, day));
        return ids;
    }

    public static DateOnly DayOf(DateTimeOffset at) => DateOnly.FromDateTime(at.UtcDateTime);

    /// <summary>The day's lines.</summary>
    public IEnumerable<HeldLine> Lines() => Series.SelectMany(s => s.Buckets.Select(b => new HeldLine(new(b.Start, s.Seconds, s.Dimensions, s.Key, s.Model, s.Unit), b.Total, b.MissingSince)));

    /// <summary>The days of an account as its snapshots, in the order of the log, leave them.</summary>
    public static IReadOnlyList<HeldDay> FromEvents(string account, IEnumerable<UsageSnapshotTaken> snapshots)
    {
        var lines = new HeldLines(account, []);
        foreach (var snapshot in snapshots) lines.Apply(snapshot);
        return lines.Changed();
    }
}

public static class HeldDayQueries
{
    /// <summary>Whether the books hold spend whose bucket starts in a stretch of time.</summary>
    public static async Task<bool> HoldsSpend(this IQuerySession session, string account, Interval time, CancellationToken ct) =>
        new HeldLines(account, await session.LoadManyAsync<HeldDay>(ct, [.. HeldDay.IdsOf(account, time)])).Of(time).Any(l => l.Total != Usd.Zero);
}

/// <summary>The lines of one key, model and unit on a day, in order of time.</summary>
/// <param name="Dimensions">Under which dimensions.</param>
/// <param name="Seconds">Width of the buckets.</param>
/// <param name="Key">Key id, or null.</param>
/// <param name="Model">Model, or null.</param>
/// <param name="Unit">Unit, or null.</param>
/// <param name="Buckets">The lines.</param>
public sealed record HeldSeries(DimensionSet Dimensions, int Seconds, string? Key, string? Model, string? Unit, IReadOnlyList<HeldBucket> Buckets);

/// <summary>One line: its bucket's start, its latest total, and since when complete answers have lacked it.</summary>
public sealed record HeldBucket(DateTimeOffset Start, Usd Total, DateTimeOffset? MissingSince);

/// <summary>The held lines of several days, while snapshots are applied to them.</summary>
public sealed class HeldLines
{
    private readonly string account;
    private readonly Dictionary<LineName, HeldLine> lines = [];
    private readonly HashSet<DateOnly> changed = [];

    public HeldLines(string account, IEnumerable<HeldDay> days)
    {
        this.account = account;
        foreach (var line in days.SelectMany(d => d.Lines())) lines[line.Name] = line;
    }

    /// <summary>The lines whose bucket starts in a stretch of time.</summary>
    public IReadOnlyCollection<HeldLine> Of(Interval time) => [.. lines.Values.Where(l => time.Contains(l.Name.Start))];

    public void Apply(UsageSnapshotTaken snapshot)
    {
        foreach (var line in snapshot.Lines)
        {
            var name = new LineName(line.Start, line.Seconds, line.Dimensions ?? snapshot.Dimensions, line.Key, line.Model, line.Unit);
            Put(new(name, line.Total, line.Withdrawn ? lines.GetValueOrDefault(name)?.MissingSince : null));
        }
        foreach (var name in snapshot.Missing ?? []) Mark(name, snapshot.Answered);
        foreach (var name in snapshot.Found ?? []) Mark(name, null);

        void Mark(LineName name, DateTimeOffset? since)
        {
            name = name with { Dimensions = name.Dimensions ?? snapshot.Dimensions };
            if (lines.TryGetValue(name, out var held)) Put(held with { MissingSince = since });
        }
    }

    /// <summary>The days that snapshots changed.</summary>
    public IReadOnlyList<HeldDay> Changed()
    {
        var byDay = lines.Values.Where(l => changed.Contains(HeldDay.DayOf(l.Name.Start))).ToLookup(l => HeldDay.DayOf(l.Name.Start));
        return [.. byDay.OrderBy(d => d.Key).Select(d => new HeldDay
        {
            Id = HeldDay.IdOf(account, d.Key),
            Account = account,
            Day = d.Key,
            Series =
            [
                .. d.GroupBy(l => (l.Name.Dimensions!.Value, l.Name.Seconds, l.Name.Key, l.Name.Model, l.Name.Unit))
                    .Select(s => new HeldSeries(s.Key.Value, s.Key.Seconds, s.Key.Key, s.Key.Model, s.Key.Unit, [.. s.OrderBy(l => l.Name.Start).Select(l => new HeldBucket(l.Name.Start, l.Total, l.MissingSince))])),
            ],
        })];
    }

    private void Put(HeldLine line)
    {
        lines[line.Name] = line;
        changed.Add(HeldDay.DayOf(line.Name.Start));
    }
}
