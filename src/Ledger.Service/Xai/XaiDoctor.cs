using System.Globalization;

namespace Ledger.Service.Xai;

/// <summary>The checks behind <c>account test</c>, each in plain words with what to do about it.</summary>
internal sealed class XaiDoctor(XaiClient client, Secret key, TimeProvider clock)
{
    private const string makeKey = "Make one in the xAI console under Settings, Management Keys, with the permission \"Billing: Read Only\".";

    private readonly List<XaiCheck> checks = [];

    public async Task<XaiDiagnosis> Diagnose(string? team, CancellationToken ct)
    {
        if (key.WasTrimmed) Warn("key.text", "The pasted key had whitespace around it; it was removed.", "Remove it where the key is kept, since other programs may not do so.");
        else Good("key.text", "The key's text is clean.");

        if (await Identity(ct) is not { } identity) return new(checks, null);
        Clock(identity);
        if (Team(identity, team?.Trim()) is not { } of) return new(checks, identity.Team, identity);
        Rights(identity);
        await Usage(of, ct);
        await Balance(of, ct);
        return new(checks, of, identity);
    }

    private async Task<XaiIdentity?> Identity(CancellationToken ct)
    {
        try
        {
            var identity = await client.Validate(Priority.First, ct);
            Good("key.valid", $"Management key {identity.Name ?? identity.Redacted ?? "without a name"} is valid.");
            return identity;
        }
        catch (ProviderException e)
        {
            var fix = e.Kind switch
            {
                FailureKind.WrongKind => $"Use a management key. {makeKey}",
                FailureKind.Auth => $"The key is revoked, expired or mistyped. {makeKey}",
                FailureKind.Permission => $"The key may not even be validated; its IP ranges may exclude this machine. {makeKey}",
                FailureKind.Unreachable => "Check the network, the proxy and XAI_MANAGEMENT_URL; try again later.",
                FailureKind.RateLimited => ProviderWords.Sentence(e.Kind, e.Detail, null, e.RetryAt),
                _ => "Check that XAI_MANAGEMENT_URL is the address of xAI's management API.",
            };
            Bad("key.valid", e.Detail, fix, e.Kind);
            return null;
        }
    }

    private void Clock(XaiIdentity identity)
    {
        if (identity.ClockAhead is not { } ahead) return;
        if (ahead.Duration() <= XaiAnswer.ClockApartMax) Good("clock", "This machine's clock and xAI's agree.");
        else
            Warn(
                "clock", string.Create(CultureInfo.InvariantCulture, $"This machine's clock and xAI's differ by at least {Math.Floor(ahead.Duration().TotalSeconds):0} s."),
                "Set this machine's clock (NTP): bookmarks are placed by it, and figures by theirs.");
    }

    private string? Team(XaiIdentity identity, string? wanted)
    {
        if (identity.Team is not { } own)
        {
            if (string.IsNullOrEmpty(wanted))
            {
                Bad("team", "The key belongs to an organization, so it does not say which team to read.", "Name the team (--team or XAI_TEAM_ID), or use a key of the team.");
                return null;
            }
            Good("team", $"The key belongs to an organization; team {wanted} was named.");
            return wanted;
        }
        if (!string.IsNullOrEmpty(wanted) && !wanted.Equals(own, StringComparison.OrdinalIgnoreCase))
        {
            Bad("team", $"The key belongs to team {own}, not to {Redaction.Cut(Redaction.Visible(wanted), 80)}.", "Leave the team out, or use a key of that team.");
            return null;
        }
        Good("team", $"The key belongs to team {own}.");
        return own;
    }

    private void Rights(XaiIdentity identity)
    {
        if (identity.Acls.Count == 0) return;
        if (identity.Holds(XaiRights.BillingRead)) Good("rights.billing", $"The key holds {XaiRights.BillingRead}.");
        else Bad("rights.billing", $"The key lacks {XaiRights.BillingRead}.", $"Add {XaiRights.BillingRead} (\"Billing: Read Only\") to the key in the console.");

        if (identity.Holds(XaiRights.ListApiKeys)) Good("rights.keys", $"The key holds {XaiRights.ListApiKeys}.");
        else Warn("rights.keys", $"The key lacks {XaiRights.ListApiKeys}: keys become known when they first spend.", $"Add {XaiRights.ListApiKeys} if keys should be listed before that.");

        var surplus = identity.Acls.Where(acl => acl is not (XaiRights.BillingRead or XaiRights.ListApiKeys)).ToList();
        if (surplus.Count > 0)
            Warn("rights.surplus", $"The key may do more than reading needs: {Redaction.Cut(string.Join(", ", surplus), 200)}.", "A key with fewer rights does less harm when it leaks; take the others away.");
    }

    private async Task Usage(string team, CancellationToken ct)
    {
        try
        {
            var now = clock.GetUtcNow();
            var usage = await client.ReadUsage(team, new(now.AddHours(-2), now), priority: Priority.First, ct: ct);
            if (usage.ModelRefused) Warn("usage", "Usage can be read, by description instead of model.", null);
            else Good("usage", "Usage can be read by key, model and unit.");
        }
        catch (ProviderException e)
        {
            Bad("usage", e.Detail, FixOf(e), e.Kind);
        }
    }

    private async Task Balance(string team, CancellationToken ct)
    {
        try
        {
            var balance = await client.ReadBalance(team, Priority.First, ct);
            Good("balance", balance.PrepaidLeft is { } left ? $"Balance can be read: {left} USD of prepaid credit left." : "Balance can be read; it states no prepaid credit.");
        }
        catch (ProviderException e)
        {
            Warn("balance", $"The balance can't be read, so runway stays unknown. {e.Detail}", FixOf(e));
        }
    }

    private static string? FixOf(ProviderException e) => e.Kind switch
    {
        FailureKind.Permission => $"Add {e.Needs ?? XaiRights.BillingRead} to the key in the console.",
        FailureKind.NotFound => "xAI does not know this team: check the team id.",
        FailureKind.Invalid => "xAI refused the request; check the team id.",
        FailureKind.Auth => $"The key is revoked or expired. {makeKey}",
        FailureKind.RateLimited => ProviderWords.Sentence(e.Kind, e.Detail, null, e.RetryAt),
        FailureKind.Unreachable => "Try again later.",
        _ => null,
    };

    private void Good(string name, string detail) => checks.Add(new(name, true, false, detail, null));

    private void Warn(string name, string detail, string? fix) => checks.Add(new(name, true, true, detail, fix));

    private void Bad(string name, string detail, string? fix, string? kind = null) => checks.Add(new(name, false, false, detail, fix, kind));
}
