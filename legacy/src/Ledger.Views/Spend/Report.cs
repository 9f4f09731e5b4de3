using System.Globalization;
using System.Text;
using Ledger.Spend;
using Ledger.Money;
using Npgsql;

namespace Ledger.Views.Spend;

public sealed partial class SpendQueries
{
    /// <summary>Spend, grouped and filtered.</summary>
    /// <exception cref="PositionUnknownException">The views don't reach the position asked for.</exception>
    public async Task<ReportAnswer> Report(ReportQuery query, CancellationToken ct)
    {
        // One statement sees one snapshot. Only the past needs the position looked up first.
        if (query.AsOf is null)
        {
            await using var connection = await db.OpenConnectionAsync(ct);
            return await Report(query, connection, null, ct);
        }
        return await InSnapshot(query.AsOf, (connection, at) => Report(query, connection, at, ct), ct);
    }

    private async Task<ReportAnswer> Report(ReportQuery query, NpgsqlConnection connection, AsOf? past, CancellationToken ct)
    {
        await using var command = ReportCommand(query, past, books.Position, connection);
        var groups = new Dictionary<string, (string?[] Group, Int128 Ticks)>(StringComparer.Ordinal);
        Int128 total = 0, idle = 0, unassigned = 0, preliminary = 0;
        var at = past;
        var n = query.By.Count;
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
            {
                if (reader.IsDBNull(n))
                {
                    at ??= AsOfAt(reader, n + 3);
                    continue;
                }
                var group = new string?[n];
                for (var i = 0; i < n; i++)
                    group[i] = query.By[i] is Dimension.Key or Dimension.Model or Dimension.Unit ? Named(reader.GetString(i)) : reader.GetString(i);
                var ticks = (Int128)reader.GetDecimal(n);
                total += ticks;
                if (reader.GetInt32(n + 1) == 1) idle += ticks;
                if (reader.GetInt32(n + 1) == 2) unassigned += ticks;
                if (reader.GetBoolean(n + 2)) preliminary += ticks;
                var key = string.Join('\u001f', group.Select(g => g ?? "\u0001"));
                groups[key] = (group, groups.GetValueOrDefault(key).Ticks + ticks);
            }
        return new ReportAnswer(Cut(query, [.. groups.Values.Where(g => g.Ticks != 0)]), Money(total), Money(idle), Money(unassigned), Money(preliminary), at!);
    }

    private static List<GroupRow> Cut(ReportQuery query, List<(string?[] Group, Int128 Ticks)> groups)
    {
        var times = query.By.Select((d, i) => (d, i)).Where(x => x.d is Dimension.Day or Dimension.Hour).Select(x => x.i).ToArray();
        groups.Sort((a, b) =>
        {
            foreach (var i in times)
                if (string.CompareOrdinal(a.Group[i], b.Group[i]) is var c and not 0)
                    return c;
            var byAmount = b.Ticks.CompareTo(a.Ticks);
            return byAmount != 0 ? byAmount : string.CompareOrdinal(string.Join('\u001f', a.Group), string.Join('\u001f', b.Group));
        });
        var rows = groups.Take(query.Limit).Select(g => new GroupRow(g.Group, Money(g.Ticks))).ToList();
        if (groups.Count > query.Limit)
        {
            Int128 rest = 0;
            foreach (var (_, ticks) in groups.Skip(query.Limit))
                rest += ticks;
            rows.Add(new([.. query.By.Select(_ => GroupRow.Other)], Money(rest)));
        }
        return rows;
    }

    private static NpgsqlCommand ReportCommand(ReportQuery query, AsOf? past, long head, NpgsqlConnection connection)
    {
        // Days are added up beforehand. A window that cuts a day, hours, and the past are answered from allocations; a past that lies
        // nearer to now than to the beginning, from days less what came after.
        var asked = query.By.Concat(query.Where.Keys).ToHashSet();
        var wholeDays = !asked.Contains(Dimension.Hour) && IsMidnight(query.Since) && IsMidnight(query.Until);
        var fromDays = wholeDays && (past is null || past.Position > head / 2);
        var parties = !asked.Overlaps([Dimension.Key, Dimension.Model, Dimension.Unit]);
        var partiesOnly = parties && !asked.Overlaps([Dimension.Account, Dimension.Provider]);
        var command = new NpgsqlCommand { Connection = connection };
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
            Dimension.Day => fromDays ? "to_char(day, 'YYYY-MM-DD')" : "to_char(start at time zone 'utc', 'YYYY-MM-DD')",
            Dimension.Hour => "to_char(start at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:00:00\"Z\"')",
            _ => throw new ArgumentOutOfRangeException(nameof(dimension)),
        };

        var source = (fromDays, past) switch
        {
            (true, null) => parties ? "views.party_day" : "views.spend_day",
            (true, { } at) => $"""
                (select day, account, key, model, unit, agent, mission, billed from views.spend_day
                 union all select (l.start at time zone 'utc')::date, l.account, l.key, l.model, l.unit, a.agent, a.mission, -a.amount
                 from views.allocation a join views.line l on l.id = a.line_id where a.position > {Parameter(at.Position)}) s
                """,
            (false, null) => "(select a.mission, a.agent, a.amount as billed, l.* from views.line l join views.allocation a on a.line_id = l.id) s",
            (false, { } at) when partiesOnly => $"(select mission, agent, amount as billed, start from views.allocation where position <= {Parameter(at.Position)}) s",
            (false, { } at) => $"(select a.mission, a.agent, a.amount as billed, l.* from views.allocation a join views.line l on l.id = a.line_id where a.position <= {Parameter(at.Position)}) s",
        };
        var when = fromDays
            ? $"day >= {Parameter(DateOnly.FromDateTime(query.Since.UtcDateTime))} and day < {Parameter(DateOnly.FromDateTime(query.Until.UtcDateTime))}"
            : $"start >= {Parameter(query.Since.ToUniversalTime())} and start < {Parameter(query.Until.ToUniversalTime())}";
        var where = new StringBuilder(when);
        foreach (var (dimension, value) in query.Where)
            where.Append(CultureInfo.InvariantCulture, $" and {Column(dimension)} = {Parameter(value)}");
        var preliminary = fromDays
            ? $"day >= {Parameter(DateOnly.FromDateTime(query.PreliminaryFrom.UtcDateTime))}"
            : $"start >= {Parameter(new DateTimeOffset(query.PreliminaryFrom.UtcDateTime.Date, TimeSpan.Zero))}";
        const string kind = "case when mission <> '' then 0 when agent <> '' then 1 else 2 end";
        var columns = string.Concat(query.By.Select(d => Column(d) + ", "));
        var ordinals = string.Join(", ", Enumerable.Range(1, query.By.Count + 3).Where(i => i != query.By.Count + 1));
        var nulls = string.Concat(query.By.Select(_ => "null, "));
        command.CommandText = $"""
            select {columns}sum(billed), {kind}, {preliminary}, null::bigint, null::timestamptz from {source} where {where} group by {ordinals}
            union all select {nulls}null, null, null, position, at from views.checkpoint
            """;
        return command;
    }

    private static bool IsMidnight(DateTimeOffset at) => at.UtcDateTime.TimeOfDay == TimeSpan.Zero;

    private static AsOf AsOfAt(NpgsqlDataReader reader, int column) =>
        new(reader.GetInt64(column), reader.IsDBNull(column + 1) ? null : reader.GetFieldValue<DateTimeOffset>(column + 1));

    private static Usd Money(Int128 ticks) => new(checked((long)ticks));
}
