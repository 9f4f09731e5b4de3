using Ledger.Accounts;
using Ledger.Money;
using Ledger.Service.Accounts;
using Ledger.Service.Settings;
using Ledger.Service.Xai;
using Marten;
using Microsoft.Extensions.Logging;

namespace Ledger.Service.Polling;

/// <summary>What a provider said of one stretch of an account, or of the end of it.</summary>
/// <param name="Readings">Usage; none where the answers were cut off until the requests were used up.</param>
/// <param name="Dimensions">What the feed was grouped by.</param>
/// <param name="HoursAtOnce">How many hours can be read at once, where answers were cut off; null: none was.</param>
/// <param name="Balance">The money on the account; null: not asked, or it can't be read.</param>
/// <param name="BalanceAt">When it was asked for; null: it was not.</param>
/// <param name="Keys">Names of keys by id; null: not asked.</param>
/// <param name="ClockAhead">By how much the provider's clock is ahead of ours, at least; null: it did not say.</param>
public sealed record AccountReadings(
    IReadOnlyList<Reading> Readings, DimensionSet Dimensions, int? HoursAtOnce, BalanceObserved? Balance, DateTimeOffset? BalanceAt, IReadOnlyDictionary<string, string?>? Keys, TimeSpan? ClockAhead)
{
    /// <summary>Why the balance can't be read; null: it was, or was not asked for.</summary>
    public ProviderException? NoBalance { get; init; }

    private const int linesMax = 200_000;

    /// <summary>It does not fit into one transaction.</summary>
    public bool IsTooLarge => Readings.Sum(r => r.Lines.Count) > linesMax;

    public DateTimeOffset Asked => Readings.Min(r => r.Asked);

    public DateTimeOffset Answered => Readings.Max(r => r.Answered);
}

/// <summary>Asks the provider: usage, and the balance and the keys' names where they are due. Bounded in requests and time.</summary>
public sealed partial class AccountReader(XaiClients clients, Credentials credentials, LedgerOptions options, TimeProvider clock, ILogger<AccountReader> logger)
{
    /// <summary>The kind of a failure that is not the provider's.</summary>
    public const string Internal = "internal";

    private const int requestsMax = 10;
    private const int balanceRequests = 3;
    private static readonly TimeSpan balanceEvery = TimeSpan.FromMinutes(1);

    /// <exception cref="ProviderException">Nothing of it was used.</exception>
    public async Task<AccountReadings> Read(IQuerySession session, Account account, Source source, PollAccount message, Interval stretch, CancellationToken ct)
    {
        try
        {
            var secret = await credentials.Open(session, account, ct);
            return await Patience.Within(clock, limited => Read(session, secret, account, source, message, stretch, limited), ct);
        }
        catch (Refused lost) when (lost.Why.Code == "credential.lost")
        {
            throw new ProviderException(FailureKind.Auth, lost.Why.Detail);
        }
        catch (Exception e) when (e is not (ProviderException or OperationCanceledException or Npgsql.NpgsqlException or Marten.Exceptions.MartenCommandException))
        {
            // Ours, not the provider's: asking again at once would only be more of it.
            LogUnexpected(e, account.Id);
            throw new ProviderException(Internal, Names.Printable(e.Message));
        }
    }

    private async Task<AccountReadings> Read(IQuerySession session, Secret secret, Account account, Source source, PollAccount message, Interval stretch, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var deep = message.Reason is PollReason.Sync or PollReason.Reread or PollReason.Monthly or PollReason.Connect;
        var priority = PriorityOf(message.Reason);
        var wantsBalance = message.Reason switch
        {
            PollReason.Refine => false,
            PollReason.Sync => source.BalanceAt is null || source.BalanceAt < message.Sent,
            _ => source.BalanceAt is null || source.BalanceAt < account.ConnectedAt || now - source.BalanceAt >= balanceEvery,
        };
        var xai = clients.For(secret, wantsBalance ? requestsMax - balanceRequests : requestsMax);
        var wantsKeys = message.Reason switch
        {
            PollReason.Connect => !(source.KeysAt >= account.ConnectedAt),
            PollReason.Sync or PollReason.Reread => !(source.KeysAt >= message.Sent),
            _ => false,
        };
        var keys = wantsKeys ? await Keys(xai, account, priority, ct) : null;

        // What the provider refused once it may take by now, so a deep reading asks for the usual again.
        TimeSpan? clockAhead = null;
        var (dimensions, hours, readings) = (deep ? DimensionSet.KeyModelUnit : source.Dimensions, default(int?), new List<Reading>());
        foreach (var (part, seconds) in account.InWidths(stretch).Reverse())
        {
            var usage = await xai.ReadUsage(account.Team, part, seconds, dimensions, priority, ct);
            (dimensions, hours, clockAhead) = (usage.Dimensions, usage.HoursAtOnce, usage.ClockAhead ?? clockAhead);
            foreach (var silent in usage.Silent)
                if (await session.HoldsSpend(account.Id, silent, ct)) throw new ProviderException(FailureKind.Contract, $"no timeSeries in the answer for {silent.Start.ToText()} to {silent.End.ToText()}, where there was spend before.");
            if (message.Since is not null) await Believe(session, account, usage.Readings, now, ct);
            readings.InsertRange(0, message.Reason == PollReason.Connect ? usage.Readings.SelectMany(r => r.PerDay()) : usage.Readings);
            if (hours is not null) break;
        }
        // Without readings nothing is recorded.
        wantsBalance &= readings.Count > 0;
        var (balance, noBalance) = wantsBalance ? await Balance(xai, account, priority, ct) : default;
        return new(readings, dimensions, hours, balance, wantsBalance ? now : null, keys, clockAhead) { NoBalance = noBalance };
    }

    /// <summary>Nobody says how long the provider keeps figures. A day further back than connecting reads is no answer where the books hold spend of it and the answer holds none.</summary>
    private async Task Believe(IQuerySession session, Account account, IEnumerable<Reading> readings, DateTimeOffset now, CancellationToken ct)
    {
        foreach (var day in readings.SelectMany(r => r.PerDay()).Where(d => d.Covers.End <= now.AddDays(-options.BackfillDays) && d.Lines.All(l => l.Total == Usd.Zero)))
            if (await session.HoldsSpend(account.Id, day.Covers, ct))
                throw new ProviderException(FailureKind.Contract, $"no spend in the answer for {day.Covers.Start.ToText()} to {day.Covers.End.ToText()}, where there was some before: it may not keep figures for so long.");
    }

    internal static Priority PriorityOf(PollReason reason) => reason is PollReason.Due or PollReason.Reread or PollReason.Monthly or PollReason.Refine ? Priority.Background : Priority.First;

    /// <summary>Without the balance the spend is as complete as before, so its failure is a note beside the credit.</summary>
    private async Task<(BalanceObserved? Balance, ProviderException? Why)> Balance(XaiClient xai, Account account, Priority priority, CancellationToken ct)
    {
        try
        {
            return ((await xai.ReadBalance(account.Team, priority, ct)).For(account.Id), null);
        }
        catch (ProviderException e) when (e.Kind is FailureKind.Permission or FailureKind.NotFound or FailureKind.Contract or FailureKind.Unreachable or FailureKind.Invalid)
        {
            LogNoBalance(account.Id, e.Detail);
            return (null, e);
        }
    }

    /// <summary>Keys that have not spent yet are only in the list; without the right to it they become known when they spend.</summary>
    private async Task<IReadOnlyDictionary<string, string?>?> Keys(XaiClient xai, Account account, Priority priority, CancellationToken ct)
    {
        try
        {
            return (await xai.Keys(account.Team, priority, ct)).ToDictionary(k => k.Id, k => k.Name, StringComparer.Ordinal);
        }
        catch (ProviderException e) when (e.Kind is FailureKind.Permission or FailureKind.NotFound or FailureKind.Contract or FailureKind.Unreachable)
        {
            // Names only: the spend is read all the same.
            LogNoKeys(account.Id, e.Detail);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The balance of {Account} can't be read: {Detail}")]
    private partial void LogNoBalance(string account, string detail);

    [LoggerMessage(LogLevel.Information, "The keys of {Account} can't be listed: {Detail}")]
    private partial void LogNoKeys(string account, string detail);

    [LoggerMessage(LogLevel.Error, "Reading {Account} met something unexpected")]
    private partial void LogUnexpected(Exception e, string account);
}
