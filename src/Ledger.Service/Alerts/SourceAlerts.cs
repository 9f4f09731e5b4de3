using Ledger.Accounts;
using Ledger.Alerts;
using Ledger.Service.Polling;

namespace Ledger.Service.Alerts;

/// <summary>Accounts that are not being read, and those that are again.</summary>
public static class SourceAlerts
{
    private static readonly TimeSpan patienceMin = TimeSpan.FromMinutes(15);

    /// <summary>After a start everything is old until it was read once: that is no news.</summary>
    private static readonly TimeSpan warmUp = TimeSpan.FromMinutes(2);

    /// <param name="context">The books.</param>
    /// <param name="pollEvery">How often accounts are read.</param>
    /// <param name="began">When this service started.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<IReadOnlyList<IReadOnlyList<Finding>>> Find(WatchContext context, TimeSpan pollEvery, DateTimeOffset began, CancellationToken ct)
    {
        // Three polls, and never less than a provider needs to come back by itself.
        var patience = pollEvery * 3 > patienceMin ? pollEvery * 3 : patienceMin;
        var groups = new List<IReadOnlyList<Finding>>();
        foreach (var account in context.Accounts)
        {
            var source = context.Sources.GetValueOrDefault(account.Id);
            var since = source?.Asked is { } asked && asked > account.ConnectedAt ? asked : account.ConnectedAt;
            var isSilent = context.Now - since >= patience;
            if (isSilent && source?.Failing is null && context.Now - began < warmUp || !isSilent && source?.Asked is null) continue;
            var open = (await context.Session.OpenAbout($"account:{account.Id}", AlertKinds.Stale, ct)).Select(a => a.Event).OfType<SourceStale>().ToArray();
            if (isSilent)
            {
                var key = $"stale:{account.Id}:{since.ToText()}";
                if (open.Length == 0 && (await context.Session.KnownKeys([key], ct)).Count == 0)
                    groups.Add([new(new SourceStale(Alert.IdOf(key), key, Severity.Warning, account.Id, account.Label, source?.Asked, Reason(account, source), context.Now.ToMicroseconds()))]);
            }
            else if (open.Where(o => o.At < since).ToArray() is { Length: > 0 } over)
            {
                groups.Add([.. over.Select((o, i) => new Finding(new SourceRecovered(o.Alert, account.Id, account.Label, context.Now.ToMicroseconds()), i == 0))]);
            }
        }
        return groups;
    }

    private static string? Reason(Account account, Source? source) =>
        account.Failing is { } failing ? Names.Printable($"{failing.Kind}: {failing.Detail}")
        : source?.Failing is { } kind ? Names.Printable($"{kind}: {source.Detail}")
        : null;
}
