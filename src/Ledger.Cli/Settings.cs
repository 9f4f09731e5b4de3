namespace Ledger.Cli;

/// <summary>Settings by flag, then environment, then file, then default. A bad one ends the command with 78.</summary>
internal sealed class Settings
{
    public const string DefaultUrl = "http://127.0.0.1:7171";
    private const int FileBytesMax = 64 * 1024;

    private readonly Func<string, string?> variable;
    private readonly Dictionary<string, string> file = [];

    public string Home { get; }
    public Uri Url { get; }

    /// <summary>Base address without a trailing slash; the name of the service in files of ours.</summary>
    public string UrlText { get; }

    public string? Agent => Get("LEDGER_AGENT");

    public Settings(Func<string, string?> variable, string? homeFlag, string? urlFlag)
    {
        this.variable = variable;
        ReadFile();
        Home = Path.GetFullPath(homeFlag ?? Get("LEDGER_HOME") ?? DefaultHome());
        var url = urlFlag ?? Get("LEDGER_URL") ?? DefaultUrl;
        if (!Uri.TryCreate(url.Trim(), UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https")
            || parsed.UserInfo.Length > 0 || parsed.Query.Length > 0 || parsed.Fragment.Length > 0)
            throw Refusal.Of(Exit.Config, "config.url", $"LEDGER_URL (or --url) must be an address such as {DefaultUrl}.", "LEDGER_URL", url);
        Url = parsed;
        UrlText = parsed.GetLeftPart(UriPartial.Path).TrimEnd('/');
    }

    /// <summary>A setting by its name; an empty one counts as not set.</summary>
    public string? Get(string name) =>
        variable(name) is { Length: > 0 } set ? set : file.GetValueOrDefault(name);

    /// <summary>What the file says, for programs started from here.</summary>
    public IReadOnlyDictionary<string, string> File => file;

    /// <summary>The bearer token, or null: then the service is asked without one and says what is missing.</summary>
    public string? Token()
    {
        var token = Get("LEDGER_TOKEN");
        var path = Path.Combine(Home, "token");
        if (token is null && System.IO.File.Exists(path))
        {
            try
            {
                token = System.IO.File.ReadAllText(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw Refusal.Of(Exit.NotAllowed, "token.unreadable", $"The token file {path} can't be read by this user; set LEDGER_TOKEN instead.");
            }
        }
        token = token?.Trim();
        if (token is null or "") return null;
        foreach (var c in token)
            if (c is <= ' ' or > '~')
                throw Refusal.Of(Exit.Config, "config.token", "The token holds a space, a line break or another character no token has.", "LEDGER_TOKEN");
        return token;
    }

    private string DefaultHome()
    {
        var data = variable("XDG_DATA_HOME");
        if (data is { Length: > 0 } && Path.IsPathRooted(data)) return Path.Combine(data, "ledger");
        return variable("HOME") is { Length: > 0 } home
            ? Path.Combine(home, ".local", "share", "ledger")
            : throw Refusal.Of(Exit.Config, "config.home", "Neither LEDGER_HOME nor HOME is set: say where the data folder is.", "LEDGER_HOME");
    }

    private void ReadFile()
    {
        var named = variable("LEDGER_CONFIG") is { Length: > 0 } given ? given : null;
        var path = named ?? DefaultFile();
        if (path is null || (named is null && !System.IO.File.Exists(path))) return;
        string[] lines;
        try
        {
            if (new FileInfo(path).Length > FileBytesMax)
                throw Refusal.Of(Exit.Config, "config.file", $"{path} is larger than {FileBytesMax / 1024} KB.", "LEDGER_CONFIG", path);
            lines = System.IO.File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refusal.Of(Exit.Config, "config.file", $"The configuration file {path} can't be read.", "LEDGER_CONFIG", path);
        }
        for (var i = 0; i < lines.Length; i++)
            ReadLine(path, i + 1, lines[i].Trim());
    }

    private void ReadLine(string path, int number, string line)
    {
        if (line.Length == 0 || line[0] == '#') return;
        var equals = line.IndexOf('=');
        var name = equals < 0 ? line : line[..equals].TrimEnd();
        // The value may be a secret, so only the name is ever repeated.
        if (equals < 0)
            throw Refusal.Of(Exit.Config, "config.line", $"{path} line {number}: expected NAME=VALUE.", "LEDGER_CONFIG");
        // As the service reads it: the file is one for both.
        if (!Array.Exists(Families, family => name.StartsWith(family, StringComparison.Ordinal)) && !Others.Contains(name))
            throw Refusal.Of(Exit.Config, "config.name", $"{path} line {number}: {name} is no setting; names are those of the environment (LEDGER_URL, LEDGER_HOME …).", name);
        if (Parsing.Nearest.Within(name, Names, 2) is { } near && near != name)
            throw Refusal.Of(Exit.Config, "config.name", $"{path} line {number}: {name} is no setting. Did you mean {near}?", name);
        var value = line[(equals + 1)..].Trim();
        if (value is ['"', .. var inner, '"']) value = inner;
        if (value.Length > 0) file[name] = value;
    }

    private string? DefaultFile()
    {
        if (variable("XDG_CONFIG_HOME") is { Length: > 0 } config && Path.IsPathRooted(config)) return Path.Combine(config, "ledger", "config");
        return variable("HOME") is { Length: > 0 } home ? Path.Combine(home, ".config", "ledger", "config") : null;
    }

    private static readonly string[] Families = ["LEDGER_", "XAI_", "SMTP_"];
    private static readonly string[] Others = ["SLACK_WEBHOOK_URL", "SLACK_WEBHOOK_URL_FILE", "ALERTING_WEBHOOK_URL", "WEBHOOK_URL"];
    private static readonly string[] Names = ["LEDGER_HOME", "LEDGER_URL", "LEDGER_TOKEN", "LEDGER_AGENT", "LEDGER_DB", "LEDGER_POLL_EVERY", "LEDGER_ZONE"];
}
