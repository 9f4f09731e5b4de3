using Ledger.Delivery.Mail;

namespace Ledger.Delivery.Tests;

/// <summary>What follows from what became of an attempt.</summary>
public sealed class PolicyTests
{
    private static readonly Outcome yes = Outcome.Delivered.Yes;
    private static readonly Outcome cut = new Outcome.Unknown("cut");
    private static readonly Outcome down = new Outcome.Later("nobody answers", Down: true);
    private static readonly Outcome busy = new Outcome.Later("mailbox busy");
    private static readonly Outcome no = new Outcome.Refused("550 nobody here");

    [Fact]
    public async Task a_refused_recipient_is_set_aside_and_the_others_get_theirs()
    {
        await using var scene = await Scene.Set();
        var ids = await scene.Send(Scene.Mail("a@x.org"), Scene.Mail("b@x.org"), Scene.Mail("c@x.org"));
        var channel = new Scripted(MessageKinds.Mail, yes, no, yes);
        await Scene.Run(scene.Loop(channel));
        var kept = await Task.WhenAll(ids.Select(scene.Kept));
        Assert.Equal(2, kept.Count(k => k.State == MessageState.Delivered));
        Assert.Equal("550 nobody here", Assert.Single(kept, k => k.State == MessageState.Dead).Reason);
        scene.Clock.Advance(TimeSpan.FromDays(30));
        await Scene.Run(scene.Loop(channel));
        Assert.Equal(3, channel.Given.Count);
    }

    [Fact]
    public async Task a_slow_receiver_gets_no_copy_because_a_claim_ran_out_under_it()
    {
        await using var scene = await Scene.Set();
        var ids = await scene.Send([.. Enumerable.Range(0, 30).Select(i => new WebhookMessageBody($"a-{i}", "alert", Scene.Payload(), Scene.Noon))]);
        var rules = new ChannelRules { ClaimMax = 500, AttemptMax = TimeSpan.FromSeconds(5), CopiesAreTold = true };
        var (mine, theirs) = (new Scripted(MessageKinds.Webhook, yes) { Rules = rules }, new Scripted(MessageKinds.Webhook, yes) { Rules = rules });
        var other = scene.Loop(theirs);
        // Each answer takes four seconds; another node looks for what is due all the time.
        mine.Sending = async () =>
        {
            scene.Clock.Advance(TimeSpan.FromSeconds(4));
            await other.Turn(CancellationToken.None, CancellationToken.None);
        };
        await Scene.Run(scene.Loop(mine));
        await Scene.Run(other);
        Assert.Equal(30, mine.Given.Concat(theirs.Given).SelectMany(p => p.Messages).DistinctBy(m => m.Id).Count());
        Assert.Equal(30, mine.Given.Count + theirs.Given.Count);
        foreach (var id in ids) Assert.Equal(MessageState.Delivered, (await scene.Kept(id)).State);
    }

    [Theory]
    [InlineData("alert", 15)]
    [InlineData("digest", 600)]
    public async Task an_unknown_outcome_gets_exactly_one_more_try(string @class, int seconds)
    {
        await using var scene = await Scene.Set();
        var id = (await scene.Send(Scene.Mail(@class: @class)))[0];
        var channel = new Scripted(MessageKinds.Mail, cut);
        var loop = scene.Loop(channel);
        await Scene.Run(loop);
        scene.Clock.Advance(TimeSpan.FromSeconds(seconds - 1));
        await Scene.Run(loop);
        Assert.Single(channel.Given);
        scene.Clock.Advance(TimeSpan.FromSeconds(1));
        await Scene.Run(loop);
        Assert.Equal(2, channel.Given.Count);
        Assert.Equal(channel.Given[0].Body.ToArray(), channel.Given[1].Body.ToArray());
        var kept = await scene.Kept(id);
        Assert.Equal(MessageState.Dead, kept.State);
        Assert.StartsWith("outcome unknown, sent at most twice", kept.Reason, StringComparison.Ordinal);
        scene.Clock.Advance(TimeSpan.FromDays(1));
        await Scene.Run(loop);
        Assert.Equal(2, channel.Given.Count);
    }

    [Fact]
    public async Task two_attempts_that_began_and_never_ended_are_two_copies_and_there_is_no_third()
    {
        await using var scene = await Scene.Set();
        var id = (await scene.Send(Scene.Mail()))[0];
        for (var i = 0; i < 2; i++)
        {
            var claimed = await scene.Outbox.Claim(1, TimeSpan.FromMinutes(1), scene.Clock.GetUtcNow(), CancellationToken.None);
            await scene.Outbox.Begin(claimed, id, TimeSpan.FromMinutes(1), scene.Clock.GetUtcNow(), CancellationToken.None);
            scene.Clock.Advance(TimeSpan.FromMinutes(2));
        }
        var channel = new Scripted(MessageKinds.Mail, yes);
        await Scene.Run(scene.Loop(channel));
        Assert.Empty(channel.Given);
        Assert.Equal((MessageState.Dead, "outcome unknown, sent at most twice"), ((await scene.Kept(id)).State, (await scene.Kept(id)).Reason));
    }

    [Fact]
    public async Task surely_not_sent_is_tried_on_after_an_unknown_outcome()
    {
        await using var scene = await Scene.Set();
        var id = (await scene.Send(Scene.Mail()))[0];
        var loop = scene.Loop(new Scripted(MessageKinds.Mail, cut, busy, busy, yes));
        for (var i = 0; i < 4; i++)
        {
            await Scene.Run(loop);
            scene.Clock.Advance(TimeSpan.FromMinutes(16));
        }
        Assert.Equal((MessageState.Delivered, 1), ((await scene.Kept(id)).State, (await scene.Kept(id)).Unknown));
    }

    [Fact]
    public async Task a_receiver_that_can_tell_copies_is_tried_until_a_day_has_passed()
    {
        await using var scene = await Scene.Set();
        var id = (await scene.Send(new WebhookMessageBody("a-1", "alert", Scene.Payload(), Scene.Noon)))[0];
        var channel = new Scripted(MessageKinds.Webhook, cut) { Rules = new() { CopiesAreTold = true } };
        var loop = scene.Loop(channel);
        while ((await scene.Kept(id)).State == MessageState.Waiting)
        {
            await Scene.Run(loop);
            scene.Clock.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.InRange(channel.Given.Count, 90, 110);
        Assert.InRange((scene.Clock.GetUtcNow() - Scene.Noon).TotalHours, 24, 24.5);
        Assert.StartsWith("given up after 24 h", (await scene.Kept(id)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_channel_that_is_down_is_left_alone_and_nothing_is_tried_five_hundred_times()
    {
        await using var scene = await Scene.Set();
        await scene.Send([.. Enumerable.Range(0, 500).Select(i => new SlackMessageBody($"a-{i}", "alert", "x", null, Scene.Noon))]);
        var channel = new Scripted(MessageKinds.Slack, down, down, down, yes);
        var loop = scene.Loop(channel);
        await Scene.Run(loop);
        Assert.Single(channel.Given);
        Assert.Equal("nobody answers", loop.Trouble!.Reason);
        Assert.Equal(500, (await scene.State()).Waiting);
        await scene.Send(new SlackMessageBody("new", "alert", "x", null, Scene.Noon));
        await Scene.Run(loop);
        Assert.Single(channel.Given);
        for (var i = 0; i < 2; i++)
        {
            scene.Clock.Advance(TimeSpan.FromMinutes(15));
            await Scene.Run(loop);
        }
        Assert.Equal(3, channel.Given.Count);
        scene.Clock.Advance(TimeSpan.FromMinutes(15));
        await Scene.Run(loop);
        Assert.Null(loop.Trouble);
        Assert.Equal(new OutboxState(0, 0, null), await scene.State());
        Assert.Equal(3 + 501, channel.Given.Count);
        Assert.Equal(2, scene.Said.Count);
    }

    [Fact]
    public async Task a_mail_server_that_is_away_for_a_day_loses_nothing_and_late_alerts_come_as_one()
    {
        await using var scene = await Scene.Set();
        var ids = new List<Guid>();
        var channel = new Scripted(MessageKinds.Mail, [.. Enumerable.Repeat(down, 98), yes]) { Rules = new SmtpChannel(new() { Host = "localhost" }, "ledger@x.org").Rules with { Concurrency = 1 } };
        var loop = scene.Loop(channel);
        for (var hour = 0; hour < 23; hour++)
        {
            ids.AddRange(await scene.Send(Scene.Mail(notification: $"a-{hour}", subject: $"alert {hour}\r\nBcc: x@y.z", at: scene.Clock.GetUtcNow())));
            for (var quarter = 0; quarter < 4; quarter++, scene.Clock.Advance(TimeSpan.FromMinutes(15))) await Scene.Run(loop);
        }
        ids.AddRange(await scene.Send(Scene.Mail(notification: "d-1", @class: "digest", at: scene.Clock.GetUtcNow().AddHours(-5)), Scene.Mail("other@x.org", at: scene.Clock.GetUtcNow())));
        var tried = channel.Given.Count;
        Assert.InRange(tried, 92, 97);
        Assert.Equal(25, (await scene.State()).Waiting);
        while ((await scene.State()).Waiting > 0)
        {
            scene.Clock.Advance(TimeSpan.FromMinutes(15));
            await Scene.Run(loop);
        }
        var sent = channel.Given.Skip(98).ToArray();
        Assert.Equal(3, sent.Length);
        var summary = Assert.Single(sent, p => p.Messages.Count == 23);
        var mail = MessageJson.Read<MailMessageBody>(summary.Body.Span);
        Assert.Matches("^23 alerts, delayed 2[34] h$", mail.Subject);
        Assert.All(Enumerable.Range(0, 23), h => Assert.Contains($"alert {h} Bcc: x@y.z\n", mail.Text, StringComparison.Ordinal));
        Assert.Contains(sent, p => p.Class == "digest" && p.Messages.Count == 1);
        Assert.All(await Task.WhenAll(ids.Select(scene.Kept)), k => Assert.Equal(MessageState.Delivered, k.State));
    }

    [Fact]
    public async Task a_summary_that_may_have_left_leaves_again_as_the_same_one()
    {
        await using var scene = await Scene.Set();
        await scene.Send(Scene.Mail(notification: "a-1"), Scene.Mail(notification: "a-2"));
        scene.Clock.Advance(TimeSpan.FromHours(2));
        var channel = new Scripted(MessageKinds.Mail, cut, yes);
        var loop = scene.Loop(channel);
        await Scene.Run(loop);
        await scene.Send(Scene.Mail(notification: "a-3"), Scene.Mail(notification: "a-4"));
        scene.Clock.Advance(TimeSpan.FromSeconds(15));
        await Scene.Run(loop);
        var mails = channel.Given.Select(p => MessageJson.Read<MailMessageBody>(p.Body.Span)).ToArray();
        Assert.Equal(3, mails.Length);
        Assert.Single(mails.Skip(1), m => m.MessageId == mails[0].MessageId);
        Assert.Equal(2, mails.Select(m => m.MessageId).Distinct().Count());
        Assert.Equal(0, (await scene.State()).Waiting);
    }

    [Fact]
    public async Task an_alert_that_may_have_left_alone_never_hides_in_a_summary()
    {
        await using var scene = await Scene.Set();
        await scene.Send(Scene.Mail(notification: "a-1"));
        var channel = new Scripted(MessageKinds.Mail, cut, yes);
        var loop = scene.Loop(channel);
        await Scene.Run(loop);
        scene.Clock.Advance(TimeSpan.FromHours(3));
        await scene.Send(Scene.Mail(notification: "a-2"), Scene.Mail(notification: "a-3"));
        await Scene.Run(loop);
        var ids = channel.Given.Select(p => MessageJson.Read<MailMessageBody>(p.Body.Span).MessageId).ToArray();
        Assert.Equal(3, ids.Length);
        Assert.Equal("a-1.prod@ledger.invalid", ids[0]);
        Assert.Contains(ids[0], ids.Skip(1));
    }

    [Fact]
    public async Task a_week_is_the_longest_that_a_mail_is_tried()
    {
        await using var scene = await Scene.Set();
        var id = (await scene.Send(Scene.Mail()))[0];
        var loop = scene.Loop(new Scripted(MessageKinds.Mail, down) { Rules = new SmtpChannel(new() { Host = "localhost" }, "ledger@x.org").Rules });
        scene.Clock.Advance(TimeSpan.FromDays(6.9));
        await Scene.Run(loop);
        Assert.Equal(MessageState.Waiting, (await scene.Kept(id)).State);
        scene.Clock.Advance(TimeSpan.FromDays(0.2));
        await Scene.Run(loop);
        Assert.Equal((MessageState.Dead, "given up after 7 days: nobody answers"), ((await scene.Kept(id)).State, (await scene.Kept(id)).Reason));
    }

    [Fact]
    public async Task a_receiver_that_is_gone_is_not_asked_again()
    {
        await using var scene = await Scene.Set();
        await scene.Send([.. Enumerable.Range(0, 5).Select(i => new WebhookMessageBody($"a-{i}", "alert", Scene.Payload(), Scene.Noon))]);
        var channel = new Scripted(MessageKinds.Webhook, new Outcome.Refused("410", Gone: true)) { Rules = new() { CopiesAreTold = true, ClaimMax = 1 } };
        await Scene.Run(scene.Loop(channel));
        Assert.Single(channel.Given);
        Assert.Equal(5, (await scene.State()).Dead);
        Assert.Contains("410", Assert.Single(scene.Said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_cannot_be_read_is_set_aside_and_what_is_not_ours_stays()
    {
        await using var scene = await Scene.Set();
        var id = (await scene.Send(Scene.Mail()))[0];
        var other = (await scene.Send(Scene.Mail()))[0];
        await scene.Database.Execute($"update ledger_outbox set body = '{{}}' where id = '{id}'; update ledger_outbox set kind = 'pigeon.v1' where id = '{other}'");
        var channel = new Scripted(MessageKinds.Mail, yes);
        await Scene.Run(scene.Loop(channel));
        Assert.Empty(channel.Given);
        Assert.StartsWith("unreadable", (await scene.Kept(id)).Reason, StringComparison.Ordinal);
        Assert.Equal(MessageState.Waiting, (await scene.Kept(other)).State);
    }

    [Fact]
    public async Task two_deliverers_on_one_outbox_send_everything_once()
    {
        await using var scene = await Scene.Set();
        await scene.Send([.. Enumerable.Range(0, 300).Select(i => Scene.Mail($"u{i}@x.org"))]);
        var channels = Enumerable.Range(0, 2).Select(_ => new Scripted(MessageKinds.Mail, yes) { Rules = new() { ClaimMax = 7 } }).ToArray();
        await Task.WhenAll(channels.Select(c => Task.Run(() => Scene.Run(scene.Loop(c)))));
        var sent = channels.SelectMany(c => c.Given.Select(p => p.Id)).ToArray();
        Assert.Equal((300, 300), (sent.Length, sent.Distinct().Count()));
        Assert.Equal(0, (await scene.State()).Waiting);
    }

    [Fact]
    public async Task a_running_deliverer_starts_at_once_and_stops_in_order()
    {
        await using var scene = await Scene.Set();
        var channel = new Scripted(MessageKinds.Mail, yes);
        using var stop = new CancellationTokenSource();
        var running = scene.Loop(channel).Run(stop.Token);
        await Task.Delay(300);
        var began = Environment.TickCount64;
        await scene.Send(Scene.Mail());
        while ((await scene.State()).Waiting > 0) await Task.Delay(5);
        Assert.InRange(Environment.TickCount64 - began, 0, 600);
        await stop.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(5));
    }
}
