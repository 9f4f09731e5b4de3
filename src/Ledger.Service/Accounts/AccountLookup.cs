using Ledger.Accounts;
using Ledger.Service.Storage;

namespace Ledger.Service.Accounts;

/// <summary>Which account somebody means: by label or id; <c>-</c> is the only one there is.</summary>
public static class AccountLookup
{
    public const string Only = "-";

    /// <summary>A connected account.</summary>
    public static Account ConnectedAccount(this Known known, string label)
    {
        var account = known.Account(label);
        return account.Removed
            ? throw new Refused("account.removed", $"{account.Label} was removed; `ledger account add` connects it again.", "account", label)
            : account;
    }

    /// <summary>An account, removed ones too where no connected one has the label.</summary>
    public static Account Account(this Known known, string label)
    {
        var text = label.Trim();
        var connected = known.Accounts.Values.Where(a => !a.Removed).OrderBy(a => a.Label, StringComparer.Ordinal).ToArray();
        if (text == Only)
        {
            return connected switch
            {
                [var one] => one,
                [] => throw new Refused("account.unknown", "No account is connected; `ledger account add xai` connects one.", "account"),
                _ => throw new Refused("account.ambiguous", "There are several accounts; say which.", "account", null, [.. connected.Select(a => a.Label)]),
            };
        }
        return connected.FirstOrDefault(a => a.Label == text || a.Id == text)
            ?? known.Accounts.Values.Where(a => a.Removed && (a.Label == text || a.Id == text)).OrderByDescending(a => a.ConnectedAt).FirstOrDefault()
            ?? throw new Refused("account.unknown", $"No account is called {Names.Printable(text)}.", "account", text, [.. connected.Select(a => a.Label)]);
    }

    /// <summary>What people call an account.</summary>
    public static string AccountLabel(this KnownNames known, string id) => known.Labels.GetValueOrDefault(id, id);
}
