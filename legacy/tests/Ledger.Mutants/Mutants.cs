namespace Ledger.Mutants;

/// <summary>The list. A new law or protocol step comes with the mutant that breaks it.</summary>
internal static class Mutants
{
    private const string Pure = "Ledger.Tests";
    private const string Views = "Ledger.Views.Tests";
    private const string Delivery = "Ledger.Delivery.Tests";
    private const string Engine = "Ledger.Postgres.Tests";
    private const string Service = "Ledger.Service.Tests";

    public static IReadOnlyList<Mutant> All { get; } =
    [
        new("round per part, not over all parties", "src/Ledger/Money/Usd.cs", "shares[rests[i].Index] += 1;", "shares[rests[i].Index] += i == 0 ? 1 : 0;", Pure, "-class *Attribution.Laws"),
        new("ties go to the higher id", "src/Ledger/Money/Usd.cs", ": a.Index.CompareTo(b.Index)", ": b.Index.CompareTo(a.Index)", Pure, "-class *WorkedExamples"),
        new("closed at a window's end instead of its start", "src/Ledger/Instants.cs", "public bool Contains(DateTimeOffset at) => Start <= at && at < End;", "public bool Contains(DateTimeOffset at) => Start < at && at <= End;", Pure, "-class *WorkedExamples"),
        new("restatement onto the evidence instead of the allocations", "src/Ledger/Attribution/LineBook.cs", "        Total = total;\n", "        if (total < Total && Total == (up?.Height ?? Usd.Zero) && total > Usd.Zero) { up!.Raise(total, attribute(total - Total, evidence)); Total = total; return; }\n        Total = total;\n", Pure, "-class *WorkedExamples"),
        new("rising back counts as new evidence", "src/Ledger/Attribution/LineBook.cs", "        Total = total;\n", "        if (total > Total && Total > Usd.Zero && total <= (up?.Height ?? Usd.Zero)) { up!.Raise(up.Height, attribute(total - Total, evidence)); Total = total; return; }\n        Total = total;\n", Pure, "-class *WorkedExamples"),
        new("evidence begins when the previous reading was answered", "src/Ledger.Views/Spend/SpendWriter.cs", "previous?.Asked", "previous?.Answered", Views, "-class *BooksLaws"),
        new("evidence forgets the settlement lag", "src/Ledger/Attribution/Evidence.cs", "asked - settlementLag", "asked", Pure, "-class *Attribution.Laws"),
        new("idle time is not yielded", "src/Ledger/Attribution/Attributor.cs", "== IdleRule.Yields", "== (IdleRule)9", Pure, "-class *WorkedExamples"),
        new("a mission's weight is ignored", "src/Ledger/Attribution/Attributor.cs", "(BigInteger)owner.Weight * mission.Weight, ownerWeights * missionWeights", "(BigInteger)owner.Weight, ownerWeights * open.Count", Pure, "-class *Attribution.Laws"),
        new("sole although another mission can claim", "src/Ledger/Attribution/Bounds.cs", "new Claim(m.Id, Sole: false)", "new Claim(m.Id, Sole: true)", Pure, "-class *WorkedExamples -class *Attribution.Laws"),
        new("an assignment's edit touches nothing", "src/Ledger/Attribution/Directory.cs", "return [new(e.Account, e.Key, new(from, next))];", "return [];", Views, "-class *BooksLaws"),
        new("a moved window touches only its new stretch", "src/Ledger/Attribution/Directory.cs", "KeysOf(after.Agents, Difference([.. before.Intervals], [.. after.Intervals]))", "KeysOf(after.Agents, after.Intervals)", Views, "-class *BooksLaws"),
        new("a missing line is nothing at once", "src/Ledger/Accounts/Observation.cs", "reading.Asked - since >= WithdrawnAfter", "reading.Asked - since >= TimeSpan.Zero", Pure, "-class *ObservationTests"),
        new("other dimensions add to the old lines", "src/Ledger/Accounts/Observation.cs", "bucket));\n                changed.Add(Changed(old.Name, reading.Dimensions, Usd.Zero, old.Total, raw: null));", "bucket));", Pure, "-class *ObservationTests"),
        new("an edit's rows are dated by the fact", "src/Ledger.Views/Spend/SpendWriter.cs", "held.Replay(directory);\n                Change(position, held,", "held.Replay(directory);\n                Change(position - 1, held,", Views, "-class *BooksLaws"),
        new("what is cut off a page is forgotten", "src/Ledger.Views/Spend/Report.cs", "if (groups.Count > query.Limit)", "if (groups.Count > query.Limit && query.Limit < 0)", Views, "-class *BooksLaws"),
        new("the checkpoint is not compared with the log", "src/Ledger.Views/Books.cs", "if (chain is null || !chain.AsSpan().SequenceEqual(held.Chain))", "if (chain is null)", Views, "-class *Rewound"),
        new("a stale follower writes on", "src/Ledger.Views/Books.cs", "if (held.Position != Position || held.Generation != generation)", "if (held.Generation != generation)", Views, "-class *TwoFollowers"),
        new("number before taking the head row", "src/Ledger.Postgres/WriterConnection.cs", "set_config('synchronous_commit', 'on', true) from ledger_head where one for update\";", "set_config('synchronous_commit', 'on', true) from ledger_head where one\";", Engine, "-method *of_100_appends_at_once* -method *a_follower_sees_every_position*"),
        new("a key used before is not looked up again", "src/Ledger.Postgres/Resolution.cs", "if (append.Request.Idempotency is { } key && standing.Keys.TryGetValue(key.Key, out var known))", "if (append.Request.Idempotency is { Key.Length: 0 } key && standing.Keys.TryGetValue(key.Key, out var known))", Engine, "-method *the_same_key* -method *connection_cut_right*"),
        new("the body of a key used before is not compared", "src/Ledger.Postgres/Resolution.cs", "if (!key.BodyHash.Span.SequenceEqual(known.BodyHash))", "if (key.BodyHash.IsEmpty)", Engine, "-method *the_same_key_with_another_body*"),
        new("a stale fence writes", "src/Ledger.Postgres/Resolution.cs", "if (append.Request.Fence is { } fence && standing", "if (append.Request.Fence is { Token: long.MinValue } fence && standing", Engine, "-method *a_stale_fence*"),
        new("a blind retry after an unknown commit", "src/Ledger.Postgres/Resolution.cs", "if (!standing.Events.TryGetValue(e.Id, out var there))", "if (true | !standing.Events.TryGetValue(e.Id, out var there))", Engine, "-method *connection_cut_right*"),
        new("the chain leaves a column out", "src/Ledger.Postgres/HashChain.cs", "to.Text(row.Tenant);", "", Engine, "-method *a_change_by_hand*"),
        new("a percentage is rounded down", "src/Ledger/Budgets/Threshold.cs", "+ 99) / 100", "+ 0) / 100", Pure, "-class *BudgetWatchTests"),
        new("history alerts", "src/Ledger/Budgets/BudgetWatch.cs", "&& state.History < t.Under(state.Limit)", "", Pure, "-class *BudgetWatchTests"),
        new("an edit does not arm alerts anew", "src/Ledger/Budgets/BudgetWatch.cs", ":{state.Budget.ArmingAt(state.Period, now)}", "", Pure, "-class *BudgetWatchTests"),
        new("a new period does not arm alerts anew", "src/Ledger/Budgets/BudgetWatch.cs", ":{WindowOf(state.Period, state.Window)}", "", Pure, "-class *BudgetWatchTests"),
        new("clear at the threshold itself", "src/Ledger/Budgets/BudgetWatch.cs", "value < edge;", "value < threshold.Under(state.Limit);", Pure, "-class *BudgetWatchTests"),
        new("a raise is never over", "src/Ledger/Budgets/Budget.cs", "last.Until > at && last.At <= at", "last.At <= at", Pure, "-class *BudgetRulesTests"),
        new("a skipped midnight is an hour early", "src/Ledger/Budgets/Calendar.cs", "if (zone.GetUtcOffset(second) == after) return second;", "if (true | zone.GetUtcOffset(second) == after) return second;", Pure, "-class *CalendarTests"),
        new("days without spend are left out of the mean", "src/Ledger/Watching/Forecasts.cs", ".Select(d => (d, held.GetValueOrDefault(d)))];", ".Where(held.ContainsKey).Select(d => (d, held.GetValueOrDefault(d)))];", Pure, "-class *ForecastTests"),
        new("a young account is divided by a whole day", "src/Ledger/Watching/Runways.cs", "var over = series.Observed < length ? series.Observed : length;", "var over = length;", Pure, "-class *RunwayTests"),
        new("a budget's holds are not taken off", "src/Ledger/Guarding/Guard.cs", "budget.State.Limit - budget.State.Spent - budget.Held;", "budget.State.Limit - budget.State.Spent;", Pure, "-class *AdviceTests"),
        new("old data that is over the limit is unknown", "src/Ledger/Guarding/Guard.cs", "b => b.Left <= Usd.Zero || b.Left < facts.Reserve", "b => !facts.Stale && (b.Left <= Usd.Zero || b.Left < facts.Reserve)", Pure, "-class *AdviceTests"),
        new("a stale deliverer marks a message", "src/Ledger.Postgres/PostgresOutbox.cs", "o.token = held.token and o.state", "held.token > 0 and o.state", Engine, "-class *Outbox*"),
        new("an attempt that was never begun counts as sent", "src/Ledger.Postgres/PostgresOutbox.cs", "unknown = unknown + begun::int", "unknown = unknown + (leased_until is not null)::int", Engine, "-class *Outbox*"),
        new("an attempt that was begun does not count", "src/Ledger.Postgres/PostgresOutbox.cs", "unknown = unknown + begun::int", "unknown = unknown", Engine, "-class *Outbox*"),
        new("an unknown outcome is tried a third time", "src/Ledger.Delivery/ChannelLoop.cs", "when parcel.EarlierUnknown == 0", "when parcel.EarlierUnknown < 2", Delivery, "-class *PolicyTests"),
        new("a killed attempt is tried a third time", "src/Ledger.Delivery/ChannelLoop.cs", "parcel.EarlierUnknown > 1", "parcel.EarlierUnknown > 2", Delivery, "-class *PolicyTests"),
        new("a cut after the content counts as surely not sent", "src/Ledger.Delivery/Mail/SmtpChannel.cs", "return Volatile.Read(ref read) ? AfterData(e) : BeforeData(e, ct);", "return BeforeData(e, ct);", Delivery, "-class *SmtpTests"),
        new("a channel that is down is asked by every message", "src/Ledger.Delivery/ChannelLoop.cs", "if (trouble is null && !ct", "if (!ct", Delivery, "-class *PolicyTests"),
        new("one checked address is enough", "src/Ledger.Delivery/Webhooks/AddressGuard.cs", "!Allows(host) && Array.Exists(addresses, a => !IsPublic(a))", "!Allows(host) && addresses.Length == 0", Delivery, "-class *WebhookTests"),
        new("old messages are forgotten, delivered or not", "src/Ledger.Postgres/PostgresOutbox.cs", "where state = 'delivered' and delivered_at < $1 order by", "where coalesce(delivered_at, since) < $1 order by", Engine, "-class *Outbox*"),
        new("the watch's mark is moved before the append", "src/Ledger.Service/Watching/Watch.cs", "        if (Step is { } before) await", "        await mark.Move(position, fence.Token, now, ct);\n        looked = position;\n        if (Step is { } before) await", Service, "-class *OnceEver"),
        new("the watch's appends carry no fence", "src/Ledger.Service/Watching/Watch.cs", "raiser.Write(found, fence, ct)", "raiser.Write(found, null, ct)", Service, "-class *OnceEver"),
        new("what is history is spent like everything else", "src/Ledger.Service/Watching/BudgetStates.cs", "sum.Spent, sum.History, Forecasts", "sum.Spent, Usd.Zero, Forecasts", Service, "-class *OtherAlerts"),
        new("nobody asks what was told already", "src/Ledger.Service/Watching/BudgetFindings.cs", "Sort(state, crossings, known.Contains)", "Sort(state, crossings, _ => false)", Service, "-class *BudgetAlerts -class *OnceEver"),
        new("a threshold that another tells of is told too", "src/Ledger.Service/Watching/BudgetFindings.cs", "look.Now), c.ToldBy is null)),", "look.Now), true)),", Service, "-class *BudgetAlerts"),
        new("the one that is told forgets the others", "src/Ledger.Service/Watching/BudgetFindings.cs", "? c with { Also = [.. fresh.Skip(1).Select(o => o.Crossing.Threshold)] }", "? c", Service, "-class *BudgetAlerts"),
        new("a recovery of what nobody was told of is told", "src/Ledger.Service/Watching/BudgetFindings.cs", "ReferenceEquals(a, told))", "true)", Service, "-class *BudgetAlerts"),
        new("a digest's stream may be at any version", "src/Ledger.Service/Digests/DigestSender.cs", "return new(stream, 0, composed,", "return new(stream, StreamAppend.AnyVersion, composed,", Service, "-class *Tests.Digests"),
        new("the cap counts only what comes at once", "src/Ledger.Service/Notifying/Notifier.cs", "l => PerHourMax - l.Value.InTheHour)", "l => PerHourMax)", Service, "-class *Notifications"),
        new("what was held back is not told of", "src/Ledger.Service/Notifying/Sent.cs", "where h.at > coalesce((", "where h.at > now() and h.at > coalesce((", Service, "-class *Notifications"),
        new("what is too much for one append is given up as a whole", "src/Ledger.Service/Watching/Raiser.cs", "if (groups.Count == 1)", "if (groups.Count > 0)", Service, "-class *Notifications"),
    ];
}
