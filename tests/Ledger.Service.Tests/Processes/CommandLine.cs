using System.Globalization;

namespace Ledger.Service.Tests.Processes;

/// <summary>The command line against the real service: what bad input gets there, and the story of a budget.</summary>
public sealed class CommandLine(CommandLine.World world) : IClassFixture<CommandLine.World>
{
    public sealed class World(Support.TestDatabases databases) : IAsyncLifetime
    {
        internal SpentTeam Team { get; } = new(databases);

        public async ValueTask InitializeAsync()
        {
            await Team.InitializeAsync();
            Team.Connect();
            foreach (var name in new[] { "team", "gone" })
                Team.Terminal.Run("budget", "set", "--name", name, "--scope", "all", "--limit", "500", "--period", "month").Ok();
            Team.Terminal.Run("budget", "close", "gone").Ok();
        }

        public ValueTask DisposeAsync() => Team.DisposeAsync();
    }

    [Theory]
    [InlineData("budget.invalid", 65, "limit", "budget", "set", "--scope", "all", "--limit", "0", "--period", "month")]
    [InlineData("budget.invalid", 65, "limit", "budget", "set", "--scope", "all", "--limit", "-5", "--period", "month")]
    [InlineData("budget.invalid", 65, "limit", "budget", "set", "--scope", "all", "--limit", "1000000001", "--period", "month")]
    [InlineData("budget.invalid", 65, "limit", "budget", "set", "--scope", "all", "--limit", "lots", "--period", "month")]
    [InlineData("budget.invalid", 65, "period", "budget", "set", "--scope", "all", "--limit", "5", "--period", "eon")]
    [InlineData("zone.unknown", 65, "zone", "budget", "set", "--scope", "all", "--limit", "5", "--period", "day", "--zone", "Mars/Olympus")]
    [InlineData("scope.invalid", 64, "scope", "budget", "set", "--scope", "planet:mars", "--limit", "5", "--period", "day")]
    [InlineData("agent.unknown", 65, "scope", "budget", "set", "--scope", "agent:nobody", "--limit", "5", "--period", "day")]
    [InlineData("budget.invalid", 65, "thresholds", "budget", "set", "--scope", "all", "--limit", "5", "--period", "day", "--threshold", "80%,50%")]
    [InlineData("recipient.invalid", 65, "recipients[0]", "budget", "set", "--scope", "all", "--limit", "5", "--period", "day", "--to", "nobody")]
    [InlineData("recipient.invalid", 65, "recipients[0]", "budget", "set", "--scope", "all", "--limit", "5", "--period", "day", "--to", "a@b.example\r\nBcc: c@d.example")]
    [InlineData("text.invalid", 65, "name", "budget", "set", "--scope", "all", "--limit", "5", "--period", "day", "--name", "a\r\nBcc: c@d.example")]
    [InlineData("text.invalid", 65, "name", "budget", "set", "--scope", "all", "--limit", "5", "--period", "day", "--name", "a\u202eb")]
    [InlineData("channel.unknown", 64, "channels", "budget", "set", "--scope", "all", "--limit", "5", "--period", "day", "--channel", "pigeon")]
    [InlineData("time.out_of_range", 65, "until", "budget", "raise", "team", "--limit", "600", "--until", "2020-01-01")]
    [InlineData("budget.unknown", 65, "budget", "budget", "raise", "taem", "--limit", "600", "--until", "7d")]
    [InlineData("budget.closed", 65, "budget", "budget", "raise", "gone", "--limit", "600", "--until", "7d")]
    [InlineData("budget.unknown", 65, "budget", "budget", "close", "taem")]
    [InlineData("alert.unknown", 65, "id", "alert", "ack", "a-nothing00")]
    [InlineData("hold.invalid", 65, "reserve", "guard", "--agent", "ba", "--reserve", "0")]
    [InlineData("hold.invalid", 65, "forSeconds", "guard", "--agent", "ba", "--reserve", "1", "--for", "2d")]
    [InlineData("hold.unknown", 65, "hold", "guard", "--release", "h-nothing00")]
    [InlineData("agent.unknown", 65, "agent", "guard", "--agent", "nobody")]
    [InlineData("budget.unknown", 65, "budget", "guard", "--budget", "taem")]
    [InlineData("mission.unknown", 65, "mission", "mission", "end", "owner/repo#9")]
    [InlineData("key.unknown", 65, "key", "key", "assign", "xai-nobody", "--agent", "ba")]
    [InlineData("message.unknown", 65, "id", "outbox", "retry", "3f2b8a52-0d4e-5f9c-a1aa-9a7be3a1f1b4")]
    [InlineData("position.unknown", 65, "asOf", "report", "--as-of", "999999999")]
    public async Task bad_input_has_its_code_its_field_and_its_exit_and_writes_nothing(string code, int exit, string field, params string[] words)
    {
        var written = await world.Team.Written();
        var ran = world.Team.Terminal.Run([.. words, "--json"]);
        Assert.True(exit == ran.Exit, ran.Out);
        var problem = ran.Json["problem"]!;
        Assert.Equal((code, field), ((string?)problem["code"], (string?)problem["field"]));
        if (code == "budget.unknown")
        {
            // The other tests set budgets too, before or after.
            string[] candidates = [.. problem["candidates"]!.AsArray().Select(c => (string)c!)];
            Assert.Equal("team", candidates[^1]);
            Assert.Equal(candidates.Order(StringComparer.Ordinal), candidates);
        }
        Assert.Equal(written, await world.Team.Written());
    }

    [Theory]
    [InlineData("budget", "set", "--scope", "key:xai-ba", "--limit", "900", "--period", "quarter")]
    [InlineData("agent", "add", "hannibal")]
    [InlineData("key", "assign", "xai-ba", "--agent", "ba", "--from", "2026-01-01")]
    public void a_repeated_write_says_the_same_again_and_its_position(params string[] words)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"again-{words[0]}");
        var first = world.Team.Terminal.Run([.. words, "--idempotency-key", key, "--json"]).Ok().Json.AsObject();
        var again = world.Team.Terminal.Run([.. words, "--idempotency-key", key, "--json"]).Ok().Json.AsObject();
        Assert.True((long)again["position"]! >= (long)first["position"]! && (long)first["position"]! > 0);
        Assert.True(first.Remove("position") && again.Remove("position"));
        Assert.Equal(first.ToJsonString(), again.ToJsonString());
        Assert.Equal("idempotency.reused", (string?)world.Team.Terminal.Run("agent", "add", "somebody-else", "--idempotency-key", key, "--json").Json["problem"]!["code"]);
    }
}
