using System.Globalization;
using Ledger.Alerts;
using Ledger.Budgets;
using Ledger.Money;
using Ledger.Service.Channels;
using Ledger.Service.Tests.Channels;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Alerts;

/// <summary>Many budgets are crossed by one reading: all of it stands in the log, and people are not flooded.</summary>
public sealed class Storms(TestDatabases databases)
{
    private const int budgets = 500;

    [Fact]
    public async Task five_hundred_budgets_that_are_crossed_at_once_are_one_mail_and_twenty_one_posts()
    {
        await using var mail = MailServer.Start();
        await using var sink = await Sink.Start();
        await using var scene = await AlertScene.Begin(databases, change: o => o with
        {
            Channels = o.Channels with { Smtp = mail.Options(), Sender = "ledger@example.org", Webhook = new() { Url = sink.Url, Secrets = [new Secret("whsec_c3Rvcm0tb2YtYnVkZ2V0cy1jYW5hcnk=")] }, AllowPrivate = ["localhost"] },
        });
        await using (var session = scene.Session())
        {
            for (var i = 0; i < budgets; i++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"b{i:D3}");
                session.Events.Append(Budget.StreamOf(Budget.IdOf(name)), new BudgetSet
                {
                    Budget = Budget.IdOf(name),
                    Name = name,
                    Scope = "all",
                    Limits = [new("month", Usd.Parse("1.00"))],
                    Zone = "UTC",
                    WeekStart = DayOfWeek.Monday,
                    Thresholds = [new(Basis.Actual, 100, null)],
                    Recipients = [],
                    Channels = [],
                    At = scene.Now,
                });
            }
            await session.SaveChangesAsync();
        }
        await scene.Spend("ba", "2.00");

        var crossed = (await scene.Raised()).OfType<BudgetThresholdCrossed>().ToArray();
        Assert.Equal(budgets, crossed.Select(c => c.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(budgets, crossed.Length);
        await LedgerHost.Until(() => Task.FromResult(!mail.Mails.IsEmpty), "the mail");
        await LedgerHost.Until(() => Task.FromResult(Posts() >= NotificationLimit.PerHourMax + 1), "the posts");
        // Nothing else waits to be sent.
        await LedgerHost.Until(async () => await scene.Host.Scalar<long>("select count(*) from messages.wolverine_incoming_envelopes where message_type like 'send-%' and status <> 'Handled'") == 0, "an empty outbox");
        var only = Assert.Single(mail.Mails);
        Assert.Contains(", and 499 more", only.Mail.Subject, StringComparison.Ordinal);
        Assert.Equal(NotificationLimit.PerHourMax + 1, Posts());

        int Posts()
        {
            lock (sink.Got) return sink.Got.Count;
        }
    }
}
