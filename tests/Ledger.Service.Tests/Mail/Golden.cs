using Ledger.Service.Mail;


namespace Ledger.Service.Tests.Mail;

/// <summary>What people read is kept in files; GOLDEN_ACCEPT=1 rewrites them, and the diff is reviewed.</summary>
internal static class Golden
{
    private static readonly string root = FindRoot();
    private static readonly string folder = Path.Combine(root, "tests", "Ledger.Service.Tests");

    /// <summary>Where a file lies.</summary>
    public static string File(string file, string of = "Mail") => Path.Combine(folder, of, "golden", file);

    public static string Page(string file) => System.IO.File.ReadAllText(Path.Combine(root, file));

    public static void Matches(MailContent mail, string name)
    {
        Matches($"Subject: {mail.Subject}\n\n{mail.Text}", name + ".txt");
        Matches(mail.Html, name + ".html");
    }

    public static void Matches(string text, string file, string of = "Mail")
    {
        var path = File(file, of);
        if (Environment.GetEnvironmentVariable("GOLDEN_ACCEPT") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            System.IO.File.WriteAllText(path, text);
        }
        Assert.True(System.IO.File.Exists(path), $"{path} is missing; GOLDEN_ACCEPT=1 writes it.");
        Assert.Equal(System.IO.File.ReadAllText(path), text);
    }

    private static string FindRoot()
    {
        var above = new DirectoryInfo(AppContext.BaseDirectory);
        while (above is not null && !System.IO.File.Exists(Path.Combine(above.FullName, "Ledger.slnx"))) above = above.Parent;
        return above?.FullName ?? throw new InvalidOperationException("Ledger.slnx is not above the tests.");
    }
}
