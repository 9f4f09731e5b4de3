using System.CommandLine;
using System.Text.Json;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>ledger account …</c>. A label may be left out where there is one account.</summary>
internal static class AccountCommands
{
    private const string TheOnlyOne = "-";
    private static readonly string[] Providers = ["xai"];

    public static Command All() => new("account", "provider accounts") { Add(), List(), Test(), Sync(), Edit(), Rotate(), Remove() };

    private static Option Bucket => Flags.Value("bucket", "auto|1m|15m|1h", "finest width where a mission begins or ends: to the second (auto), the minute, never split (1h); 15m reads everything by the quarter-hour");
    private static Option SettlementLag => Flags.Value("settlement-lag", "LAG|default", "how late the provider's figures settle, such as 10m (xAI: 5m)");

    private static Verb Add() => new("add", "connect a provider account: reads its keys and 90 days of its bill")
    {
        Arguments = { Words.One("xai") },
        KeepsQuietAboutArguments = true,
        About = "The credential comes from standard input (--key-stdin), XAI_MANAGEMENT_KEY, XAI_MANAGEMENT_API_KEY, a file named by either with _FILE, or a hidden prompt.",
        Options = { Flags.Value("label", "NAME", "what to call it (xai)"), Flags.Value("team", "ID", "the team, where the key does not tell (XAI_TEAM_ID)"), Bucket, SettlementLag, Flags.KeyStdin, Flags.NoWait, Flags.IdempotencyKey },
        Examples = ["ledger account add xai --label prod --key-stdin < key.txt", "XAI_MANAGEMENT_KEY_FILE=/run/secrets/xai ledger account add xai --label prod --bucket 1m"],
        Run = RunAdd,
    };

    private static Verb List() => new("list", "accounts: how they are, and how fresh")
    {
        Options = { Flags.Format, Flags.Csv, Flags.Wide },
        Examples = ["ledger account list", "ledger account list --json"],
        Run = RunList,
    };

    private static Verb Test() => new("test", "ask the provider whether the credential is of the right kind and may read what we need")
    {
        Arguments = { Words.AtMostOne("LABEL") },
        Examples = ["ledger account test", "ledger account test prod"],
        Run = RunTest,
    };

    private static Verb Sync() => new("sync", "read 35 days anew now, or more with --since; returns when the books show it")
    {
        Arguments = { Words.AtMostOne("LABEL") },
        About = "Gives up after 30 s with 69; the reading goes on in the background. With --since it reads from there on, the newest first, a week at a time: so a figure is seen that the provider corrected late.",
        Options = { Flags.Value("since", "T", "read from here on, instead of 35 days: 60d, 2026-09-28, last-month …"), Flags.NoWait, Flags.IdempotencyKey },
        Examples = ["ledger account sync", "ledger account sync prod && mission cost owner/repo#3", "ledger account sync --since 2026-08-01"],
        Run = RunSync,
    };

    private static Verb Edit() => new("edit", "change an account's label, bucket width or settlement lag")
    {
        Arguments = { Words.AtMostOne("LABEL") },
        Options = { Flags.Value("label", "NAME", "its new name"), Bucket, SettlementLag, Flags.IdempotencyKey },
        Examples = ["ledger account edit prod --bucket 1h", "ledger account edit prod --settlement-lag default"],
        Run = RunEdit,
    };

    private static Verb Rotate() => new("rotate", "replace an account's credential; its history stays")
    {
        Arguments = { Words.AtMostOne("LABEL") },
        KeepsQuietAboutArguments = true,
        Options = { Flags.KeyStdin, Flags.IdempotencyKey },
        Examples = ["ledger account rotate prod --key-stdin < new-key.txt"],
        Run = RunRotate,
    };

    private static Verb Remove() => new("remove", "stop polling and delete the credential; the books stay")
    {
        Arguments = { Words.One("LABEL") },
        Options = { Flags.IdempotencyKey },
        Examples = ["ledger account remove prod"],
        Run = call => Told(call, call.Client.Write("DELETE", PathOf(call), []), "removed"),
    };

    private static int RunAdd(Call call)
    {
        var provider = call.Word(0)!;
        if (Array.IndexOf(Providers, provider) < 0)
            throw call.Wrong("usage.provider", "There is no such provider. There is: xai.", "provider", null, Providers);
        var (label, team, bucket, lag) = (call.Text("label") ?? provider, call.Text("team") ?? call.Settings.Get("XAI_TEAM_ID")?.Trim(), BucketOf(call), LagOf(call));
        var noWait = call.Has("no-wait");
        var credential = Secrets.Read(call);
        var answer = call.Client.WriteWithProgress("/accounts", Body.Of(json =>
        {
            json.WriteString("provider", provider);
            json.WriteString("label", label);
            json.Maybe("team", team);
            json.Maybe("bucket", bucket);
            json.Maybe("settlementLag", lag);
            json.WriteString("credential", credential);
            if (noWait) json.WriteBoolean("noWait", true);
        }));
        var printer = call.Printer;
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Exit.Ok;
        }
        printer.Line($"connected {SafeText.Of(answer.Part("account")?.Text("label") ?? label)} (team {SafeText.Of(answer.Part("account")?.Text("team") ?? Show.Unknown)})");
        if (noWait)
            printer.Footer("  Keys and readings arrive in the background; `ledger status` tells how far it is.");
        else
            printer.Line($"  {answer.Items("keys").Count} keys, {answer.Number("readings")?.Grouped() ?? Show.Unknown} readings, {answer.Number("lines")?.Grouped() ?? Show.Unknown} lines, billed {Show.Money(answer.Text("billed"))}");
        foreach (var key in answer.Items("keys"))
            printer.Line("    " + SafeText.Fit(SafeText.Of(key.ValueKind == JsonValueKind.Object ? key.Text("name") ?? key.Text("key") ?? key.Text("id") : key.ToString()), 80));
        Warnings(call, answer);
        printer.Footer("  Next: `ledger agent add --from-keys` makes an agent of each key.");
        return Exit.Ok;
    }

    private static int RunList(Call call)
    {
        var printer = call.Printer;
        printer.CheckFormat();
        var answer = call.Client.Get("/accounts");
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Exit.Ok;
        }
        var table = new Table(
            new("Label", "label", WidthMax: 30), Column.Whole("Provider", "provider", gives: 5), Column.Whole("Team", "team", gives: 1), Column.Whole("State", "state"), Column.Whole("Bucket", "bucket", gives: 4),
            Column.Time("Settles in", "settlementLagSeconds", gives: 3), Column.Time("Data through", "through", gives: 6), Column.Figure("Behind", "lagSeconds"), Column.Whole("Credential", "credential", gives: 2),
            Column.Figure("Prepaid left", "prepaidLeft"));
        foreach (var account in answer.Items("accounts"))
        {
            var lag = account.Part("settlementLag");
            var left = account.Part("balance")?.Text("prepaidLeft");
            table.Add(
                Cell.Name(account.Text("label")), Cell.Text(account.Text("provider")), Cell.Text(account.Text("team")),
                new(SafeText.Of(account.Text("state")) + (account.Flag("stale") == true ? ", stale" : ""), account.Text("state"), account.Text("state") switch { "ok" when account.Flag("stale") != true => Tone.Ok, "failing" => Tone.Act, "removed" => Tone.Quiet, _ => Tone.Watch }),
                Cell.Text(account.Text("bucket")),
                new(Show.Seconds(lag?.Seconds("seconds")) + (lag?.Flag("assumed") == true ? " (assumed)" : ""), lag?.Text("seconds")),
                printer.TimeCell(account.Text("through")), new(Show.Seconds(account.Seconds("lagSeconds")), account.Text("lagSeconds")),
                Cell.Text(account.Part("credential")?.Text("redacted")), Cell.Money(left));
        }
        if (table.Count == 0 && !printer.Csv) printer.Line("No accounts. `ledger account add xai --label prod --key-stdin < key.txt` connects one.");
        else printer.Print(table);
        foreach (var account in answer.Items("accounts"))
            if (account.Part("error") is { } error && !printer.Csv)
                printer.Line($"{SafeText.Of(account.Text("label"))}: {SafeText.Of(error.Text("detail") ?? error.Text("kind"))}");
        printer.Foot();
        return Exit.Ok;
    }

    private static int RunTest(Call call)
    {
        var answer = call.Client.Write("POST", PathOf(call) + "/test", Body.Empty, patience: Patience.Long);
        var printer = call.Printer;
        if (printer.Json)
        {
            printer.PrintJson(answer);
        }
        else
        {
            Checks.Print(call, answer.Items("checks"), "name");
            if (answer.Text("team") is { } team) printer.Line($"team {SafeText.Of(team)}{(answer.Text("scope") is { } scope ? ", scope " + SafeText.Of(scope) : "")}");
            Warnings(call, answer);
        }
        // The answer tells the credential (77) from a provider that can't be reached (69).
        return answer.Flag("ok") == true ? Exit.Ok : (int)(answer.Number("exit") ?? Exit.NotAllowed);
    }

    private static int RunSync(Call call)
    {
        var (noWait, since) = (call.Has("no-wait"), call.CutEdge("since"));
        var answer = call.Client.WriteWithProgress(PathOf(call) + "/sync", Body.Of(json =>
        {
            json.Maybe("since", since);
            if (noWait) json.WriteBoolean("noWait", true);
        }));
        if (call.Printer.Json)
        {
            call.Printer.PrintJson(answer);
            return Exit.Ok;
        }
        var account = answer.Part("account") is { ValueKind: JsonValueKind.Object } whole ? whole.Text("label") : answer.Text("account");
        if (answer.Flag("queued") == true)
        {
            call.Printer.Line($"queued: {SafeText.Of(account)} is read in the background; `ledger status` tells how far it is.");
            return Exit.Ok;
        }
        call.Printer.Line($"synced {SafeText.Of(account)}: {answer.Number("readings")?.Grouped() ?? Show.Unknown} readings, {answer.Number("linesChanged")?.Grouped() ?? Show.Unknown} lines changed, data through {call.Printer.Time(answer.Text("through"))} {call.Printer.ZoneName}");
        return Exit.Ok;
    }

    private static int RunEdit(Call call)
    {
        var (label, bucket, lag) = (call.Text("label"), BucketOf(call), LagOf(call));
        if (label is null && bucket is null && lag is null) throw call.Wrong("usage.edit", "Nothing to edit: give --label, --bucket or --settlement-lag.");
        return Told(call, call.Client.Write("PATCH", PathOf(call), Body.Of(json =>
        {
            json.Maybe("label", label);
            json.Maybe("bucket", bucket);
            json.Maybe("settlementLag", lag);
        })), "edited");
    }

    private static int RunRotate(Call call)
    {
        var credential = Secrets.Read(call);
        return Told(call, call.Client.Write("POST", PathOf(call) + "/rotate", Body.Of(json => json.WriteString("credential", credential)), patience: Patience.Long), "rotated");
    }

    private static int Told(Call call, JsonElement answer, string did)
    {
        if (call.Printer.Json)
        {
            call.Printer.PrintJson(answer);
            return Exit.Ok;
        }
        call.Printer.Line($"{did} {SafeText.Of(answer.Part("account")?.Text("label") ?? call.Word(0))}");
        Warnings(call, answer);
        return Exit.Ok;
    }

    private static void Warnings(Call call, JsonElement answer)
    {
        foreach (var warning in answer.Items("warnings")) call.Printer.Warn(warning.ToString());
    }

    private static string PathOf(Call call) => "/accounts/" + Uri.EscapeDataString(call.Word(0) ?? TheOnlyOne);

    private static string? BucketOf(Call call) => call.OneOf("bucket", "auto", "1m", "15m", "1h");

    private static string? LagOf(Call call)
    {
        if (call.Text("settlement-lag") is not { } lag || lag is "default" or "learned") return call.Text("settlement-lag");
        return Times.TryDuration(lag, out var length) && length <= TimeSpan.FromHours(6) ? lag
            : throw call.Wrong("usage.duration", "--settlement-lag is `default`, or a length of time of at most 6h, such as 0s or 5m.", "settlement-lag", lag);
    }
}
