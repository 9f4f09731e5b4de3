using Ledger.Money;

namespace Ledger.Forecasts;

/// <summary>What will have been spent at the end of a period.</summary>
/// <param name="Expected">Most likely; null when there is too little to go by.</param>
/// <param name="Low">Lower end of the range; null as <paramref name="Expected"/>.</param>
/// <param name="High">Upper end of the range; null as <paramref name="Expected"/>.</param>
/// <param name="Method">How: <c>rate-24h</c>, <c>mean-7d</c>, <c>weekday-28d</c>; null as <paramref name="Expected"/>.</param>
/// <param name="Exceeds">When the limit is reached at that pace, or was reached: to the hour in the last seven days, before that to the day. Null: not in this period, or there is no limit.</param>
/// <param name="Why">Why there is no forecast; null when there is one.</param>
public sealed record Forecast(Usd? Expected, Usd? Low, Usd? High, string? Method, DateTimeOffset? Exceeds, string? Why);

/// <summary>
/// What a period will have cost at its end. The longer the past, the better the method: the last day's rate, the mean of a week, the mean
/// of each weekday over four weeks. With too little past there is no forecast, and it says why.
/// </summary>
public static class Forecasting
{
    private static readonly TimeSpan observedMin = TimeSpan.FromHours(6);

    /// <summary>Why no rate can be told from a series yet; null: one can. Minutes of spend say nothing of a day.</summary>
    public static string? TooLittle(SpendSeries series) =>
        series.Observed < observedMin ? $"too little data: {Whole(series.Observed)} of spend, {Whole(observedMin)} needed" : null;
    private const int hoursMin = 4;

    /// <summary>Forecasts the end of a window.</summary>
    /// <param name="series">The scope's recent spend.</param>
    /// <param name="window">The period.</param>
    /// <param name="spent">Spent in the window so far.</param>
    /// <param name="limit">To say when it is reached; null: no limit.</param>
    public static Forecast Of(SpendSeries series, Interval window, Usd spent, Usd? limit)
    {
        if (series.Through is not { } through) return None("nothing was read yet");
        if (through >= window.End) return new(spent, spent, spent, "ended", limit is { } l && spent >= l ? Passed(series, window, spent, l) : null, null);
        if (window.End >= Instants.Max) return None("the period has no end yet");
        if (series.First is null) return None("nothing was spent yet");
        if (TooLittle(series) is { } why) return None(why);
        if (series.Hours.Count < hoursMin && series.Days.Count < 2) return None($"too little data: spend in {series.Hours.Count} hours, {hoursMin} needed");

        var days = Pace.Of(series, through);
        Int128 expected = 0, low = 0, high = 0, variance = 0;
        DateTimeOffset? exceeds = limit is { } at && spent >= at ? Passed(series, window, spent, at) : null;
        var from = through > window.Start ? through : window.Start;
        // Day by day, so that a Sunday costs what Sundays cost.
        while (from < window.End)
        {
            var midnight = new DateTimeOffset(from.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
            var until = midnight < window.End ? midnight : window.End;
            var length = until - from;
            var day = Part(days.On(from.UtcDateTime.DayOfWeek), length);
            if (exceeds is null && limit is { } line && day > 0 && spent.Ticks + expected + day >= line.Ticks)
                exceeds = (from + new TimeSpan((long)((line.Ticks - spent.Ticks - expected) * length.Ticks / day))).ToMicroseconds();
            expected += day;
            low += Part(days.Low, length);
            high += Part(days.High, length);
            variance += days.Deviation * days.Deviation * length.Ticks / TimeSpan.TicksPerDay;
            from = until;
        }
        if (days.HasDeviation)
        {
            // Four fifths of normally spread outcomes lie within 1.28 deviations.
            var spread = Root(variance) * 128 / 100;
            (low, high) = (Int128.Max(0, expected - spread), expected + spread);
        }
        return new(Sum(spent, expected), Sum(spent, Int128.Min(low, expected)), Sum(spent, Int128.Max(high, expected)), days.Method, exceeds, null);
    }

    /// <summary>When what was spent reached a limit: the start of the hour or, longer ago than hours are known, of the day.</summary>
    private static DateTimeOffset Passed(SpendSeries series, Interval window, Usd spent, Usd limit)
    {
        Int128 before = spent.Ticks;
        var byHour = new Dictionary<DateOnly, Int128>();
        foreach (var (start, billed) in series.Hours.Reverse())
        {
            if (start >= window.End) continue;
            if ((before -= billed.Ticks) < limit.Ticks || start <= window.Start) return Within(start);
            var day = DateOnly.FromDateTime(start.UtcDateTime);
            byHour[day] = byHour.GetValueOrDefault(day) + billed.Ticks;
        }
        foreach (var (day, billed) in series.Days.Reverse())
        {
            var start = new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
            if (start >= window.End) continue;
            if ((before -= billed.Ticks - byHour.GetValueOrDefault(day)) < limit.Ticks || start <= window.Start) return Within(start);
        }
        return window.Start.ToMicroseconds();

        DateTimeOffset Within(DateTimeOffset at) => at > window.Start ? at : window.Start.ToMicroseconds();
    }

    private static Forecast None(string why) => new(null, null, null, null, null, why);

    private static Int128 Part(Int128 perDay, TimeSpan length) => perDay * length.Ticks / TimeSpan.TicksPerDay;

    private static Usd Sum(Usd spent, Int128 more) => new((long)Int128.Min(long.MaxValue, spent.Ticks + more));

    private static string Whole(TimeSpan length) => length < TimeSpan.FromHours(1) ? $"{(int)length.TotalMinutes} min" : $"{(int)length.TotalHours} h";

    /// <summary>Largest integer whose square is not above the number.</summary>
    internal static Int128 Root(Int128 number)
    {
        if (number < 2) return number < 0 ? 0 : number;
        var guess = (Int128)1 << (int)((128 - Int128.LeadingZeroCount(number)) / 2 + 1);
        while (true)
        {
            var better = (guess + (number / guess)) / 2;
            if (better >= guess) return guess;
            guess = better;
        }
    }

    /// <summary>Ticks of money per day, by weekday.</summary>
    private sealed record Pace(string Method, Int128[] ByWeekday, Int128 Low, Int128 High, Int128 Deviation, bool HasDeviation)
    {
        public Int128 On(DayOfWeek day) => ByWeekday[(int)day];

        public static Pace Of(SpendSeries series, DateTimeOffset through)
        {
            var today = DateOnly.FromDateTime(through.UtcDateTime);
            var begun = DateOnly.FromDateTime(series.First!.Value.UtcDateTime);
            var known = today.DayNumber - begun.DayNumber;
            return known >= 28 ? ByWeekdays(series, today) : known >= 7 ? ByMean(series, today) : ByRate(series);
        }

        private static Pace ByWeekdays(SpendSeries series, DateOnly today)
        {
            var days = Days(series, today, 28);
            var means = new Int128[7];
            foreach (var (day, ticks) in days) means[(int)day.DayOfWeek] += ticks;
            for (var i = 0; i < means.Length; i++) means[i] /= 4;
            return new("weekday-28d", means, 0, 0, DeviationOf(days.Select(d => d.Ticks - means[(int)d.Day.DayOfWeek])), HasDeviation: true);
        }

        private static Pace ByMean(SpendSeries series, DateOnly today)
        {
            var days = Days(series, today, 7);
            var mean = days.Aggregate((Int128)0, (sum, d) => sum + d.Ticks) / 7;
            return new("mean-7d", [.. Enumerable.Repeat(mean, 7)], 0, 0, DeviationOf(days.Select(d => d.Ticks - mean)), HasDeviation: true);
        }

        private static Pace ByRate(SpendSeries series)
        {
            Int128 PerDay(TimeSpan back)
            {
                var over = series.Observed < back ? series.Observed : back;
                return (Int128)series.Last(over).Ticks * TimeSpan.TicksPerDay / over.Ticks;
            }
            var rate = PerDay(TimeSpan.FromHours(24));
            var (recent, all) = (PerDay(TimeSpan.FromHours(6)), PerDay(TimeSpan.FromDays(7)));
            return new("rate-24h", [.. Enumerable.Repeat(rate, 7)], Int128.Min(recent, all), Int128.Max(recent, all), 0, HasDeviation: false);
        }

        /// <summary>The last days before today, those without spend too.</summary>
        private static List<(DateOnly Day, Int128 Ticks)> Days(SpendSeries series, DateOnly today, int count)
        {
            var held = series.Days.ToDictionary(d => d.Day, d => (Int128)d.Billed.Ticks);
            return [.. Enumerable.Range(1, count).Select(i => today.AddDays(-i)).Select(d => (d, held.GetValueOrDefault(d)))];
        }

        private static Int128 DeviationOf(IEnumerable<Int128> differences)
        {
            var all = differences.ToArray();
            return Root(all.Aggregate((Int128)0, (sum, d) => sum + (d * d)) / all.Length);
        }
    }
}
