using Ledger.Spend;
using Ledger.Missions;
using Ledger.Money;
using Npgsql;

namespace Ledger.Views.Spend;

/// <summary>What a mission cost.</summary>
/// <param name="Mission">The mission as it was then.</param>
/// <param name="Billed">Its part of the bill; null when none of its agents owned a key in its windows.</param>
/// <param name="Low">The least it can have been; null like <paramref name="Billed"/>.</param>
/// <param name="High">The most it can have been; null like <paramref name="Billed"/>.</param>
/// <param name="Reason"><c>no_key</c> when the cost is unknown, else null.</param>
/// <param name="Methods">How the parts came to it; adds up to <paramref name="Billed"/>.</param>
/// <param name="Restated">By how much restatements changed it from the heights.</param>
/// <param name="Preliminary">The part that may still move.</param>
/// <param name="By">Rows by the dimensions asked for.</param>
/// <param name="AsOf">Where it stands.</param>
public sealed record CostAnswer(
    Mission Mission, Usd? Billed, Usd? Low, Usd? High, string? Reason, IReadOnlyDictionary<Method, Usd> Methods, Usd Restated, Usd Preliminary,
    IReadOnlyList<GroupRow> By, AsOf AsOf)
{
    /// <summary>The reason of an unknown cost.</summary>
    public const string NoKey = "no_key";
}

/// <summary>A mission's figures in a list.</summary>
/// <param name="Billed">Null: unknown.</param>
/// <param name="Low">Null: unknown.</param>
/// <param name="High">Null: unknown.</param>
/// <param name="Reason"><c>no_key</c>, or null.</param>
public sealed record MissionFigures(Usd? Billed, Usd? Low, Usd? High, string? Reason);

public sealed partial class SpendQueries
{
    /// <summary>What a mission cost; null when there was no such mission at that position.</summary>
    /// <exception cref="PositionUnknownException">The views don't reach the position asked for.</exception>
    public async Task<CostAnswer?> Cost(string mission, long? asOf, IReadOnlyList<Dimension> by, DateTimeOffset preliminaryFrom, CancellationToken ct)
    {
        // One statement sees one snapshot. Only the past needs the position looked up first.
        if (asOf is null)
        {
            await using var connection = await db.OpenConnectionAsync(ct);
            return await Cost(mission, connection, null, by, preliminaryFrom, ct);
        }
        return await InSnapshot(asOf, (connection, at) => Cost(mission, connection, at, by, preliminaryFrom, ct), ct);
    }

    private async Task<CostAnswer?> Cost(string mission, NpgsqlConnection connection, AsOf? past, IReadOnlyList<Dimension> by, DateTimeOffset preliminaryFrom, CancellationToken ct)
    {
        var known = past is null ? books.Ask(d => d.Missions.GetValueOrDefault(mission)) : await MissionAt(mission, past.Position, ct);
        if (known is null) return null;

        var groups = new Dictionary<string, (string?[] Group, Int128 Ticks)>(StringComparer.Ordinal);
        var methods = new SortedDictionary<Method, Int128>();
        Int128 billed = 0, restated = 0, preliminary = 0;
        (long Low, long High)? bounds = null;
        var at = past;
        var settled = DateOnly.FromDateTime(preliminaryFrom.UtcDateTime);
        await using (var command = past is null ? CurrentCost(connection, mission) : PastCost(connection, mission, past.Position))
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
                switch (reader.GetInt32(0))
                {
                    case 0:
                        var day = reader.GetFieldValue<DateOnly>(1);
                        var method = (Method)reader.GetInt16(6);
                        var ticks = (Int128)reader.GetDecimal(7);
                        billed += ticks;
                        restated += (Int128)reader.GetDecimal(8);
                        if (day >= settled) preliminary += ticks;
                        methods[method] = methods.GetValueOrDefault(method) + ticks;
                        var group = by.Select(d => d switch
                        {
                            Dimension.Agent => reader.GetString(2),
                            Dimension.Model => Named(reader.GetString(3)),
                            Dimension.Unit => Named(reader.GetString(4)),
                            Dimension.Key => Named(reader.GetString(5)),
                            Dimension.Day => day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
                            _ => throw new ArgumentException($"A mission's cost can't be grouped by {d}.", nameof(by)),
                        }).ToArray();
                        var key = string.Join('\u001f', group.Select(g => g ?? "\u0001"));
                        groups[key] = (group, groups.GetValueOrDefault(key).Ticks + ticks);
                        break;
                    case 1 when !reader.IsDBNull(7):
                        bounds = ((long)reader.GetDecimal(7), (long)reader.GetDecimal(8));
                        break;
                    case 2:
                        at ??= new((long)reader.GetDecimal(7), reader.IsDBNull(9) ? null : reader.GetFieldValue<DateTimeOffset>(9));
                        break;
                }

        // Claims that were taken back leave bounds of nothing behind: whether a key was owned is asked of the directory, not of them.
        if (bounds is null or (0, 0) && billed == 0 && !(past is null ? books.Ask(d => d.OwnedAnyKey(known)) : (await DirectoryAt(past.Position, ct)).OwnedAnyKey(known)))
            return new(known, null, null, null, CostAnswer.NoKey, new Dictionary<Method, Usd>(), Usd.Zero, Usd.Zero, [], at!);

        var query = new ReportQuery { Since = default, Until = default, By = by, PreliminaryFrom = preliminaryFrom, Limit = 1_000 };
        return new(
            known, Money(billed), new(bounds?.Low ?? 0), new(bounds?.High ?? 0), null, methods.Where(m => m.Value != 0).ToDictionary(m => m.Key, m => Money(m.Value)),
            Money(restated), Money(preliminary), Cut(query, [.. groups.Values.Where(g => g.Ticks != 0)]), at!);
    }

    /// <summary>Current figures of many missions.</summary>
    public Task<IReadOnlyDictionary<string, MissionFigures>> Figures(IReadOnlyList<string> missions, CancellationToken ct) =>
        InSnapshot<IReadOnlyDictionary<string, MissionFigures>>(null, async (connection, _) =>
        {
            await using var command = new NpgsqlCommand("""
                select m.id, coalesce(s.billed, 0), b.low, b.high from unnest($1) m (id)
                left join lateral (select sum(billed) as billed from views.spend_day where mission = m.id) s on true
                left join views.mission_bounds b on b.mission = m.id
                """, connection) { Parameters = { new() { Value = missions.ToArray() } } };
            var figures = new Dictionary<string, MissionFigures>(StringComparer.Ordinal);
            var unclaimed = new List<string>();
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                var id = reader.GetString(0);
                var (billed, low, high) = ((Int128)reader.GetDecimal(1), reader.IsDBNull(2) ? 0 : reader.GetInt64(2), reader.IsDBNull(3) ? 0 : reader.GetInt64(3));
                if ((billed, low, high) == (0, 0, 0)) unclaimed.Add(id);
                else figures[id] = new(Money(billed), new(low), new(high), null);
            }
            foreach (var id in unclaimed)
                figures[id] = books.Ask(d => d.Missions.GetValueOrDefault(id) is { } m && d.OwnedAnyKey(m))
                    ? new(Usd.Zero, Usd.Zero, Usd.Zero, null)
                    : new(null, null, null, CostAnswer.NoKey);
            return figures;
        }, ct);

    /// <summary>Rows of three kinds: 0 the parts, 1 the bounds, 2 the checkpoint.</summary>
    private static NpgsqlCommand CurrentCost(NpgsqlConnection connection, string mission) => new("""
        select 0, day, agent, model, unit, key, method, sum(billed), sum(restated), null::timestamptz from views.spend_day where mission = $1 group by 2, 3, 4, 5, 6, 7
        union all select 1, null, null, null, null, null, null, sum(low), sum(high), null from views.mission_bounds where mission = $1
        union all select 2, null, null, null, null, null, null, position::numeric, null, at from views.checkpoint
        """, connection)
    { Parameters = { new() { Value = mission } } };

    private static NpgsqlCommand PastCost(NpgsqlConnection connection, string mission, long position) => new("""
        select 0, (l.start at time zone 'utc')::date, a.agent, l.model, l.unit, l.key, a.method, sum(a.amount), sum(a.restated), null::timestamptz
        from views.allocation a join views.line l on l.id = a.line_id where a.mission = $1 and a.position <= $2 group by 2, 3, 4, 5, 6, 7
        union all select 1, null, null, null, null, null, null, sum(low), sum(high), null from views.claim where mission = $1 and position <= $2
        """, connection)
    { Parameters = { new() { Value = mission }, new() { Value = position } } };

    /// <summary>A mission as it was at a position, from its own stream.</summary>
    private async Task<Mission?> MissionAt(string id, long position, CancellationToken ct)
    {
        Mission? mission = null;
        await foreach (var happened in StreamUpTo($"mission-{id}", position, ct))
            mission = Mission.Fold(mission, happened);
        return mission;
    }

    /// <summary>Key ownership as it was at a position, from the keys' own streams.</summary>
    private async Task<AttributionContext> DirectoryAt(long position, CancellationToken ct)
    {
        var directory = new AttributionContext();
        foreach (var (account, key) in books.Ask(d => d.Keys.Keys.ToArray()))
            await foreach (var happened in StreamUpTo($"key-{account}-{key}", position, ct))
                directory.Apply(happened);
        return directory;
    }

    private async IAsyncEnumerable<ILedgerEvent> StreamUpTo(string stream, long position, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        const int page = 500;
        for (var version = 0L; ;)
        {
            var events = await log.ReadStream(stream, version, page, ct);
            foreach (var recorded in events)
            {
                if (recorded.Position > position) yield break;
                if (EventJson.Read(recorded) is { } happened) yield return happened;
                version = recorded.Version;
            }
            if (events.Count < page) yield break;
        }
    }
}
