using System.CommandLine;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>ledger digest …</c>: the week in one page.</summary>
internal static class DigestCommands
{
    private static Option Week => Flags.Value("week", "W", "ISO week, such as 2026-W47 (the last one that is over)");

    public static Command All() => new("digest", "the week in one page")
    {
        new Verb("preview", "the weekly digest as it would be sent; nothing is sent")
        {
            Options = { Week, Flags.AsOf, Flags.Value("format", "text|html|json|markdown", "how to print it (text)") },
            Examples = ["ledger digest preview", "ledger digest preview --week 2026-W47 --format html > digest.html", "ledger digest preview --as-of 1234 --format json"],
            Run = RunPreview,
        },
        new Verb("send", "compose a week's digest, keep it in the books, and send it; a week is composed once")
        {
            Options = { Week, Flags.List("to", "ADDRESS,…", "to these instead of LEDGER_DIGEST_TO"), Flags.Switch("again", "the same digest once more, should it have been sent before"), Flags.IdempotencyKey },
            Examples = ["ledger digest send", "ledger digest send --week 2026-W47 --to ludo@example.org"],
            Run = RunSend,
        },
        new Verb("list", "the digests that were composed, the latest first")
        {
            Options = { Flags.Format, Flags.Csv, Flags.Wide },
            Examples = ["ledger digest list"],
            Run = RunList,
        },
    };

    private static int RunPreview(Call call)
    {
        var format = call.OneOf("format", "text", "html", "json", "markdown");
        if (call.Has("json"))
        {
            if (format is not (null or "json")) throw call.Wrong("usage.format", "Choose one of text, html, json and markdown.", "format", format);
            format = "json";
        }
        var query = new Query("/digest").With("week", call.Text("week")).With("asOf", call.PositionOrTime("as-of")).With("format", format ?? "text");
        var page = call.Client.GetPage(query);
        if (format == "json") call.Printer.PrintJson(LedgerClient.Parse(System.Text.Encoding.UTF8.GetBytes(page)));
        else if (format == "html") call.Printer.Out.Write(page);
        else
            foreach (var line in page.TrimEnd('\n').Split('\n')) call.Printer.Line(SafeText.Of(line.TrimEnd('\r')));
        return Exit.Ok;
    }

    private static int RunSend(Call call)
    {
        var (week, to) = (call.Text("week"), call.List("to"));
        var answer = call.Client.Write("POST", "/digest/send", Body.Of(json =>
        {
            json.Maybe("week", week);
            json.Maybe("to", to);
            if (call.Has("again")) json.WriteBoolean("again", true);
        }));
        var printer = call.Printer;
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Exit.Ok;
        }
        printer.Line($"{(answer.Flag("already") == true ? "composed before" : "composed")} {SafeText.Of(answer.Text("week"))}: {SafeText.Of(answer.Text("subject"))}");
        var recipients = answer.Names("recipients");
        if (recipients.Length > 0) printer.Line($"to {SafeText.Of(recipients)}");
        if (answer.Text("hint") is { } hint) printer.Note(hint);
        return Exit.Ok;
    }

    private static int RunList(Call call)
    {
        var printer = call.Printer;
        printer.CheckFormat();
        var answer = call.Client.Get("/digests");
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Exit.Ok;
        }
        var table = new Table(Column.Whole("Week", "week"), Column.Time("Composed", "at"), Column.Words("Subject", "subject"), new("To", "recipients", WidthMax: 50, Gives: 1));
        foreach (var digest in answer.Items("digests"))
            table.Add(Cell.Text(digest.Text("week")), printer.TimeCell(digest.Text("at")), Cell.Text(digest.Text("subject")), Cell.Text(digest.Names("recipients")));
        if (table.Count == 0 && !printer.Csv) printer.Line("No digest yet. `ledger digest preview` shows what it would say.");
        else printer.Print(table);
        printer.Foot();
        return Exit.Ok;
    }
}
