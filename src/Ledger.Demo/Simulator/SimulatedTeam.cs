using System.Globalization;
using Ledger.Money;

namespace Ledger.Demo.Simulator;

/// <summary>
/// A team that spends and keeps the true record of it: who spent what, when, through which key, to the tick. The server shows what a
/// provider would show of it; tests compare the books with the record.
/// </summary>
/// <remarks>Safe for concurrent use. Deterministic: the same seed and the same calls give the same team.</remarks>
public sealed class SimulatedTeam
{
    private readonly Lock gate = new();
    private readonly Random random;
    private readonly TimeProvider clock;
    private readonly List<Spent> record = [];
    private readonly List<SimulatedKey> keys = [];
    private readonly List<(DateTimeOffset At, Usd Amount)> purchases = [];
    private readonly HashSet<(DateTimeOffset Hour, string Key, string Model, string Unit)> vanished = [];

    /// <param name="clock">Says what "now" is.</param>
    /// <param name="seed">Ids and key texts follow from it.</param>
    public SimulatedTeam(TimeProvider clock, int seed = 1)
    {
        this.clock = clock;
        random = new(seed);
        Id = Uuid();
    }

    /// <summary>The team's id: a UUID, as the provider's are.</summary>
    public string Id { get; }

    /// <summary>How long billing takes to show a spend; for spends made from now on.</summary>
    public TimeSpan SettlementDelay { get; set; }

    /// <summary>Promotional credit, drawn before anything else.</summary>
    public Usd FreeCredit { get; set; }

    /// <summary>Limit of invoiced spend.</summary>
    public Usd SpendingLimit { get; set; }

    /// <summary>All keys, whether listed yet or not.</summary>
    public IReadOnlyList<SimulatedKey> Keys
    {
        get { lock (gate) return [.. keys]; }
    }

    /// <summary>The true record in order of time, with the provider's corrections (agent null).</summary>
    public IReadOnlyList<Spent> Record
    {
        get { lock (gate) return [.. record]; }
    }

    /// <summary>A new API key.</summary>
    /// <param name="name">Its label.</param>
    /// <param name="created">From when on it is listed; default: now.</param>
    public SimulatedKey AddKey(string name, DateTimeOffset? created = null)
    {
        const string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        lock (gate)
        {
            var key = new SimulatedKey(Uuid(), name, "xai-" + new string(random.GetItems<char>(letters, 80)), created ?? clock.GetUtcNow());
            keys.Add(key);
            return key;
        }
    }

    /// <summary>The key of that name.</summary>
    public SimulatedKey Key(string name)
    {
        lock (gate) return keys.Single(key => key.Name == name);
    }

    /// <summary>A top-up that succeeded.</summary>
    public void BuyCredit(Usd amount, DateTimeOffset? at = null)
    {
        lock (gate) purchases.Add((at ?? clock.GetUtcNow(), amount));
    }

    /// <summary>An agent spends.</summary>
    /// <param name="agent">Who.</param>
    /// <param name="key">Id of the key.</param>
    /// <param name="model">Model.</param>
    /// <param name="unit">Unit type.</param>
    /// <param name="amount">Exact.</param>
    /// <param name="at">When; default: now.</param>
    /// <param name="visibleAfter">How late billing shows it; default: <see cref="SettlementDelay"/>.</param>
    public Spent Spend(string agent, string key, string model, string unit, Usd amount, DateTimeOffset? at = null, TimeSpan? visibleAfter = null)
    {
        var when = (at ?? clock.GetUtcNow()).ToUniversalTime();
        return Add(new(when, agent, key, model, unit, amount, when + (visibleAfter ?? SettlementDelay)));
    }

    /// <summary>Makes all spends of a script at once, whenever they lie.</summary>
    public void Play(IEnumerable<ScriptedSpend> script)
    {
        foreach (var spend in script) Spend(spend.Agent, spend.Key, spend.Model, spend.Unit, spend.Amount, spend.At);
    }

    /// <summary>Makes the spends of a script as their time comes.</summary>
    public async Task Run(IEnumerable<ScriptedSpend> script, CancellationToken ct)
    {
        foreach (var spend in script.OrderBy(spend => spend.At))
        {
            var wait = spend.At - clock.GetUtcNow();
            if (wait > TimeSpan.Zero) await Task.Delay(wait, clock, ct);
            Spend(spend.Agent, spend.Key, spend.Model, spend.Unit, spend.Amount, spend.At);
        }
    }

    /// <summary>The provider restates what a key cost in the hour of an instant, up or down. The true record of the agents stays.</summary>
    /// <param name="within">An instant of the hour; the correction lies at that instant.</param>
    /// <param name="key">Id of the key.</param>
    /// <param name="model">Model.</param>
    /// <param name="unit">Unit type.</param>
    /// <param name="total">What that hour's line shall show from now on.</param>
    public void Restate(DateTimeOffset within, string key, string model, string unit, Usd total)
    {
        lock (gate)
        {
            var hour = HourOf(within);
            var shown = Sum(record.Where(spent => HourOf(spent.At) == hour && spent.Key == key && spent.Model == model && spent.Unit == unit));
            Add(new(within.ToUniversalTime(), null, key, model, unit, total - shown, clock.GetUtcNow()));
        }
    }

    /// <summary>The provider calls a model otherwise, also in the past.</summary>
    public void Rename(string model, string name)
    {
        lock (gate)
            for (var i = 0; i < record.Count; i++)
                if (record[i].Model == model) record[i] = record[i] with { Model = name };
    }

    /// <summary>A line vanishes from answers: not even a zero is left of the hour's line.</summary>
    public void Vanish(DateTimeOffset within, string key, string model, string unit)
    {
        lock (gate) vanished.Add((HourOf(within), key, model, unit));
    }

    /// <summary>Vanished lines are there again.</summary>
    public void Unvanish()
    {
        lock (gate) vanished.Clear();
    }

    /// <summary>What some agents truly spent in some windows (half-open), to the tick.</summary>
    public Usd TrueCost(IEnumerable<string> agents, IEnumerable<Interval> windows)
    {
        var who = agents.ToHashSet(StringComparer.Ordinal);
        var when = windows.ToList();
        lock (gate) return Sum(record.Where(spent => spent.Agent is { } agent && who.Contains(agent) && when.Any(window => window.Contains(spent.At))));
    }

    /// <summary>What was truly spent, by anything: <c>By(spent => spent.Key)</c>.</summary>
    public IReadOnlyDictionary<string, Usd> By(Func<Spent, string> part, Interval? range = null)
    {
        lock (gate)
        {
            return record.Where(spent => spent.Agent is not null && (range is not { } within || within.Contains(spent.At)))
                .GroupBy(part, StringComparer.Ordinal).ToDictionary(group => group.Key, Sum, StringComparer.Ordinal);
        }
    }

    /// <summary>What billing shows at an instant (default: now) for a range, corrections included.</summary>
    public Usd Billed(Interval? range = null, DateTimeOffset? at = null)
    {
        var now = at ?? clock.GetUtcNow();
        lock (gate) return Sum(record.Where(spent => spent.VisibleAt <= now && (range is not { } within || within.Contains(spent.At))));
    }

    /// <summary>Prepaid credit left at an instant (default: now), as the provider's preview has it.</summary>
    public Usd CreditLeft(DateTimeOffset? at = null)
    {
        var money = MoneyAt(at ?? clock.GetUtcNow());
        return money.PrepaidCredit - money.PrepaidUsed;
    }

    /// <summary>An instant's money: what this UTC month drew from free and prepaid credit, and what was left before it.</summary>
    internal CycleMoney MoneyAt(DateTimeOffset now)
    {
        lock (gate)
        {
            var month = new DateTimeOffset(now.UtcDateTime.Year, now.UtcDateTime.Month, 1, 0, 0, 0, TimeSpan.Zero);
            var bought = Usd.Zero;
            foreach (var purchase in purchases)
            {
                if (purchase.At <= now) bought += purchase.Amount;
            }
            var before = Drawn(Sum(record.Where(spent => spent.At < month && spent.VisibleAt <= now)), bought);
            var all = Drawn(Sum(record.Where(spent => spent.VisibleAt <= now)), bought);
            var cycle = record.Where(spent => spent.At >= month && spent.VisibleAt <= now).ToList();
            return new(month, Sum(cycle), all.Free - before.Free, bought - before.Prepaid, all.Prepaid - before.Prepaid, [.. purchases.Where(p => p.At <= now)], cycle);
        }

        (Usd Free, Usd Prepaid) Drawn(Usd spent, Usd bought)
        {
            if (spent < Usd.Zero) spent = Usd.Zero;
            var free = Lower(spent, FreeCredit);
            return (free, Lower(spent - free, bought));
        }
    }

    /// <summary>What billing shows of a range, in order of time.</summary>
    internal List<Spent> Shown(Interval range)
    {
        var now = clock.GetUtcNow();
        lock (gate)
        {
            var shown = new List<Spent>();
            for (var i = IndexAfter(range.Start.AddTicks(-1)); i < record.Count && record[i].At < range.End; i++)
            {
                var spent = record[i];
                if (spent.VisibleAt <= now && (vanished.Count == 0 || !vanished.Contains((HourOf(spent.At), spent.Key, spent.Model, spent.Unit)))) shown.Add(spent);
            }
            return shown;
        }
    }

    internal bool HasVanished(DateTimeOffset start, string key, string model, string unit)
    {
        lock (gate) return vanished.Contains((HourOf(start), key, model, unit));
    }

    private static DateTimeOffset HourOf(DateTimeOffset at) => new(at.UtcTicks / TimeSpan.TicksPerHour * TimeSpan.TicksPerHour, TimeSpan.Zero);

    private static Usd Lower(Usd a, Usd b) => a < b ? a : b;

    private static Usd Sum(IEnumerable<Spent> some)
    {
        Int128 ticks = 0;
        foreach (var spent in some) ticks += spent.Amount.Ticks;
        return new(checked((long)ticks));
    }

    // The record is in order of time; most spends come last.
    private Spent Add(Spent spent)
    {
        lock (gate)
        {
            record.Insert(IndexAfter(spent.At), spent);
            return spent;
        }
    }

    private int IndexAfter(DateTimeOffset at)
    {
        var (low, high) = (0, record.Count);
        if (high > 0 && record[^1].At <= at) return high;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (record[middle].At <= at) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    private string Uuid()
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        return string.Create(CultureInfo.InvariantCulture, $"{new Guid(bytes):D}");
    }
}

/// <summary>The money of a UTC month.</summary>
internal sealed record CycleMoney(
    DateTimeOffset Month, Usd Total, Usd FreeUsed, Usd PrepaidCredit, Usd PrepaidUsed, IReadOnlyList<(DateTimeOffset At, Usd Amount)> Purchases, IReadOnlyList<Spent> Spends);
