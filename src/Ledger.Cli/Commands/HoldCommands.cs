using System.CommandLine;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>hold list</c> and <c>hold release</c>: money that agents asked to keep free.</summary>
internal static class HoldCommands
{
    public static Command All() => new("hold", "money that agents keep free")
    {
        new Verb("list", "money that agents asked to keep free, and what is left of it")
        {
            About = "`ledger guard --reserve` takes a hold. What its agent is billed from then on settles it; the rest is free again at its end.",
            Options = { Flags.Format, Flags.Csv, Flags.Wide },
            Examples = ["ledger hold list", "ledger hold list --json"],
            Run = List,
        },
        new Verb("release", "give a hold back before its end")
        {
            Arguments = { Words.One("ID") },
            Options = { Flags.IdempotencyKey },
            Examples = ["ledger hold release h-1b2c3d4e"],
            Run = call => Release(call, call.Word(0)!),
        },
    };

    /// <summary>Gives a hold back.</summary>
    public static int Release(Call call, string hold)
    {
        var answer = call.Client.Write("POST", $"/holds/{Uri.EscapeDataString(hold)}/release", Body.Empty);
        if (call.Printer.Json) call.Printer.PrintJson(answer);
        else call.Printer.Line($"released {SafeText.Of(answer.Part("hold")?.Text("id") ?? hold)}: {Show.Money(answer.Part("hold")?.Text("left"))} are free again");
        return Exit.Ok;
    }

    private static int List(Call call)
    {
        var printer = call.Printer;
        printer.CheckFormat();
        var answer = call.Client.Get("/holds");
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Exit.Ok;
        }
        var table = new Table(
            Column.Whole("ID", "id"), new("Agent", "agent", WidthMax: 30), Column.Figure("Held", "amount"), Column.Figure("Left", "left"), Column.Time("Until", "until"), Column.Time("Taken", "at", gives: 1));
        foreach (var hold in answer.Items("holds"))
            table.Add(
                Cell.Text(hold.Text("id")), Cell.Name(hold.Text("agent")), Cell.Money(hold.Text("amount")), Cell.Money(hold.Text("left")), new(printer.Time(hold.Text("until")), hold.Text("until")),
                new(printer.Time(hold.Text("at")), hold.Text("at")));
        if (table.Count == 0 && !printer.Csv) printer.Line("No money is held.");
        else printer.Print(table);
        printer.Foot();
        return Exit.Ok;
    }
}
