using Ledger.Cli.Http;
using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>verify</c>: do the laws hold on these books?</summary>
internal static class VerifyCommand
{
    public static Verb Command() => new("verify", "check the books: chain, positions, sums, views; 70 when a law is broken")
    {
        Options = { Flags.IdempotencyKey },
        Examples = ["ledger verify", "ledger verify --json"],
        Run = Run,
    };

    private static int Run(Call call)
    {
        var answer = call.Client.WriteWithProgress("/verify", Body.Empty);
        var ok = answer.Flag("ok") == true;
        if (call.Printer.Json)
        {
            call.Printer.PrintJson(answer);
        }
        else
        {
            foreach (var check in answer.Items("checks"))
                Checks.Print(call, check.Flag("ok"), check.Text("law"), $"{check.Number("checked")?.Grouped()} checked{(check.Text("detail") is { Length: > 0 } detail ? "; " + detail : "")}", null);
            call.Printer.Bold($"{(ok ? "The books are sound" : "A LAW IS BROKEN")} at position {answer.Number("position")?.Grouped()}, chain {SafeText.Of(answer.Text("chain"))}");
        }
        return ok ? Exit.Ok : Exit.Broken;
    }
}
