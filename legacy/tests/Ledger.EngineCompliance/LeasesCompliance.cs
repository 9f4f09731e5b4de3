using Xunit;

namespace Ledger.EngineCompliance;

/// <summary>What every engine's leases promise.</summary>
public abstract class LeasesCompliance(IEngineFixture engine) : IAsyncLifetime
{
    private static readonly CancellationToken ct = CancellationToken.None;
    private static readonly TimeSpan length = TimeSpan.FromSeconds(30);
    private IEngineUnderTest store = null!;

    private ILeases Leases => store.Leases;

    public async ValueTask InitializeAsync() => store = await engine.Create();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await store.DisposeAsync();
    }

    [Fact]
    public async Task one_holds_it_and_keeps_the_token_while_renewing()
    {
        var mine = await Leases.Take("x", "me", length, ct);
        Assert.NotNull(mine);
        Assert.Null(await Leases.Take("x", "you", length, ct));
        Assert.Equal(mine, await Leases.Take("x", "me", length, ct));
        Assert.NotNull(await Leases.Take("y", "you", length, ct));
    }

    [Fact]
    public async Task a_lease_that_ran_out_goes_to_the_next_with_a_higher_token()
    {
        var old = (await Leases.Take("x", "me", TimeSpan.FromMilliseconds(50), ct))!;
        await Task.Delay(120, ct);
        var young = (await Leases.Take("x", "you", length, ct))!;
        Assert.True(young.Token > old.Token);
        Assert.Null(await Leases.Take("x", "me", length, ct));
        // Giving back what one no longer holds changes nothing.
        await Leases.Release(old, ct);
        Assert.Null(await Leases.Take("x", "me", length, ct));
    }

    [Fact]
    public async Task a_lease_given_back_is_free_at_once_under_a_higher_token()
    {
        var old = (await Leases.Take("x", "me", length, ct))!;
        await Leases.Release(old, ct);
        var young = (await Leases.Take("x", "you", length, ct))!;
        Assert.True(young.Token > old.Token);
    }

    [Fact]
    public async Task of_many_who_ask_at_once_one_gets_it()
    {
        for (var round = 0; round < 10; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Leases.Take($"x{round}", $"node-{i}", length, ct)));
            Assert.Single(answers, a => a is not null);
        }
    }

    [Fact]
    public async Task a_lease_needs_a_name_a_holder_and_a_length()
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Leases.Take("", "me", length, ct));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Leases.Take("x", "", length, ct));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Leases.Take("x", "me", TimeSpan.Zero, ct));
    }
}
