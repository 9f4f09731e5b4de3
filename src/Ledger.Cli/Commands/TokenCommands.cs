using System.CommandLine;
using System.Text.Json;
using Ledger.Cli.Http;
using Ledger.Cli.Output;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>ledger token …</c>: who may speak to the service, and about what.</summary>
internal static class TokenCommands
{
    private static readonly string[] Scopes = ["read", "bookmark", "write", "admin"];

    public static Command All() => new("token", "who may speak to the service") { Add(), List(), Revoke() };

    private static Verb Add() => new("add", "make a token; it is shown once")
    {
        Arguments = { Words.One("NAME") },
        Options = { Flags.List("scope", "read,bookmark,write,admin", "what it may do (read)"), Flags.Value("expires", "T|DURATION", "until when it is good, such as 90d or 2027-01-01 (for ever)"), Flags.IdempotencyKey },
        Examples = ["ledger token add ba --scope read,bookmark", "ledger token add ci --expires 90d --quiet > token"],
        Run = RunAdd,
    };

    private static Verb List() => new("list", "tokens, without the tokens themselves")
    {
        Options = { Flags.Format, Flags.Csv, Flags.Wide },
        Examples = ["ledger token list"],
        Run = RunList,
    };

    private static Verb Revoke() => new("revoke", "make a token worthless at once")
    {
        Arguments = { Words.One("ID") },
        KeepsQuietAboutArguments = true,
        Options = { Flags.IdempotencyKey },
        Examples = ["ledger token revoke 4f1c"],
        Run = RunRevoke,
    };

    private static int RunAdd(Call call)
    {
        var name = call.Word(0)!;
        var scopes = call.List("scope");
        foreach (var scope in scopes)
            if (Array.IndexOf(Scopes, scope) < 0) throw call.Wrong("usage.scope", $"--scope '{scope}' is unknown. There are: {string.Join(", ", Scopes)}.", "scope", scope, Scopes);
        if (scopes.Count == 0) scopes.Add("read");
        // Here a length of time reaches forwards.
        var expires = call.Text("expires") is { } text && Times.TryDuration(text, out var length) ? (call.Began + length).ToText() : call.Instant("expires");
        var answer = call.Client.Write("POST", "/tokens", Body.Of(json =>
        {
            json.WriteString("name", name);
            json.Maybe("scopes", scopes);
            json.Maybe("expires", expires);
        }));
        if (call.Printer.Json)
        {
            call.Printer.PrintJson(answer);
            return Exit.Ok;
        }
        call.Printer.Line(SafeText.Of(answer.Text("token")));
        call.Printer.Note($"Token {answer.Text("id")} of {name} ({string.Join(", ", scopes)}){(expires is null ? "" : $", good until {call.Printer.Time(expires)} {call.Printer.ZoneName}")}. It is not shown again.");
        return Exit.Ok;
    }

    private static int RunList(Call call)
    {
        var printer = call.Printer;
        printer.CheckFormat();
        var answer = call.Client.Get("/tokens", money: false);
        if (printer.Json)
        {
            printer.PrintJson(answer);
            return Exit.Ok;
        }
        var table = new Table(
            new("Name", "name", WidthMax: 40), Column.Whole("Scopes", "scopes", gives: 3), Column.Whole("State", "state"), Column.Time("Expires", "expiresAt"), Column.Time("Last used", "usedAt", gives: 2),
            Column.Time("Revoked", "revokedAt", gives: 1), Column.Whole("ID", "id"));
        foreach (var token in answer.Items("tokens"))
            table.Add(Cell.Text(token.Text("name")), Cell.Text(token.Names("scopes")), Cell.Text(State(token, call.Began)), When(printer, token, "expiresAt"), When(printer, token, "usedAt"), When(printer, token, "revokedAt"), Cell.Text(token.Text("id")));
        printer.Print(table);
        printer.Foot();
        return Exit.Ok;
    }

    private static Cell When(Printer printer, JsonElement token, string name) => printer.TimeCell(token.Text(name));

    /// <summary>Whether it still opens anything.</summary>
    private static string State(JsonElement token, DateTimeOffset now) =>
        token.Text("revokedAt") is not null ? "revoked"
        : Instants.TryParse(token.Text("expiresAt"), out var expires) && expires <= now ? "expired"
        : "good";

    private static int RunRevoke(Call call)
    {
        var answer = call.Client.Write("DELETE", "/tokens/" + Uri.EscapeDataString(call.Word(0)!), []);
        if (call.Printer.Json) call.Printer.PrintJson(answer);
        else call.Printer.Line("revoked");
        return Exit.Ok;
    }
}
