using Ledger.Accounts;
using Ledger.Providers;
using Ledger.Providers.Xai;
using Ledger.Service.Hosting;
using Ledger.Service.Http;
using Ledger.Service.Polling;
using Ledger.Service.Vault;
using Ledger.Service.Writing;
using Npgsql;

namespace Ledger.Service.Accounts;

/// <summary>What connecting and rotating share: finding out whose key it is, keeping it, saying so in the log.</summary>
internal sealed class Connector(ServiceSettings settings, Journal journal, Registry registry, CredentialVault vault, Sources sources, TimeProvider clock)
{
    /// <summary>The team a key reads; refused when it can't read its billing.</summary>
    /// <exception cref="ProviderException">Refused or unreachable, with the provider's words.</exception>
    public async Task<string> Discover(Secret secret, string? team, CancellationToken ct)
    {
        using var xai = new XaiClient(settings.Xai, secret, clock);
        var identity = await xai.Validate(Priority.First, ct);
        var named = string.IsNullOrWhiteSpace(team) ? null : team.Trim();
        if (identity.Team is { } own && named is not null && !own.Equals(named, StringComparison.OrdinalIgnoreCase))
            throw new Refused("credential.other_team", $"The key belongs to team {Names.Printable(own)}, not to {Names.Printable(named)}.", "team", named);
        var found = identity.Team?.Trim() ?? named
            ?? throw new Refused("request.invalid", "The key belongs to an organization, so it does not say which team to read; name the team.", "team");
        if (Names.WhyNot(found) is { } why) throw new Refused("text.invalid", $"The team's id can't be used: {why}.", "team", found);
        var now = clock.GetUtcNow();
        await xai.ReadUsage(found, new(now.AddHours(-1), now), priority: Priority.First, ct: ct);
        return found;
    }

    /// <summary>Connects a team; one that was removed goes on with its books. A replay asks the provider nothing.</summary>
    public async Task<(Answer Answer, string Account)> Connect(Command command, string label, Secret secret, string? team, int bucketSeconds, int? lagSeconds, CancellationToken ct)
    {
        if (await journal.Before(command, ct) is { } before)
        {
            var connected = before.Body["account"]!["id"]!.GetValue<string>();
            await DeleteUnused(connected, ct);
            return (before, connected);
        }
        var found = await Discover(secret, team, ct);
        var id = Account.IdOf("xai", found);
        var answer = await Storing(id, () => journal.Write(command, async ct =>
        {
            var now = clock.GetUtcNow().ToMicroseconds();
            var known = await registry.Account(id, ct);
            if (known.State is { Removed: false } there)
                throw new Refused("account.exists", $"Team {Names.Printable(found)} is connected already as {there.Label}; `ledger account rotate` replaces its key.", "team", found, [there.Label]);
            if (registry.Ask(d => d.Accounts.Values.FirstOrDefault(a => !a.Removed && a.Id != id && a.Label == label)) is { } taken)
                throw new Refused("account.label_taken", $"Another account (team {Names.Printable(taken.Team)}) is called {label}.", "label", label);
            var stored = await Store(command, id, secret, now, ct);
            IReadOnlyList<ILedgerEvent> events = [new AccountConnected(id, "xai", found, label, bucketSeconds, lagSeconds, now, command.By), stored];
            var account = events.Aggregate((Account?)null, Account.Fold)!;
            return new Plan(new AccountAnswer(AccountBody.Of(account, null, settings.PollEvery, now), null)).Append(Account.StreamOf(id), known.Version, events);
        }, ct), ct);
        await TryAtOnce(id, ct);
        return (answer, id);
    }

    /// <summary>Another key of the same team takes over.</summary>
    public async Task<Answer> Rotate(Command command, string account, Secret secret, CancellationToken ct)
    {
        if (await journal.Before(command, ct) is { } before)
        {
            await DeleteUnused(before.Body["account"]!["id"]!.GetValue<string>(), ct);
            return before;
        }
        var team = (await registry.AskCurrent(d => AccountFinder.Connected(d, account), ct)).Team;
        var found = await DiscoverFor(secret, team, ct);
        var id = Account.IdOf("xai", found);
        var answer = await Storing(id, () => journal.Write(command, async ct =>
        {
            var now = clock.GetUtcNow().ToMicroseconds();
            var known = await registry.Account(id, ct);
            if (known.State is not { Removed: false } current) throw new Refused("account.removed", "The account was removed; connect it again first.", "account", account);
            var stored = await Store(command, id, secret, now, ct);
            return new Plan(new AccountAnswer(AccountBody.Of(Account.Fold(current, stored)!, null, settings.PollEvery, now), null)).Append(Account.StreamOf(id), known.Version, [stored]);
        }, ct), ct);
        await TryAtOnce(id, ct);
        return answer;
    }

    /// <summary>Deletes every stored credential of an account but the one that the log names now.</summary>
    public async Task DeleteUnused(string account, CancellationToken ct)
    {
        // Alone: whatever was stored and not yet named would look unused.
        await using var alone = await vault.Alone(account, ct);
        var named = await registry.AskCurrent(d => d.Accounts.GetValueOrDefault(account) is { Removed: false } there ? there.Credential?.Credential : null, ct);
        await vault.DeleteOthers(account, named, ct);
    }

    private async Task<CredentialStored> Store(Command command, string account, Secret secret, DateTimeOffset now, CancellationToken ct)
    {
        var credential = Ids.Short("c", command.Key);
        await vault.Store(credential, account, "xai", secret, ct);
        return new(account, credential, vault.Fingerprint(secret), secret.Redacted, now, command.By);
    }

    /// <summary>Stores a credential and says so in the log; afterwards what is stored is what the log names, whichever way it went.</summary>
    private async Task<Answer> Storing(string account, Func<Task<Answer>> write, CancellationToken ct)
    {
        Answer answer;
        try
        {
            await using var alone = await vault.Alone(account, ct);
            answer = await write();
        }
        catch (Exception e) when (e is Refused or LogBusyException)
        {
            // Refused for certain. Where the outcome is not known, the same call made again tells.
            await DeleteAfterRefusal(account);
            throw;
        }
        await DeleteUnused(account, ct);
        return answer;
    }

    private async Task DeleteAfterRefusal(string account)
    {
        try
        {
            await DeleteUnused(account, CancellationToken.None);
        }
        catch (Exception e) when (e is Refused or LogBusyException or NpgsqlException or TimeoutException)
        {
            // The refusal is what the caller has to know; the next change of a credential deletes this one.
        }
    }

    private async Task<string> DiscoverFor(Secret secret, string team, CancellationToken ct)
    {
        try
        {
            return await Discover(secret, team, ct);
        }
        catch (Refused e) when (e.Why.Code == "credential.other_team")
        {
            throw new Refused("credential.other_team", "The key belongs to another team; rotation keeps the team. `ledger account add` connects another one.", "credential");
        }
    }

    /// <summary>Whatever kept the poller away, somebody has just changed something.</summary>
    private async Task TryAtOnce(string account, CancellationToken ct) =>
        await sources.Put(await sources.Get(account, ct) with { NextDue = null, Failures = 0, Failing = null, Detail = null }, ct);
}
