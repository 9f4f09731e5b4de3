using Ledger.Contracts;
using Ledger.Service.Http;
using Ledger.Service.Spend;
using Ledger.Service.Storage;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Npgsql;
using Wolverine.Http;

namespace Ledger.Service.Operations;

public static class VerifyBooksEndpoint
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(60);

    /// <summary>Changes nothing, so a repeat is another check and no answer is kept.</summary>
    [WolverinePost("/api/v1/verify"), Authorize(Policy = Scopes.Write), NotReplayed, ProducesResponseType<Verified>(200)]
    public static LongAnswer Post(VerifyBooks books, LogProgressReader reader, SpendViews spend, Positions positions, NpgsqlDataSource db) => new(async (progress, ct) =>
    {
        // What is on its way may arrive first; an older event that is missing is told.
        var last = await positions.Last(ct);
        var caughtUp = await spend.WaitFor(last, patience, ct);
        var log = await reader.Read(ct);
        // A node that is silent breaks no law as long as the views have everything.
        var follow = log.Troubles.Except(caughtUp ? log.HeldUp : []).FirstOrDefault() ?? (caughtUp ? null : $"at position {log.Views[0].Position} of {last}");
        var checks = new List<VerifiedLaw> { new("the views follow the log", follow is null, log.Views[0].Position, follow) };
        try
        {
            foreach (var law in await books.Run(new Told<(long Done, long Of)>(p => progress(new("views", p.Done, p.Of))), ct))
                checks.Add(new(law.Law, law.Ok, law.Checked, law.Position is { } at && law.Detail is { } detail ? $"position {at}: {detail}" : law.Detail));
        }
        catch (RebuildBusyException e)
        {
            throw new Refused("log.busy", e.Message) { RetryAfter = TimeSpan.FromSeconds(5) };
        }
        await using var connection = await db.OpenConnectionAsync(ct);
        var link = await Chain.Last(connection, ct);
        return new Verified(checks.TrueForAll(c => c.Ok), link.Position, Convert.ToHexStringLower(link.Hash), checks);
    });
}

/// <summary>Progress told at once, on the thread that makes it.</summary>
public sealed class Told<T>(Action<T> tell) : IProgress<T>
{
    public void Report(T value) => tell(value);
}
