using System.CommandLine;
using System.Globalization;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>ledger alert …</c>.</summary>
internal static class AlertCommands
{
    private static readonly string[] kinds =
        ["budget", "runway", "anomaly", "stale", "mission", "key", "restatement", "history"];

    public static Command All() => new("alert", "alerts")
    {
        new Verb("list", "alerts, the latest first")
        {
            Options =
            {
                Flags.Switch("open", "only open ones"), Flags.Switch("all", "also those that the message of another one covers"), Flags.Since,
                Flags.Value("kind", string.Join('|', kinds), "only of this kind"), Flags.Limit("50"), Flags.Format, Flags.Csv, Flags.Wide,
            },
            Examples = ["ledger alert list --open", "ledger alert list --since 7d --kind budget --json"],
            Run = RunList,
        },
        new Verb("ack", "acknowledge an alert: somebody has seen it")
        {
            Arguments = { Words.One("ID") },
            Options = { Flags.IdempotencyKey },
            Examples = ["ledger alert ack a-1b2c3d4e"],
            Run = RunAck,
        },
        new Verb("test", "prove a channel: send a test message and say what came of it")
        {
            About = "Exits 0 when it was delivered, 69 when it was not (yet). Mail goes to files where no server is configured, and says so.",
            Options = { Flags.Value("channel", "email|slack|webhook|exec", "the channel"), Flags.Value("to", "ADDRESS", "for email: to this address"), Flags.IdempotencyKey },
            Examples = ["ledger alert test --channel email --to ludo@example.org", "ledger alert test --channel webhook --json"],
            Run = RunTest,
        },
    };

    private static int RunList(Call call)
    {
        var printer = call.Printer;
        printer.CheckFormat();
        var answer = call.Client.Get(new Query("/alerts")
            .With("open", call.Has("open") ? "true" : null)
            .With("all", call.Has("all") ? "true" : null)
            .With("since", call.CutEdge("since"))
            .With("kind", call.OneOf("kind", kinds))
            .With("zone", call.Clock.Asked)
            .With("limit", call.Integer("limit", 1, 1_000)?.ToString(CultureInfo.InvariantCulture)));
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Exit.Ok;
        }
        var table = new Table(
            Column.Time("When", "at"), Column.Whole("Severity", "severity"), Column.Words("What", "headline"), Column.Whole("State", "state"), Column.Whole("ID", "id"));
        foreach (var alert in answer.Items("alerts"))
            table.Add(printer.TimeCell(alert.Text("at")), Severity.CellOf(alert.Text("severity")),
                Cell.Text(alert.Text("headline")), Cell.Text(alert.Text("state")), Cell.Text(alert.Text("id")));
        if (table.Count == 0 && !printer.Csv) printer.Line(call.Has("open") ? "No open alerts." : "No alerts.");
        else printer.Print(table);
        if (answer.Flag("more") == true) printer.Footer("There are more; --limit N shows them.");
        Freshness.Footers(call, answer);
        return Exit.Ok;
    }

    private static int RunAck(Call call)
    {
        var answer = call.Client.Write("POST", $"/alerts/{Uri.EscapeDataString(call.Word(0)!)}/ack", Body.Empty);
        if (call.Printer.Json) call.Printer.PrintJson(answer);
        else call.Printer.Line($"acknowledged {SafeText.Of(answer.Part("alert")?.Text("id"))}  {SafeText.Of(answer.Part("alert")?.Text("headline"))}".TrimEnd());
        return Exit.Ok;
    }

    private static int RunTest(Call call)
    {
        if (call.OneOf("channel", "email", "slack", "webhook", "exec") is not { } channel) throw call.Wrong("usage.flag", "`alert test` needs --channel: email, slack, webhook or exec.", "channel");
        if (channel == "email" && !call.Has("to")) throw call.Wrong("usage.flag", "A mail needs a recipient: --to ADDRESS.", "to");
        var to = call.Text("to");
        var answer = call.Client.Write("POST", "/alerts/test", Body.Of(json =>
        {
            // The outbox calls it by what it sends.
            json.WriteString("channel", channel);
            json.Maybe("to", to);
        }));
        var delivered = answer.Text("outcome") == "delivered";
        var printer = call.Printer;
        if (printer.Json)
        {
            printer.PrintJson(answer);
        }
        else
        {
            var target = answer.Text("target") is { } place ? $" to {SafeText.Of(place)}" : "";
            printer.Line(delivered ? $"delivered{target}" : $"{SafeText.Of(answer.Text("outcome"))}{target}: {SafeText.Of(answer.Text("reason") ?? "no answer yet; `ledger outbox list` tells what becomes of it")}");
            if (answer.Text("hint") is { } hint) printer.Note(hint);
        }
        return delivered ? Exit.Ok : Exit.Unavailable;
    }
}
