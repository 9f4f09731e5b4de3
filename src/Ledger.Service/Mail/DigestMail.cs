using System.Globalization;
using Ledger.Digests;
using Ledger.Service.Mail.Pages;
using Ledger.Money;
using Ledger.Alerts;

namespace Ledger.Service.Mail;

/// <summary>The weekly digest for people, made from the record alone: the same record always reads the same.</summary>
public static class DigestMail
{
    private static readonly string[] severities = ["CRIT", "WARN", "INFO"];
    private static readonly string[] beginnings = ["all spend", "agent ", "budget ", "prepaid ", "mission ", "key ", "history ", "figures ", "the ", "model ", "unit ", "account "];

    /// <summary>The mail.</summary>
    /// <param name="digest">The record.</param>
    /// <param name="forge">Where references such as <c>owner/repo#3</c> lead; null: nowhere.</param>
    public static async Task<MailContent> Render(Digest digest, Uri? forge = null)
    {
        var page = PageOf(digest, forge);
        return new(page.Title, TextPage.Render(page), await HtmlPage.Render(page));
    }

    /// <summary>Its text alone.</summary>
    public static string Text(Digest digest) => TextPage.Render(PageOf(digest, null));

    /// <summary>For issue trackers and chats.</summary>
    public static string Markdown(Digest digest, Uri? forge = null) => MarkdownPage.Render(PageOf(digest, forge));

    /// <summary>
    /// <c>[team] Week 47: $96.40, 2.3× – credit ends Tue 02:00</c>, in 59 columns: the team goes first, then words after the dash, the amount never. What is not
    /// known, or known in part only, is said here already.
    /// </summary>
    public static string SubjectOf(Digest digest)
    {
        var change = IsWhole(digest) && digest is { Total: { } total, Before: { } before } ? Dollars.Against(before, total) : null;
        var amount = digest.Total is not { } known ? "not known" : IsWhole(digest) ? Dollars.Show(known) : IsOver(digest) ? $"at least {Dollars.Show(known)}" : $"{Dollars.Show(known)} so far";
        var week = $"Week {Number(digest)}: {amount}{(change is null ? "" : $", {change}")}";
        var worst = NeedsYou.Of(digest, ZoneOf(digest)) is [var first, ..] ? first.Short : digest.Total is null ? "nothing was read" : digest.Budgets.Count > 0 ? "all within budget" : "nothing needs you";
        var team = $"[{SafeText.Name(digest.Team, 20)}] ";
        var whole = $"{team}{week} – {worst}";
        return Subject.Fits(whole) ? Subject.Cut(whole) : Subject.Cut($"{week} – {worst}");
    }

    /// <summary>The week's number, without the year.</summary>
    internal static string Number(Digest digest) => digest.Week.Split("-W") is [_, var number] ? number.TrimStart('0') : digest.Week;

    /// <summary>The week was over when it was composed.</summary>
    internal static bool IsOver(Digest digest) => digest.At >= digest.Window.End;

    /// <summary>The week is over and was read to its end, from everywhere.</summary>
    internal static bool IsWhole(Digest digest) => IsOver(digest) && digest.Through >= digest.Window.End && digest.Gaps.All(g => g.Until is not null);

    // The record may come from a log that knows other zones.
    private static string ZoneOf(Digest digest) => Calendar.IsZone(digest.Zone) ? digest.Zone : "UTC";

    private static Page PageOf(Digest digest, Uri? forge)
    {
        var zone = ZoneOf(digest);
        var figures = new DigestFigures(digest);
        var needs = NeedsYou.Of(digest, zone);
        return new(SubjectOf(digest),
        [
            new Masthead($"{Run.Strong("Ledger")}  {digest.Team}", $"Week {Run.Said(Number(digest))}, {Run.Said(Moments.Days(digest.Window, zone))}"),
            .. DigestMoney.Blocks(digest, needs, zone),
            .. Missions(digest, figures, forge),
            .. Agents(digest, figures),
            .. Models(digest, figures),
            .. Alerts(digest, zone),
            .. Moved(digest),
            .. Gaps(digest, zone),
            .. Advice(digest),
            .. Folded(digest),
            .. Footer(digest, zone),
        ], needs.Count > 0 ? string.Join(". ", needs.Take(2).Select(n => n.What.InText.TrimEnd('.'))) + "." : null);
    }

    private static IEnumerable<Block> Missions(Digest digest, DigestFigures figures, Uri? forge)
    {
        var known = digest is { Idle: not null, Unassigned: not null, Total: not null };
        yield return new Heading($"Missions{Run.Said(digest.MissionsOpen is { } open ? $": {open} open, {digest.MissionsEnded} closed this week" : $": {digest.MissionsEnded} closed this week")}");
        var rows = digest.Missions.Select((m, i) => new Row([$"{m.Title}", $"{figures.Missions[i]}"], Below(m, forge))).ToList();
        if (digest.OtherMissions.Count > 0) rows.Add(new([$"{Run.Said(Wording.Count(digest.OtherMissions.Count, "other mission"))}", $"{figures.Missions[^1]}"], Quiet: true));
        if (known)
        {
            if (digest.Idle != Usd.Zero) rows.Add(new([$"Idle", $"{figures.Idle}"], $"by agents while they had no mission", Quiet: true));
            if (digest.Unassigned != Usd.Zero) rows.Add(new([$"Unassigned", $"{figures.Unassigned}"], $"through keys that nobody owns", Quiet: true));
            if (rows.Count > 0) rows.Add(new([$"Billed", $"{Run.Strong(Shown.Of(digest.Total!.Value).ToString())}"], IsTotal: true));
        }
        if (rows.Count > 0) yield return new Table("Missions of the week by cost, and what no mission had", [("Mission", false), ("This week", true)], rows);
        if (digest.Missions.Count == 0) yield return new Paragraph($"No mission cost anything this week, as far as is known.");
        if (!known) yield return new Paragraph($"How much was spent without a mission is not known.");
        if (ForNothing(digest) is { Length: > 0 } more) yield return new Paragraph($"{Run.Said(more.TrimStart())}");
        if (digest.Fix is { } fix) yield return new Advice($"{Run.Strong("Do this first:")} {Run.Said(SafeText.Of(fix.Text))}", Command.Safe(fix.Command));
    }

    /// <summary>Those that the list leaves out, because nothing of the week's bill is theirs.</summary>
    private static string ForNothing(Digest digest)
    {
        if (digest.OtherMissions.Count > 0) return "";
        int Without(int? all, string state) => Math.Max(0, (all ?? 0) - digest.Missions.Count(m => m.State == state));
        var (ended, open) = (Without(digest.MissionsEnded, "ended"), Without(digest.MissionsOpen, "open"));
        return (ended > 0 ? $" {Wording.Count(ended, "more mission")} ended and cost nothing this week." : "") + (open > 0 ? $" {Wording.Count(open, "more mission")} {(open == 1 ? "is" : "are")} open and cost nothing this week." : "");
    }

    private static Line Below(DigestMission mission, Uri? forge)
    {
        var line = Line.Of(mission.State == "open" ? Run.Badge("open", Tone.Info) : Run.Name(mission.State, 20));
        if (mission.Total is null) line.AppendLiteral(", in all: not known");
        else if (mission.Total is { } total && total != mission.Billed) line.AppendFormatted((Line)$", in all {total}");
        if (mission is { Low: { } low, High: { } high } && low != high) line.AppendFormatted((Line)$", between {low} and {high}");
        if (mission.Ref is not null) line.AppendLiteral("; ");
        if (mission.Ref is { } reference) line.AppendFormatted(Run.Reference(reference, forge));
        return line;
    }

    private static IEnumerable<Block> Agents(Digest digest, DigestFigures figures)
    {
        if (digest.ByAgent.Count == 0) yield break;
        var before = DigestFigures.Before(digest.ByAgent, digest.Before);
        yield return new Heading($"Agents");
        yield return new Table("The week by agent, against the week before", [("Agent", false), ("This week", true), ("Last week", true), ("Change", true)],
        [
            .. digest.ByAgent.Select((p, i) => new Row(
                [Leftover(p.Name), $"{figures.Agents[i]}", $"{Run.Quiet(before[i]?.ToString() ?? "-")}", $"{Run.Said(p.Before is { } then ? Dollars.Against(then, p.Billed) ?? "-" : "-")}"], Quiet: p.Name is "(other)")),
        ]);
    }

    private static IEnumerable<Block> Models(Digest digest, DigestFigures figures)
    {
        if (digest.ByModel.Count == 0) yield break;
        var before = DigestFigures.Before(digest.ByModel, digest.Before);
        yield return new Heading($"What it was spent on");
        yield return new Table("The week by model", [("Model", false), ("This week", true), ("Share", true), ("Last week", true)],
        [
            .. digest.ByModel.Select((p, i) => new Row(
                [
                    Leftover(p.Name), $"{figures.Models[i]}", $"{Run.Said(digest.Total is { } total && Dollars.Permille(p.Billed, total) is { } part ? Wording.Percent(part) : "-")}",
                    $"{Run.Quiet(before[i]?.ToString() ?? "-")}",
                ], Quiet: p.Name is "(other)")),
        ]);
    }

    private static Line Leftover(string name) => name == "(other)" ? $"(other)" : name == Ledger.Spend.Party.UnassignedName ? (Line)$"(unassigned)" : $"{name}";

    private static IEnumerable<Block> Alerts(Digest digest, string zone)
    {
        if (digest.AlertsInAll == 0) yield break;
        yield return new Heading($"Alerts of the week: {digest.AlertsInAll}");
        yield return new Bullets(
        [
            .. digest.Alerts.Select(a => (Line)$"{Run.Quiet(Moments.Bare(a.At, zone, digest.At))} {Run.Said(Marks.Of(a.Recovered ? Tone.Good : Marks.ToneOf(a.Severity)))} {Run.Said(SafeText.Fit(Headlined(Unmarked(a.Headline)), 300))}{Run.Quiet(a.Recovered ? " Resolved." : "")}"),
        ]);
        if (digest.AlertsInAll > digest.Alerts.Count)
        {
            yield return new Paragraph($"And {digest.AlertsInAll - digest.Alerts.Count} more:");
            yield return new Commands(["ledger alert list"]);
        }
    }

    /// <summary>The mark says how bad it is. Digests that were kept before said it in the headline too: <c>[WARN 80%] agent ba: …</c>.</summary>
    private static string Unmarked(string headline)
    {
        if (!headline.StartsWith('[') || headline.IndexOf("] ", StringComparison.Ordinal) is not (> 0 and var end) || !severities.Any(s => headline.AsSpan(1).StartsWith(s, StringComparison.Ordinal))) return headline;
        var words = headline[(end + 2)..];
        // A sentence begins with a capital, unless it begins with a name.
        return Array.Exists(beginnings, b => words.StartsWith(b, StringComparison.Ordinal)) ? char.ToUpperInvariant(words[0]) + words[1..] : words;
    }

    /// <summary>A headline is ours, but it went through the log: no line break or control may come back from there. Isolation stays.</summary>
    private static string Headlined(string headline) => string.Concat(headline.Split('\u2068', '\u2069').Select((part, i) => i % 2 == 0 ? SafeText.Of(part) : SafeText.Name(part, int.MaxValue)));

    private static IEnumerable<Block> Moved(Digest digest)
    {
        if (digest.Moved.Count == 0 && digest.Refined is null) yield break;
        yield return new Heading($"Restated since the last digest");
        if (digest.Moved.Count > 0) yield return new Bullets([.. digest.Moved.Select(m => (Line)$"Week {m.Week}: the figure moved by {Run.Strong(Change(m))}, from {Shown.Of(m.Said)} to {Shown.Of(m.Now)}.")]);
        if (digest.Refined is { } refined)
            yield return new Paragraph($"Smaller buckets of the provider moved {Run.Strong(Dollars.Show(refined.Moved))} between missions and the time between them, in {refined.Hours} {(refined.Hours == 1 ? "hour" : "hours")} of earlier weeks. The bill is the same.");
    }

    /// <summary>The difference of the two figures as they are shown.</summary>
    private static string Change(DigestMoved moved) => (moved.Now > moved.Said ? "+" : "") + new Shown(moved.Now - moved.Said, Shown.Of(moved.Now).Rounded - Shown.Of(moved.Said).Rounded);

    private static IEnumerable<Block> Gaps(Digest digest, string zone)
    {
        if (IsWhole(digest) && digest.Gaps.Count == 0) yield break;
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

    /// <summary>What has nothing to say, in one line.</summary>
    private static IEnumerable<Block> Folded(Digest digest)
    {
        string?[] nothing =
        [
            digest.AlertsInAll == 0 ? "alerts" : null, digest is { Moved.Count: 0, Refined: null } ? "changed past weeks" : null, IsWhole(digest) && digest.Gaps.Count == 0 ? "gaps in the data" : null,
            digest.Unassigned == Usd.Zero ? "unassigned spend" : null,
        ];
        if (nothing.OfType<string>().ToArray() is { Length: > 0 } words) yield return new Paragraph($"{Run.Quiet($"Nothing to report: {string.Join(", ", words)}.")}");
    }

    private static IEnumerable<Block> Footer(Digest digest, string zone)
    {
        yield return new Heading($"Where this comes from");
        if (digest is { Preliminary: { Ticks: > 0 } preliminary }) yield return new Paragraph($"{preliminary} of it is preliminary: the provider may still change it.");
        yield return new Facts(
        [
            ("As of", $"position {Run.Said(digest.AsOf.ToString("#,0", CultureInfo.InvariantCulture))}, sent {Run.Said(Moments.Bare(digest.At, zone, digest.At))}; {Run.Said(digest.Through is { } through ? $"read up to {Moments.Bare(through, zone, digest.At)}; " : "")}times are {Run.Said(SafeText.Name(digest.Zone))}"),
            ("Chain", $"{Run.Said(SafeText.Of(digest.Chain))}"),
            ("Why you", $"LEDGER_DIGEST_TO or LEDGER_MAIL_TO of the service names you; who runs it can take you out"),
            ("Check", $"{new Run("ledger verify", Meant.Code)} checks these books; the same figures again:"),
        ]);
        yield return new Commands([Command.Safe(digest.Reproduce) ?? "ledger digest preview"]);
    }
}
