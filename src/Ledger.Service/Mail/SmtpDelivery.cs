using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Ledger.Service.Channels;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;

namespace Ledger.Service.Mail;

/// <summary>One mail over SMTP. What matters is whether it surely did not leave, or nobody knows.</summary>
internal static class SmtpDelivery
{
    /// <exception cref="DeliveryRefused">It will never be taken.</exception>
    /// <exception cref="DeliveryFailed">Another try may help.</exception>
    public static async Task Send(SendMail mail, string sender, SmtpOptions options, CancellationToken ct)
    {
        using var message = MimeMail.Of(mail, sender);
        using var client = new SmtpClient { CheckCertificateRevocation = false, Timeout = (int)options.AttemptMax.TotalMilliseconds };
        if (options.CaFile is { } file) client.ServerCertificateValidationCallback = (_, certificate, chain, errors) => Trusts(file, certificate, chain, errors);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(options.AttemptMax);
        var content = new Noted();
        try
        {
            await client.ConnectAsync(options.Host, options.Port, options.Tls switch
            {
                SmtpTls.StartTls => SecureSocketOptions.StartTls,
                SmtpTls.Implicit => SecureSocketOptions.SslOnConnect,
                _ => SecureSocketOptions.None,
            }, bound.Token);
            if (options is { Username: { } user, Password: { } password })
            {
                // We hold a password, not a token.
                client.AuthenticationMechanisms.RemoveWhere(m => m is "XOAUTH2" or "OAUTHBEARER");
                await client.AuthenticateAsync(user, password.Reveal(), bound.Token);
            }
            await client.SendAsync(message, bound.Token, content);
        }
        catch (Exception e) when (e is CommandException or ProtocolException or AuthenticationException or SslHandshakeException or NotSupportedException
            or OperationCanceledException or TimeoutException or IOException or SocketException or InvalidOperationException)
        {
            throw content.IsUnderWay ? AfterContent(e, options, ct) : BeforeContent(e, options, ct);
        }
        await Quit(client, bound.Token);
    }

    /// <summary>The server has taken the mail, so a farewell that fails changes nothing.</summary>
    private static async Task Quit(SmtpClient client, CancellationToken ct)
    {
        try
        {
            await client.DisconnectAsync(quit: true, ct);
        }
        catch (Exception e) when (e is CommandException or ProtocolException or OperationCanceledException or TimeoutException or IOException or SocketException)
        {
            // The connection is closed all the same.
        }
    }

    /// <summary>Surely not sent. Whose fault it is decides who waits.</summary>
    private static Exception BeforeContent(Exception e, SmtpOptions options, CancellationToken ct) => e switch
    {
        _ when ct.IsCancellationRequested => new DeliveryFailed("the service stopped before it was sent"),
        OperationCanceledException or TimeoutException => new DeliveryFailed(string.Create(CultureInfo.InvariantCulture, $"{options.Target} did not answer within {options.AttemptMax.TotalSeconds:0} s")) { IsChannelDown = true },
        SmtpCommandException { ErrorCode: SmtpErrorCode.RecipientNotAccepted, StatusCode: >= (SmtpStatusCode)500 } => new DeliveryRefused(Said(e, options)),
        // 421 closes the door to everybody; the other temporary ones may be about this recipient (greylisting, a full mailbox).
        SmtpCommandException { StatusCode: >= (SmtpStatusCode)400 and < (SmtpStatusCode)500 and not SmtpStatusCode.ServiceNotAvailable } => new DeliveryFailed(Said(e, options)),
        // No connection, no STARTTLS, a bad certificate, a wrong password, a refused sender.
        _ => new DeliveryFailed(Said(e, options)) { IsChannelDown = true },
    };

    /// <summary>The content was under way, so only an answer tells.</summary>
    private static Exception AfterContent(Exception e, SmtpOptions options, CancellationToken ct) => e switch
    {
        SmtpCommandException { StatusCode: >= (SmtpStatusCode)500 } => new DeliveryRefused(Said(e, options)),
        SmtpCommandException { StatusCode: >= (SmtpStatusCode)400 } => new DeliveryFailed(Said(e, options)),
        _ => new DeliveryFailed($"cut off after the content was under way: {(ct.IsCancellationRequested ? "the service stopped" : e is OperationCanceledException or TimeoutException ? "no answer in time" : Said(e, options))}") { IsUnknown = true },
    };

    private static string Said(Exception e, SmtpOptions options)
    {
        var status = e is SmtpCommandException command ? string.Create(CultureInfo.InvariantCulture, $"{(int)command.StatusCode} ") : "";
        return Reason.Of($"{options.Target}: {status}{e.Message}{(e.InnerException is { } inner ? $" {inner.Message}" : "")}", options.Password?.Reveal());
    }

    /// <summary>
    /// A certificate of a private authority is accepted from the authorities of SMTP_CA_FILE, for that host, when the name fits. There is no
    /// switch that accepts just anything.
    /// </summary>
    private static bool Trusts(string caFile, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None) return true;
        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is not X509Certificate2 presented) return false;
        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(SmtpOptions.Authorities(caFile));
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (chain is not null) own.ChainPolicy.ExtraStore.AddRange(chain.ChainElements.Select(e => e.Certificate).ToArray());
        return own.Build(presented);
    }

    /// <summary>Tells whether any of the content was written, which is after the server agreed to take it.</summary>
    private sealed class Noted : ITransferProgress
    {
        private volatile bool underWay;

        public bool IsUnderWay => underWay;

        public void Report(long bytesTransferred, long totalSize) => underWay = true;

        public void Report(long bytesTransferred) => underWay = true;
    }
}
