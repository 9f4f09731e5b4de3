using Ledger.Service.Mail;

namespace Ledger.Service.Tests.Mail;

/// <summary>Mails as people read them, in files.</summary>
internal static class GoldenMail
{
    public static void Matches(MailContent mail, string name)
    {
        Golden.Matches($"Subject: {mail.Subject}\n\n{mail.Text}", PathOf(name + ".txt"));
        Golden.Matches(mail.Html, PathOf(name + ".html"));
    }

    public static string PathOf(string file) => "tests/Ledger.Service.Tests/Mail/golden/" + file;
}
