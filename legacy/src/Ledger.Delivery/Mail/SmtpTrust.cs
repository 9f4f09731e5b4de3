using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Ledger.Delivery.Mail;

/// <summary>
/// Certificates of a mail server from a private authority: accepted from the authorities of SMTP_CA_FILE, for that host, when the name
/// fits. There is no switch that accepts just anything.
/// </summary>
internal static class SmtpTrust
{
    private static readonly ConcurrentDictionary<string, X509Certificate2Collection> authorities = new(StringComparer.OrdinalIgnoreCase);

    public static void Accept(string host, string caFile)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(caFile);
        authorities[host] = certificates;
        // The one hook that the mail client has is for the whole process. Nothing else here heeds it, and it falls back to the system's judgement.
#pragma warning disable SYSLIB0014
        ServicePointManager.ServerCertificateValidationCallback = Judge;
#pragma warning restore SYSLIB0014
    }

    internal static bool Judge(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None) return true;
        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is not X509Certificate2 presented) return false;
        if (sender is not SslStream { TargetHostName: var host } || !authorities.TryGetValue(host, out var trusted)) return false;
        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(trusted);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (chain is not null) own.ChainPolicy.ExtraStore.AddRange(chain.ChainElements.Select(e => e.Certificate).ToArray());
        return own.Build(presented);
    }
}
