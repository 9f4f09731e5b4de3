using Ledger.Service.Hosting;
using Ledger.Service.Writing;

namespace Ledger.Service.Notifying;

/// <summary>What the team is called in mails: as it is set, else as its only account, else <c>ledger</c>.</summary>
internal sealed class Team(ServiceSettings settings, Registry registry)
{
    /// <summary>What its digests are kept under. Not the name: that changes with an account's label, and a week told is told.</summary>
    public string Id => settings.People.Team ?? "ledger";

    public string Name => settings.People.Team ?? registry.Ask(d => d.Accounts.Values.Where(a => !a.Removed).Take(2).ToArray()) switch
    {
        [var only] => only.Label,
        _ => "ledger",
    };
}
