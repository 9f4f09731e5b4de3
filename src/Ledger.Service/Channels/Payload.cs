using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Budgets;
using Ledger.Money;
using Ledger.Alerts;

namespace Ledger.Service.Channels;

/// <summary>
/// What webhooks and the exec hook are told: one alert with what was crossed along with it. Members may be added to schema 1.0, none is ever
/// taken away or changes its meaning. Amounts are decimal strings in dollars; unknown is null or left out, never 0.
/// </summary>
internal static class Payload
{
    public static JsonElement Of(Notice notice, string team, string zone)
    {
        var alert = notice.Alert;
        var json = Begin(Ids.DerivedFrom(alert.Key, "notification"), EventOf(alert), alert.Severity, alert.Alert, team, alert.At, Headline.Of(alert, zone, alert.At));
        if (notice.Also.Count > 0) json["alerts_also"] = new JsonArray([.. notice.Also.Select(a => (JsonNode)a.Alert)]);
        switch (alert)
        {
            case BudgetThresholdCrossed e:
                Budget(json, e, notice);
                break;
            case RunwayShort e:
                Scope(json, $"account:{e.Account}");
                json["threshold"] = e.Level;
                Circumstances(json, e.Circumstances);
                break;
            case SpendAnomalous e:
                Scope(json, $"agent:{e.Agent}");
                json["spend"] = e.Spent.ToString();
                json["usual_spend"] = e.Usual.ToString();
                json["period_start"] = e.Hour.ToText();
                json["period_end"] = e.Hour.AddHours(1).ToText();
                Circumstances(json, e.Circumstances);
                break;
            case SourceStale e:
                Scope(json, $"account:{e.Account}");
                json["data_as_of"] = e.Through?.ToText();
                json["reason"] = e.Reason;
                break;
            case MissionLeftOpen e:
                Scope(json, $"mission:{e.Mission}");
                json["spend"] = e.Billed?.ToString();
                json["period_start"] = e.Since.ToText();
                break;
            case KeyShared e:
                Scope(json, $"key:{e.Shared.Key}");
                json["spend"] = e.Shared.Amount.ToString();
                json["shared_keys"] = new JsonArray(Shared(e.Shared));
                break;
            case LargeRestatement e:
                Scope(json, $"account:{e.Account}");
                json["moved"] = e.Moved.ToString();
                json["period_start"] = e.Days.Start.ToText();
                json["period_end"] = e.Days.End.ToText();
                break;
            case HistoryImported e:
                Scope(json, $"account:{e.Account}");
                json["spend"] = e.Spent.ToString();
                json["period_start"] = e.Window.Start.ToText();
                json["period_end"] = e.Window.End.ToText();
                Circumstances(json, e.Circumstances);
                break;
        }
        return End(json);
    }

    public static JsonElement Of(IRecovery recovery, string team)
    {
        var name = recovery switch { BudgetRecovered => "budget.resolved", RunwayRecovered => "prepaid.resolved", _ => "source.resolved" };
        var json = Begin(Ids.DerivedFrom(recovery.Alert, $"over:{recovery.At.ToText()}"), name, Severity.Info, recovery.Alert, team, recovery.At, Headline.Of(recovery));
        switch (recovery)
        {
            case BudgetRecovered e:
                json["budget"] = e.Name;
                json["spend"] = e.Spent.ToString();
                json["max_budget"] = e.Limit.ToString();
                Threshold(json, e.Threshold);
                break;
            case RunwayRecovered e:
                Scope(json, $"account:{e.Account}");
                json["threshold"] = e.Level;
                json["prepaid_left"] = e.Left.ToString();
                break;
            case SourceRecovered e:
                Scope(json, $"account:{e.Account}");
                break;
        }
        return End(json);
    }

    /// <summary>Alerts that were too many to be told one by one.</summary>
    public static JsonElement Summary(string id, IReadOnlyList<Notice> notices, string team, string message, DateTimeOffset now)
    {
        var json = Begin(Ids.DerivedFrom(id, "notification"), "alerts.suppressed", notices.Count > 0 ? notices[0].Alert.Severity : Severity.Info, id, team, now, message);
        json["suppressed_count"] = notices.Sum(n => n.All.Count());
        json["alerts"] = new JsonArray([.. notices.Take(100).Select(n => (JsonNode)n.Alert.Alert)]);
        return End(json);
    }

    private static JsonObject Begin(Guid id, string name, Severity severity, string alert, string team, DateTimeOffset at, string message) => new()
    {
        ["schema"] = "1.0",
        ["id"] = id.ToString("D", CultureInfo.InvariantCulture),
        ["event"] = name,
        ["severity"] = severity.ToString().ToLowerInvariant(),
        ["event_group"] = "global",
        ["scope"] = "all",
        ["currency"] = "USD",
        ["alert"] = alert,
        ["team"] = team,
        ["at"] = at.ToText(),
        ["event_message"] = message,
    };

    private static string EventOf(IAlert alert) => alert switch
    {
        BudgetThresholdCrossed { Threshold.Basis: Basis.Forecast } => "budget.forecast_exceeded",
        BudgetThresholdCrossed e => e.Spent >= e.Limit ? "budget.exceeded" : "budget.threshold_crossed",
        RunwayShort => "prepaid.runout",
        SpendAnomalous => "anomaly.detected",
        SourceStale => "source.stale",
        LargeRestatement => "restatement",
        MissionLeftOpen => "mission.left_open",
        KeyShared => "key.shared",
        _ => "history.imported",
    };

    private static void Budget(JsonObject json, BudgetThresholdCrossed e, Notice notice)
    {
        Scope(json, e.Scope);
        json["budget"] = e.Name;
        json["spend"] = e.Spent.ToString();
        json["max_budget"] = e.Limit.ToString();
        if (Dollars.Permille(e.Spent, e.Limit) is { } permille) json["budget_percentage_used"] = permille / 10m;
        Threshold(json, e.Threshold);
        string[] also = [.. (e.Also ?? []).Concat(notice.Also.OfType<BudgetThresholdCrossed>().Select(a => a.Threshold)).Select(Code).Distinct(StringComparer.Ordinal)];
        if (also.Length > 0) json["thresholds_also"] = new JsonArray([.. also.Select(a => (JsonNode)a)]);
        json["projected_spend"] = e.Forecast.Expected?.ToString();
        json["projected_exceeded_date"] = e.Forecast.Exceeds?.ToText();
        json["period"] = e.Period;
        json["period_start"] = e.Window.Start.ToText();
        json["period_end"] = e.Window.End.ToText();
        Circumstances(json, e.Circumstances);
    }

    private static void Threshold(JsonObject json, Threshold threshold)
    {
        json["basis"] = threshold.Basis.ToString().ToLowerInvariant();
        json["threshold"] = threshold.Percent is { } percent ? percent : threshold.Amount?.ToString();
    }

    /// <summary>A threshold as programs know it: <c>80%</c>, <c>$25.00</c>, <c>forecast 100%</c>.</summary>
    private static string Code(Threshold threshold) =>
        (threshold.Basis == Basis.Forecast ? "forecast " : "") + (threshold.Percent is { } percent ? string.Create(CultureInfo.InvariantCulture, $"{percent}%") : Dollars.Show(threshold.Amount!.Value));

    private static void Scope(JsonObject json, string scope)
    {
        json["scope"] = scope;
        json["event_group"] = Ledger.Budgets.Scope.TryParse(scope, out var parsed)
            ? parsed.Kind switch { ScopeKind.Everything => "global", ScopeKind.Account => "provider", var kind => kind.ToString().ToLowerInvariant() }
            : "global";
    }

    private static void Circumstances(JsonObject json, Circumstances circumstances)
    {
        json["drivers"] = new JsonArray([.. circumstances.Drivers.Select(d => (JsonNode)new JsonObject
        {
            ["dimension"] = d.Dimension,
            ["key"] = d.Value,
            ["name"] = d.Name,
            ["amount"] = d.Amount.ToString(),
            ["share"] = d.Permille / 1000m,
        })]);
        if (circumstances.SharedKeys.Count > 0) json["shared_keys"] = new JsonArray([.. circumstances.SharedKeys.Select(k => (JsonNode)Shared(k))]);
        if (circumstances.Runway is { } runway)
        {
            json["prepaid_left"] = runway.Left.ToString();
            json["runs_out_at"] = runway.RunsOut?.ToText();
            json["runs_out_earliest"] = runway.Earliest?.ToText();
            json["runs_out_latest"] = runway.Latest?.ToText();
        }
        json["recommended_action"] = circumstances.Action?.Text;
        json["recommended_command"] = circumstances.Action?.Command;
        json["recommended_effect"] = circumstances.Action?.Effect.ToString();
        json["data_as_of"] = circumstances.Through?.ToText();
        json["position"] = circumstances.AsOf;
    }

    private static JsonObject Shared(SharedKey key) => new()
    {
        ["key"] = key.Key,
        ["name"] = key.Name,
        ["agents"] = new JsonArray([.. key.Agents.Select(a => (JsonNode)a)]),
        ["amount"] = key.Amount.ToString(),
    };

    private static JsonElement End(JsonObject json) => JsonSerializer.SerializeToElement(json);
}
