using Marten;
using Marten.Services;
using Npgsql;
using Polly;

namespace Ledger.Service.Storage;

/// <summary>
/// Whether the database takes what is written. With a full disk, without memory or as a standby it answers every question and still refuses
/// that; so what was refused last is remembered until something is taken again.
/// </summary>
public sealed class RefusedWrites(TimeProvider clock) : DocumentSessionListenerBase
{
    /// <summary>Where nobody tries to write, nobody knows any more after this.</summary>
    private static readonly TimeSpan remembered = TimeSpan.FromMinutes(2);

    private static readonly string[] states = [PostgresErrorCodes.DiskFull, PostgresErrorCodes.OutOfMemory, PostgresErrorCodes.ReadOnlySqlTransaction];

    private readonly Lock gate = new();
    private (DateTimeOffset Since, DateTimeOffset Last, string Why)? refused;

    /// <summary>What is wrong and what comes of it, in words; null: nothing, as far as is known.</summary>
    public string? Trouble
    {
        get
        {
            lock (gate)
                return refused is not { } r || clock.GetUtcNow() - r.Last > remembered ? null
                    : $"the database has refused what is written since {r.Since.ToText()}: {r.Why}. Commands are answered with log.busy; everything goes on by itself when it takes it again";
        }
    }

    /// <summary>Looks at what Marten runs.</summary>
    public void Watch(StoreOptions store)
    {
        store.Listeners.Add(this);
        store.ExtendWritePolly(pipeline => pipeline.AddStrategy(_ => new Look(this), new Looked()));
    }

    public override Task AfterCommitAsync(IDocumentSession session, IChangeSet commit, CancellationToken token)
    {
        // A heartbeat that was taken says nothing of the log.
        if (commit.GetEvents().Any())
            lock (gate) refused = null;
        return Task.CompletedTask;
    }

    private void Note(Exception e)
    {
        var cause = e;
        while (cause is not PostgresException && cause.InnerException is { } inner) cause = inner;
        if (cause is not PostgresException why || !states.Contains(why.SqlState, StringComparer.Ordinal)) return;
        var now = clock.GetUtcNow();
        lock (gate) refused = (refused is { } r && now - r.Last <= remembered ? r.Since : now, now, $"{Names.Printable(why.MessageText)} (SQLSTATE {why.SqlState})");
    }

    private sealed class Looked : ResilienceStrategyOptions;

    private sealed class Look(RefusedWrites writes) : ResilienceStrategy
    {
        protected override async ValueTask<Outcome<TResult>> ExecuteCore<TResult, TState>(Func<ResilienceContext, TState, ValueTask<Outcome<TResult>>> callback, ResilienceContext context, TState state)
        {
            var outcome = await callback(context, state);
            if (outcome.Exception is { } e) writes.Note(e);
            return outcome;
        }
    }
}
