using Ledger.Service.Http;
using Ledger.Service.Writing;
using Ledger.Views.Watching;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Watching;

/// <summary>Says that somebody has seen an alert. Once is enough: a second time changes nothing.</summary>
internal sealed record AcknowledgeAlert;

internal sealed record AlertAnswer(AlertBody Alert, long? Position);

internal static class AcknowledgeAlertEndpoint
{
    public static Task<Answer> Post(string id, AcknowledgeAlert request, Command command, Journal journal, Registry registry, WatchQueries watch, TimeProvider clock, CancellationToken ct) => journal.Write(command, async ct =>
    {
        _ = request;
        var now = clock.GetUtcNow().ToMicroseconds();
        var text = id.Trim();
        // The stream's version first: an acknowledgement that the views don't show yet moves it.
        var version = await journal.VersionOf(Alert.StreamOf(text), ct);
        await registry.AskCurrent(d => d.Budgets.Count, ct);
        var alert = await watch.Alert(text, ct) ?? throw new Refused("alert.unknown", $"There is no alert {Names.Printable(text)}; `ledger alert list` shows them.", "id", text);
        var ack = new AlertAcknowledged(alert.Id, now, command.By);
        var plan = new Plan(new AlertAnswer(AlertBody.Of(alert, registry, now, ack), null));
        return alert.AckedAt is null ? plan.Append(Alert.StreamOf(alert.Id), version, [ack]) : plan;
    }, ct);
}
