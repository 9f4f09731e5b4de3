using Ledger.Accounts;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Service.Accounts;
using Ledger.Service.Storage;
using Ledger.Service.Xai;
using Marten;
using Marten.Services.BatchQuerying;

namespace Ledger.Service.Polling;

/// <summary>A reading whose edge hours are told more finely, and what had to stay whole.</summary>
/// <param name="Reading">The reading.</param>
/// <param name="Unsplit">Buckets that have an edge and stay whole.</param>
/// <param name="Served">Widths that the provider answered with.</param>
/// <param name="Left">Where the requests did not suffice; null: they did.</param>
public sealed record FinerReading(Reading Reading, IReadOnlyList<Unsplit> Unsplit, IReadOnlySet<int> Served, Interval? Left);

/// <summary>
/// Asks for minutes and seconds where an edge cuts an hour: only where the hour's figure is not what the books hold of it more finely already. Bounded
/// in requests; what they don't suffice for stays whole and is read behind everything else.
/// </summary>
public sealed class EdgeReader(XaiClients clients, Credentials credentials, TimeProvider clock)
{
    private const int requestsMax = 8;

    private static readonly TimeSpan hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan minutesAtOnce = TimeSpan.FromHours(6);
    private static readonly TimeSpan secondsAtOnce = TimeSpan.FromMinutes(10);

    /// <exception cref="ProviderException">The provider can't be read just now; nothing of it is used.</exception>
    public Task<FinerReading> Read(IQuerySession session, Account account, Source source, Reading reading, EdgeFacts facts, PollReason reason, CancellationToken ct) =>
        account.FinestSeconds >= reading.Seconds
            ? Task.FromResult(new FinerReading(reading, [], new HashSet<int>(), null))
            : Patience.Within(clock, limited => ReadFiner(session, account, source, reading, facts, reason, limited), ct);

    private async Task<FinerReading> ReadFiner(IQuerySession session, Account account, Source source, Reading reading, EdgeFacts facts, PollReason reason, CancellationToken ct)
    {
        var edges = Edges.Of(facts.Missions, facts.Keys, reading.Covers);
        var split = new Split(reading, facts.Held, edges, account.FinestSeconds, TimeSpan.FromSeconds(account.LagSeconds));
        var asking = new Asking(source, account, reading, clock.GetUtcNow(), tryAgain: reason is PollReason.Reread or PollReason.Monthly or PollReason.Sync);
        var priority = AccountReader.PriorityOf(reason);
        Secret? secret = null;
        Interval? left = null;

        foreach (var (window, seconds) in Windows([.. split.HoursToAsk.Select(h => (h, asking.WidthFor(h)))], hour, minutesAtOnce))
        {
            var width = seconds;
            var answer = await Ask(window, width);
            if (answer?.Why == Split.Refused && width == 60)
            {
                foreach (var each in Within(split.HoursToAsk, window)) split.Stays(each, width, Split.Refused);
                answer = await Ask(window, width = 900);
            }
            foreach (var each in Within(split.HoursToAsk, window))
            {
                if (answer is null) Leave(each);
                else if (answer.Why is { } why) split.Stays(each, width, why);
                else split.TellHour(each, width, [.. answer.Lines.Where(l => l.Start.FloorToHour() == each)]);
            }
        }
        var minutes = split.MinutesToAsk();
        foreach (var (window, seconds) in Windows([.. minutes.Select(m => (m, asking.MayAsk(m, 1) ? 1 : 0))], minute, secondsAtOnce))
        {
            var answer = await Ask(window, seconds);
            foreach (var each in Within(minutes, window))
            {
                if (answer is null) Leave(each.FloorToHour());
                else if (answer.Why is { } why) split.Stays(each, 1, why);
                else split.TellMinute(each, [.. answer.Lines.Where(l => l.Start.FloorToMinute() == each)]);
            }
        }
        return new(split.Result() with { Answered = asking.Answered }, split.Unsplit, asking.Served, left);

        void Leave(DateTimeOffset start) => left = left?.Spanning(new(start, start.AddHours(1))) ?? new(start, start.AddHours(1));

        // Null: the requests don't suffice.
        async Task<FineUsage?> Ask(Interval window, int seconds)
        {
            // Connecting reads much; what it finds whole is split afterwards, behind everything else.
            if (reason == PollReason.Connect || asking.Requests >= requestsMax) return null;
            var (before, xai) = (asking.Requests, clients.For(secret ??= await credentials.Open(session, account, ct), requestsMax - asking.Requests));
            var answer = asking.Take(await xai.ReadFine(account.Team, window, seconds, reading.Dimensions, priority, ct), seconds);
            // Cut off by what was asked before; the next time it has them all.
            return answer.Why == Split.CutOff && before > 0 && asking.Requests >= requestsMax ? null : answer;
        }
    }

    /// <summary>
    /// Stretches to ask for at once, the newest first: what lies close together is one request. But the running hour is asked for alone: what is refused
    /// for it is refused for the account, and older hours may not be served any more.
    /// </summary>
    private List<(Interval Window, int Seconds)> Windows(IReadOnlyList<(DateTimeOffset Start, int Seconds)> wanted, TimeSpan length, TimeSpan atOnce)
    {
        var running = clock.GetUtcNow().FloorToHour();
        var windows = new List<(Interval Window, int Seconds)>();
        foreach (var (start, seconds) in wanted.Where(w => w.Seconds > 0))
        {
            if (windows is [.., var last] && last.Seconds == seconds && last.Window.End - start <= atOnce && start >= running == last.Window.Start >= running) windows[^1] = (new(start, last.Window.End), seconds);
            else windows.Add((new(start, start + length), seconds));
        }
        return windows;
    }

    private static IEnumerable<DateTimeOffset> Within(IReadOnlyList<DateTimeOffset> starts, Interval window) => starts.Where(window.Contains);

    /// <summary>What may be asked for, and what was.</summary>
    private sealed class Asking(Source source, Account account, Reading reading, DateTimeOffset now, bool tryAgain)
    {
        public int Requests { get; private set; }

        public DateTimeOffset Answered { get; private set; } = reading.Answered;

        public HashSet<int> Served { get; } = [];

        public FineUsage Take(FineUsage answer, int seconds)
        {
            Requests += answer.Requests;
            if (answer.Why is null) Served.Add(seconds);
            if (answer.Answered > Answered) Answered = answer.Answered;
            return answer;
        }

        /// <summary>The width to ask an hour's parts for; 0: none is served today.</summary>
        public int WidthFor(DateTimeOffset start) => MayAsk(start, 60) ? 60 : MayAsk(start, 900) ? 900 : 0;

        public bool MayAsk(DateTimeOffset start, int seconds) => tryAgain ? seconds >= account.FinestSeconds : source.MayAsk(account, start, seconds, now);
    }
}

/// <summary>What the split of a reading hangs on.</summary>
/// <param name="Held">The lines of its time.</param>
/// <param name="Missions">Missions that may have an edge in it.</param>
/// <param name="Keys">The account's keys.</param>
public sealed record EdgeFacts(IReadOnlyCollection<HeldLine> Held, IReadOnlyCollection<Mission> Missions, IReadOnlyCollection<KeyOwnership> Keys);

/// <summary>What makes edges.</summary>
public static class EdgeQueries
{
    private const int missionsMax = 10_000;

    public static Task<IReadOnlyList<Mission>> MissionsSince(this IBatchedQuery batch, DateTimeOffset since) =>
        batch.Query<Mission>().Where(m => m.LastEdge >= since && !m.Cancelled).OrderByDescending(m => m.LastEdge).Take(missionsMax).ToList();

    public static Task<IReadOnlyList<KeyOwnership>> KeysOf(this IBatchedQuery batch, string account) =>
        batch.Query<KeyOwnership>().Where(k => k.Account == account).Take(Known.Max).ToList();

    public static async Task<(IReadOnlyList<Mission> Missions, IReadOnlyList<KeyOwnership> Keys)> EdgeMakers(this IQuerySession session, string account, DateTimeOffset since, CancellationToken ct)
    {
        var batch = session.CreateBatchQuery();
        var (missions, keys) = (batch.MissionsSince(since), batch.KeysOf(account));
        await batch.Execute(ct);
        return (await missions, await keys);
    }
}
