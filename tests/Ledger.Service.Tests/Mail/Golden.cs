using Xunit;

namespace Ledger.Mail.Tests;

/// <summary>What people read is kept in files; GOLDEN_ACCEPT=1 rewrites them, and the diff is reviewed.</summary>
internal static class Golden
{
    private static readonly string root = FindRoot();
    private static readonly string folder = Path.Combine(root, "tests", "Ledger.Mail.Tests", "golden");

    public static string Page(string file) => File.ReadAllText(Path.Combine(root, file));

    public static void Matches(MailContent mail, string name)
    {
        Matches($"Subject: {mail.Subject}\n\n{mail.Text}", name + ".txt");
        Matches(mail.Html, name + ".html");
    }

    public static void Matches(string text, string file)
    {
        var path = Path.Combine(folder, file);
        if (Environment.GetEnvironmentVariable("GOLDEN_ACCEPT") == "1")
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(path, text);
        }
        Assert.True(File.Exists(path), $"{path} is missing; GOLDEN_ACCEPT=1 writes it.");
        Assert.Equal(File.ReadAllText(path), text);
    }

    private static string FindRoot()
    {
        var above = new DirectoryInfo(AppContext.BaseDirectory);
        while (above is not null && !File.Exists(Path.Combine(above.FullName, "Ledger.sln"))) above = above.Parent;
        return above?.FullName ?? throw new InvalidOperationException("Ledger.sln is not above the tests.");
    }
}
