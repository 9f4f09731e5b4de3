using Ledger.Accounts;
using Ledger.Service.Polling;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Watching;

/// <summary>Accounts that are not being read, and those that are again.</summary>
internal sealed class SourceFindings(Sources sources, TimeSpan pollEvery)
{
    private static readonly TimeSpan patienceMin = TimeSpan.FromMinutes(15);

    /// <summary>After a start everything is old until it was read once: that is no news.</summary>
    private static readonly TimeSpan warmUp = TimeSpan.FromMinutes(2);

    public async Task<IReadOnlyList<IReadOnlyList<Finding>>> Of(Look look, DateTimeOffset began, CancellationToken ct)
    {
        var groups = new List<IReadOnlyList<Finding>>();
        var heartbeats = await sources.All(ct);
        foreach (var account in look.Accounts.Values.Where(a => !a.Removed).OrderBy(a => a.Id, StringComparer.Ordinal))
        {
            var state = heartbeats.GetValueOrDefault(account.Id);
            var since = Later(state?.Asked, account.ConnectedAt);
            var open = (await look.Views.OpenAbout($"account:{account.Id}", "source-stale", ct)).Select(a => a.Event).OfType<SourceStale>().ToArray();
            if (look.Now - since >= Patience && (state?.Failing is not null || look.Now - began >= warmUp))
            {
                var key = $"stale:{account.Id}:{since.ToText()}";
                if (open.Length == 0 && (await look.Views.KnownKeys([key], ct)).Count == 0)
                    groups.Add([new(new SourceStale(Alert.IdOf(key), key, Severity.Warning, account.Id, account.Label, state?.Asked, Reason(account, state), look.Now.ToMicroseconds()))]);
            }
            else if (look.Now - since < Patience && state?.Asked is not null && open.Where(o => o.At < since).ToArray() is { Length: > 0 } over)
            {
                groups.Add([.. over.Select((o, i) => new Finding(new SourceRecovered(o.Alert, account.Id, account.Label, look.Now.ToMicroseconds()), i == 0))]);
            }
        }
        return groups;
    }

    /// <summary>Three polls, and never less than a provider needs to come back by itself.</summary>
    private TimeSpan Patience => pollEvery * 3 > patienceMin ? pollEvery * 3 : patienceMin;

    private static string? Reason(Account account, SourceState? state) =>
        account.Failing is { } failing ? Names.Printable($"{failing.Kind}: {failing.Detail}")
        : state?.Failing is { } kind ? Names.Printable($"{kind}: {state.Detail}")
        : null;

    private static DateTimeOffset Later(DateTimeOffset? asked, DateTimeOffset connected) => asked is { } at && at > connected ? at : connected;
}
