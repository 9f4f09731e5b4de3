using Ledger.Postgres;
using Ledger.Service.Http;
using Ledger.Views;

namespace Ledger.Service.Operations;

/// <summary>Checks every law on the live books: the chain over the log, the money rows, and that a rebuild gives the same.</summary>
internal sealed record VerifyBooks;

internal sealed record Verified(bool Ok, long Position, string Chain, IReadOnlyList<VerifiedLaw> Checks);

internal sealed record VerifiedLaw(string Law, bool Ok, long Checked, string? Detail);

internal static class VerifyBooksEndpoint
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(60);

    public static LongAnswer Post(VerifyBooks request, Command command, LedgerDatabase database, IEventLog log, Books books) => new(async (progress, ct) =>
    {
        _ = (request, command);
        var checks = new List<VerifiedLaw>();
        var verified = await LogVerifier.Verify(database, new Told<VerifyProgress>(p => progress(new("log", p.Position, p.Of))), ct);
        checks.Add(new("positions are dense and the chain covers every column of every event", verified.Ok, verified.Checked, verified.Fault is { } fault ? $"position {fault.Position}: {fault.What}" : null));

        var head = await log.Head(ct);
        var caughtUp = await books.WaitFor(head.Position, patience, ct);
        checks.Add(new("the views follow the log", caughtUp && books.Halted is null, books.Position, caughtUp ? null
            : books.Halted is { } halted ? $"stopped after position {books.Position}: {Names.Printable(halted.Message)}" : $"at position {books.Position} of {head.Position}"));
        try
        {
            foreach (var law in await books.CheckLaws(new Told<(long Done, long Of)>(p => progress(new("views", p.Done, p.Of))), ct))
                checks.Add(new(law.Law, law.Ok, law.Checked, law.Detail));
        }
        catch (RebuildBusyException e)
        {
            throw new Refused("log.busy", e.Message) { RetryAfter = TimeSpan.FromSeconds(5) };
        }
        return new Verified(checks.TrueForAll(c => c.Ok), verified.Position, Convert.ToHexStringLower(verified.Chain.Span), checks);
    });
}

/// <summary>Progress told at once, on the thread that makes it.</summary>
internal sealed class Told<T>(Action<T> tell) : IProgress<T>
{
    public void Report(T value) => tell(value);
}
