using Ledger.Contracts;
using Ledger.Keys;
using Ledger.Money;
using Ledger.Service.Accounts;
using Ledger.Service.Agents;
using Ledger.Service.Storage;

namespace Ledger.Service.Keys;

/// <summary>Which key somebody means: by id, or by a name that only one key has.</summary>
public static class KeyLookup
{
    /// <summary>How spend without a key is named.</summary>
    public const string NoKey = "(none)";

    public static KeyOwnership Key(this Known known, string? account, string key)
    {
        var of = account is null ? null : known.Account(account).Id;
        var candidates = known.Keys.Values.Where(k => of is null || k.Account == of).ToArray();
        var text = key.Trim();
        var id = text == NoKey ? "" : text;
        var found = candidates.Where(k => k.Key == id).ToArray();
        if (found.Length == 0) found = [.. candidates.Where(k => string.Equals(k.Name, text, StringComparison.Ordinal))];
        if (found.Length == 0) found = [.. candidates.Where(k => string.Equals(k.Name, text, StringComparison.OrdinalIgnoreCase))];
        return found switch
        {
            [var only] => only,
            [] => throw new Refused("key.unknown", $"No key has the id or name {Names.Printable(text)}; `ledger key list` shows them.", "key", text, [.. candidates.Where(k => k.Name is not null).Select(k => k.Name!).Order(StringComparer.Ordinal).Take(20)]),
            _ => throw new Refused("key.ambiguous", $"Several keys are named {Names.Printable(text)}; give the id.", "key", text, [.. found.Take(50).Select(k => $"{k.Key} (account {known.AccountLabel(k.Account)})")]),
        };
    }

    public static KeySummary Summary(this Known known, KeyOwnership key, DateTimeOffset now, Usd? billed) => new(
        known.AccountLabel(key.Account), key.Key, key.Name, [.. key.OwnersAt(now).Select(o => new NamedOwner(o.Agent, o.Weight, known.NameBeside(o.Agent)))],
        [.. key.Assignments.Select(a => new OwnersFrom(a.From == DateTimeOffset.MinValue ? null : a.From, a.Owners))],
        billed, key.OwnersAt(now).Count > 1);
}
