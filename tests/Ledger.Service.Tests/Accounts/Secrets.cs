using System.Text;
using Ledger.Accounts;
using Ledger.Service.Accounts;
using Ledger.Service.Settings;
using Ledger.Service.Tests.Polling;
using Ledger.Service.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Ledger.Service.Tests.Accounts;

public sealed class Secrets(TestDatabases databases)
{
    [Fact]
    public async Task a_credential_opens_only_as_what_it_was_stored_as_and_every_change_is_found()
    {
        await using var host = await PollingScene.Connected(databases);
        var credentials = host.Services.GetRequiredService<Credentials>();
        var store = host.Services.GetRequiredService<IDocumentStore>();
        var account = await host.Account();
        await using var session = store.LightweightSession();
        var held = (await session.LoadAsync<Credential>(account.Credential!.Credential))!;
        Assert.NotEmpty((await credentials.Open(session, account, CancellationToken.None)).Reveal());

        await Lost(account with { Id = "xai-other" });
        for (var i = 0; i < held.Sealed!.Length; i += 7)
        {
            var changed = held.Sealed.ToCharArray();
            changed[i] = changed[i] == 'A' ? 'B' : 'A';
            await Change(held with { Sealed = new(changed) });
            await Lost(account);
        }
        await Change(held with { Sealed = null });
        await Lost(account);
        await Change(held);
        Assert.NotEmpty((await credentials.Open(session, account, CancellationToken.None)).Reveal());

        async Task Lost(Account of)
        {
            await using var query = store.QuerySession();
            Assert.Equal("credential.lost", (await Assert.ThrowsAsync<Refused>(() => credentials.Open(query, of, CancellationToken.None))).Why.Code);
        }

        async Task Change(Credential to)
        {
            await using var changing = store.LightweightSession();
            changing.Store(to);
            await changing.SaveChangesAsync();
        }
    }

    [Fact]
    public async Task without_the_keys_the_account_says_what_to_do_and_another_credential_helps()
    {
        await using var host = await PollingScene.Connected(databases);
        await host.Stop();
        Directory.Delete(Credentials.FolderOf(host.Options), recursive: true);
        await using var other = await host.Another(s => s with { PollEvery = TimeSpan.FromSeconds(1) });
        var lost = (await other.Post("accounts/prod/test")).Refused("credential.lost");
        Assert.Equal(78, (int)lost["exit"]!);
        Assert.Contains("account rotate", (string?)lost["detail"], StringComparison.Ordinal);
        (await other.Post("accounts/prod/rotate", new { credential = host.Xai.Issue(host.Team).Text })).Ok();
        (await other.Post("accounts/prod/test")).Ok();
    }

    [Fact]
    public async Task keys_that_others_can_read_are_refused()
    {
        await using var host = await PollingScene.Connected(databases);
        var folder = Credentials.FolderOf(host.Options);
        Assert.All(Directory.GetFiles(folder), f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead);
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => host.Another());
        Assert.Contains("chmod 700", (refused as ConfigurationException ?? refused.GetBaseException()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task no_secret_is_ever_seen_again()
    {
        var written = new StringWriter();
        var console = Console.Error;
        Console.SetError(TextWriter.Synchronized(written));
        try
        {
            await using var host = await LedgerHost.Start(databases);
            host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-3));
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
            foreach (var path in new[] { "accounts", "/openapi/v1.json" }) Keep(await host.Get(path));
            Keep(await host.Post("accounts/prod/test"));
            seen.Add(await Dump(host.Options.Database!));
            seen.Add(written.ToString());
            foreach (var file in Directory.GetFiles(host.Options.Home, "*", SearchOption.AllDirectories)) seen.Add(await File.ReadAllTextAsync(file));
            foreach (var secret in secrets)
            {
                Assert.All(seen, text => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
                Assert.All(seen, text => Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)), text, StringComparison.Ordinal));
                Assert.All(seen, text => Assert.DoesNotContain(Convert.ToHexString(Encoding.UTF8.GetBytes(secret)), text, StringComparison.OrdinalIgnoreCase));
            }
        }
        finally
        {
            Console.SetError(console);
        }
    }

    /// <summary>Everything in every table of every schema as text, as a dump would hold it.</summary>
    private static async Task<string> Dump(string connectionString)
    {
        await using var db = NpgsqlDataSource.Create(connectionString);
        var tables = new List<string>();
        await using (var command = db.CreateCommand("select format('%I.%I', schemaname, tablename) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"))
        await using (var reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync()) tables.Add(reader.GetString(0));
        Assert.Contains(tables, t => t.EndsWith("mt_doc_credential", StringComparison.Ordinal));
        Assert.Contains(tables, t => t.StartsWith("messages.", StringComparison.Ordinal));
        var text = new StringBuilder();
        foreach (var table in tables)
        {
            await using var command = db.CreateCommand($"select coalesce(string_agg(t::text || encode(convert_to(t::text, 'utf8'), 'escape'), e'\\n'), '') from {table} t");
            text.Append((string)(await command.ExecuteScalarAsync())!);
        }
        return text.ToString();
    }
}
