using System.Text.Json;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>status</c>: everything at a glance, with what the spool holds.</summary>
internal static class StatusCommand
{
    private const int RefusedShownMax = 20;
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

    private static void Print(Call call, JsonElement answer, int waiting, List<(string File, Spooling.Bookmark? Bookmark)> refused)
    {
        var printer = call.Printer;
        printer.Bold($"Ledger {SafeText.Of(answer.Text("version"))} at {call.Settings.UrlText}, position {answer.Number("position")?.Grouped() ?? Show.Unknown}");
        if (answer.Part("spend") is { } spend)
            printer.Line($"Billed today {Show.Money(spend.Text("today"))}, this month {Show.Money(spend.Text("monthToDate"))}, of it unassigned {Show.Money(spend.Text("unassigned"))}{(answer.Part("credit") is { } credit && credit.Text("left") is { } left ? $"; prepaid credit left {Show.Money(left)}{(credit.Flag("stale") == true ? $" (balance read {printer.Time(credit.Text("readAt"))})" : "")}" : "")}");

        var accounts = answer.Items("accounts");
        if (accounts.Count == 0) printer.Line("No accounts yet: `ledger account add xai --label prod --key-stdin < key.txt`");
        var said = new List<string>();
        foreach (var account in accounts)
        {
            if (account.Text("state") == "removed")
            {
                printer.Line($"Account {SafeText.Of(account.Text("label"))} ({SafeText.Of(account.Text("provider"))}): removed{(account.Text("since") is { } since ? $" {printer.Time(since)}" : "")}, data through {printer.Time(account.Text("through"))}; its books stay");
                continue;
            }
            printer.Line($"Account {SafeText.Of(account.Text("label"))} ({SafeText.Of(account.Text("provider"))}): {SafeText.Of(account.Text("state"))}{(account.Flag("stale") == true ? ", STALE" : "")}, {(account.Text("through") is { } through ? $"data through {printer.Time(through)}, {Show.Seconds(account.Seconds("lagSeconds"))} behind" : "no complete reading yet")}");
            if (Error(account) is { } error)
            {
                printer.Line("  " + SafeText.Of(error));
                said.Add(error);
            }
            PrintNotes(printer, account);
        }
        if (accounts.Find(a => a.Part("lookedAfter") is not null).Part("lookedAfter") is { } looked)
            printer.Footer($"Figures of the last {looked.Number("dailyDays")} days are read again each day, of the last {looked.Number("monthlyDays")} days each month; `ledger account sync --since T` reads further back.");
        foreach (var mission in answer.Items("missionsOpen"))
            printer.Line(mission.ValueKind == JsonValueKind.Object
                ? $"Open    {SafeText.Fit(SafeText.Of(mission.Text("title")), 60)} since {printer.Time(mission.Text("start"))}  {SafeText.Of(mission.Agents())}  {SafeText.Of(mission.Text("id"))}"
                : "Open    " + SafeText.Of(mission.ToString()));
        foreach (var budget in answer.Items("budgetsOver"))
            printer.Line($"Budget  {SafeText.Of(budget.Text("name"))} is {printer.Style.Red("over")}: {Show.Money(budget.Text("spent"))} of {Show.Money(budget.Text("limit"))} this {SafeText.Of(BudgetList.Period(budget, printer))}");
        if (answer.Part("alerts") is { } alerts && alerts.Number("open") is > 0 and { } open)
        {
            printer.Line($"Alerts: {open.Grouped()} open; `ledger alert list --open` shows them all");
            foreach (var alert in alerts.Items("latest")) printer.Line($"  {printer.Time(alert.Text("at"))}  {SafeText.Fit(SafeText.Of(alert.Text("headline")), 140)}");
        }
        foreach (var view in answer.Items("views"))
            if (view.Number("lag") is > 0 and { } lag) printer.Line($"View {SafeText.Of(view.Text("name"))} is {lag.Grouped()} events behind");
        var nodes = answer.Items("nodes");
        if (nodes.Count > 1)
            foreach (var node in nodes)
                printer.Line($"Node {node.Number("number")} on {SafeText.Of(node.Text("machine"))}{(node.Flag("silent") == true ? $", {printer.Style.Red("silent")} since {printer.Time(node.Text("seen"))}" : "")}: {Runs(node)}");
        if (answer.Part("outbox") is { } outbox && (outbox.Number("waiting") > 0 || outbox.Number("dead") > 0))
            printer.Line($"Outbox: {outbox.Number("waiting")} waiting{(Age(outbox.Text("oldestWaiting"), call.Began) is { } age ? $", the oldest for {age}" : "")}, {outbox.Number("dead")} dead{(outbox.Number("dead") > 0 ? "; `ledger outbox list` tells why" : "")}");
        foreach (var channel in answer.Part("outbox")?.Items("channels") ?? [])
            if (OutboxCommands.Channel(channel, printer) is { } line) printer.Line("Channel " + line);

        if (waiting > 0) printer.Line($"Spool: {waiting} bookmark{(waiting == 1 ? "" : "s")} waiting");
        foreach (var (file, bookmark) in refused.GetRange(0, Math.Min(refused.Count, RefusedShownMax)))
        {
            printer.Line($"Spool: refused {SafeText.Of(bookmark?.What ?? "a file that can't be read")} at {printer.Time(bookmark?.At)}: {SafeText.Of(bookmark?.Problem?.Detail ?? Show.Unknown)}");
            printer.Footer($"  when dealt with, remove {file}");
        }
        if (refused.Count > RefusedShownMax) printer.Line($"Spool: … and {refused.Count - RefusedShownMax} more refused");
        foreach (var warning in answer.Items("warnings"))
            if (!said.Exists(error => warning.ToString().EndsWith(error, StringComparison.Ordinal))) printer.Line("Warning: " + SafeText.Of(warning.ToString()));
        printer.Footer($"Polled every {Show.Seconds(answer.Seconds("pollEverySeconds"))}. Times are {printer.ZoneName}.");
    }

    private static void PrintNotes(Printer printer, JsonElement account)
    {
        var unsplit = account.Items("unsplit");
        foreach (var stretch in unsplit.GetRange(0, Math.Min(unsplit.Count, UnsplitShownMax)))
            printer.Line($"  {Missions.Window(stretch, printer)} {SafeText.Of(stretch.Text("detail"))}");
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
