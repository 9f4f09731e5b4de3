using Ledger.Alerts;
using Ledger.Budgets;

namespace Ledger.Service.Channels;

/// <summary>Who is there to be told.</summary>
/// <param name="Team">What the team is called in mails.</param>
/// <param name="Zone">The time zone it reads times in.</param>
/// <param name="MailTo">Who gets alerts of what is no budget's, and of budgets that name nobody.</param>
/// <param name="Budgets">The budgets that are told of, by id.</param>
/// <param name="Forge">Where references such as <c>owner/repo#3</c> lead; null: nowhere.</param>
public sealed record Audience(string Team, string Zone, IReadOnlyList<string> MailTo, IReadOnlyDictionary<string, Budget> Budgets, Uri? Forge = null);

/// <summary>What leaves together: one channel, the same readers.</summary>
/// <param name="Channel">One of <see cref="ChannelNames"/>.</param>
/// <param name="Recipients">Mail addresses; none for the other channels.</param>
/// <param name="Notices">Worst first.</param>
/// <param name="Recoveries">Good news.</param>
internal sealed record Route(string Channel, IReadOnlyList<string> Recipients, IReadOnlyList<Notice> Notices, IReadOnlyList<IRecovery> Recoveries)
{
    /// <summary>Who is counted: each reader of a mail; the other channels know no readers.</summary>
    public IReadOnlyList<string> Readers => Channel == ChannelNames.Email ? Recipients : [""];
}

/// <summary>Where alerts go: the budget says, else the installation.</summary>
internal static class Routes
{
    /// <summary>Notices and recoveries by channel and readers, in a fixed order. Mail without any recipient goes nowhere.</summary>
    public static IReadOnlyList<Route> Of(IReadOnlyList<Notice> notices, IReadOnlyList<IRecovery> recoveries, Audience audience, ChannelOptions options)
    {
        var routes = new List<Route>();
        // Mail always is a way: without a server it goes to files, which `status` says.
        foreach (var channel in ChannelNames.All.Where(c => c == ChannelNames.Email || options.Describe(c).Configured))
        {
            var byReaders = new Dictionary<string, (IReadOnlyList<string> Readers, List<Notice> Notices, List<IRecovery> Recoveries)>(StringComparer.Ordinal);
            (IReadOnlyList<string> Readers, List<Notice> Notices, List<IRecovery> Recoveries)? Group(string? budget)
            {
                var (wanted, recipients) = Wishes(audience, budget);
                if (wanted.Count > 0 && !wanted.Contains(channel)) return null;
                var readers = channel == ChannelNames.Email ? recipients : [];
                if (channel == ChannelNames.Email && readers.Count == 0) return null;
                var key = string.Join(',', readers);
                if (!byReaders.TryGetValue(key, out var group)) byReaders[key] = group = (readers, [], []);
                return group;
            }
            foreach (var notice in notices) Group((notice.Alert as BudgetThresholdCrossed)?.Budget)?.Notices.Add(notice);
            // A program is started for trouble. Good news reaches people by the other ways, and everybody by `alert list`.
            if (channel != ChannelNames.Exec)
                foreach (var recovery in recoveries) Group((recovery as BudgetRecovered)?.Budget)?.Recoveries.Add(recovery);
            routes.AddRange(byReaders.OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new Route(channel, g.Value.Readers, g.Value.Notices, g.Value.Recoveries)));
        }
        return routes;
    }

    /// <summary>A budget's channels and recipients; without either, or for what is no budget's, the installation's.</summary>
    private static (IReadOnlyList<string> Channels, IReadOnlyList<string> Recipients) Wishes(Audience audience, string? id)
    {
        var budget = id is null ? null : audience.Budgets.GetValueOrDefault(id);
        return (budget?.Channels ?? [], budget?.Recipients is { Count: > 0 } named ? [.. named.Order(StringComparer.Ordinal)] : audience.MailTo);
    }
}
