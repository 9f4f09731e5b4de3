using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Http;

public sealed class IdempotencyTests(TestDatabases databases) : IAsyncLifetime
{
    private LedgerHost host = null!;

    public async ValueTask InitializeAsync() => host = await LedgerHost.Start(databases);

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task the_same_key_and_body_get_the_first_answer_and_write_once()
    {
        var first = (await host.Post("agents", new { name = "Ba" }, "one")).Ok();
        var again = (await host.Post("agents", new { name = "Ba" }, "one")).Ok();

        Assert.Equal(first.Text, again.Text);
        Assert.False(first.IsReplay);
        Assert.True(again.IsReplay);
        Assert.NotNull(first.Position);
        Assert.NotNull(again.Position);
        Assert.Equal(1, await host.Scalar<long>("select count(*) from mt_events"));
    }

    [Fact]
    public async Task the_same_key_for_something_else_is_refused()
    {
        (await host.Post("agents", new { name = "ba" }, "two")).Ok();
        (await host.Post("agents", new { name = "vigilio" }, "two")).Refused("idempotency.reused");
    }

    [Fact]
    public async Task a_write_without_a_key_is_refused() =>
        (await host.Send(HttpMethod.Post, "agents", new { name = "ba" }, null)).Refused("idempotency.missing");

    [Fact]
    public async Task a_refusal_does_not_use_the_key_up()
    {
        (await host.Post("agents", new { name = "(idle)" }, "three")).Refused("text.invalid");
        (await host.Post("agents", new { name = "ba" }, "three")).Ok();
    }

    [Fact]
    public async Task what_was_written_is_read_at_once()
    {
        (await host.Post("agents", new { name = "ba", idle = "yields" })).Ok();
        var list = (await host.Get("agents")).Ok();
        Assert.Equal("yields", (string?)list["agents"]![0]!["idle"]);
    }

    [Theory]
    [InlineData("{", "request.json")]
    [InlineData("""{"name":"ba","nome":1}""", "request.json")]
    [InlineData("""{"name":"ba","name":"ba"}""", "request.json")]
    [InlineData("""{"name":7}""", "request.json")]
    [InlineData("""{"name":"b\u0000a"}""", "text.invalid")]
    [InlineData("""{"idle":"rests","name":"ba"}""", "request.invalid")]
    public async Task bad_bodies_are_refused(string body, string code) => (await host.Post("agents", body)).Refused(code);

    [Fact]
    public async Task whoever_has_no_token_is_refused() =>
        (await host.Send(HttpMethod.Get, "agents", null, null, r => r.Headers.Authorization = new("Bearer", "wrong"))).Refused("auth.missing");

    [Fact]
    public async Task an_unknown_path_is_a_problem() => (await host.Get("nothing")).Refused("not_found");
}
