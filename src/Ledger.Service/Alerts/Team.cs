using Ledger.Accounts;
using Ledger.Service.Settings;

namespace Ledger.Service.Alerts;

/// <summary>What the team is called in mails, and what its digests are kept under.</summary>
public static class Team
{
    private const string unnamed = "ledger";

    /// <summary>The setting, else the label of the only account, else <c>ledger</c>.</summary>
    public static string NameOf(PeopleOptions people, IEnumerable<Account> accounts) =>
        people.Team ?? (accounts.Where(a => !a.Removed).Take(2).ToArray() is [var only] ? only.Label : unnamed);

    /// <summary>Not the name: that changes with an account's label, and a week that was told is told.</summary>
    public static string IdOf(PeopleOptions people) => people.Team ?? unnamed;
}
