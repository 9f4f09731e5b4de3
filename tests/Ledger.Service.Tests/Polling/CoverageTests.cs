using Ledger.Accounts;
using Ledger.Service.Polling;

namespace Ledger.Service.Tests.Polling;

/// <summary>Which time was read, and what the books hold of it.</summary>
public sealed class CoverageTests
{
    private static readonly DateTimeOffset day = new(2026, 11, 16, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void the_last_reading_of_a_stretch_counts_and_the_others_keep_what_is_left_of_theirs()
    {
        var coverage = Coverage.None.With(Read(0, 10, 1)).With(Read(4, 6, 2)).With(Read(9, 12, 3));
        Assert.Equal([(0, 4, 1), (4, 6, 2), (6, 9, 1), (9, 12, 3)], Of(coverage));
        Assert.Equal([(5, 6, 2), (6, 8, 1)], coverage.Of(Hours(5, 8)).Select(p => (Hour(p.Start), Hour(p.End), (int)(p.Asked - day).TotalDays)));
    }

    [Fact]
    public void neighbours_of_one_reading_are_kept_as_one() => Assert.Equal([(0, 6, 1)], Of(Coverage.None.With(Read(0, 2, 1)).With(Read(4, 6, 1)).With(Read(2, 4, 1))));

    [Fact]
    public void what_lies_far_back_is_forgotten()
    {
        var coverage = Coverage.None.With(Read(0, 24, 1)).With(Read(24 * 125, 24 * 126, 2));
        Assert.Equal([(24 * 125, 24 * 126, 2)], Of(coverage));
    }

    [Theory]
    [InlineData(0, 10, 0, 5, 10)]
    [InlineData(0, 5, 0, null, null)]
    [InlineData(0, 5, 2, 3, 5)]
    [InlineData(0, 3, 2, 0, 2)]
    [InlineData(2, 3, 2, null, null)]
    public void the_last_part_that_lacks_is_found(int start, int end, int since, int? lacksFrom, int? lacksTo)
    {
        var coverage = Coverage.None.With(Read(0, 5, 1)).With(Read(2, 3, 2));
        Assert.Equal(lacksFrom is null ? null : Hours(lacksFrom.Value, lacksTo!.Value), coverage.LastLacking(Hours(start, end), day.AddDays(since)));
    }

    [Fact]
    public void any_sequence_of_readings_leaves_disjoint_stretches_in_order()
    {
        var random = new Random(7);
        var coverage = Coverage.None;
        var last = new int[48];
        for (var i = 1; i < 400; i++)
        {
            var start = random.Next(0, 47);
            var end = random.Next(start + 1, 48);
            coverage = coverage.With(Read(start, end, i));
            Array.Fill(last, i, start, end - start);
            var hours = new int[48];
            foreach (var (from, to, by) in Of(coverage))
                for (var hour = from; hour < to; hour++)
                {
                    Assert.Equal(0, hours[hour]);
                    hours[hour] = by;
                }
            Assert.Equal(last, hours);
        }
    }

    [Fact]
    public void the_days_that_snapshots_leave_are_the_same_all_at_once_and_one_by_one()
    {
        var (random, lines) = (new Random(11), new HeldLines("a", []));
        var days = new Dictionary<string, HeldDay>();
        var coverage = Coverage.None;
        var log = new List<UsageSnapshotTaken>();
        for (var i = 1; i < 60; i++)
        {
            var reading = new Reading
            {
                Asked = day.AddMinutes(i * 50),
                Answered = day.AddMinutes((i * 50) + 1),
                Covers = Hours(0, 48),
                Dimensions = i % 7 == 0 ? DimensionSet.KeyUnit : DimensionSet.KeyModelUnit,
                Dense = true,
                Lines =
                [
                    .. Enumerable.Range(0, 48).Where(_ => random.Next(4) > 0)
                        .Select(hour => new ReadLine(day.AddHours(hour), 3600, $"k{random.Next(2)}", i % 7 == 0 ? null : "m", "u", new(random.Next(0, 5)), "x")),
                ],
            };
            // As a poll does it: from the documents of the days it reads.
            lines = new("a", HeldDay.IdsOf("a", reading.Covers).Where(days.ContainsKey).Select(id => days[id]));
            foreach (var part in Observation.Observe("a", reading, lines.Of(reading.Covers), coverage.Of(reading.Covers), 300, null))
            {
                lines.Apply(part);
                log.Add(part);
            }
            foreach (var changed in lines.Changed()) days[changed.Id] = changed;
            coverage = coverage.With(new(reading.Covers.Start, reading.Covers.End, 3600, reading.Asked, reading.Answered, reading.Asked));
        }
        var folded = HeldDay.FromEvents("a", log);
        Assert.Equal(days.Values.OrderBy(d => d.Day).Select(Text), folded.Select(Text));
        Assert.Contains(folded.SelectMany(d => d.Lines()), l => l.MissingSince is not null);
        Assert.Equal(coverage.Of(Hours(0, 48)), Coverage.FromEvents(log).Of(Hours(0, 48)));
    }

    private static string Text(HeldDay held) => string.Join('\n', held.Lines().Select(l => $"{l}").Order(StringComparer.Ordinal));

    private static CoveredStretch Read(int start, int end, int at) => new(day.AddHours(start), day.AddHours(end), 3600, day.AddDays(at), day.AddDays(at), day.AddDays(at));

    private static IEnumerable<(int Start, int End, int At)> Of(Coverage coverage) => coverage.Stretches.Select(s => (Hour(s.Start), Hour(s.End), (int)(s.ReadAt - day).TotalDays));

    private static Interval Hours(int start, int end) => new(day.AddHours(start), day.AddHours(end));

    private static int Hour(DateTimeOffset at) => (int)(at - day).TotalHours;
}
