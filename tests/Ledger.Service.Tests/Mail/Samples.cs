using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Digests;
using Ledger.Forecasts;
using Ledger.Money;
using Ledger.Service.Mail;

namespace Ledger.Service.Tests.Mail;

/// <summary>The case the product comes from, as events.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Now = new(2026, 11, 24, 10, 15, 0, TimeSpan.Zero);
    public static readonly Interval November = new(new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero), new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero));

    public static Usd Dollars(string text) => Usd.Parse(text);

    public static DateTimeOffset At(string text) => Instants.TryParse(text, out var at) ? at : throw new FormatException(text);

    public static Forecast Forecast { get; } = new(Dollars("38.40"), Dollars("33.10"), Dollars("44.20"), "mean-7d", new(2026, 11, 27, 14, 0, 0, TimeSpan.Zero), null);

    public static Runway Runway { get; } = new(
        "xai-1a2b3c4d", "prod", Dollars("3.19"), Dollars("31.00"), Dollars("0.42"), Dollars("2.71"), Dollars("17.80"), new(2026, 11, 25, 14, 0, 0, TimeSpan.Zero),
        new(2026, 11, 25, 5, 0, 0, TimeSpan.Zero), new(2026, 11, 25, 23, 0, 0, TimeSpan.Zero), Now.AddMinutes(-4), null);

    public static Circumstances Circumstances { get; } = new(
        [
            new("key", "k-1", "xai-vigilio", Dollars("22.65"), 940), new("key", "k-2", "xai-ba", Dollars("1.45"), 60),
            new("model", "grok-4.20-reasoning", null, Dollars("17.11"), 710), new("model", "grok-4-fast", null, Dollars("6.99"), 290),
            new("unit", "X search calls", null, Dollars("13.98"), 580), new("unit", "Reasoning tokens", null, Dollars("6.02"), 250),
            new("agent", "vigilio", "vigilio", Dollars("12.90"), 535), new("agent", "ba", "B.A.", Dollars("11.20"), 465),
        ],
        [new("k-1", "xai-vigilio", ["ba", "vigilio"], Dollars("2.55"))], Runway,
        new("stop-unit", "Pause searches through xai-vigilio: saves about $1.57 a day, and the credit lasts until Thu 20:00 instead of Wed 14:00.", Dollars("1.57"), "day", null), 4711, Now.AddMinutes(-4));

    public static BudgetThresholdCrossed Crossed(int percent = 80, string spent = "24.10", Severity severity = Severity.Warning, Basis basis = Basis.Actual, string scope = "agent:vigilio", string name = "vigilio monthly") => new()
    {
        Alert = Alert.IdOf($"{name}:{basis}:{percent}"),
        Key = $"budget:b-1:{name}:month:{basis}:{percent}%",
        Severity = severity,
        Budget = Budget.IdOf(name),
        Name = name,
        Scope = scope,
        Period = "month",
        Window = November,
        Threshold = new(basis, percent, null),
        Spent = Dollars(spent),
        Limit = Dollars("30.00"),
        Forecast = Forecast,
        Circumstances = Circumstances,
        At = Now,
    };

    public static RunwayShort Short(string level = "72h", Severity severity = Severity.Warning) => new(Alert.IdOf("runway" + level), $"runway:xai-1a2b3c4d:{level}:0", severity, "xai-1a2b3c4d", level, Circumstances, Now);

    public static SpendAnomalous Anomalous { get; } = new(
        Alert.IdOf("anomaly"), "anomaly:vigilio:2026-11-24", Severity.Warning, "vigilio", "vigilio", Now.AddMinutes(-15), Dollars("6.20"), Dollars("0.80"), Circumstances with { Action = null }, Now);

    public static SourceStale Stale { get; } = new(Alert.IdOf("stale"), "stale:xai-1a2b3c4d:1", Severity.Warning, "xai-1a2b3c4d", "prod", Now.AddHours(-3), "the key was refused: revoked", Now);

    public static MissionLeftOpen LeftOpen { get; } = new(
        Alert.IdOf("open"), "open:m-1:1", Severity.Info, "m-1a2b3c4d", "Budget TUI", "https://forge.example.org/trentuna/token-monitor/issues/3", ["B.A."], Now.AddDays(-21), Dollars("12.30"), Now);

    public static KeyShared Shared { get; } = new(Alert.IdOf("shared"), "shared:k-1:ba,vigilio", Severity.Warning, "xai-1a2b3c4d", Circumstances.SharedKeys[0], Now);

    public static LargeRestatement Restated { get; } = new(Alert.IdOf("restated"), "restated:1:4711", Severity.Info, "xai-1a2b3c4d", "prod", Dollars("-12.31"), new(Now.AddDays(-12).Date.ToUtc(), Now.AddDays(-9).Date.ToUtc()), 4711, Now);

    public static HistoryImported Imported { get; } = new(
        Alert.IdOf("imported"), "history:xai-1a2b3c4d:1", Severity.Info, "xai-1a2b3c4d", "prod", new(Now.AddDays(-90), Now), Dollars("412.88"),
        [new("b-1", "everything", "month", new(Basis.Actual, 100, null), Dollars("212.00"), Dollars("200.00")), new("b-2", "vigilio monthly", "month", new(Basis.Actual, 50, null), Dollars("17.00"), Dollars("30.00"))],
        Circumstances with { Action = null, Runway = null, SharedKeys = [] }, Now);

    public static AlertNews News(params IEnumerable<IAlert> alerts) => new("trentuna", "UTC", Notice.Of(alerts), [], 0, Now);

    public static Digest GoodWeek { get; } = new()
    {
        Team = "trentuna",
        Week = "2026-W47",
        Window = new(new(2026, 11, 16, 0, 0, 0, TimeSpan.Zero), new(2026, 11, 23, 0, 0, 0, TimeSpan.Zero)),
        Zone = "UTC",
        AsOf = 4711,
        Chain = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        At = new(2026, 11, 23, 8, 0, 3, TimeSpan.Zero),
        Through = new(2026, 11, 23, 7, 58, 0, TimeSpan.Zero),
        Total = Dollars("47.23"),
        Preliminary = Dollars("9.10"),
        Before = Dollars("42.17"),
        Days = [.. new[] { "4.10", "6.02", "9.31", "12.40", "8.90", "3.25", "3.25" }.Select((d, i) => new DigestDay(new(2026, 11, 16 + i), Dollars(d)))],
        MonthToDate = Dollars("131.20"),
        Month = new(Dollars("185.10"), Dollars("170.40"), Dollars("201.00"), "mean-7d", null, null),
        Runways = [new("xai-1a2b3c4d", "prod", Dollars("68.80"), Dollars("100.00"), Dollars("0.10"), Dollars("6.10"), Dollars("47.23"), new(2026, 12, 4, 14, 0, 0, TimeSpan.Zero), new(2026, 12, 2, 3, 0, 0, TimeSpan.Zero), new(2026, 12, 6, 9, 0, 0, TimeSpan.Zero), new(2026, 11, 23, 7, 58, 0, TimeSpan.Zero), null)],
        Budgets =
        [
            new("vigilio monthly", "agent vigilio", "month", November, Dollars("30.00"), Dollars("24.10"), Forecast, "warn"),
            new("everything", "all spend", "month", November, Dollars("200.00"), Dollars("131.20"), new(Dollars("185.10"), Dollars("170.40"), Dollars("201.00"), "mean-7d", null, null), "ok"),
        ],
        Missions =
        [
            new("m-1a2b3c4d", "Budget TUI", "https://forge.example.org/trentuna/token-monitor/issues/3", "ended", Dollars("18.40"), Dollars("22.05"), Dollars("19.80"), Dollars("24.60")),
            new("m-2b3c4d5e", "Digest emailer", "trentuna/token-monitor#4", "open", Dollars("11.02"), Dollars("11.02"), Dollars("9.00"), Dollars("12.40")),
            new("m-3c4d5e6f", "Fix the cache header", null, "ended", Dollars("0.0042"), Dollars("0.0042"), Dollars("0.0042"), Dollars("0.0042")),
        ],
        OtherMissions = new(0, Usd.Zero),
        MissionsEnded = 3,
        ByAgent = [new("vigilio", Dollars("24.00"), Dollars("20.10")), new("B.A.", Dollars("19.13"), Dollars("22.07")), new("(unassigned)", Dollars("4.10"), null)],
        ByModel = [new("grok-4.20-reasoning", Dollars("33.02"), Dollars("30.00")), new("grok-4-fast", Dollars("14.21"), Dollars("12.17"))],
        Idle = Dollars("13.70"),
        Unassigned = Dollars("4.10"),
        Fix = new("assign-key", "Say who owns xai-old: $4.10 of the last 7 days belongs to nobody.", Dollars("4.10"), "week", "ledger key assign xai-old --agent NAME"),
        Alerts = [new(Crossed().Alert, new(2026, 11, 22, 10, 15, 0, TimeSpan.Zero), Severity.Warning, Headline.Of(Crossed(), "UTC", new(2026, 11, 23, 8, 0, 3, TimeSpan.Zero)), false), new("a-2", new(2026, 11, 19, 3, 15, 0, TimeSpan.Zero), Severity.Info, "[INFO 50%] agent vigilio: $15.02 of $30.00 this month; on track for $31.", true)],
        AlertsInAll = 2,
        Moved = [new("2026-W46", Dollars("41.86"), Dollars("42.17"))],
        Gaps = [],
        Recommendations = [Circumstances.Action!, new("split-key", "Give ba and vigilio a key each instead of xai-vigilio: $2.55 a day can't be told apart.", Dollars("2.55"), "day", "ledger key assign KEY --agent vigilio")],
        Reproduce = "ledger digest preview --week 2026-W47 --as-of 4711",
    };

    /// <summary>Summer time ends on Sunday 25 October at 03:00, which is 02:00 then.</summary>
    private static Runway OverTheChange { get; } = Runway with
    {
        RunsOut = new(2026, 10, 25, 1, 30, 0, TimeSpan.Zero),
        Earliest = new(2026, 10, 25, 0, 30, 0, TimeSpan.Zero),
        Latest = new(2026, 10, 25, 12, 0, 0, TimeSpan.Zero),
        Through = new(2026, 10, 24, 19, 58, 0, TimeSpan.Zero),
        PerDay = Dollars("13.60"),
        CreditReadAt = new(2026, 10, 24, 16, 0, 0, TimeSpan.Zero),
        BilledSince = Dollars("1.22"),
        CreditStale = true,
    };

    private static RunwayShort InBrussels { get; } = new(
        Alert.IdOf("brussels"), "runway:xai-1a2b3c4d:24h:0", Severity.Critical, "xai-1a2b3c4d", "24h",
        Circumstances with { Runway = OverTheChange, Through = OverTheChange.Through, Action = new("top-up", "Top up $93.00 at prod: with what is left that covers 7 days at the last day's rate.", Dollars("93.00"), "once", null) },
        new(2026, 10, 24, 20, 0, 0, TimeSpan.Zero));

    public static AlertNews Brussels { get; } = News(InBrussels) with { Zone = "Europe/Brussels", At = InBrussels.At };

    public static Digest BrusselsWeek { get; } = GoodWeek with
    {
        Week = "2026-W43",
        // From midnight to midnight there: 169 hours.
        Window = new(new(2026, 10, 18, 22, 0, 0, TimeSpan.Zero), new(2026, 10, 25, 23, 0, 0, TimeSpan.Zero)),
        Zone = "Europe/Brussels",
        At = new(2026, 10, 26, 7, 0, 2, TimeSpan.Zero),
        Through = new(2026, 10, 26, 6, 58, 0, TimeSpan.Zero),
        Runways = [OverTheChange with { RunsOut = new(2027, 1, 2, 9, 0, 0, TimeSpan.Zero), Earliest = new(2026, 12, 30, 9, 0, 0, TimeSpan.Zero), Latest = new(2029, 1, 28, 12, 0, 0, TimeSpan.Zero), PerDay = Dollars("1.25"), LastDay = Usd.Zero, CreditStale = false }],
        Budgets = [new("vigilio daily", "agent vigilio", "day", new(new(2026, 10, 24, 22, 0, 0, TimeSpan.Zero), new(2026, 10, 25, 23, 0, 0, TimeSpan.Zero)), Dollars("5.00"), Dollars("4.10"), new(Dollars("4.10"), Dollars("4.10"), Dollars("4.10"), "ended", null, null), "warn", 3, "Europe/Brussels")],
        Alerts = [new("a-2", new(2026, 10, 25, 0, 30, 0, TimeSpan.Zero), Severity.Critical, Headline.Of(InBrussels, "Europe/Brussels", new(2026, 10, 26, 7, 0, 2, TimeSpan.Zero)), false)],
        AlertsInAll = 1,
        Gaps = [new("prod", new(2026, 10, 25, 0, 30, 0, TimeSpan.Zero), new(2026, 10, 25, 1, 30, 0, TimeSpan.Zero), "the provider could not be reached")],
    };

    public static Digest BadWeek { get; } = GoodWeek with
    {
        Total = Dollars("96.40"),
        Days = [.. new[] { "9.40", "11.02", "19.31", "22.40", "18.90", "8.25", "7.12" }.Select((d, i) => new DigestDay(new(2026, 11, 16 + i), Dollars(d)))],
        Preliminary = Dollars("31.22"),
        MonthToDate = Dollars("221.07"),
        Month = new(Dollars("262.00"), Dollars("240.00"), Dollars("290.00"), "mean-7d", new(2026, 11, 20, 10, 0, 0, TimeSpan.Zero), null),
        Runways = [Runway with { RunsOut = new(2026, 11, 24, 2, 0, 0, TimeSpan.Zero), Earliest = new(2026, 11, 23, 17, 0, 0, TimeSpan.Zero), Latest = new(2026, 11, 24, 11, 0, 0, TimeSpan.Zero) }],
        Budgets =
        [
            new("everything", "all spend", "month", November, Dollars("200.00"), Dollars("221.07"), new(Dollars("262.00"), Dollars("240.00"), Dollars("290.00"), "mean-7d", null, null), "over"),
            new("vigilio monthly", "agent vigilio", "month", November, Dollars("30.00"), Dollars("29.10"), Forecast, "warn"),
        ],
        OtherMissions = new(14, Dollars("21.30")),
        AlertsInAll = 23,
        Moved = [new("2026-W46", Dollars("41.86"), Dollars("42.17")), new("2026-W45", Dollars("38.00"), Dollars("33.10"))],
        Refined = new(Dollars("3.50"), 12),
        Recommendations = [.. GoodWeek.Recommendations, new("top-up", "Top up $44.00 at prod: with what is left that covers 7 days at the last day's rate.", Dollars("44.00"), "once", null)],
    };

    public static Digest BlindWeek { get; } = GoodWeek with
    {
        Zone = "Europe/Brussels",
        Window = new(new(2026, 11, 15, 23, 0, 0, TimeSpan.Zero), new(2026, 11, 22, 23, 0, 0, TimeSpan.Zero)),
        Through = new(2026, 11, 20, 16, 10, 0, TimeSpan.Zero),
        Preliminary = null,
        Before = null,
        Month = new(null, null, null, null, null, "too little data: 4 h of spend, 6 h needed"),
        Runways = [],
        Budgets = [new("search key", "key xai-vigilio", "week", new(new(2026, 11, 15, 23, 0, 0, TimeSpan.Zero), new(2026, 11, 22, 23, 0, 0, TimeSpan.Zero)), Dollars("10.00"), null, new(null, null, null, null, null, "nothing was read yet"), "unknown", null, "Europe/Brussels")],
        Missions = [new("m-1a2b3c4d", "Budget TUI", null, "open", Dollars("3.00"), null, null, null)],
        ByAgent = [new("vigilio", Dollars("24.00"), null), new("(other)", Dollars("23.23"), null)],
        Idle = null,
        Unassigned = null,
        Fix = null,
        Alerts = [],
        AlertsInAll = 0,
        Moved = [],
        Gaps = [new("prod", new(2026, 11, 20, 16, 10, 0, TimeSpan.Zero), null, "the provider refuses the key (auth)"), new("lab", new(2026, 11, 17, 3, 0, 0, TimeSpan.Zero), new(2026, 11, 17, 9, 30, 0, TimeSpan.Zero), "unreachable; read again since, what was missed is in")],
        Recommendations = [],
    };

    public static Digest EmptyWeek { get; } = BlindWeek with
    {
        Through = null,
        Total = null,
        MonthToDate = null,
        Budgets = [],
        Missions = [],
        MissionsEnded = 0,
        ByAgent = [],
        ByModel = [],
        Gaps = [],
    };

    private static DateTimeOffset ToUtc(this DateTime day) => new(day, TimeSpan.Zero);
}
