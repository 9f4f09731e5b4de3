using Ledger.Missions;
using Ledger.Money;
using Ledger.Spend;
using Npgsql;

namespace Ledger.Service.Spend;

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

public sealed partial class SpendView
{
    private const int costRowsMax = 1_000;

    /// <summary>What a mission cost; null when there was no such mission at that position.</summary>
    /// <exception cref="PositionUnknownException">The views don't reach the position asked for.</exception>
    public Task<CostAnswer?> Cost(string mission, long? asOf, IReadOnlyList<Dimension> by, DateTimeOffset preliminaryFrom, CancellationToken ct) =>
        Cost(mission, asOf, by, TeamZone.Utc, preliminaryFrom, ct);

    /// <summary>The same; its days are those of a zone.</summary>
    public async Task<CostAnswer?> Cost(string mission, long? asOf, IReadOnlyList<Dimension> by, TeamZone days, DateTimeOffset preliminaryFrom, CancellationToken ct)
    {
        foreach (var dimension in by)
            if (dimension is not (Dimension.Agent or Dimension.Model or Dimension.Unit or Dimension.Key or Dimension.Day))
                throw new ArgumentException($"A mission's cost can't be grouped by {dimension}.", nameof(by));
        var stands = await Stands(asOf, ct);
        var sums = new CostSums(by, zone.StartOf(zone.DayOf(Clamp(preliminaryFrom))));
        var known = stands.Position == Position ? await CurrentCost(mission, days, sums, ct) : await PastCost(mission, stands.Position, days, sums, ct);
        return known is null ? null : sums.Answer(known, stands);
    }

    /// <summary>Current figures of many missions.</summary>
    public async Task<IReadOnlyDictionary<string, MissionFigures>> Figures(IReadOnlyList<string> missions, CancellationToken ct)
    {
        var figures = new Dictionary<string, MissionFigures>(StringComparer.Ordinal);
        var unclaimed = new List<string>();
        await using (var command = new NpgsqlCommand($"""
            select m.id, coalesce(s.billed, 0), coalesce(c.low, 0), coalesce(c.high, 0) from unnest($1) m (id)
            left join lateral (select sum(billed) as billed from {schema}.agent_day where mission = m.id) s on true
            left join lateral (select {SpendTables.Bounds} from {SpendTables.ClaimsOf(schema)} where mission = m.id) c on true
            """, connection) { Parameters = { new() { Value = missions.ToArray() } } })
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
            {
                var (billed, low, high) = (Money(reader.GetDecimal(1)), Money(reader.GetDecimal(2)), Money(reader.GetDecimal(3)));
                if ((billed, low, high) == (Usd.Zero, Usd.Zero, Usd.Zero)) unclaimed.Add(reader.GetString(0));
                else figures[reader.GetString(0)] = new(billed, low, high, null);
            }
        if (unclaimed.Count == 0) return figures;
        var context = await ContextDocuments.LoadButMissions(connection, schema, ct);
        var known = await ContextDocuments.Missions(connection, schema, unclaimed, ct);
        foreach (var id in unclaimed)
            figures[id] = known.TryGetValue(id, out var mission) && context.OwnedAnyKey(mission)
                ? new(Usd.Zero, Usd.Zero, Usd.Zero, null)
                : new(null, null, null, CostAnswer.NoKey);
        return figures;
    }

    private async Task<Mission?> CurrentCost(string mission, TeamZone days, CostSums sums, CancellationToken ct)
    {
        // The days held are those of the team's zone; others are added up from the mission's parts.
        var periods = sums.By(Dimension.Day) && !zone.HasDaysOf(days) ? new Periods(days, Dimension.Day, await SpentIn(mission, ct)) : null;
        var (day, source, billed) = periods is null ? ("day", "day", "billed") : ("width_bucket(start, $3)", "part", "amount");
        // The database adds up what nobody asked to tell apart.
        string Asked(Dimension by, string column, string none) => sums.By(by) ? column : none;
        Mission known;
        await using (var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                ContextDocuments.MissionsCommand(schema, [mission]),
                new($"""
                    select {Asked(Dimension.Agent, "agent", "''")}, {Asked(Dimension.Model, "model", "''")}, {Asked(Dimension.Unit, "unit", "''")}, {Asked(Dimension.Key, "key", "''")},
                        {Asked(Dimension.Day, day, "null::date")}, day >= $2, method, sum({billed}), sum(restated)
                    from {schema}.{source} where mission = $1
                    group by 1, 2, 3, 4, 5, 6, 7 having sum({billed}) <> 0 or sum(restated) <> 0
                    """) { Parameters = { new() { Value = mission }, new() { Value = zone.DayOf(sums.PreliminaryFrom) }, new() { Value = periods?.Starts ?? [] } } },
                new($"select {SpendTables.Bounds} from {SpendTables.ClaimsOf(schema)} where mission = $1") { Parameters = { new() { Value = mission } } },
            },
        })
        await using (var reader = await batch.ExecuteReaderAsync(ct))
        {
            if (!await reader.ReadAsync(ct)) return null;
            known = ContextDocuments.ReadMission(reader);
            await reader.NextResultAsync(ct);
            while (await reader.ReadAsync(ct))
                sums.Add(
                    reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), Day(reader), reader.GetBoolean(5), (Method)reader.GetInt16(6),
                    (Int128)reader.GetDecimal(7), (Int128)reader.GetDecimal(8));
            await reader.NextResultAsync(ct);
            await reader.ReadAsync(ct);
            sums.Claim(Money(reader.GetDecimal(0)), Money(reader.GetDecimal(1)));
        }
        string Day(NpgsqlDataReader reader) => reader.IsDBNull(4) ? "" : periods is null ? Periods.NameOf(Dimension.Day, reader.GetFieldValue<DateOnly>(4)) : periods.NameOf(reader.GetInt32(4));
        // Where nothing was billed, whether a key was owned is asked of who owned what.
        sums.Known = sums.HasAny || (await ContextDocuments.LoadButMissions(connection, schema, ct)).OwnedAnyKey(known);
        return known;
    }

    /// <summary>From a mission's first spend to its last.</summary>
    private async Task<Interval> SpentIn(string mission, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"select min(start), max(start) from {schema}.part where mission = $1", connection) { Parameters = { new() { Value = mission } } };
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return reader.IsDBNull(0) ? new(Instants.Min, Instants.Min) : new(reader.GetFieldValue<DateTimeOffset>(0), reader.GetFieldValue<DateTimeOffset>(1).AddTicks(1));
    }

    private async Task<Mission?> PastCost(string mission, long position, TeamZone days, CostSums sums, CancellationToken ct)
    {
        var context = await ContextAt(position, ct);
        if (!context.Missions.TryGetValue(mission, out var known)) return null;
        await foreach (var line in LinesMeeting(Reach(known, context), position, ct))
        {
            foreach (var part in line.Parts(context).Where(p => p.Party.Mission == mission))
                sums.Add(
                    part.Party.Agent ?? "", line.Name.Model, line.Name.Unit, line.Name.Key, sums.By(Dimension.Day) ? Periods.NameOf(Dimension.Day, days.DayOf(line.Name.Start)) : "", line.Name.Start >= sums.PreliminaryFrom, part.Method,
                    part.Amount.Ticks, part.Restated.Ticks);
            foreach (var claim in line.Claims(context).Where(c => c.Mission == mission))
                sums.Claim(claim.Low(line.Total), claim.High(line.Total));
        }
        sums.Known = context.OwnedAnyKey(known);
        return known;
    }

    /// <summary>A mission's cost while parts and claims come in.</summary>
    private sealed class CostSums(IReadOnlyList<Dimension> by, DateTimeOffset preliminaryFrom)
    {
        private readonly GroupSums groups = new(by);
        private readonly SortedDictionary<Method, Int128> methods = [];
        private Int128 restated;
        private Int128 low;
        private Int128 high;

        public DateTimeOffset PreliminaryFrom => preliminaryFrom;

        public bool By(Dimension dimension) => by.Contains(dimension);

        public bool HasAny => methods.Count > 0 || low != 0 || high != 0;

        public bool Known { get; set; }

        public void Add(string agent, string model, string unit, string key, string day, bool preliminary, Method method, Int128 billed, Int128 changed)
        {
            var group = by.Select(d => d switch
            {
                Dimension.Agent => agent,
                Dimension.Model => Named(model),
                Dimension.Unit => Named(unit),
                Dimension.Key => Named(key),
                _ => day,
            }).ToArray();
            groups.Add(group, billed, 0, preliminary);
            methods[method] = methods.GetValueOrDefault(method) + billed;
            restated += changed;
        }

        public void Claim(Usd least, Usd most)
        {
            low += least.Ticks;
            high += most.Ticks;
        }

        public CostAnswer Answer(Mission mission, AsOf stands) => Known
            ? new(
                mission, Money(groups.Total), Money(low), Money(high), null, methods.Where(m => m.Value != 0).ToDictionary(m => m.Key, m => Money(m.Value)), Money(restated), Money(groups.Preliminary),
                groups.Rows(costRowsMax), stands)
            : new(mission, null, null, null, CostAnswer.NoKey, new Dictionary<Method, Usd>(), Usd.Zero, Usd.Zero, [], stands);
    }
}
