using System.Text.Json;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Cli.Spooling;

namespace Ledger.Cli.Commands;

/// <summary><c>mission start</c>, <c>end</c>, <c>switch</c>: never lost, even while the service is away.</summary>
internal static class Bookmarks
{
    private static readonly TimeSpan FutureMax = TimeSpan.FromMinutes(10);

    public static int Start(Call call)
    {
        var title = Names.Title(call, call.Word(0)!);
        var (reference, agents, weight) = (Names.Ref(call), Agents(call), call.Integer("weight", 1, 1_000_000));
        return Send(call, "/missions", $"start \"{title}\"", title, at => Body.Of(json =>
        {
            json.WriteString("title", title);
            json.Maybe("ref", reference);
            json.Maybe("agents", agents);
            json.Maybe("at", at);
            json.Maybe("weight", weight);
        }));
    }

    public static int End(Call call)
    {
        var mission = call.Word(0);
        // A mission that is named needs no agent to find it.
        var agent = call.Text("agent") ?? (mission is null ? call.Settings.Agent : null);
        if (agent is not null) Names.Agent(call, agent);
        return Send(call, "/missions/end", mission is null ? "end" : "end " + mission, null, at => Body.Of(json =>
        {
            json.Maybe("mission", mission);
            json.Maybe("agent", agent);
            json.Maybe("at", at);
        }));
    }

    public static int Switch(Call call)
    {
        var title = Names.Title(call, call.Word(0)!);
        var (reference, agents, weight, mission) = (Names.Ref(call), Agents(call), call.Integer("weight", 1, 1_000_000), call.Text("mission"));
        return Send(call, "/missions/switch", $"switch to \"{title}\"", title, at => Body.Of(json =>
        {
            json.WriteString("title", title);
            json.Maybe("ref", reference);
            json.Maybe("agents", agents);
            json.Maybe("at", at);
            json.Maybe("mission", mission);
            json.Maybe("weight", weight);
        }));
    }

    private static List<string> Agents(Call call)
    {
        var agents = call.List("agent");
        if (agents.Count == 0 && call.Settings.Agent is { } usual) agents.Add(usual);
        foreach (var agent in agents) Names.Agent(call, agent);
        return agents;
    }

    private static int Send(Call call, string path, string what, string? title, Func<string?, byte[]> bodyAt)
    {
        var at = call.Instant("at");
        if (at is not null && Instants.TryParse(at, out var instant) && instant > call.Began + FutureMax)
            throw Refusal.Of(Exit.Data, "at.future", $"--at {at} is more than 10 minutes ahead.", "at", at);
        var key = call.Text("idempotency-key") ?? LedgerClient.NewKey();
        // Without --at the service's clock says what "now" is; delivered later, the bookmark brings its own time.
        var bookmark = new Bookmark(key, call.Settings.UrlText, path, bodyAt(at), what, at ?? call.Began.ToText(), SendsAt: at is null);

        // What waits goes first: while it can't, this one stands in line behind it.
        var stoppedBy = call.Client.Deliver();
        if (stoppedBy is { Exit: Exit.NotAllowed }) throw new Refusal(stoppedBy);
        if (WaitsForThisService(call)) return Queue(call, bookmark, title, stoppedBy?.Detail ?? $"the service at {call.Settings.UrlText} can't be reached");

        try
        {
            return Print(call, call.Client.Remember(call.Client.Raw("POST", path, bookmark.Body, key, Patience.Bookmark).Bookmark()));
        }
        catch (WireException e)
        {
            return Queue(call, bookmark, title, $"the service at {call.Settings.UrlText} can't be reached ({e.Message})");
        }
        catch (Refusal e) when (e.Problem.Exit == Exit.Unavailable || e.Problem.Status >= 500)
        {
            return Queue(call, bookmark, title, e.Problem.Detail);
        }
    }

    private static bool WaitsForThisService(Call call)
    {
        foreach (var name in call.Spool.WaitingNames())
            if (call.Spool.Read(name)?.Url == call.Settings.UrlText) return true;
        return false;
    }

    private static int Queue(Call call, Bookmark bookmark, string? title, string why)
    {
        call.Spool.Add(bookmark);
        if (call.Printer.Json)
        {
            call.Printer.PrintJson(default, json =>
            {
                json.WriteStartObject("mission");
                json.WriteNull("id");
                json.WriteString("title", title);
                json.WriteString("ref", call.Text("ref"));
                json.WriteEndObject();
                if (bookmark.Path == "/missions/switch")
                {
                    json.WriteStartArray("ended");
                    json.WriteEndArray();
                }
                json.WriteNull("position");
                json.WriteStartArray("overlaps");
                json.WriteEndArray();
                json.WriteBoolean("queued", true);
                json.WriteString("at", bookmark.At);
            });
        }
        else
        {
            call.Printer.Line("queued (spooled)");
        }
        call.Printer.Note($"{bookmark.What} at {call.Printer.Time(bookmark.At)} {call.Printer.ZoneName} is kept: {why.TrimEnd('.')}. The next ledger command that reaches it delivers.");
        return Exit.Ok;
    }

    private static int Print(Call call, JsonElement answer)
    {
        var printer = call.Printer;
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Exit.Ok;
        }
        foreach (var ended in answer.Items("ended")) Told(call, "ended", ended);
        if (answer.Part("mission") is { } mission) Told(call, mission.Text("state") == "open" ? "started" : "ended", mission);
        foreach (var overlap in answer.Items("overlaps"))
            printer.Note("note: " + (overlap.Text("text") ?? $"{overlap.Text("agent")} is still on {overlap.Text("title")}; spend is shared. `mission switch`?"));
        foreach (var note in answer.Items("notes")) printer.Note("note: " + SafeText.Of(note.ToString()));
        return Exit.Ok;
    }

    private static void Told(Call call, string did, JsonElement mission)
    {
        var printer = call.Printer;
        var id = SafeText.Of(mission.Text("id"));
        if (printer.Quiet)
        {
            printer.Line(id);
            return;
        }
        var title = SafeText.Name(mission.Text("title"), 80);
        var edge = printer.Edge(mission.Text(did == "started" ? "start" : "end"));
        printer.Line(did == "started" ? $"{title} started {edge} {printer.Place}" : $"{title} ended {edge} {printer.Place} after {Missions.Length(mission, call.Began)}{SoFar(call, id)}");
        printer.Line($"  {id}{(mission.Text("ref") is { } reference ? "  " + printer.Style.Toned(SafeText.Of(reference), Tone.Ref) : "")}  agents: {SafeText.Of(mission.Agents())}");
    }

    /// <summary>What it cost as far as is known; the reading that its end asked for is not waited for.</summary>
    private static string SoFar(Call call, string mission)
    {
        try
        {
            var cost = call.Client.Ask("GET", new Query("/missions/cost").With("mission", mission).ToString(), [], null, Patience.Bookmark);
            if (cost.Text("billed") is not { } billed) return cost.Text("reason") == "no_key" ? ": its agents own no key, so its cost is not known" : "";
            return $": {Show.FineMoney(billed)} so far{(cost.Part("data")?.Seconds("lagSeconds") is { } lag ? $", read {Show.Seconds(lag)} ago" : "")}; the final reading follows";
        }
        catch (Refusal)
        {
            // It has ended; what it cost is said by whoever asks later.
            return "";
        }
    }
}
