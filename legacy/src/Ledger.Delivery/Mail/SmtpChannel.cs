using System.Net;
using System.Net.Mail;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Ledger.Delivery.Mail;

/// <summary>Mail over SMTP: STARTTLS, AUTH LOGIN, one envelope for each recipient.</summary>
internal sealed class SmtpChannel : IChannel
{
    private readonly SmtpOptions options;
    private readonly string sender;

    public SmtpChannel(SmtpOptions options, string sender)
    {
        (this.options, this.sender) = (options, sender);
        if (options.CaFile is { } file) SmtpTrust.Accept(options.Host, file);
        // A day without a mail server loses nothing, nor does a week.
        Rules = new() { Concurrency = 4, ClaimMax = 500, AttemptMax = options.AttemptMax, GivesUpAfter = TimeSpan.FromDays(7) };
        Info = new("email", true, $"{options.Host}:{options.Port}", null);
    }

    public string Kind => MessageKinds.Mail;

    public ChannelRules Rules { get; }

    public ChannelInfo Info { get; }

    public async Task<Outcome> Send(Parcel parcel, CancellationToken ct)
    {
        var body = MessageJson.Read<MailMessageBody>(parcel.Body.Span);
        if (EmailAddress.WhyNot(body.To) is { } why) return new Outcome.Refused($"the recipient is no address: {why}");

        var read = false;
        using var mail = MailComposer.Compose(body, sender, () => Volatile.Write(ref read, true));
        using var client = new SmtpClient(options.Host, options.Port)
        {
            EnableSsl = options.Tls,
            UseDefaultCredentials = false,
            Credentials = options.Username is { } user ? new NetworkCredential(user, options.Password?.Reveal()) : null,
            Timeout = (int)options.AttemptMax.TotalMilliseconds,
        };
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(options.AttemptMax);
        try
        {
            // Once the content is under way the client no longer hears a cancellation; so it is not waited for either.
            await client.SendMailAsync(mail, bound.Token).WaitAsync(bound.Token);
            return Outcome.Delivered.Yes;
        }
        catch (Exception e) when (e is SmtpException or OperationCanceledException or IOException or SocketException or AuthenticationException or InvalidOperationException)
        {
            return Volatile.Read(ref read) ? AfterData(e) : BeforeData(e, ct);
        }
    }

    /// <summary>The content was never asked for: surely not sent. Whose fault it is decides who waits.</summary>
    private Outcome BeforeData(Exception e, CancellationToken ct) => e switch
    {
        _ when ct.IsCancellationRequested => new Outcome.Later("the service stopped before it was sent"),
        OperationCanceledException => new Outcome.Later($"{Info.Target} did not answer within {Spoken.Of(options.AttemptMax)}", Down: true),
        SmtpFailedRecipientException { StatusCode: >= (SmtpStatusCode)500 } => new Outcome.Refused(Said(e)),
        // 421 closes the door to everybody; the other temporary ones may be about this recipient (greylisting, a full mailbox).
        SmtpException { StatusCode: SmtpStatusCode.ServiceNotAvailable } => new Outcome.Later(Said(e), Down: true),
        SmtpException { StatusCode: >= (SmtpStatusCode)400 and < (SmtpStatusCode)500 } => new Outcome.Later(Said(e)),
        // No connection, no STARTTLS, a bad certificate, a wrong password (which may call itself "issue STARTTLS first"), a refused sender.
        _ => new Outcome.Later(Said(e), Down: true),
    };

    /// <summary>The content was under way: only an answer tells.</summary>
    private Outcome AfterData(Exception e) => e is SmtpException { InnerException: null, StatusCode: >= (SmtpStatusCode)400 and var status }
        ? status >= (SmtpStatusCode)500 ? new Outcome.Refused(Said(e)) : new Outcome.Later(Said(e))
        : new Outcome.Unknown($"cut off after the content was under way: {Said(e)}");

    private string Said(Exception e) => OneLine.Reason(e is SmtpException { InnerException: { } inner } ? $"{e.Message} {inner.Message}" : e.Message, options.Password?.Reveal());
}
