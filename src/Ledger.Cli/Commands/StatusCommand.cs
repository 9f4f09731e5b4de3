using System.Text.Json;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;
using Ledger.Money;

namespace Ledger.Cli.Commands;

/// <summary><c>status</c>: everything at a glance, with what the spool holds.</summary>
internal static class StatusCommand
{
    private const int RefusedShownMax = 20;
    private const int NeedsShownMax = 3;
    private const int BudgetsShownMax = 5;
    private const int MissionsShownMax = 5;
    private const int BarCells = 16;

    // As the digest judges it.
    private static readonly TimeSpan EndsSoon = TimeSpan.FromHours(24);
    private static readonly TimeSpan EndsInSight = TimeSpan.FromHours(72);

    private const int LabelWidth = 10;
    private const int AmountWidth = 9;
    private const int UnsplitShownMax = 3;

    public static Verb Command() => new("status", "how the service, the accounts and the spool are, and today's spend")
    {
        Options = { Flags.MaxAge },
        Examples = ["ledger status", "ledger status --json", "ledger status --max-age 15m"],
        Run = Run,
    };

    private static int Run(Call call)
    {
        var answer = call.Client.Get("/status", money: false);
        var (waiting, refused) = (call.Spool.Waiting, call.Spool.Refused());
        if (call.Printer.Json) call.Printer.PrintJson(answer, json => WriteSpool(json, waiting, refused));
        else Print(call, answer, waiting, refused);
        return JudgeAge(call, answer);
    }

    /// <summary>What needs somebody first, then figures, then budgets and missions, then where it all comes from. What is well is short.</summary>
    private static void Print(Call call, JsonElement answer, int waiting, List<(string File, Spooling.Bookmark? Bookmark)> refused)
    {
        var printer = call.Printer;
        printer.Bold($"Ledger {SafeText.Of(answer.Text("version"))}  {call.Settings.UrlText}");
        printer.Line();
        var accounts = answer.Items("accounts");
        if (accounts.Count == 0) printer.Line("No account yet. `ledger account add xai --label prod --key-stdin < key.txt` connects one.");
        var said = Needs(printer, answer, accounts);
        printer.Line();
        Figures(call, answer);
        Budgets(printer, answer);
        Missions(call, answer);
        Sources(printer, answer, accounts, said);
        Workings(call, answer);
        Bookmarks(printer, waiting, refused);
        if (answer.Text("version") is { } version && version != VersionCommand.Version) Row(printer, "versions", $"{printer.Style.Toned("▲", Tone.Watch)} the service is {SafeText.Of(version)}, this program {VersionCommand.Version}");
        foreach (var warning in answer.Items("warnings"))
            if (!said.Exists(told => warning.ToString().EndsWith(told, StringComparison.Ordinal))) Row(printer, "warning", $"{printer.Style.Toned("▲", Tone.Watch)} {SafeText.Of(warning.ToString())}");
        printer.Foot($"as of #{answer.Number("position")?.Grouped() ?? Show.Unknown}");
    }

    /// <summary>At most three, as everywhere; what they say of sources is not said again.</summary>
    private static List<string> Needs(Printer printer, JsonElement answer, List<JsonElement> accounts)
    {
        var needs = answer.Items("needs");
        foreach (var need in needs.GetRange(0, Math.Min(needs.Count, NeedsShownMax)))
        {
            var tone = Severity.ToneOf(need.Text("severity"));
            printer.Line($"{printer.Style.Toned(tone == Tone.Act ? "■" : "▲", tone)} {printer.Style.Bold(SafeText.Of(need.Text("what")))}");
            if (need.Text("why") is { Length: > 0 } why) printer.Line($"  {printer.Style.Dim(SafeText.Of(why))}");
        }
        if (needs.Count > NeedsShownMax) printer.Line($"  and {needs.Count - NeedsShownMax} more: `ledger budget list`, `ledger alert list --open`");
        if (needs.Count == 0 && accounts.Exists(a => a.Text("through") is not null)) printer.Line($"{printer.Style.Toned("●", Tone.Ok)} Nothing needs you.");
        return [.. accounts.Select(Error).OfType<string>()];
    }

    private static void Figures(Call call, JsonElement answer)
    {
        var printer = call.Printer;
        if (answer.Part("spend") is { } spend && spend.Text("today") is not null)
        {
            Amount(printer, "today", spend.Text("today"), Against(spend.Amount("today"), spend.Amount("yesterday"), "on yesterday"));
            Amount(printer, "week", spend.Text("week"), Against(spend.Amount("week"), spend.Amount("lastWeek"), "on last week"));
            Amount(printer, "month", spend.Text("monthToDate"), spend.Amount("unassigned") is { Ticks: not 0 } ? $"of it {Show.Money(spend.Text("unassigned"))} unassigned" : "");
        }
        var runways = answer.Items("runways");
        foreach (var runway in runways)
        {
            var left = runway.Amount("left");
            var tone = left is not { Ticks: > 0 } ? Tone.Act : !Instants.TryParse(runway.Text("runsOut"), out var at) ? Tone.Plain : at - call.Began <= EndsSoon ? Tone.Act : at - call.Began <= EndsInSight ? Tone.Watch : Tone.Plain;
            Amount(printer, runways.Count > 1 ? $"credit {SafeText.Of(runway.Text("accountName"))}" : "credit", runway.Text("left"),
                $"{(runway.Text("of") is { } of ? $"of {Show.Money(of)}  {printer.Style.Toned(Bars.OfCredit(left, runway.Amount("of"), BarCells), tone)}  " : "")}{(runway.Text("runsOut") is { } ends ? printer.Style.Toned($"ends {printer.Time(ends)}", tone) : "")}{(runway.Text("perDay") is { } rate ? $", {Show.Money(rate)} a day" : "")}".TrimEnd());
        }
        if (runways.Count == 0 && answer.Part("credit")?.Text("left") is { } only) Amount(printer, "credit", only, "");
    }

    private static void Budgets(Printer printer, JsonElement answer)
    {
        var budgets = answer.Items("budgets");
        if (budgets.Count == 0) return;
        printer.Line();
        var shown = budgets.GetRange(0, Math.Min(budgets.Count, BudgetsShownMax));
        var (name, period, spent, limit) = (shown.Max(b => SafeText.Width(Name(b))), shown.Max(b => Period(b).Length), shown.Max(b => Show.Money(b.Text("spent")).Length), shown.Max(b => Show.Money(b.Text("limit")).Length));
        foreach (var budget in shown)
        {
            var state = BudgetList.State(budget, budget.Text("state"), printer);
            Row(printer, budget.Equals(shown[0]) ? "budgets" : "",
                $"{Padded(Name(budget), name)}  {Period(budget).PadRight(period)}  {Show.Money(budget.Text("spent")).PadLeft(spent)} of {Show.Money(budget.Text("limit")).PadLeft(limit)}  {printer.Style.Toned(Bars.OfLimit(budget.Amount("spent"), budget.Amount("limit"), BarCells).PadRight(BarCells), state.Tone)}  {printer.Style.Toned(state.Shown, state.Tone)}");
        }
        if (budgets.Count > shown.Count) Row(printer, "", printer.Style.Dim($"{budgets.Count - shown.Count} more: `ledger budget list`"));

        string Name(JsonElement budget) => SafeText.Name(budget.Text("name"), 24);
        string Period(JsonElement budget) => SafeText.Of(BudgetList.Period(budget, printer));
    }

    private static void Missions(Call call, JsonElement answer)
    {
        var (printer, missions) = (call.Printer, answer.Items("missionsOpen"));
        if (missions.Count == 0) return;
        printer.Line();
        var shown = missions.GetRange(0, Math.Min(missions.Count, MissionsShownMax));
        var (title, cost) = (shown.Max(m => SafeText.Width(Title(m))), shown.Max(m => Show.Money(m.Text("billed")).Length));
        foreach (var mission in shown)
        {
            var (low, high) = (mission.Amount("low"), mission.Amount("high"));
            var range = low is null || high is null ? "" : low == high ? printer.Style.Toned("exact", Tone.Ok) : printer.Style.Dim($"{Show.Money(mission.Text("low"))} – {Show.Money(mission.Text("high"))}");
            var since = Instants.TryParse(mission.Text("start"), out var start) ? Show.Duration(call.Began - start) : "";
            Row(printer, mission.Equals(shown[0]) ? "open" : "", string.Join("  ", new[] { Padded(Title(mission), title), Show.Money(mission.Text("billed")).PadLeft(cost), range, SafeText.Of(mission.Agents()), since, printer.Style.Dim(SafeText.Of(mission.Text("id"))) }.Where(part => part.Length > 0)));
        }
        if (missions.Count > shown.Count) Row(printer, "", printer.Style.Dim($"{missions.Count - shown.Count} more: `mission list --state open`"));

        static string Title(JsonElement mission) => SafeText.Name(mission.Text("title"), 32);
    }

    private static void Sources(Printer printer, JsonElement answer, List<JsonElement> accounts, List<string> said)
    {
        if (accounts.Count > 0) printer.Line();
        foreach (var account in accounts)
        {
            var (mark, tone) = account.Text("state") == "removed" ? ("○", Tone.Quiet) : Error(account) is not null ? ("■", Tone.Act) : account.Flag("stale") == true ? ("○", Tone.Watch) : ("●", Tone.Ok);
            var words = account.Text("state") == "removed" ? $"removed{(account.Text("since") is { } since ? $" {printer.Time(since)}" : "")}, read to {printer.Time(account.Text("through"))}; its books stay"
                : account.Text("through") is null ? "no complete reading yet"
                : $"{(account.Flag("stale") == true ? "not read for" : "read")} {Show.Seconds(account.Seconds("lagSeconds"))}{(account.Flag("stale") == true ? "" : $" ago, every {Show.Seconds(answer.Seconds("pollEverySeconds"))}")}";
            Row(printer, $"{SafeText.Of(account.Text("provider"))} {SafeText.Name(account.Text("label"), 30)}", $"{printer.Style.Toned(mark, tone)} {words}");
            if (Error(account) is { } error && !said.Exists(told => told == error && answer.Items("needs").Count > 0)) printer.Line("  " + SafeText.Of(error));
            PrintNotes(printer, account);
        }
        if (accounts.Find(a => a.Part("lookedAfter") is not null).Part("lookedAfter") is { } looked)
            printer.Footer($"{looked.Number("dailyDays")} days are read again each day, {looked.Number("monthlyDays")} each month; `ledger account sync --since T` reads further back.");
    }

    /// <summary>Alerts, views, nodes and messages: only what is not as it should be.</summary>
    private static void Workings(Call call, JsonElement answer)
    {
        var printer = call.Printer;
        if (answer.Part("alerts") is { } alerts && alerts.Number("open") is > 0 and { } open)
        {
            Row(printer, "alerts", $"{open.Grouped()} open; `ledger alert list --open` shows them all");
            foreach (var alert in alerts.Items("latest")) Row(printer, "", $"{printer.Time(alert.Text("at"))}  {Output.Severity.MarkOf(printer, alert.Text("severity"))}{SafeText.Fit(SafeText.Of(alert.Text("headline")), 140)}");
        }
        foreach (var view in answer.Items("views"))
            if (view.Number("lag") is > 0 and { } lag) Row(printer, "view", $"{SafeText.Of(view.Text("name"))} is {lag.Grouped()} events behind");
        var nodes = answer.Items("nodes");
        if (nodes.Count > 1)
            foreach (var node in nodes)
                Row(printer, $"node {node.Number("number")}", $"{SafeText.Of(node.Text("machine"))}{(node.Flag("silent") == true ? $", {printer.Style.Red("silent")} since {printer.Time(node.Text("seen"))}" : "")}: {Runs(node)}");
        if (answer.Part("outbox") is { } outbox && (outbox.Number("waiting") > 0 || outbox.Number("dead") > 0))
            Row(printer, "outbox", $"{outbox.Number("waiting")} waiting{(Age(outbox.Text("oldestWaiting"), call.Began) is { } age ? $", the oldest for {age}" : "")}, {outbox.Number("dead")} dead{(outbox.Number("dead") > 0 ? "; `ledger outbox list` tells why" : "")}");
        foreach (var channel in answer.Part("outbox")?.Items("channels") ?? [])
            if (OutboxCommands.Channel(channel, printer) is { } line) Row(printer, "channel", line);
    }

    private static void Bookmarks(Printer printer, int waiting, List<(string File, Spooling.Bookmark? Bookmark)> refused)
    {
        if (waiting > 0) Row(printer, "bookmarks", $"{printer.Style.Toned("▲", Tone.Watch)} {waiting} waiting for the service");
        foreach (var (file, bookmark) in refused.GetRange(0, Math.Min(refused.Count, RefusedShownMax)))
        {
            Row(printer, "bookmark", $"{printer.Style.Red("■")} refused: {SafeText.Of(bookmark?.What ?? "a file that can't be read")} at {printer.Time(bookmark?.At)}: {SafeText.Of(bookmark?.Problem?.Detail ?? Show.Unknown)}");
            printer.Footer($"  when dealt with, remove {file}");
        }
        if (refused.Count > RefusedShownMax) Row(printer, "", $"and {refused.Count - RefusedShownMax} more refused");
    }

    private static void Row(Printer printer, string label, string text) => printer.Line($"{Padded(label, LabelWidth)} {text}".TrimEnd());

    private static void Amount(Printer printer, string label, string? amount, string rest) => Row(printer, label, $"{printer.Style.Bold(Show.Money(amount).PadLeft(AmountWidth))}  {rest}");

    private static string Padded(string text, int width) => text + new string(' ', Math.Max(0, width - SafeText.Width(text)));

    /// <summary><c>+38 % on yesterday ($8.22)</c>, <c>5.5× last week ($6.12)</c>.</summary>
    private static string Against(Usd? now, Usd? before, string whom) =>
        now is not { } n || before is not { } b || Dollars.Against(b, n) is not { } change ? ""
        : change == "new" ? $"nothing {whom["on ".Length..]}"
        : $"{change.Replace('−', '-')} {(change.EndsWith('×') ? whom["on ".Length..] : whom)} ({Dollars.Column(b)})";

    private static void PrintNotes(Printer printer, JsonElement account)
    {
        var unsplit = account.Items("unsplit");
        foreach (var stretch in unsplit.GetRange(0, Math.Min(unsplit.Count, UnsplitShownMax)))
            printer.Line($"  {Commands.Missions.Window(stretch, printer)} {SafeText.Of(stretch.Text("detail"))}");
        if (account.Number("unsplitCount") - UnsplitShownMax is > 0 and { } more) printer.Line($"  … and {more.Grouped()} more stretches like that");
        foreach (var note in account.Items("notes")) printer.Line("  " + SafeText.Of(note.ToString()));
    }

    /// <summary>What a node runs; the eight slots for polls as one.</summary>
    private static string Runs(JsonElement node)
    {
        var runs = node.Items("runs").Select(r => r.ToString()).ToArray();
        var polls = runs.Count(r => r.StartsWith("polls", StringComparison.Ordinal));
        var words = runs.Where(r => !r.StartsWith("polls", StringComparison.Ordinal)).Select(SafeText.Of).ToList();
        if (polls > 0) words.Add($"{polls} of 8 slots for polls");
        return words.Count > 0 ? string.Join(", ", words) : "nothing that runs once only";
    }

    private static void WriteSpool(Utf8JsonWriter json, int waiting, List<(string File, Spooling.Bookmark? Bookmark)> refused)
    {
        json.WriteStartObject("spool");
        json.WriteNumber("waiting", waiting);
        json.WriteStartArray("refused");
        foreach (var (file, bookmark) in refused)
        {
            json.WriteStartObject();
            json.WriteString("what", bookmark?.What);
            json.WriteString("at", bookmark?.At);
            json.WriteString("file", file);
            json.WritePropertyName("problem");
            if (bookmark?.Problem is { } problem) problem.WriteTo(json);
            else json.WriteNullValue();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string? Age(string? since, DateTimeOffset now) =>
        Instants.TryParse(since, out var at) ? Show.Duration(now - at) : null;

    private static string? Error(JsonElement account) => account.Part("error") switch
    {
        { ValueKind: JsonValueKind.Object } error => error.Text("detail") ?? error.Text("kind"),
        { } text => text.ToString(),
        null => null,
    };

    /// <summary>The oldest account decides.</summary>
    private static int JudgeAge(Call call, JsonElement answer)
    {
        if (call.Duration("max-age") is not { } max) return Exit.Ok;
        foreach (var account in answer.Items("accounts"))
        {
            // What is no longer read can't be late.
            if (account.Text("state") == "removed" || account.Seconds("lagSeconds") <= max.TotalSeconds) continue;
            call.Printer.Warn($"The data of {account.Text("label")} is {Show.Seconds(account.Seconds("lagSeconds"))} behind; --max-age is {call.Text("max-age")}.");
            return Exit.Unavailable;
        }
        return Exit.Ok;
    }
}
