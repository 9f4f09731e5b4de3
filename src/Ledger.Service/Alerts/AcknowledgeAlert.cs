using Ledger.Alerts;
using Ledger.Contracts;
using Ledger.Service.Http;
using Ledger.Service.Settings;
using Marten;
using Microsoft.AspNetCore.Authorization;
using Wolverine.Http;

namespace Ledger.Service.Alerts;

/// <summary>Acknowledges an alert. Once is enough: a second time changes nothing.</summary>
public static class AcknowledgeAlertEndpoint
{
    [WolverinePost("/api/v1/alerts/{id}/ack"), Authorize(Policy = Scopes.Bookmark)]
    public static async Task<AlertAnswer> Post(string id, [NotBody] Caller caller, IDocumentSession session, LedgerOptions options, TimeProvider clock, CancellationToken ct)
    {
        var (text, now) = (id.Trim(), clock.GetUtcNow().ToMicroseconds());
        if (Names.WhyNot(text) is not null) throw Unknown(text);
        var stream = await session.Events.FetchForWriting<Alert>(Alert.StreamOf(text), ct);
        var alert = stream.Aggregate ?? throw Unknown(text);
        if (alert.AckedAt is null)
        {
            var acknowledged = new AlertAcknowledged(alert.Id, now, caller.Name);
            stream.AppendOne(acknowledged);
            alert = Alert.Fold(alert, acknowledged)!;
        }
        return new((await AlertSubjects.Of(session, [alert], ct)).Summary(alert, options.People.Zone, now));
    }

    private static Refused Unknown(string id) => new("alert.unknown", $"There is no alert {Names.Printable(id)}; `ledger alert list` shows them.", "id", id);
}
