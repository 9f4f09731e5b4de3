using System.CommandLine;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>ledger outbox …</c>: messages on their way, and those that failed.</summary>
internal static class OutboxCommands
{
    public static Command All() => new("outbox", "messages on their way, and those that failed")
    {
        new Verb("list", "messages that wait or failed, with the reason")
        {
            Options = { Flags.Format, Flags.Csv, Flags.Wide },
            Examples = ["ledger outbox list", "ledger outbox list --json"],
            Run = RunList,
        },
        new Verb("retry", "send a message again that failed")
        {
            Arguments = { Words.One("ID") },
            Options = { Flags.IdempotencyKey },
            Examples = ["ledger outbox retry 3f2b8a52-0d4e-5f9c-a1aa-9a7be3a1f1b4"],
            Run = RunRetry,
        },
    };

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
            Column.Whole("State", "state"), Column.Whole("Channel", "channel"), Column.Whole("What", "class", gives: 4), new("To", "to", WidthMax: 40, Gives: 5), Column.Figure("For", "ageSeconds", gives: 3), Column.Figure("Tries", "attempts", gives: 2),
            Column.Time("Next", "dueAt", gives: 1), Column.Words("Last said", "reason"), Column.Whole("ID", "id"));
        foreach (var (state, list) in (ReadOnlySpan<(string, string)>)[("dead", "dead"), ("waiting", "waiting")])
            foreach (var message in answer.Items(list))
                table.Add(new(state, state, state == "dead" ? Tone.Act : Tone.Plain), Cell.Text(message.Text("channel")), Cell.Text(message.Text("class")), Cell.Text(message.Text("to")),
                    new(Show.Seconds(message.Seconds("ageSeconds")), message.Text("ageSeconds")), Cell.Text(message.Text("attempts")), printer.TimeCell(message.Text("dueAt")),
                    Cell.Text(message.Text("reason")), Cell.Text(message.Text("id")));
        if (table.Count == 0 && !printer.Csv) printer.Line("No messages wait and none failed.");
        else printer.Print(table);
        printer.Foot();
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
        var id = call.Word(0)!;
        var answer = call.Client.Write("POST", $"/outbox/{Uri.EscapeDataString(id)}/retry", Body.Empty);
        if (call.Printer.Json) call.Printer.PrintJson(answer);
        else call.Printer.Line($"{SafeText.Of(id)} is on its way again; `ledger outbox list` shows what becomes of it");
        return Exit.Ok;
    }
}
