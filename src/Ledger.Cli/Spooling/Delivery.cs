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

        int status;
        byte[] body;
        try
        {
            (status, body) = call.Client.Raw("POST", bookmark.Path, bookmark.Body, bookmark.Key, Patience.Bookmark);
            // The first attempt, whose outcome we never saw, did arrive: under its own body the service repeats what it said then.
            if (status == 422 && bookmark.FirstBody is not null && ProblemOf(call, status, body)?.Code == "idempotency.reused")
                (status, body) = call.Client.Raw("POST", bookmark.Path, bookmark.FirstBody, bookmark.Key, Patience.Bookmark);
        }
        catch (WireException)
        {
            return false;
        }

        if (ProblemOf(call, status, body) is not { } problem)
        {
            spool.Remove(name);
            Delivered++;
            return true;
        }
        var failed = status >= 500 && problem.Exit != Exit.Unavailable;
        if (status is 401 or 403 or 408 or 429 || problem.Exit == Exit.Unavailable || (failed && bookmark.Attempts + 1 < FailuresMax))
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
    private static Problem? ProblemOf(Call call, int status, byte[] body)
    {
        try
        {
            call.Client.Remember(LedgerClient.JudgeBookmark(status, body));
            return null;
        }
        catch (Refusal refusal)
        {
            return refusal.Problem;
        }
    }
}
