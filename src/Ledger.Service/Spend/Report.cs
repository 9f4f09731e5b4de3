using System.Globalization;
using System.Text;
using Ledger.Spend;
using Npgsql;

namespace Ledger.Service.Spend;

public sealed partial class SpendView
{
    private const string hourFormat = "yyyy-MM-dd'T'HH:00:00'Z'";

    /// <summary>Spend, grouped and filtered.</summary>
    /// <exception cref="PositionUnknownException">The views don't reach the position asked for.</exception>
    public async Task<ReportAnswer> Report(ReportQuery query, CancellationToken ct)
    {
        var stands = await Stands(query.AsOf, ct);
        var sums = new GroupSums(query.By);
        if (stands.Position == Position) await CurrentReport(query, sums, ct);
        else await PastReport(query, stands.Position, sums, ct);
        return new(sums.Rows(query.Limit), Money(sums.Total), Money(sums.Idle), Money(sums.Unassigned), Money(sums.Preliminary), stands);
    }

    /// <summary>Whole days are added up beforehand; the hours at a window's edges are not.</summary>
    private async Task CurrentReport(ReportQuery query, GroupSums sums, CancellationToken ct)
    {
        var window = new Interval(Clamp(query.Since), Clamp(query.Until));
        var asked = query.By.Concat(query.Where.Keys).ToHashSet();
        // Weeks and months are sums of days; but the days held are those of the team's zone.
        var units = zone.HasDaysOf(query.Zone) ? [] : asked.Where(Periods.IsPeriod).ToArray();
        var periods = units.Length == 0 ? null : new Periods(query.Zone, units is [var only] ? only : Dimension.Day, window);
        var byDays = !asked.Contains(Dimension.Hour) && periods is null;
        await using var command = new NpgsqlCommand { Connection = connection, CommandTimeout = 120 };
        string Parameter(object value)
        {
            command.Parameters.Add(new() { Value = value });
            return $"${command.Parameters.Count}";
        }
        string Column(Dimension dimension) => dimension switch
        {
            Dimension.Provider => "split_part(account, '-', 1)",
            Dimension.Account => "account",
            Dimension.Agent => $"case agent when '' then '{Party.UnassignedName}' else agent end",
            Dimension.Key => "key",
            Dimension.Model => "model",
            Dimension.Unit => "unit",
            Dimension.Mission => $"case when mission <> '' then mission when agent <> '' then '{Party.IdleName}' else '{Party.UnassignedName}' end",
            _ when periods is not null && Periods.IsPeriod(dimension) => "number",
            Dimension.Day => "day",
            Dimension.Week => "date_trunc('week', day::timestamp)::date",
            Dimension.Month => "date_trunc('month', day::timestamp)::date",
            Dimension.Hour => "date_trunc('hour', start, 'utc')",
            _ => throw new ArgumentOutOfRangeException(nameof(dimension)),
        };
        var where = new StringBuilder("true");
        foreach (var (dimension, value) in query.Where.Where(w => !units.Contains(w.Key)))
            where.Append(CultureInfo.InvariantCulture, $" and {Column(dimension)} = {Parameter(Typed(dimension, value))}");
        var isFine = asked.Overlaps([Dimension.Key, Dimension.Model, Dimension.Unit]);
        var columns = string.Concat(query.By.Select(d => Column(d) + ", "));
        var n = query.By.Count;
        string Grouped(string source) => $"""
            select {columns}sum(billed), case when mission <> '' then 0 when agent <> '' then 1 else 2 end, day >= {Parameter(zone.DayOf(query.PreliminaryFrom))}
            from {source} s where {where} group by {string.Join(", ", Enumerable.Range(1, n + 3).Where(i => i != n + 1))}
            """;
        command.CommandText = periods is null ? Grouped(Spent(window, byDays, isFine, Parameter)) : OfEach(periods, units, query.Where, window, Parameter, Grouped);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var group = new string?[n];
            for (var i = 0; i < n; i++)
                group[i] = query.By[i] switch
                {
                    Dimension.Key or Dimension.Model or Dimension.Unit => Named(reader.GetString(i)),
                    var unit when periods is not null && Periods.IsPeriod(unit) => periods.NameOf(unit, reader.GetInt32(i)),
                    Dimension.Day or Dimension.Week or Dimension.Month => Periods.NameOf(query.By[i], reader.GetFieldValue<DateOnly>(i)),
                    Dimension.Hour => reader.GetFieldValue<DateTimeOffset>(i).ToString(hourFormat, CultureInfo.InvariantCulture),
                    _ => reader.GetString(i),
                };
            sums.Add(group, (Int128)reader.GetDecimal(n), reader.GetInt32(n + 1), reader.GetBoolean(n + 2));
        }
    }

    /// <summary>
    /// The sums of each period by itself, cut to the window. The parts of one stand together under their index; grouped all at once, they would be sorted first.
    /// </summary>
    private static string OfEach(
        Periods periods, Dimension[] units, IReadOnlyDictionary<Dimension, string> only, Interval window, Func<object, string> parameter, Func<string, string> grouped)
    {
        var starts = periods.Starts;
        int[] numbers = [.. Enumerable.Range(1, starts.Length).Where(n => units.All(u => !only.TryGetValue(u, out var name) || periods.NameOf(u, n) == name))];
        var times = numbers.Select(n => new Interval(starts[n - 1], n < starts.Length ? starts[n] : window.End).And(window)).ToArray();
        var each = $"unnest({parameter(numbers)}, {parameter(times.Select(t => t.Start).ToArray())}, {parameter(times.Select(t => t.End).ToArray())}) p (number, since, until)";
        var parts = $"(select p.number, account, key, model, unit, agent, mission, day, start, amount as billed from {schema}.part where start >= p.since and start < p.until)";
        return $"select x.* from {each} cross join lateral ({grouped(parts)}) x";
    }

    /// <summary>The parts of a window as rows of a query; those of whole days may come added up, without their start.</summary>
    private string Spent(Interval window, bool byDays, bool isFine, Func<object, string> parameter)
    {
        var columns = isFine ? "account, key, model, unit, agent, mission, day" : "account, agent, mission, day";
        string Parts(Interval stretch) =>
            $"select {columns}, start, amount as billed from {schema}.part where start >= {parameter(stretch.Start)} and start < {parameter(stretch.End)}";
        if (!byDays) return $"({Parts(window)})";
        var (days, before, after) = zone.Cut(window);
        var whole = $"select {columns}, null::timestamptz as start, billed from {schema}.{(isFine ? "day" : "agent_day")} where day >= {parameter(days.From)} and day < {parameter(days.Until)}";
        return "(" + string.Join(" union all ", (string[])[whole, .. new[] { before, after }.Where(s => !s.IsEmpty).Select(Parts)]) + ")";
    }

    /// <summary>A filter's value as the column has it; a time that is none is equal to nothing.</summary>
    private static object Typed(Dimension dimension, string value) => dimension switch
    {
        Dimension.Day or Dimension.Week or Dimension.Month => Periods.FirstOf(dimension, value) is { } first ? first : DBNull.Value,
        Dimension.Hour => Instants.TryParse(value, out var hour) ? hour : DBNull.Value,
        _ => value,
    };

    private async Task PastReport(ReportQuery query, long position, GroupSums sums, CancellationToken ct)
    {
        var context = await ContextAt(position, ct);
        var window = new Interval(query.Since, query.Until);
        var preliminary = zone.StartOf(zone.DayOf(query.PreliminaryFrom));
        var asked = query.By.Concat(query.Where.Keys).ToHashSet();
        var byName = asked.Contains(Dimension.Model) || asked.Contains(Dimension.Unit);
        var periods = asked.Where(Periods.IsPeriod).ToDictionary(d => d, d => new Periods(query.Zone, d, new(Clamp(query.Since), Clamp(query.Until))));
        await foreach (var alike in LinesOfOneFact(window, position, byName, ct))
        {
            var ownership = context.Ownership(alike.Name.Account, alike.Name.Key);
            var first = Attributor.Attribute(new(alike.Totals[0]), alike.Evidence, ownership, context);
            if (first is [{ Method: Method.Whole } only])
            {
                Add(alike.Name, only.Party, alike.Totals.Aggregate((Int128)0, (sum, total) => sum + total));
                continue;
            }
            // Each line is shared out and rounded by itself.
            foreach (var total in alike.Totals)
                foreach (var part in Attributor.Attribute(new(total), alike.Evidence, ownership, context))
                    Add(alike.Name, part.Party, part.Amount.Ticks);
        }
        var neighbours = new KeyHour();
        await foreach (var line in LinesOfMoreFacts(window, position, ct))
            foreach (var part in line.Parts(context, neighbours))
                Add(line.Name, part.Party, part.Amount.Ticks);

        void Add(LineKey line, Party party, Int128 ticks)
        {
            if (query.Where.All(w => ValueOf(w.Key, line, party, periods) == w.Value))
                sums.Add(
                    [.. query.By.Select(d => d is Dimension.Key or Dimension.Model or Dimension.Unit ? Named(ValueOf(d, line, party, periods)) : ValueOf(d, line, party, periods))],
                    ticks, party.Mission is not null ? 0 : party.Agent is not null ? 1 : 2, line.Start >= preliminary);
        }
    }

    private static string ValueOf(Dimension dimension, LineKey line, Party party, IReadOnlyDictionary<Dimension, Periods> periods) => dimension switch
    {
        Dimension.Provider => line.Account.Split('-', 2)[0],
        Dimension.Account => line.Account,
        Dimension.Agent => party.Agent ?? Party.UnassignedName,
        Dimension.Key => line.Key,
        Dimension.Model => line.Model,
        Dimension.Unit => line.Unit,
        Dimension.Mission => Shown(party),
        Dimension.Day or Dimension.Week or Dimension.Month => periods[dimension].NameAt(line.Start),
        Dimension.Hour => line.Start.UtcDateTime.ToString(hourFormat, CultureInfo.InvariantCulture),
        _ => throw new ArgumentOutOfRangeException(nameof(dimension)),
    };

    /// <summary>Sums by group while rows come in.</summary>
    private sealed class GroupSums(IReadOnlyList<Dimension> by)
    {
        private readonly Dictionary<string, (string?[] Group, Int128 Ticks)> groups = new(StringComparer.Ordinal);

        public Int128 Total { get; private set; }

        public Int128 Idle { get; private set; }

        public Int128 Unassigned { get; private set; }

        public Int128 Preliminary { get; private set; }

        /// <summary>Adds an amount: of a mission (0), of an agent without one (1) or of nobody (2).</summary>
        public void Add(string?[] group, Int128 ticks, int whose, bool preliminary)
        {
            Total += ticks;
            if (whose == 1) Idle += ticks;
            if (whose == 2) Unassigned += ticks;
            if (preliminary) Preliminary += ticks;
            var key = string.Join('\u001f', group.Select(g => g ?? "\u0001"));
            groups[key] = (group, groups.GetValueOrDefault(key).Ticks + ticks);
        }

        /// <summary>Times in order, then the largest first; what is cut off is added up in one row.</summary>
        public List<GroupRow> Rows(int limit)
        {
            var found = groups.Values.Where(g => g.Ticks != 0).ToList();
            var times = by.Select((d, i) => (d, i)).Where(x => Groups.IsTime(x.d)).Select(x => x.i).ToArray();
            found.Sort((a, b) =>
            {
                foreach (var i in times)
                    if (string.CompareOrdinal(a.Group[i], b.Group[i]) is var c and not 0)
                        return c;
                var byAmount = b.Ticks.CompareTo(a.Ticks);
                return byAmount != 0 ? byAmount : string.CompareOrdinal(string.Join('\u001f', a.Group), string.Join('\u001f', b.Group));
            });
            var rows = found.Take(limit).Select(g => new GroupRow(g.Group, Money(g.Ticks))).ToList();
            if (found.Count > limit)
            {
                Int128 rest = 0;
                foreach (var (_, ticks) in found.Skip(limit))
                    rest += ticks;
                rows.Add(new([.. by.Select(_ => GroupRow.Other)], Money(rest)));
            }
            return rows;
        }
    }
}
