using System.Text.Json;
using Ledger.Cli.Http;
using Ledger.Cli.Output;

namespace Ledger.Cli.Commands;

/// <summary>What the mission commands share.</summary>
internal static class Missions
{
    /// <summary>The id a selector stands for. A reference is looked up; an id, or the beginning of one, goes as it is.</summary>
    public static string Resolve(Call call, string selector)
    {
        if (selector.AsSpan().IndexOfAny("#/: ") < 0) return selector;
        var found = call.Client.Get(new Query("/missions").With("mission", selector).With("state", "all"));
        var missions = found.Items("missions");
        if (missions.Count == 1 && missions[0].Text("id") is { } id) return id;
        if (missions.Count == 0)
            throw Refusal.Of(Exit.Data, "mission.unknown", $"There is no mission '{selector}'.", "mission", selector);
        var candidates = new List<string>();
        foreach (var mission in missions)
            candidates.Add($"{mission.Text("id")}  {mission.Text("title")}  {mission.Text("state")}  since {call.Printer.Time(mission.Text("start"))}");
        throw Refusal.Of(Exit.Data, "mission.ambiguous", $"'{selector}' is the reference of {missions.Count} missions; name one by its id.", "mission", selector, candidates);
    }

    /// <summary>How long its windows are together; an open one until now.</summary>
    public static string Length(JsonElement mission, DateTimeOffset now)
    {
        var total = TimeSpan.Zero;
        foreach (var window in mission.Items("windows"))
        {
            if (!Instants.TryParse(window.Text("start"), out var start)) continue;
            var end = Instants.TryParse(window.Text("end"), out var ended) ? ended : now;
            if (end > start) total += end - start;
        }
        return Show.Duration(total);
    }

    /// <summary>The same in one unit.</summary>
    public static string About(JsonElement mission, DateTimeOffset now) => Length(mission, now) is var length && length.IndexOf(' ', length.IndexOf(' ') + 1) is var second and > 0 ? length[..second] : length;

    /// <summary><c>Mon 10:15 – 10:45</c>; the day is not repeated.</summary>
    public static string Window(JsonElement window, Printer printer)
    {
        var start = printer.Edge(window.Text("start"));
        if (window.Text("end") is not { } ends) return start + " – now";
        var end = printer.Edge(ends);
        var (day, time) = (start.LastIndexOf(' ') is var s and >= 0 ? start[..s] : "", end.LastIndexOf(' ') is var e and >= 0 ? end[..e] : "");
        return day == time && day.Length > 0 ? $"{start} – {end[(day.Length + 1)..]}" : $"{start} – {end}";
    }

    /// <summary>Title and reference, then windows and agents.</summary>
    public static void Head(Call call, JsonElement mission)
    {
        var printer = call.Printer;
        printer.Bold($"{SafeText.Fit(SafeText.Of(mission.Text("title")), 100)}  [{SafeText.Of(mission.Text("state"))}]");
        var reference = mission.Text("ref");
        printer.Line($"{(reference is null ? "" : SafeText.Of(reference) + "  ")}{SafeText.Of(mission.Text("id"))}");
        var windows = mission.Items("windows");
        for (var i = 0; i < windows.Count && i < 10; i++) printer.Line($"{Window(windows[i], printer)} {(i == windows.Count - 1 ? printer.ZoneName : "")}".TrimEnd());
        if (windows.Count > 10) printer.Line($"… and {windows.Count - 10} more windows");
        printer.Line($"{Length(mission, call.Began)} in all; agents: {SafeText.Of(mission.Agents())}");
    }

    /// <summary>Why there is no figure.</summary>
    public static string Reason(string? reason) => reason switch
    {
        null => "unknown",
        "no_key" => "unknown: none of its agents owned a key in its windows. Give them one: `ledger key assign KEY --agent NAME --from T`.",
        _ => "unknown: " + SafeText.Of(reason),
    };
}
