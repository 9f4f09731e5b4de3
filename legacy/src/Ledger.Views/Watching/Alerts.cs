using System.Text;
using Ledger.Alerts;
using Ledger.Forecasts;
using Npgsql;

namespace Ledger.Views.Watching;

/// <summary>An alert and what became of it.</summary>
/// <param name="Position">Where in the log it was raised.</param>
/// <param name="Id">Id.</param>
/// <param name="Key">What makes it this one.</param>
/// <param name="Kind">Stored name of the event without its version: <c>budget-threshold-crossed</c>.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Scope">What it is about, as a scope.</param>
/// <param name="Budget">Budget id; null for other kinds.</param>
/// <param name="At">When it was raised.</param>
/// <param name="Until">End of the window it speaks of; null: it speaks of none.</param>
/// <param name="RecoveredAt">When it was over; null: it is not, as far as anybody said.</param>
/// <param name="AckedAt">When somebody had seen it; null: nobody said so.</param>
/// <param name="AckedBy">Who.</param>
/// <param name="Event">The alert itself.</param>
public sealed record AlertRow(
    long Position, string Id, string Key, string Kind, Severity Severity, string Scope, string? Budget, DateTimeOffset At, DateTimeOffset? Until,
    DateTimeOffset? RecoveredAt, DateTimeOffset? AckedAt, string? AckedBy, IAlert Event)
{
    /// <summary>Neither recovered nor of a window that is over.</summary>
    public bool IsOpen(DateTimeOffset now) => RecoveredAt is null && (Until is not { } until || until > now);
}

/// <summary>Which alerts to list.</summary>
public sealed record AlertFilter
{
    /// <summary>Raised at or after.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Raised before.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Of one kind.</summary>
    public string? Kind { get; init; }

    /// <summary>Of one budget.</summary>
    public string? Budget { get; init; }

    /// <summary>About one scope.</summary>
    public string? Scope { get; init; }

    /// <summary>Open at this instant; null: all.</summary>
    public DateTimeOffset? OpenAt { get; init; }

    /// <summary>Without those that the message of another one told of.</summary>
    public bool Told { get; init; }

    /// <summary>Only those raised before this position: the next page.</summary>
    public long? Before { get; init; }

    /// <summary>Most rows, 1 to 1,001: a thousand, and whether there are more.</summary>
    public int Limit { get; init; } = 100;
}

public sealed partial class WatchQueries
{
    private const string columns = "position, id, key, kind, severity, scope, budget, at, until, recovered_at, acked_at, acked_by, data::text, type";

    /// <summary>Alerts, the latest first.</summary>
    public async Task<IReadOnlyList<AlertRow>> Alerts(AlertFilter filter, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(filter.Limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(filter.Limit, 1_001);
        await using var command = db.CreateCommand();
        var where = new StringBuilder("true");
        void And(string condition, object? value)
        {
            if (value is null) return;
            command.Parameters.Add(new() { Value = value });
            where.Append(" and ").Append(condition.Replace("?", $"${command.Parameters.Count}", StringComparison.Ordinal));
        }
        And("at >= ?", filter.Since?.ToUniversalTime());
        And("at < ?", filter.Until?.ToUniversalTime());
        And("kind = ?", filter.Kind);
        And("budget = ?", filter.Budget);
        And("scope = ?", filter.Scope);
        And("recovered_at is null and (until is null or until > ?)", filter.OpenAt?.ToUniversalTime());
        And("position < ?", filter.Before);
        if (filter.Told) where.Append(" and data->>'toldBy' is null");
        command.CommandText = $"select {columns} from views.alert where {where} order by position desc limit {filter.Limit}";
        return await Read(command, ct);
    }

    /// <summary>One alert; null when there is none of that id.</summary>
    public async Task<AlertRow?> Alert(string id, CancellationToken ct)
    {
        await using var command = db.CreateCommand($"select {columns} from views.alert where id = $1 order by position limit 1");
        command.Parameters.Add(new() { Value = id });
        return await Read(command, ct) is [var first, ..] ? first : null;
    }

    internal static async Task<IReadOnlyList<AlertRow>> Read(NpgsqlCommand command, CancellationToken ct)
    {
        var rows = new List<AlertRow>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var recorded = new Recorded(reader.GetInt64(0), default, "", 0, reader.GetString(13), Encoding.UTF8.GetBytes(reader.GetString(12)), default);
            rows.Add(new(
                reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), Enum.Parse<Severity>(reader.GetString(4), ignoreCase: true), reader.GetString(5), Text(6),
                reader.GetFieldValue<DateTimeOffset>(7), Time(8), Time(9), Time(10), Text(11), (IAlert)EventJson.Read(recorded)!));
        }
        return rows;

        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
        DateTimeOffset? Time(int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
    }

    internal static string Columns => columns;
}

public sealed partial class WatchSnapshot
{
    /// <summary>Which of these keys have been told of.</summary>
    public async Task<IReadOnlySet<string>> KnownKeys(IReadOnlyCollection<string> keys, CancellationToken ct)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        if (keys.Count == 0) return known;
        await using var command = new NpgsqlCommand("select a.key from unnest($1) w (key) join views.alert a on a.key = w.key", connection);
        command.Parameters.Add(new() { Value = keys.ToArray() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) known.Add(reader.GetString(0));
        return known;
    }

    /// <summary>Alerts of these budgets that are open.</summary>
    public async Task<IReadOnlyList<AlertRow>> OpenOf(IReadOnlyCollection<string> budgets, DateTimeOffset now, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"""
            select {WatchQueries.Columns} from views.alert where budget = any($1) and recovered_at is null and (until is null or until > $2) order by position
            """, connection);
        command.Parameters.Add(new() { Value = budgets.ToArray() });
        command.Parameters.Add(new() { Value = now.ToUniversalTime() });
        return await WatchQueries.Read(command, ct);
    }

    /// <summary>Budgets that have an open alert.</summary>
    public async Task<IReadOnlyList<string>> BudgetsWithOpenAlerts(DateTimeOffset now, int limit, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("""
            select distinct budget from views.alert where recovered_at is null and budget is not null and (until is null or until > $1) order by budget limit $2
            """, connection);
        command.Parameters.Add(new() { Value = now.ToUniversalTime() });
        command.Parameters.Add(new() { Value = limit });
        var budgets = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) budgets.Add(reader.GetString(0));
        return budgets;
    }

    /// <summary>Alerts of one kind that were not recovered, about one scope; the last hundred, in order.</summary>
    public async Task<IReadOnlyList<AlertRow>> OpenAbout(string scope, string kind, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"""
            select * from (select {WatchQueries.Columns} from views.alert where scope = $1 and kind = $2 and recovered_at is null order by position desc limit 100) a order by position
            """, connection);
        command.Parameters.Add(new() { Value = scope });
        command.Parameters.Add(new() { Value = kind });
        return await WatchQueries.Read(command, ct);
    }

    /// <summary>How often each level of an account's run-out recovered so far.</summary>
    public async Task<IReadOnlyDictionary<string, long>> RecoveredRunways(string scope, CancellationToken ct)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand("select data->>'level', count(*) from views.alert where scope = $1 and kind = 'runway-short' and recovered_at is not null group by 1", connection);
        command.Parameters.Add(new() { Value = scope });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) counts[reader.GetString(0)] = reader.GetInt64(1);
        return counts;
    }
}
