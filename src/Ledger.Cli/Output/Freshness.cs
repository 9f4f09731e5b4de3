using System.Text.Json;

namespace Ledger.Cli.Output;

/// <summary>How old the figures are: told below every table of money, and judged by <c>--max-age</c>.</summary>
internal static class Freshness
{
    public static void Footers(Call call, JsonElement answer, bool isPast = false)
    {
        var printer = call.Printer;
        // How far the data reaches now says nothing of what was known then.
        isPast |= call.Has("as-of");
        var said = new List<string>();
        if (answer.Part("asOf") is { } asOf) said.Add($"as of #{asOf.Number("position")?.Grouped() ?? Show.Unknown}{(isPast ? $" ({printer.Time(asOf.Text("time"))}), figures as they were known then" : "")}");
        var data = isPast ? null : answer.Part("data");
        if (data is { } age) said.Add(Age(age, printer));
        if (said.Count == 0) return;
        if (data?.Text("preliminary") is { } preliminary && Show.Money(preliminary) != "$0.00") said.Add($"{Show.Money(preliminary)} preliminary");
        printer.Foot(said);
        if (data is not { } of) return;
        foreach (var gone in of.Items("removed"))
            printer.Footer($"{SafeText.Of(gone.Text("account"))} was removed{(gone.Text("at") is { } at ? $" {printer.Time(at)}" : "")}: its figures end there. `ledger account add` goes on with them.");
        foreach (var failing in of.Items("failing"))
            printer.Footer($"{SafeText.Of(failing.Text("account"))} can't be read just now: {SafeText.Of(failing.Text("detail"))}");
        if (of.Items("missing") is { Count: > 0 } missing)
            printer.Footer($"{missing.Count} line{(missing.Count == 1 ? " is" : "s are")} missing from the provider's latest answer and keep{(missing.Count == 1 ? "s its" : " their")} last total: {Missing(missing, printer)}");
    }

    /// <summary><c>read 40 s ago</c>, <c>not read for 22 min</c>.</summary>
    private static string Age(JsonElement data, Printer printer) =>
        data.Seconds("lagSeconds") is not { } lag ? "no complete reading yet: figures are unknown, not zero"
        : data.Flag("stale") == true ? printer.Style.Toned($"not read for {Show.Seconds(lag)}", Tone.Watch)
        : $"read {Show.Seconds(lag)} ago";

    /// <summary>0, or 69 when <c>--max-age</c> was given and the data is older, or its age unknown.</summary>
    public static int Judge(Call call, JsonElement answer)
    {
        if (call.Duration("max-age") is not { } max) return Exit.Ok;
        var lag = answer.Part("data")?.Seconds("lagSeconds");
        if (lag <= max.TotalSeconds) return Exit.Ok;
        call.Printer.Warn(lag is null
            ? $"The age of the data is unknown, and --max-age is {call.Text("max-age")}."
            : $"The data is {Show.Seconds(lag)} old, older than --max-age {call.Text("max-age")}. `ledger account sync` reads it anew.");
        return Exit.Unavailable;
    }

    private static string Missing(List<JsonElement> missing, Printer printer)
    {
        var words = new List<string>();
        for (var i = 0; i < missing.Count && i < 3; i++)
        {
            var line = missing[i];
            words.Add($"{printer.Time(line.Text("start"))} {SafeText.Of(line.Text("model"))} {Show.Money(line.Text("total"))}");
        }
        return string.Join("; ", words) + (missing.Count > 3 ? " …" : "");
    }
}
