using Ledger.Service.Tests.Polling;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Accounts;

public sealed class AccountRefusals(TestDatabases databases) : IAsyncLifetime
{
    private LedgerHost host = null!;

    public async ValueTask InitializeAsync() => host = await PollingScene.Connected(databases);

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task a_bad_write_is_refused_with_its_code_and_nothing_is_written()
    {
        foreach (var (call, body, code, field) in new[]
        {
            ("POST accounts", """{"provider":"openai","label":"x","credential":"k"}""", "request.invalid", "provider"),
            ("POST accounts", """{"label":"x","credential":"k"}""", "request.invalid", "provider"),
            ("POST accounts", """{"provider":"xai","credential":"k"}""", "request.invalid", "label"),
            ("POST accounts", """{"provider":"xai","label":"a/b","credential":"k"}""", "request.invalid", "label"),
            ("POST accounts", """{"provider":"xai","label":"-","credential":"k"}""", "request.invalid", "label"),
            ("POST accounts", """{"provider":"xai","label":"(idle)","credential":"k"}""", "text.invalid", "label"),
            ("POST accounts", """{"provider":"xai","label":"x"}""", "request.invalid", "credential"),
            ("POST accounts", """{"provider":"xai","label":"x","credential":""}""", "request.invalid", "credential"),
            ("POST accounts", """{"provider":"xai","label":"x","credential":"has a space"}""", "request.invalid", "credential"),
            ("POST accounts", """{"provider":"xai","label":"x","credential":"xai-token-nobody-knows"}""", "credential.refused", "credential"),
            ("POST accounts", """{"provider":"xai","label":"x","credential":"k","settlementLag":"9h"}""", "request.invalid", "settlementLag"),
            ("POST accounts", """{"provider":"xai","label":"x","credential":"k","bucket":"2m"}""", "request.invalid", "bucket"),
            ("POST accounts", """{"provider":"xai","label":"x","credential":7}""", "request.json", "credential"),
            ("PATCH accounts/nowhere", """{"label":"x"}""", "account.unknown", "account"),
            ("PATCH accounts/prod", """{"bucket":"2m"}""", "request.invalid", "bucket"),
            ("PATCH accounts/prod", """{"settlementLag":"-1s"}""", "request.invalid", "settlementLag"),
            ("POST accounts/nowhere/sync", "{}", "account.unknown", "account"),
            ("POST accounts/nowhere/test", "{}", "account.unknown", "account"),
            ("POST accounts/nowhere/rotate", """{"credential":"k"}""", "account.unknown", "account"),
            ("POST accounts/prod/rotate", "{}", "request.invalid", "credential"),
            ("DELETE accounts/nowhere", "{}", "account.unknown", "account"),
        })
        {
            var facts = await host.Facts();
            var reply = (await host.Send(new(call.Split(' ')[0]), call.Split(' ')[1], body, Guid.NewGuid().ToString("N"))).Refused(code);
            Assert.Equal((call, body, field), (call, body, (string?)reply["field"] ?? ""));
            Assert.Equal((Refusals.All[code].Status, Refusals.All[code].Exit), (reply.Status, (int)reply["exit"]!));
            Assert.Equal(facts, await host.Facts());
            Assert.Equal(1, await host.Scalar<long>("select count(*) from mt_doc_credential"));
        }
    }

    [Fact]
    public async Task a_candidate_is_named() =>
        Assert.Equal(["prod"], (await host.Post("accounts/pord/sync")).Refused("account.unknown")["candidates"]!.AsArray().Select(c => (string?)c));

    [Fact]
    public async Task an_edit_that_changes_nothing_writes_nothing()
    {
        var facts = await host.Facts();
        (await host.Patch("accounts/prod", new { label = "prod", bucket = "auto", settlementLag = "0s" })).Ok();
        Assert.Equal(facts, await host.Facts());
    }
}
