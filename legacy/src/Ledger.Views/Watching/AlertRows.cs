using System.Text;
using Ledger.Alerts;
using Ledger.Forecasts;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Views.Watching;

/// <summary>Alerts of one transaction and what became of alerts, on their way into the table.</summary>
internal sealed class AlertRows
{
    private readonly List<Raised> raised = [];
    private readonly Dictionary<string, (long Position, DateTimeOffset At)> recovered = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Position, DateTimeOffset At, string? By)> acknowledged = new(StringComparer.Ordinal);

    public bool IsEmpty => raised.Count == 0 && recovered.Count == 0 && acknowledged.Count == 0;

    public void Add(Recorded recorded, ILedgerEvent happened)
    {
        switch (happened)
        {
            case IAlert alert:
                var (scope, budget, until) = About(alert);
                raised.Add(new(recorded.Position, alert.Alert, alert.Key, recorded.Type, KindOf(recorded.Type), alert.Severity.ToString().ToLowerInvariant(), scope, budget, alert.At, until, Encoding.UTF8.GetString(recorded.Data.Span)));
                break;
            case IRecovery recovery:
                recovered.TryAdd(recovery.Alert, (recorded.Position, recovery.At));
                break;
            case AlertAcknowledged ack:
                acknowledged.TryAdd(ack.Alert, (recorded.Position, ack.At, ack.By));
                break;
        }
    }

    /// <summary>The stored name of an event without its version: <c>budget-threshold-crossed</c>.</summary>
    public static string KindOf(string type) => type.LastIndexOf(".v", StringComparison.Ordinal) is > 0 and var dot ? type[..dot] : type;

    public void Flush(NpgsqlBatch batch, string schema)
    {
        if (raised.Count > 0)
            batch.BatchCommands.Add(new($"""
                insert into {schema}.alert (position, id, key, kind, severity, scope, budget, at, until, data, type)
                select position, id, key, kind, severity, scope, budget, at, until, data::jsonb, type
                from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) r (position, id, key, kind, severity, scope, budget, at, until, data, type)
                """)
            {
                Parameters =
                {
                    new() { Value = raised.Select(r => r.Position).ToArray() },
                    new() { Value = raised.Select(r => r.Id).ToArray() },
                    new() { Value = raised.Select(r => r.Key).ToArray() },
                    new() { Value = raised.Select(r => r.Kind).ToArray() },
                    new() { Value = raised.Select(r => r.Severity).ToArray() },
                    new() { Value = raised.Select(r => r.Scope).ToArray() },
                    new() { Value = raised.Select(r => r.Budget).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                    new() { Value = raised.Select(r => r.At).ToArray() },
                    new() { Value = raised.Select(r => r.Until).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
                    new() { Value = raised.Select(r => r.Data).ToArray() },
                    new() { Value = raised.Select(r => r.Type).ToArray() },
                },
            });
        // The first recovery and the first acknowledgement count; an alert that was raised after them is not theirs.
        if (recovered.Count > 0)
            batch.BatchCommands.Add(new($"""
                update {schema}.alert a set recovered_at = r.at from unnest($1, $2, $3) r (id, position, at)
                where a.id = r.id and a.position < r.position and a.recovered_at is null
                """)
            {
                Parameters =
                {
                    new() { Value = recovered.Keys.ToArray() },
                    new() { Value = recovered.Values.Select(r => r.Position).ToArray() },
                    new() { Value = recovered.Values.Select(r => r.At).ToArray() },
                },
            });
        if (acknowledged.Count > 0)
            batch.BatchCommands.Add(new($"""
                update {schema}.alert a set acked_at = r.at, acked_by = r.who from unnest($1, $2, $3, $4) r (id, position, at, who)
                where a.id = r.id and a.position < r.position and a.acked_at is null
                """)
            {
                Parameters =
                {
                    new() { Value = acknowledged.Keys.ToArray() },
                    new() { Value = acknowledged.Values.Select(r => r.Position).ToArray() },
                    new() { Value = acknowledged.Values.Select(r => r.At).ToArray() },
                    new() { Value = acknowledged.Values.Select(r => r.By).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                },
            });
    }

    public void Clear()
    {
        raised.Clear();
        recovered.Clear();
        acknowledged.Clear();
    }

    private static (string Scope, string? Budget, DateTimeOffset? Until) About(IAlert alert) => alert switch
    {
        BudgetThresholdCrossed e => (e.Scope, e.Budget, e.Window.End < Instants.Max ? e.Window.End : null),
        RunwayShort e => ($"account:{e.Account}", null, null),
        SpendAnomalous e => ($"agent:{e.Agent}", null, e.Hour.AddDays(1)),
        SourceStale e => ($"account:{e.Account}", null, null),
        MissionLeftOpen e => ($"mission:{e.Mission}", null, null),
        KeyShared e => ($"key:{e.Shared.Key}", null, null),
        LargeRestatement e => ($"account:{e.Account}", null, e.At.AddDays(7)),
        HistoryImported e => ($"account:{e.Account}", null, e.At.AddDays(1)),
        _ => ("all", null, null),
    };

    private sealed record Raised(long Position, string Id, string Key, string Type, string Kind, string Severity, string Scope, string? Budget, DateTimeOffset At, DateTimeOffset? Until, string Data);
}
