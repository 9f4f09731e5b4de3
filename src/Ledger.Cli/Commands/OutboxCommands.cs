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
            Flags = [Flags.Format, Flags.Csv],
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
        var answer = call.Client.Get("/outbox", money: false);
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Exit.Ok;
        }
        var table = new Table(
            new("State", "state"), new("Channel", "channel"), new("What", "class"), new("To", "to", WidthMax: 40), new("For", "ageSeconds", Right: true, Text: false), new("Tries", "attempts", Right: true, Text: false),
            new("Next", "dueAt", Text: false, Optional: true), new("Last said", "reason", WidthMax: 70), new("ID", "id", WidthMax: 36));
        foreach (var (state, list) in (ReadOnlySpan<(string, string)>)[("dead", "dead"), ("waiting", "waiting")])
            foreach (var message in answer.Items(list))
                table.Add(new(state == "dead" ? printer.Style.Red("dead") : state, state), Cell.Text(message.Text("channel")), Cell.Text(message.Text("class")), Cell.Text(message.Text("to")),
                    new(Show.Seconds(message.Seconds("ageSeconds")), message.Text("ageSeconds")), Cell.Text(message.Text("attempts")), printer.TimeCell(message.Text("dueAt")),
                    Cell.Text(message.Text("reason")), Cell.Text(message.Text("id")));
        if (table.Count == 0 && !printer.Csv) printer.Line("Nothing waits and nothing was given up.");
        else printer.Print(table);
        var (waiting, dead) = (answer.Number("waitingCount") ?? 0, answer.Number("deadCount") ?? 0);
        if (waiting + dead > table.Count) printer.Footer($"{waiting.Grouped()} wait and {dead.Grouped()} are dead in all; the first of each are shown.");
        foreach (var channel in answer.Items("channels"))
            if (Channel(channel, printer) is { } line) printer.Footer(line);
        return Exit.Ok;
    }

    /// <summary>What there is to say of a channel; null: nothing.</summary>
    public static string? Channel(System.Text.Json.JsonElement channel, Printer printer)
    {
        var name = SafeText.Of(channel.Text("name"));
        if (channel.Text("down") is { } down) return $"{name} does not deliver since {printer.Time(channel.Text("downSince"))}: {SafeText.Of(down)}";
        if (channel.Flag("configured") == false && channel.Text("target") is { } target) return $"{name} goes to {SafeText.Of(target)}: {SafeText.Of(channel.Text("hint"))}";
        return null;
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
