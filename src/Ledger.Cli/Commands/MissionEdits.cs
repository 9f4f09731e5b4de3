using System.Text.Json;
using Ledger.Cli.Http;
using Ledger.Cli.Output;

namespace Ledger.Cli.Commands;

/// <summary><c>mission cancel</c>, <c>reopen</c>, <c>edit</c>.</summary>
internal static class MissionEdits
{
    public static int Cancel(Call call) => Print(call, call.Client.Write("POST", PathOf(call) + "/cancel", Body.Empty));

    public static int Reopen(Call call)
    {
        var at = call.Instant("at");
        return Print(call, call.Client.Write("POST", PathOf(call) + "/reopen", Body.Of(json => json.Maybe("at", at))));
    }

    public static int Edit(Call call)
    {
        var (start, end, agents, weight) = (call.Instant("start"), call.Instant("end"), call.List("agent"), call.Integer("weight", 1, 1_000_000));
        var title = call.Text("title") is { } text ? Names.Title(call, text) : null;
        var reference = Names.Ref(call);
        foreach (var agent in agents) Names.Agent(call, agent);
        if (start is null && end is null && title is null && reference is null && weight is null && agents.Count == 0)
            throw call.Wrong("usage.edit", "Nothing to edit: give --start, --end, --agent, --title, --ref or --weight.");
        var body = Body.Of(json =>
        {
            json.Maybe("start", start);
            json.Maybe("end", end);
            json.Maybe("title", title);
            json.Maybe("ref", reference);
            json.Maybe("agents", agents);
            json.Maybe("weight", weight);
        });
        return Print(call, call.Client.Write("PATCH", PathOf(call), body));
    }

    private static string PathOf(Call call) => "/missions/" + Uri.EscapeDataString(Missions.Resolve(call, call.Word(0)!));

    private static int Print(Call call, JsonElement answer)
    {
        if (call.Printer.Json)
        {
            call.Printer.PrintJson(answer);
            return Exit.Ok;
        }
        if (answer.Part("mission") is { } mission) Missions.Head(call, mission);
        if (answer.Text("moved") is { } moved)
            call.Printer.Line($"{Show.FineMoney(moved)} moved by this; `mission diff {SafeText.Of(call.Word(0))} --from {(answer.Number("position") - 1 is { } before ? before.ToString(System.Globalization.CultureInfo.InvariantCulture) : "P")}` shows how.");
        return Exit.Ok;
    }
}
