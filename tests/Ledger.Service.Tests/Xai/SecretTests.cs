using System.Text.Json;
using Ledger.Service.Xai;

namespace Ledger.Service.Tests.Xai;

public sealed class SecretTests
{
    private const string canary = "xai-token-CANARY0123456789abcdefghijklmnopqrstuvwxyzQ9";

    [Fact]
    public void a_secret_prints_as_stars_and_is_written_as_stars()
    {
        var secret = Secret.FromPaste(canary);
        Assert.Equal("***", $"{secret}");
        Assert.Equal("…yzQ9", secret.Redacted);
        Assert.Equal("""{"secret":"***"}""", JsonSerializer.Serialize(new { secret }));
        Assert.DoesNotContain("CANARY", new Holder(secret).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void a_secret_in_a_request_is_read_as_it_is_and_judged_later()
    {
        Assert.Equal(" pass word ", JsonSerializer.Deserialize<Secret>("\" pass word \"")!.Reveal());
        Assert.Null(JsonSerializer.Deserialize<Holder>("""{"Credential":null}""")!.Credential);
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Secret>("7"));
    }

    [Theory]
    [InlineData("xai-token-abc", false)]
    [InlineData("  xai-token-abc\r\n", true)]
    [InlineData("\u00a0xai-token-abc\u200b", true)]
    [InlineData("\ufeffxai-token-abc", true)]
    public void whitespace_around_a_pasted_key_is_removed_and_told(string pasted, bool trimmed)
    {
        var secret = Secret.FromPaste(pasted);
        Assert.Equal(("xai-token-abc", trimmed), (secret.Reveal(), secret.WasTrimmed));
        Assert.Null(Secret.WhyNot(pasted));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" \n ")]
    [InlineData("xai-token abc")]
    [InlineData("xai-token\r\nX-Evil: 1")]
    [InlineData("xai-tökén")]
    public void a_key_that_no_header_can_carry_is_refused_without_repeating_it(string? pasted)
    {
        var e = Assert.Throws<FormatException>(() => Secret.FromPaste(pasted));
        Assert.Equal(Secret.WhyNot(pasted), e.Message);
        Assert.DoesNotContain("xai-t", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void a_key_of_4096_characters_is_taken_and_a_longer_one_is_not()
    {
        Assert.Equal(4096, Secret.FromPaste(new string('k', 4096)).Reveal().Length);
        Assert.Equal("The credential is longer than 4096 characters.", Secret.WhyNot(new string('k', 4097)));
    }

    [Fact]
    public void names_that_people_give_to_keys_are_no_secrets() =>
        Assert.Equal("The key xai-vigilio of xai-token-...Q9 is fine.", Redaction.Scrub("The key xai-vigilio of xai-token-...Q9 is fine."));

    private sealed record Holder(Secret? Credential);
}
