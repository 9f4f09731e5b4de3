using System.Diagnostics;
using Ledger.Demo.Simulator;
using Ledger.Service.Mail;
using Ledger.Service.Tests.Support;
using Wolverine.Runtime.Serialization;

namespace Ledger.Service.Tests.Alerts;

/// <summary>
/// The case the product comes from, as a new user meets it: two agents on one key have left $3.19 of $31.00 when the account is connected, with the README's own
/// settings. Somebody is mailed at once, and hears what ends, when, and what to do.
/// </summary>
public sealed class AprilFromConnectingOn(TestDatabases databases)
{
    private static readonly DateTimeOffset end = new(2026, 4, 18, 9, 30, 0, TimeSpan.Zero);

    [Fact]
    public async Task who_set_an_address_is_mailed_within_seconds_of_connecting()
    {
        await using var host = await LedgerHost.Start(databases, o => o with { PollEvery = TimeSpan.FromMinutes(5), BackfillDays = 90, People = new() { MailTo = ["you@example.org"], Zone = "Europe/Brussels" } }, new TestClock(end));
        TokenMonitorCase.Play(host.Team, end);
        var watch = Stopwatch.StartNew();
        (await host.Post("accounts", new { provider = "xai", label = "prod", credential = host.Xai.Issue(host.Team).Text })).Ok();
        await LedgerHost.Until(async () => (await Mails(host)).Count > 0, "the first mail");
        TestContext.Current.TestOutputHelper?.WriteLine($"the first mail {watch.Elapsed.TotalSeconds:0.0} s after connecting began");

        var mail = (await Mails(host))[0];
        Assert.Equal(("you@example.org", "alert"), (mail.To, mail.Class));
        Assert.Matches("^Credit ends (Sat )?[0-9:]{5}: \\$3\\.19 left \\[prod\\]$", mail.Subject);
        Assert.Matches("\nCredit ends (Sat )?[0-9:]{5}: \\$3\\.19 of \\$31\\.00 left\n", mail.Text);
        Assert.Contains("CEST", mail.Text, StringComparison.Ordinal);
        Assert.Contains("Do this first: Top up $", mail.Text.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Contains("X searches", mail.Text, StringComparison.Ordinal);

        // What connecting read in is no news, and nothing is said twice.
        host.Clock.Advance(TimeSpan.FromMinutes(6));
        await host.Sync();
        var all = await Mails(host);
        Assert.All(all.Skip(1), m => Assert.DoesNotContain("Credit ends", m.Subject, StringComparison.Ordinal));
        Assert.DoesNotContain(all, m => m.Subject.Contains("istory", StringComparison.Ordinal));
        Assert.Equal("deny", (string?)(await host.Post("guard", new { reserve = "4" })).Ok()["decision"]);
    }

    private static async Task<IReadOnlyList<SendMail>> Mails(LedgerHost host)
    {
        var mails = new List<SendMail>();
        await using var command = Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions.GetRequiredService<Npgsql.NpgsqlDataSource>(host.Services)
            .CreateCommand("select body from messages.wolverine_incoming_envelopes where message_type = 'send-mail.v1' order by received_at");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            mails.Add(System.Text.Json.JsonSerializer.Deserialize<SendMail>(EnvelopeSerializer.Deserialize(await reader.GetFieldValueAsync<byte[]>(0)).Data!, LedgerJson.Options)!);
        return mails;
    }
}
