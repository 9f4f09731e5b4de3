using Microsoft.Extensions.Configuration;

namespace Ledger.Service.Settings;

/// <summary>The file of settings: lines of <c>NAME=VALUE</c>, <c>#</c> for remarks, quotes around a value if one likes.</summary>
internal sealed class ConfigurationFile(string path) : ConfigurationProvider, IConfigurationSource
{
    private const int bytesMax = 64 * 1024;
    private static readonly string[] families = ["LEDGER_", "XAI_", "SMTP_"];
    private static readonly string[] others = ["SLACK_WEBHOOK_URL", "SLACK_WEBHOOK_URL_FILE", "ALERTING_WEBHOOK_URL", "WEBHOOK_URL"];

    /// <summary>The file that was named, else the usual one if it is there.</summary>
    public static ConfigurationFile? Find(string? named, Func<string, string?> variable) =>
        named is not null ? new(named)
        : UsualPath(variable) is { } usual && File.Exists(usual) ? new(usual)
        : null;

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    public override void Load()
    {
        try
        {
            if (new FileInfo(path).Length > bytesMax) throw new ConfigurationException("LEDGER_CONFIG", $"{path} is larger than {bytesMax / 1024} KB.");
            var lines = File.ReadAllLines(path);
            for (var i = 0; i < lines.Length; i++)
                LoadLine(i + 1, lines[i].Trim());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException("LEDGER_CONFIG", $"{path} can't be read.");
        }
    }

    private void LoadLine(int number, string line)
    {
        if (line.Length == 0 || line[0] == '#') return;
        var equals = line.IndexOf('=', StringComparison.Ordinal);
        // The value may be a secret, so only the name is ever repeated.
        if (equals < 0) throw new ConfigurationException("LEDGER_CONFIG", $"{path} line {number}: expected NAME=VALUE.");
        var name = line[..equals].TrimEnd();
        if (!families.Any(family => name.StartsWith(family, StringComparison.Ordinal)) && !others.Contains(name))
            throw new ConfigurationException("LEDGER_CONFIG", $"{path} line {number}: {Names.Printable(name)} is no setting.");
        var value = line[(equals + 1)..].Trim();
        if (value is ['"', .. var inner, '"']) value = inner;
        if (value.Length > 0) Data[name] = value;
    }

    private static string? UsualPath(Func<string, string?> variable) =>
        variable("XDG_CONFIG_HOME") is { Length: > 0 } config && Path.IsPathRooted(config) ? Path.Combine(config, "ledger", "config")
        : variable("HOME") is { Length: > 0 } home ? Path.Combine(home, ".config", "ledger", "config")
        : null;
}
