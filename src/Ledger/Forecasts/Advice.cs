using Ledger.Alerts;
using Ledger.Money;

namespace Ledger.Forecasts;

/// <summary>The one thing that helps most, computed from the books.</summary>
/// <param name="Kind"><c>stop-unit</c>, <c>split-key</c>, <c>end-mission</c>, <c>top-up</c>, <c>assign-key</c>.</param>
/// <param name="Text">One sentence for a person, with names and dollars.</param>
/// <param name="Effect">Dollars it is about.</param>
/// <param name="Per"><c>day</c>, <c>week</c>, <c>once</c>.</param>
/// <param name="Command">The command that does it, where there is one.</param>
public sealed record Recommendation(string Kind, string Text, Usd Effect, string Per, string? Command);

/// <summary>What a key spent on one unit of one model in the last 24 hours of data.</summary>
/// <param name="Key">Key id; null where billing names none.</param>
/// <param name="KeyName">Its name.</param>
/// <param name="Model">Model.</param>
/// <param name="Unit">Unit type.</param>
/// <param name="LastDay">Billed.</param>
public sealed record UnitSpend(string? Key, string? KeyName, string? Model, string? Unit, Usd LastDay);

/// <summary>A mission that is open, and what it took in the last 24 hours of data.</summary>
/// <param name="Mission">Id.</param>
/// <param name="Title">Title.</param>
/// <param name="Since">Start of its open window.</param>
/// <param name="LastDay">Billed.</param>
public sealed record OpenMissionSpend(string Mission, string Title, DateTimeOffset Since, Usd LastDay);

/// <summary>What is known when somebody asks what to do.</summary>
/// <param name="Units">Spend of the scope by key, model and unit.</param>
/// <param name="SharedKeys">Keys with several owners, with what the last 24 hours cost through them.</param>
/// <param name="UnownedKeys">Keys that nobody owns (id or name), with what the last 7 days cost through them.</param>
/// <param name="LeftOpen">Missions that seem forgotten.</param>
/// <param name="Runway">The run-out; null: not known.</param>
/// <param name="Now">Now.</param>
/// <param name="Zone">The team's time zone.</param>
public sealed record RecommendationFacts(
    IReadOnlyList<UnitSpend> Units, IReadOnlyList<SharedKey> SharedKeys, IReadOnlyList<(string Key, Usd LastWeek)> UnownedKeys, IReadOnlyList<OpenMissionSpend> LeftOpen, Runway? Runway, DateTimeOffset Now,
    string Zone);

/// <summary>What helps most, in dollars of these books; nothing is said that the books don't show.</summary>
public static class Recommendations
{
    /// <summary>An advice about less than this a day is noise.</summary>
    private static readonly Usd floor = Usd.FromCents(5);

    /// <summary>Credit that does not last so long asks for something now.</summary>
    private static readonly TimeSpan week = TimeSpan.FromDays(7);

    /// <summary>
    /// Best first. Where credit ends within a week: what makes it last the week, a saving if one does, else a top-up. Then what saves money by its
    /// effect, then what makes the spend attributable by the dollars concerned.
    /// </summary>
    public static IReadOnlyList<Recommendation> Rank(RecommendationFacts facts)
    {
        Recommendation[] saving = [.. Stops(facts).OrderByDescending(r => r.Effect.Ticks).ThenBy(r => r.Text, StringComparer.Ordinal)];
        Recommendation[] topUp = [.. TopUp(facts)];
        var clearing = Clears(facts).OrderByDescending(r => r.Effect.Ticks).ThenBy(r => r.Text, StringComparer.Ordinal);
        return saving is [var best, ..] && facts.Runway is { } runway && LastsAWeek(runway, best.Effect) ? [.. saving, .. topUp, .. clearing] : [.. topUp, .. saving, .. clearing];
    }

    private static bool LastsAWeek(Runway runway, Usd saved) => (Int128)(runway.LastDay - saved).Ticks * 7 <= runway.Left.Ticks;

    /// <summary>Less than a twentieth of what is spent is not what helps, even if it is a dollar.</summary>
    private static bool IsWorthIt(Usd saved, RecommendationFacts facts) => saved >= floor && (Int128)saved.Ticks * 20 >= facts.Units.Aggregate((Int128)0, (sum, u) => sum + u.LastDay.Ticks);

    /// <summary>Spend an agent can simply do without for a while: tools and media. Searches of all kinds through one key are one thing to stop.</summary>
    private static IEnumerable<Recommendation> Stops(RecommendationFacts facts)
    {
        var groups = facts.Units.Select(u => (Unit: u, Family: UnitFamilies.Pausable(u.Unit))).Where(u => u.Family is not null).GroupBy(u => (u.Unit.Key, u.Family));
        foreach (var group in groups)
        {
            var saved = group.Aggregate(Usd.Zero, (sum, u) => sum + u.Unit.LastDay);
            if (!IsWorthIt(saved, facts)) continue;
            var through = group.First().Unit is var first && (first.KeyName ?? first.Key) is { } key ? $" through {key}" : "";
            yield return new("stop-unit", $"Pause {group.Key.Family}{through}: saves about {Dollars.Show(saved)} a day{Lasts(facts, saved)}.", saved, "day", null);
        }
        foreach (var mission in facts.LeftOpen)
            if (IsWorthIt(mission.LastDay, facts))
                yield return new("end-mission", $"End \"{mission.Title}\", open since {Calendar.DateOf(mission.Since, facts.Zone):yyyy-MM-dd}: it takes {Dollars.Show(mission.LastDay)} a day of its agents' spend.", mission.LastDay, "day", $"mission end {mission.Mission}");

        // Tokens can't be stopped, but what is the most expensive of them can be made less; a tenth less is within everybody's reach.
        if (facts.Units.Where(u => u.Unit is not null && UnitFamilies.Pausable(u.Unit) is null).MaxBy(u => u.LastDay.Ticks) is { } top && new Usd(top.LastDay.Ticks / 10) is var tenth && IsWorthIt(tenth, facts))
            yield return new(
                "shrink-unit",
                $"{UnitFamilies.Shrinking(top.Unit)} {top.KeyName ?? top.Key ?? "the account"}: \"{top.Unit}\" of {top.Model ?? "its models"} cost {Dollars.Show(top.LastDay)} in the last day; a tenth less saves {Dollars.Show(tenth)} a day.",
                tenth, "day", null);
    }

    private static IEnumerable<Recommendation> TopUp(RecommendationFacts facts)
    {
        if (facts.Runway is not { RunsOut: { } end } runway || end - facts.Now > week || runway.LastDay <= Usd.Zero) yield break;
        var lacking = (Int128)runway.LastDay.Ticks * 7 - runway.Left.Ticks;
        if (lacking <= 0) yield break;
        // Whole dollars, as one buys them.
        var amount = Usd.FromCents((long)((lacking + Usd.TicksPerDollar - 1) / Usd.TicksPerDollar) * 100);
        yield return new("top-up", $"Top up {Dollars.Show(amount)} at {runway.AccountName}: with what is left that covers 7 days at the last day's rate.", amount, "once", null);
    }

    private static IEnumerable<Recommendation> Clears(RecommendationFacts facts)
    {
        foreach (var shared in facts.SharedKeys)
            if (shared.Amount >= floor)
                yield return new("split-key", $"Give {Listed(shared.Agents)} a key each instead of {shared.Name ?? shared.Key}: {Dollars.Show(shared.Amount)} a day can't be told apart.", shared.Amount, "day",
                    $"ledger key assign KEY --agent {shared.Agents[^1]}");
        foreach (var (key, week) in facts.UnownedKeys)
            if (week >= floor)
                yield return new("assign-key", $"Say who owns {key}: {Dollars.Show(week)} of the last 7 days belongs to nobody.", week, "week", $"ledger key assign {key} --agent NAME");
    }

    private static string Lasts(RecommendationFacts facts, Usd saved)
    {
        if (facts.Runway is not { RunsOut: { } end, Through: { } through } runway || runway.Left <= Usd.Zero || runway.LastDay <= Usd.Zero) return "";
        if (saved >= runway.LastDay) return ", and hardly any credit would be spent";
        var lasts = (Int128)runway.Left.Ticks * TimeSpan.TicksPerDay / (runway.LastDay - saved).Ticks;
        if (lasts > TimeSpan.FromDays(365).Ticks) return "";
        var later = through + new TimeSpan((long)lasts);
        var (until, before) = (Moments.Rough(later, facts.Zone, facts.Now), Moments.Rough(end, facts.Zone, facts.Now));
        return later <= end || until == before ? "" : $", and the credit lasts until {until} instead of {before}";
    }

    private static string Listed(IReadOnlyList<string> names) => names.Count switch
    {
        0 => "its agents",
        1 => names[0],
        _ => $"{string.Join(", ", names.SkipLast(1))} and {names[^1]}",
    };
}
