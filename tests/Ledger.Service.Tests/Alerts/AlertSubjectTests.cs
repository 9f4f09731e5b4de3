using Ledger.Accounts;
using Ledger.Budgets;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Service.Alerts;
using Ledger.Alerts;
using Ledger.Agents;

namespace Ledger.Service.Tests.Alerts;

/// <summary>What an alert is about may be gone without anybody saying "recovered": then it is no open alert any more.</summary>
public sealed class AlertSubjectTests
{
    private static readonly DateTimeOffset at = new(2026, 11, 16, 10, 0, 0, TimeSpan.Zero);
    private static readonly MissionLeftOpen leftOpen = new("a-1", "k", Severity.Info, "m-1", "Forgotten", null, ["ba"], at, null, at);
    private static readonly KeyShared shared = new("a-2", "k", Severity.Info, "xai-1", new("k-1", null, ["ba", "vigilio"], Usd.Zero), at);
    private static readonly SourceStale stale = new("a-3", "k", Severity.Warning, "xai-1", "prod", null, null, at);

    [Fact]
    public void a_mission_that_ended_is_not_left_open_and_one_reopened_is_another_matter()
    {
        var mission = Mission.Fold(null, new MissionStarted("m-1", "Forgotten", null, ["ba"], 1, at, at, null))!;
        Assert.False(Known(missions: [mission]).IsGone(leftOpen));
        mission = Mission.Fold(mission, new MissionEnded("m-1", at.AddDays(1), at, null))!;
        Assert.True(Known(missions: [mission]).IsGone(leftOpen));
        mission = Mission.Fold(mission, new MissionReopened("m-1", at.AddDays(2), at, null))!;
        Assert.True(Known(missions: [mission]).IsGone(leftOpen));
    }

    [Fact]
    public void a_key_with_one_owner_is_not_shared()
    {
        var key = KeyOwnership.Fold(null, new KeyAssigned("xai-1", "k-1", [new("ba", 1), new("vigilio", 1)], null, at, null))!;
        Assert.False(Known(keys: [key]).IsGone(shared));
        key = KeyOwnership.Fold(key, new KeyAssigned("xai-1", "k-1", [new("vigilio", 1)], at.AddDays(1), at, null))!;
        Assert.True(Known(keys: [key]).IsGone(shared));
    }

    [Fact]
    public void an_account_that_is_not_read_any_more_is_not_stale()
    {
        var account = Account.Fold(null, new AccountConnected("xai-1", "xai", "t", "prod", 3600, null, at, null))!;
        Assert.False(Known(accounts: [account]).IsGone(stale));
        Assert.True(Known(accounts: [Account.Fold(account, new AccountRemoved("xai-1", at, null))!]).IsGone(stale));
    }

    [Fact]
    public void a_budget_that_is_closed_leaves_no_open_alert()
    {
        var crossed = new BudgetThresholdCrossed
        {
            Alert = "a-4",
            Key = "k",
            Severity = Severity.Warning,
            Budget = "b-1",
            Name = "all",
            Scope = "all",
            Period = "month",
            Window = new(at, at.AddDays(30)),
            Threshold = Threshold.Defaults[1],
            Spent = Usd.Parse("9"),
            Limit = Usd.Parse("10"),
            Forecast = new(null, null, null, null, null, "too little data"),
            Circumstances = Circumstances.None,
            At = at,
        };
        var budget = Budget.Fold(null, new BudgetSet
        {
            Budget = "b-1",
            Name = "all",
            Scope = "all",
            Limits = [new("month", Usd.Parse("10"))],
            Zone = "UTC",
            WeekStart = DayOfWeek.Monday,
            Thresholds = Threshold.Defaults,
            Recipients = [],
            Channels = [],
            At = at,
        })!;
        Assert.False(Known(budgets: [budget]).IsGone(crossed));
        Assert.True(Known(budgets: [Budget.Fold(budget, new BudgetClosed("b-1", at, null))!]).IsGone(crossed));
    }

    [Fact]
    public void of_the_levels_of_one_credit_the_worst_is_open_and_the_others_are_replaced()
    {
        Alert Raised(string level, Severity severity, int minute) =>
            Alert.Fold(null, new RunwayShort($"a-{level}", $"runway:xai-1:{level}:0", severity, "xai-1", level, Circumstances.None, at.AddMinutes(minute)))!;
        var (three, ten, four) = (Raised("72h", Severity.Warning, 0), Raised("10%", Severity.Critical, 1), Raised("4h", Severity.Critical, 2));
        var account = Account.Fold(null, new AccountConnected("xai-1", "xai", "t", "prod", 3600, null, at, null))!;
        var subjects = Known(accounts: [account], alerts: [four, ten, three]);
        Assert.Equal(["a-4h"], new[] { four, ten, three }.Where(a => subjects.IsOpen(a, at)).Select(a => a.Id));
        Assert.Equal(["open", "replaced", "replaced"], new[] { four, ten, three }.Select(a => subjects.Summary(a, "UTC", at).State));
        // Seen by somebody, it still stands for the others.
        var seen = Alert.Fold(four, new AlertAcknowledged("a-4h", at, "ludo"))!;
        Assert.Equal(["acknowledged", "replaced"], new[] { seen, ten }.Select(a => Known(accounts: [account], alerts: [seen, ten]).Summary(a, "UTC", at).State));
    }

    private static AlertSubjects Known(Account[]? accounts = null, KeyOwnership[]? keys = null, Mission[]? missions = null, Budget[]? budgets = null, Alert[]? alerts = null) => new(
        new((accounts ?? []).ToDictionary(a => a.Id), new Dictionary<string, Agent>(), (keys ?? []).ToDictionary(k => (k.Account, k.Key))),
        (missions ?? []).ToDictionary(m => m.Id), (budgets ?? []).ToDictionary(b => b.Id), alerts ?? []);
}
