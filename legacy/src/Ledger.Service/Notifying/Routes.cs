using Ledger.Service.Hosting;
using Ledger.Service.Writing;
using Ledger.Alerts;
using Ledger.Forecasts;

namespace Ledger.Service.Notifying;

/// <summary>What leaves together: one way out, the same readers.</summary>
/// <param name="Kind">One of <see cref="MessageKinds"/>.</param>
/// <param name="Recipients">Mail addresses; none for the other kinds.</param>
/// <param name="Notices">Worst first.</param>
/// <param name="Recoveries">Good news.</param>
internal sealed record Route(string Kind, IReadOnlyList<string> Recipients, IReadOnlyList<Notice> Notices, IReadOnlyList<IRecovery> Recoveries);

/// <summary>Where alerts go: the budget says, else the installation.</summary>
internal sealed class Routes(ServiceSettings settings, Registry registry)
{
    /// <summary>Notices and recoveries by way and readers, in a fixed order. Mail without any recipient is no way.</summary>
    public IReadOnlyList<Route> Of(IReadOnlyList<Notice> notices, IReadOnlyList<IRecovery> recoveries)
    {
        var routes = new List<Route>();
        foreach (var kind in MessageKinds.All.Where(IsConfigured))
        {
            var byReaders = new Dictionary<string, (IReadOnlyList<string> Readers, List<Notice> Notices, List<IRecovery> Recoveries)>(StringComparer.Ordinal);
            (IReadOnlyList<string> Readers, List<Notice> Notices, List<IRecovery> Recoveries)? Group(string? budget)
            {
                var (wanted, recipients) = Wishes(budget);
                if (wanted.Count > 0 && !wanted.Contains(MessageKinds.ChannelOf(kind))) return null;
                var readers = kind == MessageKinds.Mail ? recipients : [];
                if (kind == MessageKinds.Mail && readers.Count == 0) return null;
                var key = string.Join(',', readers);
                if (!byReaders.TryGetValue(key, out var group)) byReaders[key] = group = (readers, [], []);
                return group;
            }
            foreach (var notice in notices) Group((notice.Alert as BudgetThresholdCrossed)?.Budget)?.Notices.Add(notice);
            // A program is started for trouble. Good news reaches people by the other ways, and everybody by `alert list`.
            if (kind != MessageKinds.Exec)
                foreach (var recovery in recoveries) Group((recovery as BudgetRecovered)?.Budget)?.Recoveries.Add(recovery);
            routes.AddRange(byReaders.OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new Route(kind, g.Value.Readers, g.Value.Notices, g.Value.Recoveries)));
        }
        return routes;
    }

    /// <summary>A budget's channels and recipients; without either, or for what is no budget's, the installation's.</summary>
    private (IReadOnlyList<string> Channels, IReadOnlyList<string> Recipients) Wishes(string? id)
    {
        var budget = id is null ? null : registry.Ask(d => d.Budgets.GetValueOrDefault(id));
        return (budget?.Channels ?? [], budget?.Recipients is { Count: > 0 } named ? [.. named.Order(StringComparer.Ordinal)] : settings.People.MailTo);
    }

    /// <summary>Mail always is: without a server it goes to files, which is said in `status`.</summary>
    private bool IsConfigured(string kind) => kind switch
    {
        MessageKinds.Slack => settings.Delivery?.SlackUrl is not null,
        MessageKinds.Webhook => settings.Delivery?.Webhook is not null,
        MessageKinds.Exec => settings.Delivery?.Exec is not null,
        _ => true,
    };
}
