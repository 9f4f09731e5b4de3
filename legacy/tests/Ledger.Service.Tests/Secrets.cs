using Ledger.Providers;
using Ledger.Service.Http;
using Ledger.Service.Vault;
using Ledger.Simulator;
using Npgsql;

namespace Ledger.Service.Tests;

public sealed class Secrets
{
    [Fact]
    public async Task a_credential_opens_only_as_what_it_was_stored_as()
    {
        await using var host = await TestHost.Start();
        var vault = (CredentialVault)host.Host.Services.GetService(typeof(CredentialVault))!;
        var secret = Secret.FromPaste("xai-token-canary-one-of-two");
        await vault.Store("c-1", "xai-a", "xai", secret, CancellationToken.None);
        await vault.Store("c-2", "xai-b", "xai", secret, CancellationToken.None);
        Assert.Equal(secret.Reveal(), (await vault.Open("c-1", "xai-a", "xai", CancellationToken.None))!.Reveal());
        Assert.Null(await vault.Open("c-3", "xai-a", "xai", CancellationToken.None));
        await Lost(vault, "c-1", "xai-b", "xai");
        await Lost(vault, "c-1", "xai-a", "openai");
        Assert.Equal(2, await host.Database.Scalar<long>("select count(distinct sealed) from ledger_credential"));
        Assert.Equal(1, await host.Database.Scalar<long>("select count(distinct fingerprint) from ledger_credential"));

        // Rows swapped whole, their secrets alone, their keys alone.
        foreach (var columns in new[] { "wrapped_key wrapped_nonce nonce sealed", "nonce sealed", "wrapped_key wrapped_nonce" })
        {
            var set = string.Join(", ", columns.Split(' ').Select(c => $"{c} = o.{c}"));
            var swap = $"update ledger_credential c set {set} from ledger_credential o where o.id <> c.id";
            await host.Database.Execute(swap);
            await Lost(vault, "c-1", "xai-a", "xai");
            await Lost(vault, "c-2", "xai-b", "xai");
            await host.Database.Execute(swap);
            Assert.NotNull(await vault.Open("c-1", "xai-a", "xai", CancellationToken.None));
        }
    }

    [Fact]
    public async Task every_flipped_bit_is_found()
    {
        await using var host = await TestHost.Start();
        var vault = (CredentialVault)host.Host.Services.GetService(typeof(CredentialVault))!;
        await vault.Store("c-1", "xai-a", "xai", Secret.FromPaste("xai-token-canary"), CancellationToken.None);
        foreach (var column in new[] { "wrapped_key", "wrapped_nonce", "nonce", "sealed" })
        {
            var bits = await host.Database.Scalar<int>($"select length({column}) * 8 from ledger_credential");
            for (var bit = 0; bit < bits; bit++)
            {
                var flip = $"update ledger_credential set {column} = set_bit({column}, {bit}, 1 - get_bit({column}, {bit}))";
                await host.Database.Execute(flip);
                await Lost(vault, "c-1", "xai-a", "xai");
                await host.Database.Execute(flip);
            }
        }
        Assert.NotNull(await vault.Open("c-1", "xai-a", "xai", CancellationToken.None));
    }

    [Fact]
    public async Task another_key_file_opens_nothing_and_the_account_says_what_to_do()
    {
        await using var host = await TestHost.Start();
        await host.Connect();
        File.Delete(host.Settings.KeyFile);
        await using var other = await host.Another();
        var lost = (await other.Post("accounts/prod/test")).Refused("credential.lost");
        Assert.Contains("account rotate", (string?)lost["detail"], StringComparison.Ordinal);
        (await other.Get("report")).Ok();
        (await other.Post("accounts/prod/rotate", new { credential = host.Xai.Issue(host.Team).Text })).Ok();
        (await other.Post("accounts/prod/test")).Ok();
    }

    [Fact]
    public async Task a_key_file_that_others_can_read_is_refused()
    {
        await using var host = await TestHost.Start();
        File.SetUnixFileMode(host.Settings.KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var refused = await Assert.ThrowsAsync<Hosting.ConfigurationException>(() => host.Another());
        Assert.Contains("chmod 600", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task no_secret_is_ever_seen_again()
    {
        await using var host = await TestHost.Start();
        var key = host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-3));
        host.Team.Spend("ba", key.Id, Prices.Reasoning, Prices.Prompt, new(10_000_000_000));
        var (first, second, revoked, weak) = (host.Xai.Issue(host.Team), host.Xai.Issue(host.Team), host.Xai.Issue(host.Team), host.Xai.Issue(host.Team, "weak", "team-token:endpoint:ListApiKeys"));
        revoked.Revoked = true;
        var secrets = new[] { first.Text, second.Text, revoked.Text, weak.Text, "xai-canary-inference-key-0123456789" };
        var seen = new List<string>();
        void Keep(Reply reply) => seen.Add(reply.Text + reply.Headers);

        Keep(await host.Connect(key: first));
        foreach (var secret in secrets)
        {
            Keep(await host.Post("accounts", new { provider = "xai", label = "other", credential = secret }));
            Keep(await host.Post("accounts", new { provider = "xai", label = "other", credential = secret, bogus = secret }));
            Keep(await host.Post("accounts", new { provider = secret, label = "other", credential = new[] { secret } }));
            Keep(await host.Post("accounts/prod/rotate", $$"""{"credential":"{{secret}}","credential":"{{secret}}"}"""));
            Keep(await host.Post("accounts/prod/rotate", $$"""{"credential":"{{secret}} x"}"""));
        }
        Keep(await host.Post("accounts/prod/rotate", new { credential = second.Text }));
        second.Revoked = true;
        Keep(await host.Post("accounts/prod/sync"));
        foreach (var path in new[] { "accounts", "status", "doctor", "tokens", "keys", "/metrics", "/openapi/v1.json" })
            Keep(await host.Get(path));
        Keep(await host.Post("accounts/prod/test"));
        seen.AddRange(host.Said);
        seen.Add(await Dump(host.Database.ConnectionString));
        foreach (var secret in secrets)
        {
            // The label that was really a key is the caller's own words, cut; nothing may hold the whole.
            Assert.All(seen, text => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
            Assert.All(seen, text => Assert.DoesNotContain(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(secret)), text, StringComparison.Ordinal));
        }
    }

    private static async Task Lost(CredentialVault vault, string id, string account, string provider) =>
        Assert.Equal("credential.lost", (await Assert.ThrowsAsync<Refused>(() => vault.Open(id, account, provider, CancellationToken.None))).Why.Code);

    /// <summary>Everything in the database as text, as pg_dump would write it.</summary>
    private static async Task<string> Dump(string connectionString)
    {
        await using var db = NpgsqlDataSource.Create(connectionString);
        var tables = new List<string>();
        await using (var command = db.CreateCommand("select format('%I.%I', schemaname, tablename) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"))
        await using (var reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync()) tables.Add(reader.GetString(0));
        Assert.Contains(tables, t => t.EndsWith("ledger_credential", StringComparison.Ordinal));
        var text = new System.Text.StringBuilder();
        foreach (var table in tables)
        {
            await using var command = db.CreateCommand($"select coalesce(string_agg(t::text || encode(convert_to(t::text, 'utf8'), 'escape'), e'\\n'), '') from {table} t");
            text.Append((string)(await command.ExecuteScalarAsync())!);
        }
        return text.ToString();
    }
}
