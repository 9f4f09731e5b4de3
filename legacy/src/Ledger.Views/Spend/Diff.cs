using Ledger.Missions;
using Ledger.Money;
using Npgsql;

namespace Ledger.Views.Spend;

/// <summary>How a mission's cost changed between two positions, in two parts.</summary>
/// <param name="Mission">The mission at the later position.</param>
/// <param name="From">The earlier position.</param>
/// <param name="To">The later position.</param>
/// <param name="Before">Billed at the earlier position.</param>
/// <param name="After">Billed at the later position.</param>
/// <param name="Moved">Moved to it by edits of history: windows, owners, weights. Over all parties this sums to 0.</param>
/// <param name="Billed">New or restated by the provider. Over all parties this sums to the change of the bill.</param>
/// <param name="By">Both parts by agent, model and unit.</param>
/// <param name="Counterparts">Where moved money came from (negative) or went to, over the lines this mission shares.</param>
public sealed record DiffAnswer(
    Mission Mission, AsOf From, AsOf To, Usd Before, Usd After, Usd Moved, Usd Billed, IReadOnlyList<DiffRow> By, IReadOnlyList<Counterpart> Counterparts);

/// <summary>A row of a difference.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Model">The model, or null.</param>
/// <param name="Unit">The unit type, or null.</param>
/// <param name="Moved">Moved by edits.</param>
/// <param name="Billed">New or restated.</param>
public sealed record DiffRow(string Agent, string? Model, string? Unit, Usd Moved, Usd Billed);

/// <summary>Who gave or got what an edit moved.</summary>
/// <param name="Mission">A mission's id, <c>(idle)</c> or <c>(unassigned)</c>.</param>
/// <param name="Agent">The agent, or null.</param>
/// <param name="Moved">Negative: gave.</param>
public sealed record Counterpart(string Mission, string? Agent, Usd Moved);

public sealed partial class SpendQueries
{
    /// <summary>What changed for a mission between two positions; null when there is no such mission at the later one.</summary>
    /// <exception cref="PositionUnknownException">The views don't reach a position asked for.</exception>
    public Task<DiffAnswer?> Diff(string mission, long from, long to, CancellationToken ct) => InSnapshot(to, async (connection, at) =>
    {
        if (from < 0 || from > to) throw new PositionUnknownException(from, to);
        if (await MissionAt(mission, to, ct) is not { } known) return null;
        var fromTime = from == 0 ? null : (await log.ReadAll(from - 1, 1, ct)) is [var first, ..] ? first.At : (DateTimeOffset?)null;

        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("select coalesce(sum(amount), 0) from views.allocation where mission = $1 and position <= $2") { Parameters = { new() { Value = mission }, new() { Value = from } } },
                new("""
                    select a.agent, l.model, l.unit, coalesce(sum(a.amount) filter (where a.moved), 0), coalesce(sum(a.amount) filter (where not a.moved), 0)
                    from views.allocation a join views.line l on l.id = a.line_id
                    where a.mission = $1 and a.position > $2 and a.position <= $3 group by 1, 2, 3 order by 1, 2, 3
                    """) { Parameters = { new() { Value = mission }, new() { Value = from }, new() { Value = to } } },
                new("""
                    select o.mission, o.agent, sum(o.amount) from views.allocation o
                    where o.moved and o.mission <> $1 and (o.position, o.line_id) in
                        (select position, line_id from views.allocation where mission = $1 and moved and position > $2 and position <= $3)
                    group by 1, 2 having sum(o.amount) <> 0 order by 3
                    """) { Parameters = { new() { Value = mission }, new() { Value = from }, new() { Value = to } } },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        var before = Money((Int128)reader.GetDecimal(0));
        await reader.NextResultAsync(ct);
        var rows = new List<DiffRow>();
        Int128 moved = 0, billed = 0;
        while (await reader.ReadAsync(ct))
        {
            var (rowMoved, rowBilled) = (Money((Int128)reader.GetDecimal(3)), Money((Int128)reader.GetDecimal(4)));
            moved += rowMoved.Ticks;
            billed += rowBilled.Ticks;
            if (rowMoved != Usd.Zero || rowBilled != Usd.Zero) rows.Add(new(reader.GetString(0), Named(reader.GetString(1)), Named(reader.GetString(2)), rowMoved, rowBilled));
        }
        await reader.NextResultAsync(ct);
        var counterparts = new List<Counterpart>();
        while (await reader.ReadAsync(ct))
            counterparts.Add(new(Shown(reader.GetString(0), reader.GetString(1)), Named(reader.GetString(1)), Money((Int128)reader.GetDecimal(2))));
        return new DiffAnswer(known, new(from, fromTime), at, before, Money(before.Ticks + moved + billed), Money(moved), Money(billed), rows, counterparts);
    }, ct);

    /// <summary>How much money an edit moved between parties (what was taken from some and given to others).</summary>
    /// <param name="first">First position of the edit's append.</param>
    /// <param name="last">Last position of it; before the first: the edit changed nothing.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Usd> Moved(long first, long last, CancellationToken ct)
    {
        if (last < first) return Usd.Zero;
        await using var command = db.CreateCommand("""
            select coalesce(sum(amount) filter (where amount > 0), 0) from (
                select mission, agent, sum(amount) as amount from views.allocation where position between $1 and $2 and moved group by 1, 2) s
            """);
        command.Parameters.Add(new() { Value = first });
        command.Parameters.Add(new() { Value = last });
        return Money((Int128)(decimal)(await command.ExecuteScalarAsync(ct))!);
    }
}
