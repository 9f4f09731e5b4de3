using Ledger.Contracts;
using Ledger.Service.Channels;
using Ledger.Service.Mail;
using Wolverine;
using Wolverine.Runtime;

namespace Ledger.Service.Tests.Channels;

/// <summary>What is remembered of channels and messages, and what follows from how an attempt ended.</summary>
public sealed class ChannelHealthTests : IDisposable
{
    private readonly string folder = System.IO.Directory.CreateTempSubdirectory("ledger-health-").FullName;

    public void Dispose() => System.IO.Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task a_channel_is_down_until_somebody_gets_through()
    {
        using var given = new Given(new() { MailFolder = Path.Combine(folder, "mail") });
        var (mail, envelope) = (Given.Mail(), new Envelope { Attempts = 1 });
        await File.WriteAllTextAsync(given.Options.MailFolder, "in the way");
        var first = await given.Fails(mail, envelope);
        given.Clock.Advance(TimeSpan.FromMinutes(1));
        envelope.Attempts = 2;
        await given.Fails(mail, envelope);
        Assert.Equal(new ChannelTrouble(first.Message, Given.Noon.AddMinutes(2), Given.Noon), given.Health.TroubleOf("email"));
        Assert.Equal((2, DeliveryState.Waiting), (given.Health.NoteOf(envelope.Id)!.Attempts, given.Health.NoteOf(envelope.Id)!.State));
        File.Delete(given.Options.MailFolder);
        await given.Handle(mail, envelope);
        Assert.Null(given.Health.TroubleOf("email"));
        Assert.Null(given.Health.NoteOf(envelope.Id));
    }

    [Fact]
    public async Task whoever_waits_for_a_message_hears_how_its_attempt_ended()
    {
        using var given = new Given(new() { MailFolder = Path.Combine(folder, "mail") });
        var envelope = new Envelope { Attempts = 1 };
        var mail = (SendMail)TestAlertEndpoint.Message("email", "ludo@example.org", "key", Given.Noon);
        var note = await given.Health.FirstOutcome(mail.Id, () => given.Handle(mail, envelope), TimeSpan.FromSeconds(15), CancellationToken.None);
        Assert.Equal(new DeliveryNote(envelope.Id, DeliveryState.Delivered, null, 0, 1), note);

        var nobody = given.Health.FirstOutcome(Guid.NewGuid(), () => Task.CompletedTask, TimeSpan.FromSeconds(15), CancellationToken.None);
        given.Clock.Advance(TimeSpan.FromSeconds(16));
        Assert.Null(await nobody);
    }

    [Fact]
    public async Task a_digest_whose_outcome_is_unknown_waits_longer()
    {
        using var given = new Given(new() { MailFolder = folder });
        var failed = await Assert.ThrowsAsync<DeliveryFailed>(() => given.Health.Attempt("email", Given.Mail(@class: "digest"), new() { Attempts = 1 }, () => throw new DeliveryFailed("cut off") { IsUnknown = true }));
        Assert.Equal(TimeSpan.FromMinutes(10), failed.Wait);
    }

    [Fact]
    public void a_test_needs_a_channel_and_a_mail_an_address()
    {
        var validator = new TestAlertValidator();
        Assert.True(validator.Validate(new TestAlert("slack", null)).IsValid);
        Assert.False(validator.Validate(new TestAlert(null, null)).IsValid);
        foreach (var to in new[] { null, "", "nobody", "a@b@c", "a b@c.org", "a@x.org\r\nBcc: b@x.org", "a@x.org,b@x.org", "Ludo <a@x.org>", "a@-x.org", new string('a', 300) + "@x.org", "ü@x.org" })
            Assert.Equal("recipient.invalid", validator.Validate(new TestAlert("email", to)).Errors[0].ErrorCode);
    }

    [Fact]
    public void a_delivery_is_tried_for_about_a_day()
    {
        var options = new WolverineOptions();
        options.Channels();
        Assert.InRange(Enumerable.Range(1, DeliveryPolicies.AttemptsMax).Sum(a => DeliveryPolicies.DelayAfter(a).TotalHours), 20, 26);
        var envelope = new Envelope { Attempts = 1 };
        IContinuation Next(Exception e, int attempt)
        {
            envelope.Attempts = attempt;
            foreach (var rule in options.Policies.Failures)
                if (rule.TryCreateContinuation(e, envelope, out var continuation)) return continuation;
            throw new InvalidOperationException("No rule.");
        }
        Assert.Equal("Move to Error Queue", $"{Next(new DeliveryRefused("no"), 1)}");
        Assert.StartsWith("Schedule Retry in 30 seconds", $"{Next(new DeliveryFailed("later"), 1)}", StringComparison.Ordinal);
        Assert.StartsWith("Schedule Retry in 28800 seconds", $"{Next(new DeliveryFailed("later"), DeliveryPolicies.AttemptsMax - 1)}", StringComparison.Ordinal);
        Assert.Equal("Move to Error Queue", $"{Next(new DeliveryFailed("later"), DeliveryPolicies.AttemptsMax)}");
        var wait = new DeliveryFailed("busy") { Wait = TimeSpan.FromMinutes(7) };
        Assert.DoesNotContain("Schedule Retry", $"{Next(wait, 1)}", StringComparison.Ordinal);
        Assert.Equal("Move to Error Queue", $"{Next(wait, DeliveryPolicies.AttemptsMax)}");
    }
}
