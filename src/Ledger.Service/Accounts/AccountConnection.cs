using Ledger.Accounts;
using Ledger.Service.Polling;
using Ledger.Service.Storage;
using Ledger.Service.Xai;
using Marten;

namespace Ledger.Service.Accounts;

/// <summary>An account as somebody wants it.</summary>
/// <param name="Label">Its label.</param>
/// <param name="Team">The team, where the key does not say it.</param>
/// <param name="Bucket"><c>auto</c>, <c>1m</c>, <c>15m</c> or <c>1h</c>; null: as it was before it was removed, else <c>auto</c>.</param>
/// <param name="Lag">Its settlement lag; null: as it was before, else the provider's default.</param>
public sealed record AccountWanted(string Label, string? Team, string? Bucket, SettlementLag? Lag);

/// <summary>A credential that somebody gave.</summary>
/// <param name="Id">Derived from the command, so that a repeat of it is known.</param>
/// <param name="Secret">Itself.</param>
/// <param name="By">Who gave it.</param>
public sealed record CredentialGiven(string Id, Secret Secret, string By);

/// <summary>What connecting and rotating share: first the provider is asked whose key it is, then it is stored. The caller commits.</summary>
public sealed class AccountConnection(XaiClients clients, Credentials credentials, TimeProvider clock)
{
    private const string provider = "xai";

    /// <summary>The team a key reads; refused when it can't read its billing.</summary>
    /// <exception cref="ProviderException">Refused or unreachable, with the provider's words.</exception>
    public async Task<string> TeamOf(Secret secret, string? team, CancellationToken ct)
    {
        var xai = clients.For(secret);
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

    /// <summary>Connects a team; one that was removed goes on with its books.</summary>
    public async Task<Account> Connect(IDocumentSession session, AccountWanted wanted, CredentialGiven given, CancellationToken ct)
    {
        var team = await TeamOf(given.Secret, wanted.Team, ct);
        var id = Account.IdOf(provider, team);
        var source = await session.SourceOf(id, ct);
        var known = await session.Known(ct);
        var stream = await session.Events.FetchForWriting<Account>(Account.StreamOf(id), ct);
        if (stream.Aggregate is { Removed: false } there)
            throw new Refused("account.exists", $"Team {Names.Printable(team)} is connected already as {there.Label}; `ledger account rotate` replaces its key.", "team", team, [there.Label]);
        if (known.Accounts.Values.FirstOrDefault(a => !a.Removed && a.Id != id && a.Label == wanted.Label) is { } taken)
            throw new Refused("account.label_taken", $"Another account (team {Names.Printable(taken.Team)}) is called {wanted.Label}.", "label", wanted.Label);

        var now = clock.GetUtcNow().ToMicroseconds();
        var (seconds, finest) = AccountSummaries.Buckets(wanted.Bucket ?? (stream.Aggregate is { } removed ? AccountSummaries.BucketText(removed) : ""));
        ILedgerEvent[] events =
        [
            new AccountConnected(id, provider, team, wanted.Label, seconds, wanted.Lag is { } lag ? lag.Seconds : stream.Aggregate?.SettlementLagSeconds, now, given.By, finest),
            await credentials.Store(session, given.Id, id, given.Secret, now, given.By, ct),
        ];
        stream.AppendMany(events);
        session.Store(source.TriedAtOnce());
        return events.Aggregate(stream.Aggregate, Account.Fold)!;
    }

    /// <summary>Another key of the same team takes over.</summary>
    public async Task<Account> Rotate(IDocumentSession session, Account account, CredentialGiven given, CancellationToken ct)
    {
        try
        {
            await TeamOf(given.Secret, account.Team, ct);
        }
        catch (Refused e) when (e.Why.Code == "credential.other_team")
        {
            throw new Refused("credential.other_team", "The key belongs to another team; rotation keeps the team. `ledger account add` connects another one.", "credential");
        }
        var source = await session.SourceOf(account.Id, ct);
        var stream = await session.Events.FetchForWriting<Account>(account.Stream, ct);
        if (stream.Aggregate is not { Removed: false } current) throw new Refused("account.removed", "The account was removed; connect it again first.", "account", account.Label);
        var stored = await credentials.Store(session, given.Id, account.Id, given.Secret, clock.GetUtcNow().ToMicroseconds(), given.By, ct);
        stream.AppendOne(stored);
        session.Store(source.TriedAtOnce());
        return Account.Fold(current, stored)!;
    }
}
