using System.Globalization;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>ledger outbox …</c>: messages on their way, and those that were given up.</summary>
internal static class OutboxCommands
{
    public static Command[] All() =>
    [
        new()
        {
            Noun = "outbox",
            Verb = "list",
            Summary = "messages that wait or were given up, with what went wrong",
            Flags = [Flags.Limit("50"), Flags.Format, Flags.Csv],
            Examples = ["ledger outbox list", "ledger outbox list --json"],
            Run = RunList,
        },
        new()
        {
            Noun = "outbox",
            Verb = "retry",
            Arguments = "ID",
            ArgumentsMin = 1,
            ArgumentsMax = 1,
            Summary = "send a message again that was given up",
            Flags = [Flags.IdempotencyKey],
            Examples = ["ledger outbox retry 3f2b8a52-0d4e-5f9c-a1aa-9a7be3a1f1b4"],
            Run = RunRetry,
        },
    ];

    private static int RunList(Call call)
    {
        var printer = call.Printer;
        printer.CheckFormat();
        var answer = call.Client.Get(new Query("/outbox").With("limit", call.Integer("limit", 1, 1_000)?.ToString(CultureInfo.InvariantCulture)), money: false);
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Exit.Ok;
        }
        var table = new Table(
            new("Since", "at", Text: false), new("Kind", "kind"), new("To", "to", WidthMax: 40), new("State", "state"), new("Tries", "attempts", Right: true, Text: false),
            new("Next", "next", Text: false, Optional: true), new("Last error", "error", WidthMax: 70), new("ID", "id", WidthMax: 36));
        foreach (var message in answer.Items("messages"))
            table.Add(new(printer.Time(message.Text("at")), message.Text("at")), Cell.Text(message.Text("kind")), Cell.Text(message.Text("to")), Cell.Text(message.Text("state")), Cell.Text(message.Text("attempts")),
                new(printer.Time(message.Text("next")), message.Text("next")), Cell.Text(message.Text("error")), Cell.Text(message.Text("id")));
        if (table.Count == 0 && !printer.Csv) printer.Line("Nothing waits and nothing was given up.");
        else printer.Print(table);
        if (answer.Flag("more") == true) printer.Footer("There are more; --limit N shows them.");
        return Exit.Ok;
    }

    private static int RunRetry(Call call)
    {
        var id = call.Arguments.Positioned(0)!;
        var answer = call.Client.Write("POST", $"/outbox/{Uri.EscapeDataString(id)}/retry", Body.Empty);
        if (call.Printer.Json) call.Printer.PrintJson(answer);
        else call.Printer.Line($"{SafeText.Of(id)} is on its way again; `ledger outbox list` shows what becomes of it");
        return Exit.Ok;
    }
}
