using System.Text;
using Xunit;
using static Ledger.EngineCompliance.Given;

namespace Ledger.EngineCompliance;

/// <summary>What every engine's outbox promises.</summary>
public abstract class OutboxCompliance(IEngineFixture engine) : IAsyncLifetime
{
    private static readonly CancellationToken ct = CancellationToken.None;
    private static readonly TimeSpan lease = TimeSpan.FromMinutes(1);
    private static readonly Guid parcel = new("11111111-2222-8333-8444-555555555555");
    private IEngineUnderTest store = null!;

    private IOutbox Outbox => store.Outbox;

    public async ValueTask InitializeAsync() => store = await engine.Create();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await store.DisposeAsync();
    }

    private Task<AppendResult> Send(string cause, params NewMessage[] messages) =>
        store.Log.Append(One("a", cause) with { Messages = messages }, ct);

    [Fact]
    public async Task a_message_leaves_with_its_cause_and_not_before_it_is_due()
    {
        await Send("1", Message("m", """{"to":"ü"}""", Noon.AddMinutes(5)));
        Assert.Empty(await Outbox.Claim(10, lease, Noon.AddMinutes(4), ct));
        var claimed = Assert.Single(await Outbox.Claim(10, lease, Noon.AddMinutes(5), ct));
        Assert.Equal("alert.v1", claimed.Kind);
        Assert.Equal("""{"to":"ü"}""", Encoding.UTF8.GetString(claimed.Body.Span));
        Assert.Equal(1, claimed.Attempt);
        Assert.Equal(1, claimed.Position);
        Assert.Equal(Ids.DerivedFrom("m", "message"), claimed.Id);
        Assert.Empty(await Outbox.Claim(10, lease, Noon.AddMinutes(5), ct));
    }

    [Fact]
    public async Task an_append_that_lost_sends_nothing()
    {
        await Send("1");
        Assert.IsType<AppendResult.StreamMoved>(await store.Log.Append(One("a", "2", expected: 0) with { Messages = [Message("m")] }, ct));
        Assert.Equal(0, (await Outbox.State(Noon, ct)).Waiting);
    }

    [Fact]
    public async Task the_same_message_id_is_kept_once()
    {
        await Send("1", Message("m"));
        await Send("2", Message("m"), Message("n"));
        Assert.Equal(2, (await Outbox.Claim(10, lease, Noon, ct)).Count);
    }

    [Fact]
    public async Task messages_come_in_the_order_they_are_due()
    {
        await Send("1", Message("late", due: Noon.AddMinutes(3)), Message("early", due: Noon));
        await Send("2", Message("middle", due: Noon.AddMinutes(1)));
        var claimed = await Outbox.Claim(10, lease, Noon.AddHours(1), ct);
        string[] inOrder = ["early", "middle", "late"];
        Assert.Equal(inOrder.Select(n => Ids.DerivedFrom(n, "message")), claimed.Select(c => c.Id));
    }

    [Fact]
    public async Task many_deliverers_never_hold_the_same_message()
    {
        await Send("1", [.. Enumerable.Range(0, 200).Select(i => Message($"m{i}"))]);
        var claims = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(async () =>
        {
            var mine = new List<ClaimedMessage>();
            while (mine.Count <= 200 && await Outbox.Claim(7, lease, Noon, ct) is { Count: > 0 } some)
                mine.AddRange(some);
            return mine;
        }, ct)));
        var all = claims.SelectMany(c => c).ToArray();
        Assert.Equal(200, all.Length);
        Assert.Equal(200, all.Select(c => c.Id).Distinct().Count());
        Assert.Equal(200, all.Select(c => c.Token).Distinct().Count());
    }

    [Fact]
    public async Task a_delivered_message_is_gone()
    {
        await Send("1", Message("m"));
        var claimed = Assert.Single(await Outbox.Claim(10, lease, Noon, ct));
        Assert.True(await Outbox.Delivered(claimed, Noon, ct));
        Assert.False(await Outbox.Delivered(claimed, Noon, ct));
        Assert.Empty(await Outbox.Claim(10, lease, Noon.AddDays(1), ct));
        Assert.Equal(new OutboxState(0, 0, null), await Outbox.State(Noon, ct));
    }

    [Fact]
    public async Task delivered_messages_are_forgotten_when_they_are_old_and_nothing_else_is()
    {
        var old = Enumerable.Range(0, 3).Select(i => Message($"old{i}", due: Noon)).ToArray();
        await Send("1", [.. old, Message("young", due: Noon.AddHours(1)), Message("dead", due: Noon.AddHours(2)), Message("waiting", due: Noon.AddHours(3))]);
        Assert.Equal(3, await Outbox.Delivered(await Outbox.Claim(3, lease, Noon, ct), Noon, ct));
        Assert.True(await Outbox.Delivered(Assert.Single(await Outbox.Claim(1, lease, Noon.AddHours(1), ct)), Noon.AddDays(1), ct));
        Assert.True(await Outbox.DeadLetter(Assert.Single(await Outbox.Claim(1, lease, Noon.AddHours(2), ct)), "550 nobody here", ct));

        Assert.Equal(0, await Outbox.Forget(Noon, 10, ct));
        Assert.Equal(2, await Outbox.Forget(Noon.AddDays(1), 2, ct));
        Assert.Equal(1, await Outbox.Forget(Noon.AddDays(1), 2, ct));
        Assert.All(old, m => Assert.Null(Outbox.Find(m.Id, ct).Result));
        Assert.Equal(1, await Outbox.Forget(Noon.AddYears(1), 10, ct));
        var state = await Outbox.State(Noon.AddYears(1), ct);
        Assert.Equal((1L, 1L), (state.Waiting, state.Dead));
    }

    [Fact]
    public async Task a_lease_that_ran_out_makes_the_message_due_again_and_the_old_holder_is_refused()
    {
        await Send("1", Message("m"));
        var old = Assert.Single(await Outbox.Claim(10, lease, Noon, ct));
        Assert.Empty(await Outbox.Claim(10, lease, Noon + lease - TimeSpan.FromSeconds(1), ct));
        var young = Assert.Single(await Outbox.Claim(10, lease, Noon + lease, ct));
        Assert.Equal(2, young.Attempt);
        Assert.True(young.Token > old.Token);
        Assert.False(await Outbox.Delivered(old, Noon, ct));
        Assert.False(await Outbox.Retry(old, Noon, "late", ambiguous: false, ct));
        Assert.False(await Outbox.DeadLetter(old, "late", ct));
        Assert.True(await Outbox.Delivered(young, Noon, ct));
    }

    [Fact]
    public async Task a_message_given_back_is_due_when_it_was_said_to_be()
    {
        await Send("1", Message("m"));
        var first = Assert.Single(await Outbox.Claim(10, lease, Noon, ct));
        Assert.True(await Outbox.Retry(first, Noon.AddMinutes(15), "451 try later", ambiguous: false, ct));
        Assert.False(await Outbox.Delivered(first, Noon, ct));
        Assert.Empty(await Outbox.Claim(10, lease, Noon.AddMinutes(14), ct));
        Assert.Equal(2, Assert.Single(await Outbox.Claim(10, lease, Noon.AddMinutes(15), ct)).Attempt);
    }

    [Fact]
    public async Task a_dead_letter_is_counted_and_never_claimed()
    {
        await Send("1", Message("m"), Message("n"));
        var claimed = await Outbox.Claim(1, lease, Noon, ct);
        Assert.True(await Outbox.DeadLetter(claimed[0], "550 nobody here\0", ct));
        Assert.Single(await Outbox.Claim(10, lease, Noon.AddDays(1), ct));
        var state = await Outbox.State(Noon, ct);
        Assert.Equal((1L, 1L), (state.Waiting, state.Dead));
        Assert.NotNull(state.OldestWaiting);
    }

    [Fact]
    public async Task a_claim_that_ran_out_is_unknown_only_when_an_attempt_had_begun()
    {
        await Send("1", Message("begun"), Message("idle"));
        var first = await Outbox.Claim(10, lease, Noon, ct);
        Assert.All(first, m => Assert.Equal(0, m.EarlierUnknown));
        var begun = first.Where(m => m.Id == Ids.DerivedFrom("begun", "message")).ToArray();
        Assert.Equal(begun, await Outbox.Begin(begun, parcel, lease, Noon.AddSeconds(30), ct));
        // The attempt renewed its lease: only the other is due when the claim's own has run out.
        var idle = Assert.Single(await Outbox.Claim(10, lease, Noon + lease, ct));
        Assert.Equal((Ids.DerivedFrom("idle", "message"), 0), (idle.Id, idle.EarlierUnknown));
        var again = Assert.Single(await Outbox.Claim(10, lease, Noon.AddSeconds(30) + lease, ct));
        Assert.Equal((begun[0].Id, 1, parcel), (again.Id, again.EarlierUnknown, again.Parcel));
        Assert.Null(idle.Parcel);
        Assert.Empty(await Outbox.Begin(begun, parcel, lease, Noon + lease, ct));
        Assert.Single(await Outbox.Begin([again], parcel, lease, Noon + (2 * lease), ct));
        Assert.Equal(2, Assert.Single(await Outbox.Claim(1, lease, Noon.AddHours(1), ct), m => m.Id == again.Id).EarlierUnknown);
    }

    [Fact]
    public async Task a_retry_counts_as_unknown_when_it_is_said_to_be()
    {
        await Send("1", Message("m"));
        var claimed = Assert.Single(await Outbox.Claim(10, lease, Noon, ct));
        await Outbox.Begin([claimed], parcel, lease, Noon, ct);
        Assert.True(await Outbox.Retry(claimed, Noon, "550 never", ambiguous: false, ct));
        claimed = Assert.Single(await Outbox.Claim(10, lease, Noon, ct));
        Assert.Equal(0, claimed.EarlierUnknown);
        await Outbox.Begin([claimed], parcel, lease, Noon, ct);
        Assert.True(await Outbox.Retry(claimed, Noon, "cut", ambiguous: true, ct));
        Assert.Equal(1, Assert.Single(await Outbox.Claim(10, lease, Noon, ct)).EarlierUnknown);
    }

    [Fact]
    public async Task many_marks_in_one_go_leave_out_what_somebody_else_holds()
    {
        await Send("1", [.. Enumerable.Range(0, 5).Select(i => Message($"m{i}"))]);
        var mine = await Outbox.Claim(5, lease, Noon, ct);
        var theirs = await Outbox.Claim(2, lease, Noon + lease, ct);
        Assert.Equal(3, await Outbox.Delivered(mine, Noon + lease, ct));
        Assert.Equal(2, await Outbox.Retry([.. mine, .. theirs], Noon.AddHours(1), "later", ambiguous: false, ct));
        Assert.Equal(2, (await Outbox.State(Noon, ct)).Waiting);
    }

    [Fact]
    public async Task a_claim_of_one_kind_leaves_the_others()
    {
        await Send("1", Message("m"), Message("n") with { Kind = "other.v1" });
        Assert.Equal("other.v1", Assert.Single(await Outbox.Claim("other.v1", 10, lease, Noon, ct)).Kind);
        Assert.Empty(await Outbox.Claim("other.v1", 10, lease, Noon, ct));
        Assert.Equal("alert.v1", Assert.Single(await Outbox.Claim(10, lease, Noon, ct)).Kind);
    }

    [Fact]
    public async Task a_dead_letter_can_be_looked_at_and_made_to_wait_again()
    {
        await Send("1", Message("m"), Message("n"));
        var claimed = await Outbox.Claim(1, lease, Noon, ct);
        await Outbox.Begin(claimed, parcel, lease, Noon, ct);
        await Outbox.DeadLetter(claimed[0], "550 nobody here", ct);
        var dead = Assert.Single(await Outbox.List(MessageState.Dead, 10, ct));
        Assert.Equal((claimed[0].Id, "550 nobody here", 1, Noon), (dead.Id, dead.Reason, dead.Attempts, dead.Since));
        Assert.Equal(MessageState.Dead, (await Outbox.Find(dead.Id, ct))!.State);
        Assert.NotEqual(dead.Id, Assert.Single(await Outbox.List(MessageState.Waiting, 10, ct)).Id);
        Assert.True(await Outbox.Revive(dead.Id, Noon.AddDays(2), ct));
        Assert.False(await Outbox.Revive(dead.Id, Noon.AddDays(2), ct));
        Assert.Single(await Outbox.Claim(10, lease, Noon.AddDays(1), ct));
        var revived = Assert.Single(await Outbox.Claim(10, TimeSpan.FromDays(9), Noon.AddDays(2), ct), m => m.Id == dead.Id);
        Assert.Equal((1, 0, Noon.AddDays(2)), (revived.Attempt, revived.EarlierUnknown, revived.Since));
        Assert.Null(await Outbox.Find(Guid.Empty, ct));
    }

    [Fact]
    public async Task the_age_counts_from_when_a_message_was_first_due()
    {
        await Send("1", Message("m"), Message("future", due: Noon.AddDays(3)));
        var claimed = Assert.Single(await Outbox.Claim(10, lease, Noon, ct));
        Assert.Equal(Noon, claimed.Since);
        await Outbox.Retry(claimed, Noon.AddHours(5), "later", ambiguous: false, ct);
        Assert.Equal(Noon, (await Outbox.State(Noon.AddHours(1), ct)).OldestWaiting);
        Assert.Equal(Noon, Assert.Single(await Outbox.Claim(10, lease, Noon.AddHours(5), ct)).Since);
    }

    [Fact]
    public async Task who_waits_for_messages_is_woken_by_an_append_that_holds_some()
    {
        var next = Outbox.NextMessages();
        await Send("1");
        Assert.False(next.IsCompleted);
        await Send("2", Message("m"));
        await next.WaitAsync(TimeSpan.FromSeconds(5), ct);
        Assert.False(Outbox.NextMessages().IsCompleted);
    }

    [Fact]
    public async Task a_claim_takes_a_limit_and_a_lease()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Outbox.Claim(0, lease, Noon, ct));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Outbox.Claim(1_000_000, lease, Noon, ct));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Outbox.Claim(1, TimeSpan.Zero, Noon, ct));
    }

    [Fact]
    public async Task a_body_over_the_bound_is_refused()
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Send("1", Message("m", new string('x', 256 * 1024 + 1))));
        Assert.Equal(0, (await store.Log.Head(ct)).Position);
    }
}
