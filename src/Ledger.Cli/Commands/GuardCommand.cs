using System.Text.Json;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>guard</c>: may I go on? For agents and scripts; the exit code is the answer.</summary>
internal static class GuardCommand
{
    public static Verb Command() => new("guard", "may this agent go on spending? 0 allow or warn, 1 deny, 69 unknown")
    {
        About = """
            Advice, not a proxy: it looks at the books and answers; nothing is blocked at the provider, and what the provider has not billed yet
            is not in the books. An agent that asks and heeds the answer stays inside its budgets; one that does not ask is only reported.
            Data that is too old, or a service that is away, is "unknown" and exits 69; with --fail-open that exits 0, and still says "unknown".
            --reserve keeps money free for --for (at most 24 h), so that agents that ask at the same time don't all get the same dollars. What the
            agent is billed from then on settles the hold; the rest is free again at its end, or at --release.
            """,
        Options =
        {
            Flags.Value("agent", "A", "who asks (LEDGER_AGENT, else no agent)"), Flags.Value("budget", "NAME", "only this budget, instead of all that apply"),
            Flags.Value("reserve", "USD", "keep so much free, if the answer is not deny"), Flags.Value("for", "DURATION", "how long --reserve keeps it (30m)"),
            Flags.Value("release", "HOLD", "give a hold back and do nothing else"), Flags.Value("max-age", "DURATION", "older data than this is unknown (two polls and a minute)"),
            Flags.Switch("fail-open", "exit 0 where the answer is unknown or the service is away"), Flags.IdempotencyKey,
        },
        Examples =
        [
            "ledger guard --agent ba",
            "ledger guard --agent ba --reserve 2.50 --for 30m --json",
            "ledger guard --budget team --max-age 15m --fail-open",
            "ledger guard --release h-1b2c3d4e",
        ],
        Run = Run,
    };

    private static int Run(Call call)
    {
        if (call.Text("release") is { } hold) return Release(call, hold);
        var agent = call.Text("agent") ?? call.Settings.Agent;
        var (budget, reserve, length, maxAge) = (call.Text("budget"), call.Text("reserve"), call.Duration("for"), call.Duration("max-age"));
        if (length is not null && reserve is null) throw call.Wrong("usage.flag", "--for goes with --reserve.", "for");
        JsonElement answer;
        try
        {
            answer = reserve is null
                ? call.Client.Get(new Query("/guard").With("agent", agent).With("budget", budget).With("maxAge", Seconds(maxAge)))
                : call.Client.Write("POST", "/guard", Body.Of(json =>
                {
                    json.Maybe("agent", agent);
                    json.Maybe("budget", budget);
                    json.WriteString("reserve", BudgetCommands.Amount(reserve));
                    json.WriteNumber("forSeconds", (long)(length ?? TimeSpan.FromMinutes(30)).TotalSeconds);
                    if (maxAge is { } age) json.WriteNumber("maxAgeSeconds", (long)age.TotalSeconds);
                }));
        }
        catch (Refusal refusal) when (refusal.Problem.Exit == Exit.Unavailable)
        {
            // The service is away: that is an answer too, and it has the shape of one.
            answer = Unknown(call, agent, budget, refusal.Problem.Detail);
        }
        var exit = ExitOf(call, answer);
        if (call.Printer.Json) PrintJson(call, answer, exit);
        else Print(call, answer);
        return exit;
    }

    private static int ExitOf(Call call, JsonElement answer) => answer.Text("decision") switch
    {
        "allow" or "warn" => Exit.Ok,
        "deny" => Exit.No,
        _ => call.Has("fail-open") ? Exit.Ok : Exit.Unavailable,
    };

    private static void PrintJson(Call call, JsonElement answer, int exit)
    {
        // The code in the document is the code of this run.
        var same = answer.Number("exitCode") == exit;
        call.Printer.PrintJson(same ? answer : LedgerClient.Parse(Body.Of(json =>
        {
            foreach (var member in answer.EnumerateObject())
                if (member.Name == "exitCode") json.WriteNumber("exitCode", exit);
                else member.WriteTo(json);
        })));
    }

    private static void Print(Call call, JsonElement answer)
    {
        var printer = call.Printer;
        var decision = answer.Text("decision") ?? "unknown";
        if (printer.Quiet)
        {
            printer.Line(SafeText.Of(decision));
            return;
        }
        var word = printer.Style.Toned(SafeText.Of(decision).ToUpperInvariant(), decision switch { "allow" => Tone.Ok, "warn" => Tone.Watch, "deny" => Tone.Act, _ => Tone.Quiet });
        printer.Line($"{word}  {SafeText.Of(answer.Text("reason"))}");
        if (answer.Part("remaining") is { } remaining && remaining.Text("amount") is { } amount)
        {
            var (low, high) = (Show.Money(remaining.Text("low")), Show.Money(remaining.Text("high")));
            printer.Line($"  left {Show.Money(amount)}{(low == high ? "" : $", between {low} and {high}")}{Of(remaining)}");
        }
        if (answer.Text("runsOutAt") is { } at) printer.Line($"  {(string.CompareOrdinal(at, answer.Text("asOf")) <= 0 ? "used up since" : "runs out")} {printer.Time(at)}");
        if (answer.Part("hold") is { } hold) printer.Line($"  hold {SafeText.Of(hold.Text("id"))}: {Show.Money(hold.Text("amount"))} until {printer.Time(hold.Text("until"))}");
        printer.Footer(answer.Text("asOf") is { } asOf
            ? $"Data through {printer.Time(asOf)}, {Show.Seconds(answer.Seconds("lagSeconds"))} behind. Advice: nothing is blocked at the provider."
            : "The age of the data is not known. Advice: nothing is blocked at the provider.");
    }

    /// <summary>What leaves the least.</summary>
    private static string Of(JsonElement remaining) => remaining.Text("of") switch
    {
        "credit" => $" of {SafeText.Of(remaining.Text("name"))}'s prepaid credit",
        "budget" => $" of budget {SafeText.Of(remaining.Text("name"))}, {SafeText.Of(remaining.Text("period"))}",
        _ => "",
    };

    private static int Release(Call call, string hold)
    {
        foreach (var other in (ReadOnlySpan<string>)["agent", "budget", "reserve", "for", "max-age"])
            if (call.Has(other)) throw call.Wrong("usage.flag", $"--release gives a hold back and does nothing else: no --{other} with it.", other);
        return HoldCommands.Release(call, hold);
    }

    private static JsonElement Unknown(Call call, string? agent, string? budget, string why) => LedgerClient.Parse(Body.Of(json =>
    {
        json.WriteString("schema", "1.0");
        json.WriteString("scope", agent is null ? "all" : "agent:" + agent);
        json.WriteString("budget", budget);
        json.WriteString("decision", "unknown");
        json.WriteNull("remaining");
        json.WriteNull("threshold");
        json.WriteNull("runsOutAt");
        json.WriteNull("asOf");
        json.WriteNull("lagSeconds");
        json.WriteString("reason", why);
        json.WriteNumber("exitCode", call.Has("fail-open") ? Exit.Ok : Exit.Unavailable);
        json.WriteNull("hold");
    }));

    private static string? Seconds(TimeSpan? length) => length is { } l ? $"{(long)l.TotalSeconds}s" : null;
}
