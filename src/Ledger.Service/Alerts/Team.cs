using Ledger.Accounts;
using Ledger.Budgets;
using Ledger.Service.Channels;
using Ledger.Service.Settings;

namespace Ledger.Service.Alerts;

/// <summary>What the team is called in mails, and what its digests are kept under.</summary>
public static class Team
{
    private const string unnamed = "ledger";

    /// <summary>The setting, else the label of the only account, else <c>ledger</c>.</summary>
    public static string NameOf(PeopleOptions people, IEnumerable<Account> accounts) =>
        people.Team ?? (accounts.Where(a => !a.Removed).Take(2).ToArray() is [var only] ? only.Label : unnamed);

    /// <summary>Who is there to be told.</summary>
    public static Audience Audience(PeopleOptions people, IEnumerable<Account> accounts, IEnumerable<Budget> budgets) =>
        new(NameOf(people, accounts), people.Zone, people.MailTo, budgets.ToDictionary(b => b.Id, StringComparer.Ordinal), people.Forge);

    /// <summary>Said where no alert reaches anybody by itself; null: somebody is told. Recipients of a budget are told of that budget only.</summary>
    public static string? NobodyIsTold(LedgerOptions options) =>
        options.People.MailTo.Count > 0 || ChannelNames.All.Any(c => c != ChannelNames.Email && options.Channels.Describe(c).Configured)
            ? null
            : "Nobody is told when credit or a budget ends: set LEDGER_MAIL_TO to the addresses that alerts go to (and SMTP_HOST to the mail server), or set up Slack, a webhook or a program.";

    /// <summary>Not the name: that changes with an account's label, and a week that was told is told.</summary>
    public static string IdOf(PeopleOptions people) => people.Team ?? unnamed;
}
