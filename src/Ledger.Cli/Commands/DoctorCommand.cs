using System.Text.Json;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>doctor</c>: looks at this side first, then asks the service to look at itself.</summary>
internal static class DoctorCommand
{
    private sealed record Check(string Name, bool? Ok, string Detail, string? Fix);

    public static Verb Command() => new("doctor", "look for what is wrong, and say how to fix it")
    {
        About = "Exits 1 when something needs fixing, 69 when the service can't be reached.",
        Examples = ["ledger doctor", "ledger doctor --json"],
        Run = Run,
    };

    private static int Run(Call call)
    {
        var ours = Local(call);
        JsonElement answer = default;
        Problem? away = null;
        try
        {
            answer = call.Client.Get("/doctor", money: false);
        }
        catch (Refusal e)
        {
            away = e.Problem;
        }
        ours.Add(new("service", away is null, away?.Detail ?? call.Settings.UrlText, null));

        var ok = away is null && answer.Flag("ok") != false;
        foreach (var check in ours) ok &= check.Ok != false;
        if (call.Printer.Json) PrintJson(call, ok, ours, answer);
        else
        {
            foreach (var check in ours) Checks.Print(call, check.Ok, check.Name, check.Detail, check.Fix);
            Checks.Print(call, answer.Items("checks"), "name");
            call.Printer.Line(ok ? "All is well." : "Something needs fixing; see above.");
        }
        return away?.Exit ?? (ok ? Exit.Ok : Exit.No);
    }

    private static List<Check> Local(Call call)
    {
        var home = call.Settings.Home;
        var checks = new List<Check> { new("data folder", true, home + (Directory.Exists(home) ? "" : " (not there yet)"), null) };
        var token = Path.Combine(home, "token");
        if (call.Settings.Get("LEDGER_TOKEN") is not null) checks.Add(new("token", true, "from LEDGER_TOKEN", null));
        else if (!File.Exists(token)) checks.Add(new("token", null, $"{token} is not there", "`ledger up` writes it; elsewhere set LEDGER_TOKEN"));
        else if ((File.GetUnixFileMode(token) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) != 0)
            checks.Add(new("token", false, $"{token} can be read by others", "chmod 600 " + token));
        else checks.Add(new("token", true, token, null));
        var (waiting, refused) = (call.Spool.Waiting, call.Spool.Refused().Count);
        checks.Add(new("spool", refused == 0, $"{waiting} waiting, {refused} refused", refused == 0 ? null : "`ledger status` lists what was refused, and why"));
        return checks;
    }

    private static void PrintJson(Call call, bool ok, List<Check> ours, JsonElement answer) => call.Printer.PrintJson(default, json =>
    {
        json.WriteBoolean("ok", ok);
        json.WriteStartArray("checks");
        foreach (var check in ours)
        {
            json.WriteStartObject();
            json.WriteString("name", check.Name);
            if (check.Ok is { } good) json.WriteBoolean("ok", good);
            else json.WriteNull("ok");
            json.WriteString("detail", check.Detail);
            json.WriteString("fix", check.Fix);
            json.WriteEndObject();
        }
        foreach (var check in answer.Items("checks")) check.WriteTo(json);
        json.WriteEndArray();
    });
}
