using System.Globalization;
using System.Text.Json;
using Ledger.Budgets;
using Ledger.Demo.Simulator;
using Ledger.Digests;
using Ledger.Money;

namespace Ledger.Demo;

/// <summary>
/// The story, told with the real commands: every line that starts with <c>$</c> was run, and what follows is what it printed. Every
/// figure is held against the simulator's true record, which the program never sees.
/// </summary>
internal sealed class Story(Stage stage)
{
    private bool allTrue = true;

    /// <summary>False: a figure was not what the true record says.</summary>
    public async Task<bool> Tell(CancellationToken ct)
    {
        Chapter("1. A team and its key", "Five agents, $31.00 of prepaid credit, three days of work. Where did the money go?");
        await Run(["account", "add", "xai", "--label", "trentuna", "--key-stdin"], ct, input: stage.Key.Text);
        await Run(["agent", "add", "--from-keys"], ct);
        await Run(["report", "--since", "7d", "--by", "key"], ct);
        await Check("the bill", "total", ["report", "--since", "7d"], stage.Team.Billed(), ct);

        Chapter("2. The mail that nobody got", "$3.19 was left when somebody looked. This leaves the moment the books know of it:");
        await Mail("Credit ends", ct);
        Say("And with a budget of $31.00 for these weeks, long before:");
        await Backtest(ct);

        Chapter("3. Two agents on one key", "ba worked with vigilio's key, and nobody saw it. Say so, from the beginning, and the books share it.");
        var early = stage.Case.Days.Start.AddDays(-30);
        await Run(["key", "assign", "xai-vigilio", "--agent", "vigilio,ba", "--from", Text(early)], ct);
        foreach (var mission in stage.Case.Missions)
        {
            await Run(["mission", "start", mission.Title, "--ref", mission.Ref, "--agent", string.Join(',', mission.Agents), "--at", Text(mission.Window.Start)], ct);
            await Run(["mission", "end", mission.Ref, "--at", Text(mission.Window.End)], ct, quiet: true);
        }
        await Run(["mission", "list"], ct);
        foreach (var mission in stage.Case.Missions)
            await CheckBounds($"\"{mission.Title}\"", mission.Ref, stage.Team.TrueCost(mission.Agents, [mission.Window]), exact: false, ct);
        Say("A shared key can't tell two agents apart: the estimate lies between honest bounds, and the bounds are wide.");

        Chapter("4. Its own key, and a mission", "ba gets its own key. A mission brackets its work: each bookmark takes a reading at its edge. It may cost $0.40.");
        await Run(["key", "assign", "xai-ba", "--agent", "ba"], ct);
        await Run(["key", "assign", "xai-vigilio", "--agent", "vigilio"], ct);
        var start = await Started("Runway in the terminal", "trentuna/token-monitor#4", ct);
        await Run(["budget", "set", "--scope", "mission:trentuna/token-monitor#4", "--limit", "0.40", "--period", "life", "--name", "runway TUI"], ct);
        // What is spent in the very second of an edge could be on either side of it.
        await Task.Delay(TimeSpan.FromSeconds(1), ct);
        await Spend(TimeSpan.FromSeconds(12), ct);
        await Task.Delay(TimeSpan.FromSeconds(1), ct);
        await Run(["mission", "end", "--agent", "ba"], ct);
        var end = (await Mission("trentuna/token-monitor#4", ct)).GetProperty("end").GetDateTimeOffset();
        await Task.Delay(TimeSpan.FromSeconds(1.5), ct);
        Say("The work goes on after the mission; that is not the mission's money.");
        await Spend(TimeSpan.FromSeconds(3), ct);
        await Run(["account", "sync"], ct);

        Chapter("5. What did it really cost?", "");
        await Run(["mission", "cost", "trentuna/token-monitor#4"], ct);
        await CheckBounds("\"Runway in the terminal\"", "trentuna/token-monitor#4", stage.Team.TrueCost(["ba"], [new(start, end)]), exact: true, ct);
        await Run(["report", "--since", "7d", "--by", "agent"], ct);
        await Check("the bill", "total", ["report", "--since", "7d"], stage.Team.Billed(), ct);
        await CheckCredit(ct);
        await Run(["explain", "mission", "trentuna/token-monitor#4", "--limit", "1"], ct);

        Chapter("6. Told in time", "The mission went over its $0.40. One mail says so, and the guard tells the agent when it asks:");
        // A subject has little room: a long title is cut in it, the amount is not.
        await Mail("Mission Runway", ct);
        await Run(["guard", "--budget", "runway TUI"], ct, exit: 1);
        await Run(["alert", "list"], ct);

        Chapter("7. The week, in one mail", "");
        var week = DigestCalendar.WeekOf(TimeProvider.System.GetUtcNow(), "UTC").Week;
        await Run(["digest", "send", "--week", week, "--to", "ludo@example.org"], ct);
        await Mail("Week ", ct);
        var digest = await Json(["digest", "preview", "--week", week], ct);
        var window = digest.GetProperty("window");
        await Check("the week", "total", ["digest", "preview", "--week", week], stage.Team.Billed(new(window.GetProperty("start").GetDateTimeOffset(), window.GetProperty("end").GetDateTimeOffset())), ct);

        Chapter("8. Does it add up?", "");
        await Run(["verify"], ct);
        Console.WriteLine();
        Console.WriteLine(allTrue ? "Every figure above equals the simulator's true record." : "A figure above is NOT what the simulator's true record says.");
        return allTrue;
    }

    /// <summary>Waits for the mail, and shows it as it lies in the mail folder.</summary>
    private async Task Mail(string about, CancellationToken ct)
    {
        var folder = Path.Combine(stage.Home, "mail");
        for (var i = 0; i < 300; i++)
        {
            if (Letter.In(folder).LastOrDefault(l => l.Subject.Contains(about, StringComparison.Ordinal)) is { } letter)
            {
                Console.WriteLine($"  {letter.File}");
                Console.WriteLine($"  Subject: {letter.Subject}");
                foreach (var line in letter.Text.TrimEnd().Split('\n')) Console.WriteLine($"  | {line.TrimEnd()}");
                return;
            }
            await Task.Delay(100, ct);
        }
        Verdict(false, $"a mail about \"{about}\" in {folder}");
    }

    /// <summary>When the case's money would have been spoken of, against the record: a bucket is known when its hour is over.</summary>
    private async Task Backtest(CancellationToken ct)
    {
        var days = stage.Case.Days;
        var start = days.Start.AddTicks(-(days.Start.UtcTicks % TimeSpan.TicksPerHour));
        string[] command = ["budget", "backtest", "--scope", "all", "--limit", TokenMonitorCase.Bought.ToString(), "--period", $"{Text(start)}..{Text(start.AddDays(30))}", "--since", Text(start)];
        await Run(command, ct);
        var alerts = (await Json(command, ct)).GetProperty("alerts").EnumerateArray().ToArray();
        foreach (var percent in new[] { 50, 80 })
        {
            var wanted = new Threshold(Basis.Actual, percent, null).Under(TokenMonitorCase.Bought);
            var (at, spent) = Reached(start, wanted);
            var said = alerts.FirstOrDefault(a => a.GetProperty("threshold").GetString() == $"{percent}%");
            var ok = said.ValueKind == JsonValueKind.Object && said.GetProperty("at").GetDateTimeOffset() == at && Money(said, "spent") == spent;
            Verdict(ok, $"{percent} % would have been said at {at.ToText()}, at ${spent}: the record's own hour and sum");
        }
    }

    private (DateTimeOffset At, Usd Spent) Reached(DateTimeOffset from, Usd amount)
    {
        for (var hour = from; ; hour = hour.AddHours(1))
            if (stage.Team.Billed(new(from, hour.AddHours(1))) is var spent && spent >= amount)
                return (hour.AddHours(1), spent);
    }

    private async Task<DateTimeOffset> Started(string title, string reference, CancellationToken ct)
    {
        await Run(["mission", "start", title, "--ref", reference, "--agent", "ba"], ct);
        var start = (await Mission(reference, ct)).GetProperty("start").GetDateTimeOffset();
        // The reading at the start is taken while nothing is spent, as when an agent first reads its brief.
        await Task.Delay(TimeSpan.FromSeconds(1.5), ct);
        return start;
    }

    private async Task Spend(TimeSpan length, CancellationToken ct)
    {
        Say($"(ba and vigilio work for {length.TotalSeconds:F0} s)");
        await stage.Team.Run(stage.Case.Afterwards(TimeProvider.System.GetUtcNow(), length), ct);
        await Task.Delay(TimeSpan.FromSeconds(0.5), ct);
    }

    private async Task<JsonElement> Mission(string reference, CancellationToken ct) => (await Json(["mission", "cost", reference], ct)).GetProperty("mission");

    private async Task CheckBounds(string what, string reference, Usd truth, bool exact, CancellationToken ct)
    {
        var cost = await Json(["mission", "cost", reference], ct);
        var (billed, low, high) = (Money(cost, "billed"), Money(cost, "low"), Money(cost, "high"));
        var ok = exact ? billed == truth : low <= truth && truth <= high && low <= billed && billed <= high;
        Verdict(ok, exact ? $"{what}: books ${billed}, truth ${truth}" : $"{what}: books ${billed}, truth ${truth}, bounds ${low} to ${high}");
    }

    private async Task Check(string what, string field, IReadOnlyList<string> command, Usd truth, CancellationToken ct)
    {
        var books = Money(await Json(command, ct), field);
        Verdict(books == truth, $"{what}: books ${books}, truth ${truth}");
    }

    private async Task CheckCredit(CancellationToken ct)
    {
        var status = await Json(["status"], ct);
        var left = Usd.Parse(status.GetProperty("credit").GetProperty("left").GetString()!);
        // The preview gives whole cents, as the provider's does.
        var truth = stage.Team.CreditLeft();
        Verdict(Math.Abs(left.Ticks - truth.Ticks) < Usd.TicksPerDollar / 100, $"credit left: books ${left}, truth ${truth}");
    }

    private void Verdict(bool ok, string text)
    {
        allTrue &= ok;
        Console.WriteLine($"  {(ok ? "✓" : "✗ WRONG:")} {text}");
    }

    private async Task<JsonElement> Json(IReadOnlyList<string> command, CancellationToken ct)
    {
        var (exit, output, errors) = await stage.Ledger([.. command, "--json"], null, ct);
        return exit == 0 ? JsonDocument.Parse(output).RootElement : throw new StageException($"`ledger {string.Join(' ', command)}` ended with {exit}:\n{errors}{output}The service said:\n{stage.LastWords()}");
    }

    private async Task Run(IReadOnlyList<string> command, CancellationToken ct, string? input = null, bool quiet = false, int exit = 0)
    {
        Console.WriteLine($"$ {(command[0] == "mission" ? "./" : "./ledger ")}{string.Join(' ', command.Select(Quoted))}");
        var (ended, output, errors) = await stage.Ledger(command, input, ct);
        if (!quiet || ended != exit)
            foreach (var line in (errors + output).TrimEnd('\n').Split('\n'))
                Console.WriteLine($"  {line}");
        if (exit != 0) Console.WriteLine($"  (exit {ended})");
        if (ended != exit) throw new StageException($"that command ended with {ended}. The service said:\n{stage.LastWords()}");
    }

    private static void Chapter(string title, string text)
    {
        Console.WriteLine();
        Console.WriteLine($"── {title} ──");
        if (text.Length > 0) Console.WriteLine(text);
    }

    private static void Say(string text) => Console.WriteLine(text);

    private static string Quoted(string arg) => arg.Contains(' ', StringComparison.Ordinal) || arg.Contains('#', StringComparison.Ordinal) ? $"\"{arg}\"" : arg;

    private static Usd Money(JsonElement element, string field) => Usd.Parse(element.GetProperty(field).GetString()!);

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
