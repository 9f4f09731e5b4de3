using Ledger.Service.Scheduling;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Tests;

public sealed class Housekeeping
{
    [Fact]
    public async Task delivered_messages_are_kept_for_thirty_days_and_dead_letters_for_ever()
    {
        await using var host = await TestHost.Start();
        var log = host.Host.Services.GetRequiredService<IEventLog>();
        var unreadable = new NewMessage(Ids.DerivedFrom("housekeeping", "dead"), "mail.v1", "{}"u8.ToArray(), host.Clock.GetUtcNow());
        var mail = new MailMessageBody("a-1", "alert", "ludo@example.org", ["ludo@example.org"], "s", "t", null, "a-1.t@ledger.invalid", "alerts.t.ledger.invalid", host.Clock.GetUtcNow());
        await log.Append(new() { Streams = [], Messages = [unreadable, MessageJson.ToNew(mail, "housekeeping", "mail", host.Clock.GetUtcNow())] }, CancellationToken.None);
        await TestHost.Until(async () => (await Count("delivered"), await Count("dead")) == (1, 1), "a mail and a dead letter");

        var job = host.Host.Services.GetRequiredKeyedService<IRoutine>("housekeeping");
        host.Clock.Advance(TimeSpan.FromDays(29));
        await job.Run(CancellationToken.None);
        Assert.Equal((1L, 1L), (await Count("delivered"), await Count("dead")));
        host.Clock.Advance(TimeSpan.FromDays(2));
        await job.Run(CancellationToken.None);
        Assert.Equal((0L, 1L), (await Count("delivered"), await Count("dead")));

        Task<long> Count(string state) => host.Database.Scalar<long>($"select count(*) from ledger_outbox where state = '{state}'");
    }
}
