using Ledger.Cli.Http;

namespace Ledger.Cli.Spooling;

/// <summary>Sends what waits in the spool, in order. Stops at the first that the service can't take now.</summary>
internal sealed class Delivery(Call call)
{
    /// <summary>The service fails at a bookmark this often before it is set aside: one that it can't digest must not hold up the rest.</summary>
    private const int FailuresMax = 10;

    private static readonly TimeSpan OthersPatience = TimeSpan.FromSeconds(5);

    public int Delivered { get; private set; }
    public int Refused { get; private set; }

    /// <summary>Why the rest must wait, when the service said so itself.</summary>
    public Problem? StoppedBy { get; private set; }

    public Delivery Run()
    {
        try
        {
            // Another process may be delivering; what it leaves over is ours.
            using var held = call.Spool.Lock(OthersPatience);
            if (held is null) return this;
            foreach (var name in call.Spool.WaitingNames())
                if (!Deliver(name)) break;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            call.Printer.Warn("The spool can't be written, so nothing was delivered from it.");
        }
        return this;
    }

    /// <summary>False when the rest must wait.</summary>
    private bool Deliver(string name)
    {
        var spool = call.Spool;
        if (spool.Read(name) is not { } bookmark)
        {
            spool.RefuseUnreadable(name);
            Refused++;
            return true;
        }
        if (bookmark.Url != call.Settings.UrlText) return true;

        Reply reply;
        try
        {
            reply = call.Client.Raw("POST", bookmark.Path, bookmark.Body, bookmark.Key, Patience.Bookmark, bookmark.SendsAt ? bookmark.At : null);
            // The first attempt of version 0.1, whose outcome it never saw, did arrive: under its own body the service repeats what it said then.
            if (reply.Status == 422 && bookmark.FirstBody is not null && ProblemOf(call, reply)?.Code == "idempotency.reused")
                reply = call.Client.Raw("POST", bookmark.Path, bookmark.FirstBody, bookmark.Key, Patience.Bookmark);
        }
        catch (WireException)
        {
            return false;
        }

        if (ProblemOf(call, reply) is not { } problem)
        {
            spool.Remove(name);
            Delivered++;
            return true;
        }
        var failed = reply.Status >= 500 && problem.Exit != Exit.Unavailable;
        if (reply.Status is 401 or 403 or 408 or 429 || problem.Exit == Exit.Unavailable || (failed && bookmark.Attempts + 1 < FailuresMax))
        {
            if (failed) spool.Replace(name, bookmark with { Attempts = bookmark.Attempts + 1 });
            StoppedBy = problem;
            return false;
        }
        spool.Refuse(name, bookmark with { Problem = problem });
        Refused++;
        return true;
    }

    /// <summary>Null when it is in the books.</summary>
    private static Problem? ProblemOf(Call call, Reply reply)
    {
        try
        {
            call.Client.Remember(reply.Bookmark());
            return null;
        }
        catch (Refusal refusal)
        {
            return refusal.Problem;
        }
    }
}
