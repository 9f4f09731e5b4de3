using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>ledger key …</c>: who owns which key, since when, with what weight.</summary>
internal static class KeyCommands
{
    private const int WeightMax = 1_000_000;

    public static Command All() => new("key", "keys and their owners") { List(), Assign() };

    private static Verb List() => new("list", "keys, their owners, and what they were billed in 30 days")
    {
        Options = { Flags.Format, Flags.Csv, Flags.Wide },
        Examples = ["ledger key list", "ledger key list --csv"],
        Run = RunList,
    };

    private static Verb Assign() => new("assign", "say who owns a key, by id or name; several share it by weight")
    {
        Arguments = { Words.One("KEY") },
        About = "Without --from: from the beginning if the key never had an owner, else from now. Valid until the next assignment begins.",
        Options =
        {
            Flags.List("agent", "A[=WEIGHT],…", "the owners; weights are whole numbers 1 … 1,000,000 (1)"),
            Flags.Switch("nobody", "nobody owns it: its spend is (unassigned)"), Flags.Value("from", "T", "from when on"), Flags.AccountOf, Flags.IdempotencyKey,
        },
        Examples = ["ledger key assign xai-vigilio --agent vigilio", "ledger key assign xai-shared --agent ba=1,vigilio=3 --from 2026-11-16T10:00:00Z", "ledger key assign xai-old --nobody"],
        Run = RunAssign,
    };

    private static int RunList(Call call)
    {
        var printer = call.Printer;
        printer.CheckFormat();
        var answer = call.Client.Get("/keys");
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Exit.Ok;
        }
        var table = new Table(
            new("Key", "name", WidthMax: 40), new("Account", "account", WidthMax: 24, Gives: 2), new("Owners", "owners", WidthMax: 50),
            Column.Time("Since", "since", gives: 3), Column.Figure("Billed 30 d", "billed30d"), Column.Whole("ID", "key", gives: 1));
        foreach (var key in answer.Items("keys"))
        {
            var history = key.Items("history");
            var since = history.Count > 0 ? history[^1].Text("from") : null;
            table.Add(Cell.Name(key.Text("name")), Cell.Name(key.Text("account")), new(Owners(key, "(unassigned)"), Owners(key, "")),
                history.Count > 0 && since is null ? new("always", since) : printer.TimeCell(since), Cell.Money(key.Text("billed30d")), Cell.Text(key.Text("key")));
        }
        if (table.Count == 0 && !printer.Csv) printer.Line("No keys yet; they come with an account's first reading.");
        else printer.Print(table);
        printer.Foot();
        printer.Footer($"The provider's own list was {(answer.Text("listedAt") is { } at ? $"read {printer.Time(at)}" : "never read")}: a newer key is known once it spends.");
        return Exit.Ok;
    }

    private static int RunAssign(Call call)
    {
        if (call.Has("agent") == call.Has("nobody")) throw call.Wrong("usage.value", "`key assign` needs either --agent A[=WEIGHT],… or --nobody.", "agent");
        var owners = OwnersOf(call);
        var (account, key, from) = (call.Text("account"), call.Word(0)!, call.Instant("from"));
        var answer = call.Client.Write("POST", "/keys/assign", Body.Of(json =>
        {
            json.Maybe("account", account);
            json.WriteString("key", key);
            json.WriteStartObject("owners");
            foreach (var (agent, weight) in owners) json.WriteNumber(agent, weight);
            json.WriteEndObject();
            json.Maybe("from", from);
        }));
        var printer = call.Printer;
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Exit.Ok;
        }
        if (answer.Part("key") is { } assigned) printer.Line($"{SafeText.Of(assigned.Text("name") ?? key)}: {Owners(assigned, "(unassigned)")}");
        if (answer.Text("moved") is { } moved) printer.Line($"{Show.FineMoney(moved)} moved by this.");
        return Exit.Ok;
    }

    private static List<(string Agent, int Weight)> OwnersOf(Call call)
    {
        var owners = new List<(string, int)>();
        foreach (var item in call.List("agent"))
        {
            var equals = item.LastIndexOf('=');
            var name = (equals < 0 ? item : item[..equals]).Trim();
            var weight = 1;
            if (equals >= 0 && (!int.TryParse(item.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out weight) || weight is < 1 or > WeightMax))
                throw call.Wrong("usage.weight", $"A weight is a whole number from 1 to 1,000,000: '{item}'.", "agent", item);
            Names.Agent(call, name);
            foreach (var (other, _) in owners)
                if (other == name) throw call.Wrong("usage.value", $"--agent names '{name}' twice.", "agent", name);
            owners.Add((name, weight));
        }
        return owners;
    }

    private static string Owners(JsonElement key, string nobody)
    {
        var owners = key.Items("owners");
        if (owners.Count == 0) return nobody;
        var words = new List<string>();
        foreach (var owner in owners)
            words.Add(SafeText.Of(owner.Text("agentName") ?? owner.Text("agent")) + (owners.Count > 1 && owner.Text("weight") is { } weight ? "=" + weight : ""));
        return string.Join(", ", words);
    }
}
