using Ledger.Money;

namespace Ledger.Demo.Simulator;

/// <summary>
/// The case this product comes from: five keys, $31.00 of prepaid credit of which $3.19 is left, and $27.88 burnt through
/// <c>xai-vigilio</c> by searches, reasoning and images while ba works on that key too. Free credit burns first and covers what the
/// others spent and seven cents more: 27.88 + 4.93 - 5.00 = 27.81 = 31.00 - 3.19. Then the team gives ba a key of its own.
/// </summary>
/// <remarks>Deterministic: the same seed and end give the same record. All amounts are exact.</remarks>
public sealed class TokenMonitorCase
{
    /// <summary>Prepaid credit bought.</summary>
    public static readonly Usd Bought = Usd.FromCents(3100);

    /// <summary>Prepaid credit left at the end.</summary>
    public static readonly Usd Left = Usd.FromCents(319);

    /// <summary>Free credit, all of it used.</summary>
    public static readonly Usd Free = Usd.FromCents(500);

    /// <summary>What went through <c>xai-vigilio</c>.</summary>
    public static readonly Usd ThroughVigilio = Usd.FromCents(2788);

    /// <summary>What the others spent on their own keys.</summary>
    public static readonly Usd ThroughOthers = Usd.FromCents(493);

    /// <summary>How much of <see cref="ThroughVigilio"/> was ba's.</summary>
    public static readonly Usd ByBa = Usd.FromCents(995);

    private readonly Random random;
    private readonly SimulatedTeam team;

    private TokenMonitorCase(SimulatedTeam team, DateTimeOffset end, int seed)
    {
        this.team = team;
        End = end;
        random = new(seed);
        Vigilio = team.AddKey("xai-vigilio", end.AddDays(-30));
        Face = team.AddKey("xai-face", end.AddDays(-30));
        Amy = team.AddKey("xai-amy", end.AddDays(-30));
        Murdock = team.AddKey("xai-murdock", end.AddDays(-30));
        Ba = team.AddKey("xai-ba", end);
        Missions =
        [
            new("Rate limits for every key", "trentuna/token-monitor#2", ["ba"], new(end.AddHours(-46), end.AddHours(-43.25))),
            new("Budget TUI", "trentuna/token-monitor#3", ["ba"], new(end.AddHours(-22.5), end.AddHours(-19))),
            new("Budget brief", "trentuna/a-team#103", ["vigilio"], new(end.AddHours(-21), end.AddHours(-17.75))),
        ];
    }

    /// <summary>When the three days end and ba's own key is made.</summary>
    public DateTimeOffset End { get; }

    /// <summary>The three days.</summary>
    public Interval Days => new(End.AddDays(-3), End);

    /// <summary>The shared key.</summary>
    public SimulatedKey Vigilio { get; }

    /// <summary>face's key.</summary>
    public SimulatedKey Face { get; }

    /// <summary>amy's key.</summary>
    public SimulatedKey Amy { get; }

    /// <summary>murdock's key.</summary>
    public SimulatedKey Murdock { get; }

    /// <summary>ba's own key, listed from <see cref="End"/> on.</summary>
    public SimulatedKey Ba { get; }

    /// <summary>What the agents worked on; two of them overlap on the shared key.</summary>
    public IReadOnlyList<CaseMission> Missions { get; }

    /// <summary>Plays the three days that end at an instant.</summary>
    /// <param name="team">A team without a past.</param>
    /// <param name="end">For instance now.</param>
    /// <param name="seed">Spreads the spends.</param>
    public static TokenMonitorCase Play(SimulatedTeam team, DateTimeOffset end, int seed = 31)
    {
        var played = new TokenMonitorCase(team, end.ToMicroseconds(), seed);
        team.FreeCredit = Free;
        team.SpendingLimit = Usd.Zero;
        team.BuyCredit(Bought, played.Days.Start.AddHours(-1));
        team.Play(played.Script().OrderBy(spend => spend.At));
        return played;
    }

    /// <summary>What came next: ba works on its own key, vigilio on the old one, and the books can tell them apart.</summary>
    /// <param name="from">At or after <see cref="End"/>.</param>
    /// <param name="length">How long.</param>
    public IReadOnlyList<ScriptedSpend> Afterwards(DateTimeOffset from, TimeSpan length)
    {
        var window = new Interval(from, from + length);
        return
        [
            .. new[]
            {
                Scripts.Spread(random, window, "ba", Ba.Id, Prices.Code, Prices.Prompt, Usd.FromCents(24), 8),
                Scripts.Spread(random, window, "ba", Ba.Id, Prices.Code, Prices.Cached, Usd.FromCents(9), 8),
                Scripts.Spread(random, window, "ba", Ba.Id, Prices.Code, Prices.Completion, Usd.FromCents(9), 8),
                Scripts.Spread(random, window, "vigilio", Vigilio.Id, Prices.Reasoning, Prices.Cached, Usd.FromCents(30), 8),
                Scripts.Spread(random, window, "vigilio", Vigilio.Id, Prices.Reasoning, Prices.Thought, Usd.FromCents(11), 8),
            }.SelectMany(spends => spends).OrderBy(spend => spend.At),
        ];
    }

    private IEnumerable<ScriptedSpend> Script()
    {
        // Through the shared key: vigilio's 17.93 and ba's 9.95 make 27.88.
        foreach (var spend in Shared("vigilio", Prices.Cached, 400, 120)) yield return spend;
        foreach (var spend in Shared("vigilio", Prices.Prompt, 248, 120)) yield return spend;
        foreach (var spend in Shared("vigilio", Prices.Thought, 83, 80)) yield return spend;
        foreach (var spend in Shared("vigilio", Prices.Completion, 28, 80)) yield return spend;
        foreach (var spend in Shared("vigilio", Prices.XSearches, 850, 140)) yield return spend;
        foreach (var spend in Shared("vigilio", Prices.WebSearches, 150, 60)) yield return spend;
        foreach (var spend in Shared("vigilio", Prices.Images, 34, 9)) yield return spend;

        foreach (var spend in Shared("ba", Prices.Cached, 420, 110)) yield return spend;
        foreach (var spend in Shared("ba", Prices.Prompt, 250, 110)) yield return spend;
        foreach (var spend in Shared("ba", Prices.Thought, 100, 70)) yield return spend;
        foreach (var spend in Shared("ba", Prices.Completion, 25, 70)) yield return spend;
        foreach (var spend in Shared("ba", Prices.XSearches, 150, 40)) yield return spend;
        foreach (var spend in Shared("ba", Prices.WebSearches, 50, 20)) yield return spend;

        // The others: 1.71 + 1.32 + 1.90 = 4.93.
        foreach (var spend in Own("face", Face, 60, 80, 31)) yield return spend;
        foreach (var spend in Own("amy", Amy, 45, 62, 25)) yield return spend;
        foreach (var spend in Own("murdock", Murdock, 70, 85, 35)) yield return spend;
    }

    private IEnumerable<ScriptedSpend> Shared(string agent, string unit, long cents, int count) =>
        Scripts.Spread(random, Days, agent, Vigilio.Id, unit == Prices.Images ? Prices.Image : Prices.Reasoning, unit, Usd.FromCents(cents), count);

    private IEnumerable<ScriptedSpend> Own(string agent, SimulatedKey key, long cached, long prompt, long completion) =>
    [
        .. Scripts.Spread(random, Days, agent, key.Id, Prices.Reasoning, Prices.Cached, Usd.FromCents(cached), 40),
        .. Scripts.Spread(random, Days, agent, key.Id, Prices.Reasoning, Prices.Prompt, Usd.FromCents(prompt), 40),
        .. Scripts.Spread(random, Days, agent, key.Id, Prices.Reasoning, Prices.Completion, Usd.FromCents(completion), 40),
    ];
}

/// <summary>A mission of the case.</summary>
/// <param name="Title">What it was.</param>
/// <param name="Ref">Where it was asked for.</param>
/// <param name="Agents">Who worked on it.</param>
/// <param name="Window">When.</param>
public sealed record CaseMission(string Title, string Ref, IReadOnlyList<string> Agents, Interval Window);
