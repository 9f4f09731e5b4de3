using System.CommandLine;
using System.Text.Json;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>ledger budget …</c>: what may be spent, and who is told before it is.</summary>
internal static class BudgetCommands
{
    private const string Periods = "day, week, month, quarter, life (of a mission) or FROM..UNTIL";

    public static Option Scope => Flags.Value("scope", "SCOPE", "all, agent:ba, key:NAME, mission:REF, account:LABEL, model:M or unit:U");

    public static Option Limit => Flags.Value("limit", "USD", "the most for one period; with --period month and the like");

    public static Option Period => Flags.List("period", "P|P=USD,…", $"{Periods}; or several with their limits: day=2,week=10,month=31");

    public static Option Thresholds => Flags.List("threshold", "T,…", "when to tell: 80%, $25, \"forecast 100%\" (50%, 80%, 100% and forecast 100%)");

    public static Command All() => new("budget", "what may be spent, and who is told") { Set(), List(), Raise(), Close(), BudgetFiles.Plan(), BudgetFiles.Apply(), BacktestCommand.Command() };

    private static Verb Set() => new("set", "say what may be spent, and who is told; the same name sets it anew")
    {
        About = "What is not said takes its default, also when a budget is set anew. Spend is computed from the books, so nothing is ever reset: a new\nperiod is a new window. The answer says where the budget stands now. Advice and alerts: nothing is blocked at the provider.",
        Options =
        {
            Scope, Limit, Period, Flags.Value("name", "NAME", "what it is called (its scope)"), Thresholds,
            Flags.List("to", "ADDRESS,…", "who gets its mails (LEDGER_MAIL_TO)"),
            Flags.List("channel", "C,…", "email, slack, webhook, exec (all that are configured)"),
            Flags.Value("zone", "ZONE", "time zone its periods are cut in, such as Europe/Brussels (the team's)"),
            Flags.Value("week-start", "DAY", "first day of its weeks (monday)"), Flags.IdempotencyKey,
        },
        Examples =
        [
            "ledger budget set --scope agent:ba --limit 50 --period month",
            "ledger budget set --name team --scope all --period day=5,week=25,month=80 --zone Europe/Brussels --to ludo@example.org",
            "ledger budget set --scope mission:trentuna/token-monitor#3 --limit 10 --period life --threshold 80%,100%",
        ],
        Run = RunSet,
    };

    private static Verb List() => new("list", "budgets: spent, forecast, when they run out, when they begin anew")
    {
        Options = { Flags.Switch("closed", "closed ones too"), Flags.MaxAge, Flags.Format, Flags.Csv, Flags.Wide },
        Examples = ["ledger budget list", "ledger budget list --json"],
        Run = BudgetList.Run,
    };

    private static Verb Raise() => new("raise", "another limit for a while; after that the old one counts again")
    {
        Arguments = { Words.One("NAME") },
        Options = { Flags.Value("limit", "USD", "the limit meanwhile"), Flags.Value("until", "T|7d", "first instant at which the old limit counts again; 7d is seven days from now"), Flags.Value("period", "P", "which of its periods, where it has several"), Flags.IdempotencyKey },
        Examples = ["ledger budget raise agent:ba --limit 80 --until 7d", "ledger budget raise team --limit 120 --period month --until 2026-12-01"],
        Run = RunRaise,
    };

    private static Verb Close() => new("close", "watch a budget no longer; what it said stays in the books")
    {
        Arguments = { Words.One("NAME") },
        Options = { Flags.IdempotencyKey },
        Examples = ["ledger budget close agent:ba"],
        Run = RunClose,
    };

    private static int RunSet(Call call)
    {
        if (call.Text("scope") is null) throw call.Wrong("usage.flag", "`budget set` needs --scope: all, agent:ba, mission:owner/repo#3 ….", "scope");
        var body = Body.Of(json => Write(json, call));
        return Told(call, call.Client.Write("POST", "/budgets", body));
    }

    /// <summary>A budget as flags say it.</summary>
    public static void Write(Utf8JsonWriter json, Call call)
    {
        var limits = Limits(call);
        json.Maybe("name", call.Text("name"));
        json.Maybe("scope", call.Text("scope"));
        json.WriteStartArray("limits");
        foreach (var (period, limit) in limits)
        {
            json.WriteStartObject();
            json.WriteString("period", period);
            json.WriteString("limit", limit);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.Maybe("thresholds", call.List("threshold"));
        if (call.Verb.Name != "set") return;
        json.Maybe("zone", call.Text("zone"));
        json.Maybe("weekStart", call.Text("week-start"));
        json.Maybe("recipients", call.List("to"));
        json.Maybe("channels", call.List("channel"));
    }

    /// <summary><c>--limit 50 --period month</c>, or <c>--period day=2,month=31</c>.</summary>
    private static List<(string Period, string Limit)> Limits(Call call)
    {
        var (limit, periods) = (call.Text("limit"), call.List("period"));
        var limits = new List<(string, string)>();
        foreach (var period in periods)
        {
            var equals = period.LastIndexOf('=');
            if (equals < 0)
            {
                if (limit is null || periods.Count > 1) throw call.Wrong("usage.value", $"--period {period} needs its limit: --period {period}=50, or --limit 50 --period {period}.", "period", period);
                limits.Add((period, Amount(limit)));
            }
            else if (limit is not null)
            {
                throw call.Wrong("usage.value", "Give either --limit with one --period, or the limits in --period.", "limit", limit);
            }
            else
            {
                limits.Add((period[..equals].Trim(), Amount(period[(equals + 1)..])));
            }
        }
        if (periods.Count == 0)
            throw call.Wrong("usage.flag", limit is null ? "Say what may be spent: --limit 50 --period month, or --period day=2,month=31." : $"--limit needs its --period: {Periods}.", "period");
        return limits;
    }

    /// <summary>People write the dollar sign; the service takes the figure.</summary>
    public static string Amount(string text) => text.Trim() is ['$', .. var figure] ? figure : text.Trim();

    private static int RunRaise(Call call)
    {
        if (call.Text("limit") is not { } limit) throw call.Wrong("usage.flag", "`budget raise` needs --limit: the limit meanwhile.", "limit");
        if (Ahead(call, "until") is not { } until) throw call.Wrong("usage.flag", "`budget raise` needs --until: when the old limit counts again.", "until");
        return Told(call, call.Client.Write("POST", $"/budgets/{Uri.EscapeDataString(call.Word(0)!)}/raise", Body.Of(json =>
        {
            json.WriteString("limit", Amount(limit));
            json.WriteString("until", until);
            json.Maybe("period", call.Text("period"));
        })));
    }

    private static int RunClose(Call call)
    {
        var answer = call.Client.Write("POST", $"/budgets/{Uri.EscapeDataString(call.Word(0)!)}/close", Body.Empty);
        if (call.Printer.Json) call.Printer.PrintJson(answer);
        else call.Printer.Line($"closed {SafeText.Of(answer.Part("budget")?.Text("name"))}; `ledger budget set` opens it again");
        return Exit.Ok;
    }

    /// <summary>A time to come: a length of time counts from now on.</summary>
    private static string? Ahead(Call call, string flag) =>
        call.Text(flag) is { } text && Times.TryDuration(text, out var length) ? (call.Began + length).ToText() : call.Instant(flag);

    private static int Told(Call call, JsonElement answer)
    {
        var printer = call.Printer;
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Exit.Ok;
        }
        if (answer.Part("budget") is not { } budget) return Exit.Ok;
        printer.Line($"{SafeText.Of(answer.Text("change"))} {SafeText.Of(budget.Text("name"))} ({SafeText.Of(BudgetList.Scope(budget))})");
        foreach (var period in budget.Items("periods"))
        {
            var raised = period.Text("raisedUntil") is { } until ? $", raised until {printer.Time(until)}" : "";
            printer.Line(period.Text("spent") is { } spent
                ? $"  {SafeText.Of(BudgetList.Period(period, printer))}: {Show.Money(spent)} of {Show.Money(period.Text("limit"))} spent ({BudgetList.Percent(period)}){raised}"
                : $"  {SafeText.Of(BudgetList.Period(period, printer))}: {Show.Money(period.Text("limit"))}; spent is unknown yet{raised}");
            var passed = period.Names("passed");
            if (passed.Length > 0) printer.Line($"    passed already: {SafeText.Of(passed)}");
            if (period.Part("forecast") is { } forecast) printer.Line("    forecast " + RunwayCommands.Forecast(forecast, printer));
        }
        return Exit.Ok;
    }
}
