using System.CommandLine;
using System.Text.Json;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>ledger agent …</c>.</summary>
internal static class AgentCommands
{
    public static Command All() => new("agent", "who spends") { Add(), Edit(), List() };

    private static Verb Add() => new("add", "add somebody who spends; or one for each key")
    {
        Arguments = { Words.AtMostOne("NAME") },
        Options = { Flags.Idle, Flags.Switch("from-keys", "make an agent of each key's name and give it the key"), Flags.AccountOf, Flags.IdempotencyKey },
        Examples = ["ledger agent add ba", "ledger agent add vigilio --idle yields", "ledger agent add --from-keys"],
        Run = RunAdd,
    };

    private static Verb Edit() => new("edit", "rename an agent, or change where its idle spend goes")
    {
        Arguments = { Words.One("NAME|ID") },
        Options = { Flags.Value("name", "NAME", "its new name"), Flags.Idle, Flags.IdempotencyKey },
        Examples = ["ledger agent edit ba --name hannibal", "ledger agent edit vigilio --idle yields"],
        Run = RunEdit,
    };

    private static Verb List() => new("list", "agents, their keys and open missions")
    {
        Options = { Flags.Format, Flags.Csv, Flags.Wide },
        Examples = ["ledger agent list", "ledger agent list --json"],
        Run = RunList,
    };

    private static int RunAdd(Call call)
    {
        var (name, idle) = (call.Word(0), call.OneOf("idle", "shares", "yields"));
        if (call.Has("from-keys")) return RunFromKeys(call, name, idle);
        if (name is null) throw call.Wrong("usage.argument", "`agent add` needs a NAME, or --from-keys.");
        if (call.Has("account")) throw call.Wrong("usage.flag", "--account goes with --from-keys.", "account");
        Names.Agent(call, name);
        return Told(call, call.Client.Write("POST", "/agents", Body.Of(json =>
        {
            json.WriteString("name", name);
            json.WriteString("idle", idle ?? "shares");
        })), "added");
    }

    private static int RunFromKeys(Call call, string? name, string? idle)
    {
        if (name is not null || idle is not null) throw call.Wrong("usage.flag", "--from-keys takes the names from the keys: no NAME and no --idle with it.", "from-keys");
        var account = call.Text("account");
        var answer = call.Client.Write("POST", "/agents/from-keys", Body.Of(json => json.Maybe("account", account)));
        var printer = call.Printer;
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Exit.Ok;
        }
        foreach (var assigned in answer.Items("assigned"))
            printer.Line($"{SafeText.Of(assigned.Text("agent"))} owns {SafeText.Of(assigned.Text("name") ?? assigned.Text("key"))}");
        foreach (var skipped in answer.Items("skipped"))
            printer.Line($"skipped {SafeText.Of(skipped.Text("name") ?? skipped.Text("key"))}: {SafeText.Of(skipped.Text("why"))}");
        if (answer.Items("assigned").Count == 0 && answer.Items("skipped").Count == 0) printer.Line("No keys yet; `ledger account list` tells how the accounts are.");
        return Exit.Ok;
    }

    private static int RunEdit(Call call)
    {
        var (name, idle) = (call.Text("name"), call.OneOf("idle", "shares", "yields"));
        if (name is null && idle is null) throw call.Wrong("usage.edit", "Nothing to edit: give --name or --idle.");
        if (name is not null) Names.Agent(call, name);
        var id = Resolve(call, call.Word(0)!);
        return Told(call, call.Client.Write("PATCH", "/agents/" + Uri.EscapeDataString(id), Body.Of(json =>
        {
            json.Maybe("name", name);
            json.Maybe("idle", idle);
        })), "edited");
    }

    private static int RunList(Call call)
    {
        var printer = call.Printer;
        printer.CheckFormat();
        var answer = call.Client.Get("/agents");
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Exit.Ok;
        }
        var table = new Table(new("Agent", "name", WidthMax: 40), Column.Whole("Idle", "idle"), new("Keys", "keys", Fit: Fit.Wrap), new("Open missions", "openMissions", Fit: Fit.Wrap, WidthMax: 50), Column.Whole("ID", "id", gives: 1));
        foreach (var agent in answer.Items("agents"))
        {
            var keys = new List<string>();
            foreach (var key in agent.Items("keys"))
                keys.Add((key.Text("name") ?? key.Text("key")) + (key.Text("weight") is { } weight and not "1" ? "=" + weight : ""));
            table.Add(Cell.Name(agent.Text("name")), Cell.Text(agent.Text("idle")), Cell.Text(string.Join(", ", keys)), Cell.Text(agent.Names("openMissions")), Cell.Text(agent.Text("id")));
        }
        if (table.Count == 0 && !printer.Csv) printer.Line("No agents. `ledger agent add --from-keys` makes one of each key.");
        else printer.Print(table);
        printer.Foot();
        return Exit.Ok;
    }

    private static string Resolve(Call call, string selector)
    {
        var names = new List<string>();
        string? called = null;
        foreach (var agent in call.Client.Get("/agents").Items("agents"))
        {
            if (agent.Text("id") is not { } id) continue;
            if (id == selector) return id;
            if (string.Equals(id, selector, StringComparison.OrdinalIgnoreCase) || string.Equals(agent.Text("name"), selector, StringComparison.OrdinalIgnoreCase)) called ??= id;
            names.Add(agent.Text("name") ?? id);
        }
        if (called is not null) return called;
        var near = Nearest.Of(selector, names);
        throw Refusal.Of(Exit.Data, "agent.unknown", $"There is no agent '{selector}'.{(near is null ? "" : $" Did you mean {near}?")}", "agent", selector, near is null ? names : [near]);
    }

    private static int Told(Call call, JsonElement answer, string did)
    {
        if (call.Printer.Json) call.Printer.PrintJson(answer);
        else if (answer.Part("agent") is { } agent) call.Printer.Line($"{did} {SafeText.Of(agent.Text("name"))} ({(agent.Text("idle") == "yields" ? "spends on missions only" : "idle spend stays its own")})  {SafeText.Of(agent.Text("id"))}");
        return Exit.Ok;
    }
}
