using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Guard;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Money;
using Ledger.Tests.Events;

namespace Ledger.Tests.Domain;

/// <summary>Aggregates are kept as JSON beside the log: each survives it, knows its stream, and goes on from there.</summary>
public sealed class AggregateTests
{
    [Fact]
    public void an_account_goes_through_json() => Survives<Account>(Account.Fold, a => a.Stream, "account-xai-2f7kq0m1", Of<AccountConnected>(), Of<AccountEdited>(), Of<CredentialStored>(), Of<PollFailed>(), Of<BalanceObserved>(), Of<PollRecovered>());

    [Fact]
    public void an_agent_goes_through_json() => Survives<Agent>(Agent.Fold, a => a.Stream, "agent-vigilio", new AgentAdded("vigilio", "Vigilio", IdleRule.Yields, Given.Now, null), new AgentEdited("vigilio", "V", IdleRule.Shares, Given.Now, null));

    [Fact]
    public void a_key_goes_through_json() => Survives<KeyOwnership>(KeyOwnership.Fold, k => k.Stream, "key-xai-2f7kq0m1-k1", new KeySeen("xai-2f7kq0m1", "k1", "xai-vigilio", Given.Now), new KeyAssigned("xai-2f7kq0m1", "k1", [new("ba", 2)], null, Given.Now, null),
        new KeyAssigned("xai-2f7kq0m1", "k1", [], Given.Now, Given.Now, null));

    [Fact]
    public void a_mission_goes_through_json() => Survives<Mission>(Mission.Fold, m => m.Stream, "mission-m-1", new MissionStarted("m-1", "Budget TUI", "trentuna/token-monitor#3", ["ba"], 3, Given.At("10:00"), Given.Now, null), new MissionEnded("m-1", Given.At("11:00"), Given.Now, null),
        new MissionReopened("m-1", Given.At("11:30"), Given.Now, null), new MissionCancelled("m-1", Given.Now, null));

    [Fact]
    public void a_budget_goes_through_json() => Survives<Budget>(Budget.Fold, b => b.Stream, $"budget-{Of<BudgetSet>().Budget}", Of<BudgetSet>(), Of<BudgetRaised>() with { Budget = Of<BudgetSet>().Budget }, new BudgetClosed(Of<BudgetSet>().Budget, Given.Now, null));

    [Fact]
    public void the_holds_go_through_json() => Survives<HoldsBook>(HoldsBook.Fold, h => h.Stream, "holds", Hold("h-1"), Hold("h-2"), new HoldReleased("h-1", Given.Now, null));

    [Fact]
    public void every_alert_goes_through_json_with_the_event_that_raised_it()
    {
        Assert.Equal(Alert.StoredNames.OrderBy(n => n.Value), StoredNames.All.Where(n => n.Key.IsAssignableTo(typeof(IAlert))).OrderBy(n => n.Value));
        foreach (var raised in Samples.Full.Concat(Samples.Sparse).OfType<IAlert>())
        {
            Survives<Alert>(Alert.Fold, a => a.Stream, $"alert-{raised.Alert}", raised, new SourceRecovered(raised.Alert, "xai", "prod", Given.Now), new AlertAcknowledged(raised.Alert, Given.Now, "olga"));
            var alert = Alert.Fold(null, raised)!;
            Assert.Equal((raised.Alert, raised.Key, raised.Severity, raised.At), (alert.Id, alert.Key, alert.Severity, alert.At));
            Assert.Equal(alert.Kind + ".v1", alert.Type);
            // What a database keeps may come back in another order of members.
            var stored = JsonSerializer.SerializeToNode(alert, LedgerJson.Options)!.AsObject();
            stored["raised"] = new JsonObject(stored["raised"]!.AsObject().Reverse().Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone())));
            var back = stored.Deserialize<Alert>(LedgerJson.Options)!;
            Assert.IsType(raised.GetType(), back.Event);
            Assert.Equal(EventContractTests.Pretty(raised), EventContractTests.Pretty(back.Event));
        }
    }

    [Fact]
    public void the_first_recovery_and_the_first_acknowledgement_count()
    {
        var raised = Of<SourceStale>();
        ILedgerEvent[] after =
        [
            new SourceRecovered(raised.Alert, "xai", "prod", Given.At("10:00")), new AlertAcknowledged(raised.Alert, Given.At("11:00"), "olga"),
            new SourceRecovered(raised.Alert, "xai", "prod", Given.At("12:00")), new AlertAcknowledged(raised.Alert, Given.At("13:00"), "ludo"), raised with { At = Given.At("14:00") },
        ];
        var alert = after.Aggregate(Alert.Fold(null, raised), Alert.Fold)!;
        Assert.Equal((raised.At, Given.At("10:00"), Given.At("11:00"), "olga"), (alert.At, alert.RecoveredAt, alert.AckedAt, alert.AckedBy));
        Assert.Null(Alert.Fold(null, after[0]));
    }

    [Fact]
    public void an_alert_is_open_until_it_recovered_or_its_window_is_over()
    {
        var crossed = Of<BudgetThresholdCrossed>();
        var alert = Alert.Fold(null, crossed)!;
        Assert.Equal((crossed.Scope, crossed.Budget, crossed.Window.End, crossed.ToldBy), (alert.Scope, alert.Budget, alert.Until, alert.ToldBy));
        Assert.True(alert.IsOpen(crossed.Window.End.AddMicroseconds(-1)));
        Assert.False(alert.IsOpen(crossed.Window.End));
        Assert.False(Alert.Fold(alert, new BudgetRecovered(alert.Id, crossed.Budget, "all", crossed.Threshold, Usd.Zero, Usd.Zero, Given.Now))!.IsOpen(crossed.At));
        Assert.Null(Alert.Fold(null, crossed with { Window = new(crossed.Window.Start, Instants.Max) })!.Until);
    }

    [Fact]
    public void holds_that_ended_more_than_a_day_ago_are_forgotten_when_another_is_taken()
    {
        var book = new ILedgerEvent[] { Hold("h-1", until: "10:00"), Hold("h-2", until: "1.10:00"), Hold("h-3", at: "1.10:00") }.Aggregate((HoldsBook?)null, HoldsBook.Fold)!;
        Assert.Equal(["h-1", "h-2", "h-3"], book.Holds.Select(h => h.Hold));
        book = HoldsBook.Fold(book, Hold("h-4", at: "1.10:00:01"))!;
        Assert.Equal(["h-2", "h-3", "h-4"], book.Holds.Select(h => h.Hold));
        Assert.NotNull(book.Find("h-2"));
        Assert.Null(book.Find("h-1"));
    }

    [Fact]
    public void a_hold_is_taken_and_given_back_within_its_bounds()
    {
        Assert.Equal(Given.Now.AddHours(1), HoldsBook.Take("h-1", "ba", Usd.Parse("1"), TimeSpan.FromHours(1), 7, Given.Now, null).Until);
        Given.ThenRefused(() => HoldsBook.Take("h-1", "ba", Usd.Zero, TimeSpan.FromHours(1), 7, Given.Now, null), "hold.invalid", "reserve");
        Given.ThenRefused(() => HoldsBook.Take("h-1", "ba", Usd.Parse("1"), TimeSpan.FromHours(25), 7, Given.Now, null), "hold.invalid", "for");
        Given.ThenRefused(() => HoldsBook.Release(null, "h-9", Given.Now, null), "hold.unknown", "hold", "h-9");
        Given.ThenRefused(() => HoldsBook.Release(Hold("h-1", until: "11:00"), "h-1", Given.Now, null), "hold.expired", "hold", "h-1");
        Assert.Equal("h-1", HoldsBook.Release(Hold("h-1", until: "13:00"), "h-1", Given.Now, null).Hold);
    }

    [Fact]
    public void a_refusal_says_its_sentence_and_shows_its_value_harmless()
    {
        var refused = new Refused("text.invalid", "It can't be used.", "name", "a\u202E" + new string('x', 200)) { RetryAfter = TimeSpan.FromSeconds(2) };
        Assert.Equal(("It can't be used.", 80), (refused.Message, refused.Why.Value!.Length));
        Assert.DoesNotContain('\u202E', refused.Why.Value);
    }

    private static HoldTaken Hold(string id, string at = "09:00", string until = "2.00:00") => new(id, "ba", Usd.Parse("2"), Given.At(until), 7, Given.At(at), null);

    private static T Of<T>() => Samples.Full.OfType<T>().Single();

    private static void Survives<T>(Func<T?, ILedgerEvent, T?> apply, Func<T, string> streamOf, string stream, params ILedgerEvent[] happened)
        where T : class
    {
        T? kept = null, stored = null;
        foreach (var e in happened)
        {
            kept = apply(kept, e);
            stored = apply(stored, e);
            var json = JsonSerializer.Serialize(stored, LedgerJson.Options);
            stored = JsonSerializer.Deserialize<T>(json, LedgerJson.Options)!;
            Assert.Equal(json, JsonSerializer.Serialize(stored, LedgerJson.Options));
            Assert.Equal(json, JsonSerializer.Serialize(kept, LedgerJson.Options));
            Assert.Equal(stream, streamOf(stored));
            Assert.Contains($"\"stream\":\"{stream}\"", json, StringComparison.Ordinal);
            // What is of no concern changes nothing.
            Assert.Same(stored, apply(stored, new Unrelated()));
        }
        Assert.Null(apply(null, new Unrelated()));
    }

    private sealed record Unrelated : ILedgerEvent;
}
