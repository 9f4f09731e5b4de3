using Ledger.Digests;
using Ledger.Money;
using Ledger.Spend;

namespace Ledger.Service.Mail;

/// <summary>The week's figures as the digest shows them: each table, and what is said of the leftovers, adds up to the total at the top.</summary>
internal sealed class DigestFigures
{
    public DigestFigures(Digest digest)
    {
        var sum = digest.Missions.Aggregate(digest.OtherMissions.Billed, (sum, m) => sum + m.Billed);
        Usd[] missions = [.. digest.Missions.Select(m => m.Billed), digest.OtherMissions.Billed];
        if (digest is { Total: { } total, Idle: { } idle, Unassigned: { } unassigned })
        {
            (var all, Idle, Unassigned) = Shown.Leftovers(Shown.Of(total), idle, unassigned);
            Missions = Shown.Parts(all, missions);
            Agents = ByAgent(digest.ByAgent, all + Idle);
        }
        else
        {
            (Idle, Unassigned) = (Shown.Of(digest.Idle ?? Usd.Zero), Shown.Of(digest.Unassigned ?? Usd.Zero));
            Missions = Shown.Parts(Shown.Of(sum), missions);
            Agents = ByAgent(digest.ByAgent, Sum(digest.ByAgent.Where(p => !IsNobodys(p)).Select(p => p.Billed)));
        }
        Models = Shown.Parts(digest.Total is { } of ? Shown.Of(of) : Sum(digest.ByModel.Select(p => p.Billed)), [.. digest.ByModel.Select(p => p.Billed)]);
    }

    /// <summary>One for each mission listed, and last the others together.</summary>
    public IReadOnlyList<Shown> Missions { get; }

    public IReadOnlyList<Shown> Agents { get; }

    public IReadOnlyList<Shown> Models { get; }

    public Shown Idle { get; }

    public Shown Unassigned { get; }

    /// <summary>The column of the week before.</summary>
    public static IReadOnlyList<Shown?> Before(IReadOnlyList<DigestPart> parts, Usd? total) => parts.All(p => p.Before is not null)
        ? [.. Shown.Parts(total is { } before ? Shown.Of(before) : Sum(parts.Select(p => p.Before!.Value)), [.. parts.Select(p => p.Before!.Value)])]
        : [.. parts.Select(p => p.Before is { } before ? Shown.Of(before) : (Shown?)null)];

    /// <summary>What nobody owns reads as it does below the tables; the agents share what is left.</summary>
    private Shown[] ByAgent(IReadOnlyList<DigestPart> parts, Shown agents)
    {
        if (!parts.Any(IsNobodys) && parts.Any(p => p.Name == "(other)")) agents += Unassigned;
        var of = Shown.Parts(agents, [.. parts.Where(p => !IsNobodys(p)).Select(p => p.Billed)]).AsEnumerable().GetEnumerator();
        return [.. parts.Select(p => IsNobodys(p) ? p.Billed == Unassigned.Amount ? Unassigned : Shown.Of(p.Billed) : of.MoveNext() ? of.Current : Shown.Of(p.Billed))];
    }

    private static bool IsNobodys(DigestPart part) => part.Name == Party.UnassignedName;

    private static Shown Sum(IEnumerable<Usd> parts) => Shown.Of(parts.Aggregate(Usd.Zero, (sum, part) => sum + part));
}
