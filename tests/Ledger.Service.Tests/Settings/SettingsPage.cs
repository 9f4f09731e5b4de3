using Ledger.Service.Settings;

namespace Ledger.Service.Tests.Settings;

/// <summary>docs/reference/config.md names what is read, and nothing else.</summary>
public sealed class SettingsPage
{
    [Fact]
    public void every_setting_is_on_the_page_of_settings()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Ledger.slnx"))) root = root.Parent!;
        var page = File.ReadAllText(Path.Combine(root.FullName, "docs", "reference", "config.md"));
        var asked = new SortedSet<string>(StringComparer.Ordinal);
        LedgerOptions.Read([], name =>
        {
            asked.Add(name);
            return name switch
            {
                "HOME" => "/home/nobody-here",
                "SMTP_HOST" => "smtp.example.org",
                "SMTP_SENDER_EMAIL" => "a@example.org",
                "SMTP_TLS" => "none",
                "LEDGER_SMTP_INSECURE" => "1",
                "LEDGER_WEBHOOK_URL" => "https://hooks.example.org/x",
                "LEDGER_WEBHOOK_SECRET" => "a secret of some length",
                _ => null,
            };
        });
        Assert.InRange(asked.Count, 30, 100);
        Assert.All(asked, name => Assert.True(page.Contains($"`{name}`", StringComparison.Ordinal) || (name.EndsWith("_FILE", StringComparison.Ordinal) && page.Contains($"`{name[..^5]}`", StringComparison.Ordinal)) || name is "HOME" or "XDG_CONFIG_HOME" or "XDG_DATA_HOME", $"{name} is not in config.md"));
        // And nothing is promised that nobody reads; where the programs of the cluster are is asked only when one is made.
        foreach (var row in page[..page.IndexOf("## The command line", StringComparison.Ordinal)].Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal)))
            foreach (var name in row.Split('|')[1].Split('`').Where(n => n.Contains('_', StringComparison.Ordinal)))
                Assert.True(name == "LEDGER_PG_BIN" || asked.Contains(name), $"nobody reads {name}");
    }
}
