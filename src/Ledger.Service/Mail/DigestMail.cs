using System.Globalization;
using Ledger.Digests;
using Ledger.Service.Mail.Pages;
using Ledger.Money;
using Ledger.Alerts;

namespace Ledger.Service.Mail;

/// <summary>The weekly digest for people, made from the record alone: the same record always reads the same.</summary>
public static class DigestMail
{
    /// <summary>The mail.</summary>
    public static async Task<MailContent> Render(Digest digest)
    {
        var page = PageOf(digest);
        return new(page.Title, TextPage.Render(page), await HtmlPage.Render(page));
    }

    /// <summary>Its text alone.</summary>
    public static string Text(Digest digest) => TextPage.Render(PageOf(digest));

    /// <summary>For issue trackers and chats.</summary>
    public static string Markdown(Digest digest) => MarkdownPage.Render(PageOf(digest));

    /// <summary>
    /// <c>[team] AI spend week 47: $47.23 (+12%) - 2 alerts, 3 missions closed</c>. What is not known, or known in part only, is said here already.
    /// </summary>
    public static string SubjectOf(Digest digest)
    {
        var growth = IsWhole(digest) && digest is { Total: { } total, Before: { } before } ? Dollars.Growth(before, total) : null;
        var amount = digest.Total is not { } known ? "not known" : IsWhole(digest) ? Dollars.Show(known) : IsOver(digest) ? $"at least {Dollars.Show(known)}, data is missing" : $"{Dollars.Show(known)} so far";
        return Subject.Cut($"[{SafeText.Name(digest.Team, 40)}] AI spend week {Number(digest)}: {amount}{(growth is null ? "" : $" ({growth})")} - {Wording.Count(digest.AlertsInAll, "alert")}, {Wording.Count(digest.MissionsEnded, "mission")} closed");
    }

    /// <summary>The week's number, without the year.</summary>
    internal static string Number(Digest digest) => digest.Week.Split("-W") is [_, var number] ? number.TrimStart('0') : digest.Week;

    /// <summary>The week was over when it was composed.</summary>
    internal static bool IsOver(Digest digest) => digest.At >= digest.Window.End;

    /// <summary>The week is over and was read to its end, from everywhere.</summary>
    internal static bool IsWhole(Digest digest) => IsOver(digest) && digest.Through >= digest.Window.End && digest.Gaps.All(g => g.Until is not null);

    private static Page PageOf(Digest digest)
    {
        // The record may come from a log that knows other zones.
        var zone = Calendar.IsZone(digest.Zone) ? digest.Zone : "UTC";
        var figures = new DigestFigures(digest);
        return new(SubjectOf(digest),
        [
            .. DigestMoney.Blocks(digest, zone),
            .. Missions(digest, figures),
            .. Parts("By agent", "agent", digest.ByAgent, figures.Agents, digest),
            .. Parts("By model", "model", digest.ByModel, figures.Models, digest),
            .. Leftovers(digest, figures),
            .. Alerts(digest, zone),
            .. Moved(digest),
            .. Gaps(digest, zone),
            .. Advice(digest),
            .. Footer(digest, zone),
        ]);
    }

    private static IEnumerable<Block> Missions(Digest digest, DigestFigures figures)
    {
        yield return new Heading($"Missions");
        if (digest.Missions.Count == 0)
        {
            yield return new Paragraph($"No mission cost anything this week, as far as is known.{Run.Said(ForNothing(digest))}");
            yield break;
        }
        var rows = digest.Missions.Select((m, i) => new Row([$"{m.Title}", $"{figures.Missions[i]}"], Below(m))).ToList();
        if (digest.OtherMissions.Count > 0) rows.Add(new([$"{Run.Said(Wording.Count(digest.OtherMissions.Count, "other mission"))}", $"{figures.Missions[^1]}"], Quiet: true));
        yield return new Table("Missions of the week by cost", [("Mission", false), ("This week", true)], rows);
        if (ForNothing(digest) is { Length: > 0 } more) yield return new Paragraph($"{Run.Said(more.TrimStart())}");
    }

    /// <summary>Those that the list leaves out, because nothing of the week's bill is theirs.</summary>
    private static string ForNothing(Digest digest)
    {
        if (digest.OtherMissions.Count > 0) return "";
        int Without(int? all, string state) => Math.Max(0, (all ?? 0) - digest.Missions.Count(m => m.State == state));
        var (ended, open) = (Without(digest.MissionsEnded, "ended"), Without(digest.MissionsOpen, "open"));
        return (ended > 0 ? $" {Wording.Count(ended, "more mission")} ended and cost nothing this week." : "") + (open > 0 ? $" {Wording.Count(open, "more mission")} {(open == 1 ? "is" : "are")} open and cost nothing this week." : "");
    }

    private static Line Below(DigestMission mission)
    {
        var line = Line.Of(mission.State == "open" ? Run.Badge("open", Tone.Info) : Run.Name(mission.State, 20));
        if (mission.Total is null) line.AppendLiteral(", in all: not known");
        else if (mission.Total is { } total && total != mission.Billed) line.AppendFormatted((Line)$", in all {total}");
        if (mission is { Low: { } low, High: { } high } && low != high) line.AppendFormatted((Line)$", between {low} and {high}");
        if (mission.Ref is not null) line.AppendLiteral("; ");
        if (mission.Ref is { } reference) line.AppendFormatted(Run.Reference(reference));
        return line;
    }

    private static IEnumerable<Block> Parts(string title, string name, IReadOnlyList<DigestPart> parts, IReadOnlyList<Shown> billed, Digest digest)
    {
        if (parts.Count == 0) yield break;
        var before = DigestFigures.Before(parts, digest.Before);
        yield return new Heading($"{Run.Said(title)}");
        yield return new Table($"The week {title.ToLowerInvariant()}", [(title[3..4].ToUpperInvariant() + name[1..], false), ("This week", true), ("Part", true), ("Before", true)],
        [
            .. parts.Select((p, i) => new Row(
                [
                    Leftover(p.Name), $"{billed[i]}", $"{Run.Said(digest.Total is { } total && Dollars.Permille(p.Billed, total) is { } part ? Dollars.Percent(part) : "-")}",
                    $"{Run.Quiet(before[i]?.ToString() ?? "-")}",
                ], Quiet: p.Name is "(other)")),
        ]);
    }

    private static Line Leftover(string name) => name == "(other)" ? $"(other)" : name == Ledger.Spend.Party.UnassignedName ? (Line)$"(unassigned)" : $"{name}";

    private static IEnumerable<Block> Leftovers(Digest digest, DigestFigures figures)
    {
        yield return new Heading($"Without a mission");
        if (digest is not { Idle: { } idle, Unassigned: { } unassigned })
        {
            yield return new Paragraph($"How much was spent without a mission is not known.");
        }
        else if (idle.Ticks == 0 && unassigned.Ticks == 0)
        {
            yield return new Paragraph($"Nothing: every dollar has its mission.");
        }
        else
        {
            yield return new Paragraph($"{Run.Strong(figures.Idle.ToString())}{Of(idle, digest)} by agents between missions (idle), {Run.Strong(figures.Unassigned.ToString())}{Of(unassigned, digest)} through keys that nobody owns (unassigned).");
        }
        if (digest.Fix is { } fix) yield return new Advice($"{Run.Strong("What clears most:")} {Run.Said(SafeText.Of(fix.Text))}", Command.Safe(fix.Command));
    }

    private static Run? Of(Usd part, Digest digest) => digest.Total is { } total && Dollars.Permille(part, total) is { } permille && permille != 0 ? Run.Said($" ({Dollars.Percent(permille)})") : null;

    private static IEnumerable<Block> Alerts(Digest digest, string zone)
    {
        yield return new Heading($"Alerts");
        if (digest.AlertsInAll == 0)
        {
            var over = digest.Budgets.Where(b => b.State == "over").Select(b => b.Name).Distinct(StringComparer.Ordinal).ToArray();
            yield return new Paragraph($"None{Run.Said(over.Length == 0 ? "" : $" in this week. Earlier, or before it was watched, {Wording.And(over)} went over")}.");
            yield break;
        }
        yield return new Bullets(
        [
            .. digest.Alerts.Select(a => (Line)$"{Run.Quiet(Moments.Bare(a.At, zone, digest.At))} {Run.Said(SafeText.Fit(Headlined(a.Headline), 300))}{(a.Recovered ? (Line)$" {Run.Badge("over", Tone.Good)}" : Line.Nothing)}"),
        ]);
        if (digest.AlertsInAll > digest.Alerts.Count)
        {
            yield return new Paragraph($"And {digest.AlertsInAll - digest.Alerts.Count} more:");
            yield return new Commands(["ledger alert list"]);
        }
    }

    /// <summary>A headline is ours, but it went through the log: no line break or control may come back from there. Isolation stays.</summary>
    private static string Headlined(string headline) => string.Concat(headline.Split('\u2068', '\u2069').Select((part, i) => i % 2 == 0 ? SafeText.Of(part) : SafeText.Name(part, int.MaxValue)));

    private static IEnumerable<Block> Moved(Digest digest)
    {
        yield return new Heading($"Restated since the last digest");
        if (digest.Moved.Count == 0) yield return new Paragraph($"Nothing: earlier weeks cost what their digests said.");
        else yield return new Bullets([.. digest.Moved.Select(m => (Line)$"Week {m.Week}: the figure moved by {Run.Strong(Change(m))}, from {Shown.Of(m.Said)} to {Shown.Of(m.Now)}.")]);
        if (digest.Refined is { } refined)
            yield return new Paragraph($"Smaller buckets of the provider moved {Run.Strong(Dollars.Show(refined.Moved))} between missions and the time between them, in {refined.Hours} {(refined.Hours == 1 ? "hour" : "hours")} of earlier weeks. The bill is the same.");
    }

    /// <summary>The difference of the two figures as they are shown.</summary>
    private static string Change(DigestMoved moved) => (moved.Now > moved.Said ? "+" : "") + new Shown(moved.Now - moved.Said, Shown.Of(moved.Now).Rounded - Shown.Of(moved.Said).Rounded);

    private static IEnumerable<Block> Gaps(Digest digest, string zone)
    {
        yield return new Heading($"Data");
        if (digest.Gaps.Count > 0)
            yield return new Bullets([.. digest.Gaps.Select(g => (Line)$"{Run.Strong("Gap:")} {g.Account} was not read from {Run.Said(Moments.Bare(g.From, zone, digest.At))} {Run.Said(g.Until is { } until ? $"to {Moments.Bare(until, zone, digest.At)}" : "until now")}: {Run.Said(SafeText.Of(g.Reason))}.")]);
        yield return digest.Through switch
        {
            null => new Paragraph($"Nothing was ever read: these figures say nothing yet.", Tone.Critical),
            { } through when through < digest.Window.End && IsOver(digest) => new Paragraph($"Read up to {Run.Said(Moments.Bare(through, zone, digest.At))} only, which is before the week's end: what was spent after that is not in these figures.", Tone.Warning),
            { } through when digest.Gaps.Count == 0 => new Paragraph($"No gaps; read up to {Run.Said(Moments.Bare(through, zone, digest.At))}."),
            { } through => new Paragraph($"Read up to {Run.Said(Moments.Bare(through, zone, digest.At))}."),
        };
    }

    private static IEnumerable<Block> Advice(Digest digest)
    {
        if (digest.Recommendations.Count == 0) yield break;
        yield return new Heading($"What would help");
        foreach (var advice in digest.Recommendations.Take(3)) yield return new Advice($"{Run.Said(SafeText.Of(advice.Text))}", Command.Safe(advice.Command));
    }

    private static IEnumerable<Block> Footer(Digest digest, string zone)
    {
        yield return new Heading($"Where this comes from");
        yield return new Facts(
        [
            ("As of", $"position {Run.Said(digest.AsOf.ToString(CultureInfo.InvariantCulture))}, composed {Run.Said(Moments.Bare(digest.At, zone, digest.At))}; times are {Run.Said(SafeText.Name(digest.Zone))}"),
            ("Chain", $"{Run.Said(SafeText.Of(digest.Chain))}"),
            ("Check", $"{new Run("ledger verify", Meant.Code)} checks these books; the same figures again:"),
        ]);
        yield return new Commands([Command.Safe(digest.Reproduce) ?? "ledger digest preview"]);
    }
}
