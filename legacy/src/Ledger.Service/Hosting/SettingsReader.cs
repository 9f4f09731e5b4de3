using System.Globalization;
using System.Net;
using Ledger.Providers;
using Ledger.Service.Delivery;
using Npgsql;

namespace Ledger.Service.Hosting;

/// <summary>Settings by flag, then environment, then file, then default. A bad one ends the program with 78 and names it.</summary>
internal sealed class SettingsReader
{
    private const int fileBytesMax = 64 * 1024;

    private static readonly Dictionary<string, string> flags = new(StringComparer.Ordinal)
    {
        ["--home"] = "LEDGER_HOME",
        ["--db"] = "LEDGER_DB",
        ["--url"] = "LEDGER_URL",
        ["--bind"] = "LEDGER_BIND",
        ["--allowed-hosts"] = "LEDGER_ALLOWED_HOSTS",
        ["--poll-every"] = "LEDGER_POLL_EVERY",
        ["--bookmark-reach"] = "LEDGER_BOOKMARK_REACH",
        ["--config"] = "LEDGER_CONFIG",
    };

    private readonly Dictionary<string, string> given = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> file = new(StringComparer.Ordinal);
    private readonly Func<string, string?> variable;

    private SettingsReader(IReadOnlyList<string> args, Func<string, string?> variable)
    {
        this.variable = variable;
        ReadFlags(args);
        ReadFile();
    }

    public static ServiceSettings Read(IReadOnlyList<string> args, Func<string, string?> variable) => new SettingsReader(args, variable).Settings();

    private ServiceSettings Settings()
    {
        var url = Url("LEDGER_URL") ?? new("http://127.0.0.1:7171");
        var bind = Bind();
        if (bind is null && !url.IsLoopback)
            throw new ConfigurationException("LEDGER_URL", $"{url.Host} is not this machine's loopback address. To be reached from elsewhere say LEDGER_BIND=0.0.0.0 (or --bind), behind something that speaks TLS.");
        if (bind is null && url.Scheme != Uri.UriSchemeHttp)
            throw new ConfigurationException("LEDGER_URL", "the service itself speaks http; put something that speaks TLS before it and say LEDGER_BIND.");

        var home = Path.GetFullPath(Get("LEDGER_HOME") ?? DefaultHome());
        return new()
        {
            Home = home,
            Database = Database(),
            Url = url,
            Bind = bind,
            AllowedHosts = Get("LEDGER_ALLOWED_HOSTS")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
            Token = Token(),
            PollEvery = Duration("LEDGER_POLL_EVERY", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)) ?? TimeSpan.FromMinutes(5),
            BookmarkReach = Duration("LEDGER_BOOKMARK_REACH", TimeSpan.Zero, TimeSpan.FromMinutes(5)) ?? TimeSpan.FromSeconds(10),
            XaiUrl = ProviderUrl("XAI_MANAGEMENT_URL") ?? new("https://management-api.x.ai"),
            XaiKey = XaiKey(),
            XaiTeam = Get("XAI_TEAM_ID")?.Trim(),
            Delivery = DeliverySettings.Read(Get, home),
            People = PeopleSettings.Read(Get),
        };
    }

    private string? Get(string name) =>
        given.TryGetValue(name, out var flag) ? flag
        : variable(name) is { Length: > 0 } set ? set
        : file.GetValueOrDefault(name);

    private void ReadFlags(IReadOnlyList<string> args)
    {
        for (var i = 0; i < args.Count; i++)
        {
            var equals = args[i].IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? args[i] : args[i][..equals];
            if (!flags.TryGetValue(name, out var setting))
                throw new ConfigurationException(Names.Printable(name), $"no such flag; there are {string.Join(", ", flags.Keys)}.");
            if (equals < 0 && i + 1 >= args.Count) throw new ConfigurationException(name, "a value is missing.");
            given[setting] = equals < 0 ? args[++i] : args[i][(equals + 1)..];
        }
    }

    private void ReadFile()
    {
        var named = given.GetValueOrDefault("LEDGER_CONFIG") ?? (variable("LEDGER_CONFIG") is { Length: > 0 } set ? set : null);
        var path = named ?? DefaultFile();
        if (path is null || (named is null && !File.Exists(path))) return;
        try
        {
            if (new FileInfo(path).Length > fileBytesMax) throw new ConfigurationException("LEDGER_CONFIG", $"{path} is larger than {fileBytesMax / 1024} KB.");
            var lines = File.ReadAllLines(path);
            for (var i = 0; i < lines.Length; i++)
                ReadLine(path, i + 1, lines[i].Trim());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException("LEDGER_CONFIG", $"{path} can't be read.");
        }
    }

    private void ReadLine(string path, int number, string line)
    {
        if (line.Length == 0 || line[0] == '#') return;
        var equals = line.IndexOf('=', StringComparison.Ordinal);
        // The value may be a secret, so only the name is ever repeated.
        if (equals < 0) throw new ConfigurationException("LEDGER_CONFIG", $"{path} line {number}: expected NAME=VALUE.");
        var name = line[..equals].TrimEnd();
        if (!name.StartsWith("LEDGER_", StringComparison.Ordinal) && !name.StartsWith("XAI_", StringComparison.Ordinal) && !DeliverySettings.Knows(name))
            throw new ConfigurationException("LEDGER_CONFIG", $"{path} line {number}: {Names.Printable(name)} is no setting.");
        var value = line[(equals + 1)..].Trim();
        if (value is ['"', .. var inner, '"']) value = inner;
        if (value.Length > 0) file[name] = value;
    }

    private string? DefaultFile() =>
        variable("XDG_CONFIG_HOME") is { Length: > 0 } config && Path.IsPathRooted(config) ? Path.Combine(config, "ledger", "config")
        : variable("HOME") is { Length: > 0 } home ? Path.Combine(home, ".config", "ledger", "config")
        : null;

    private string DefaultHome() =>
        variable("XDG_DATA_HOME") is { Length: > 0 } data && Path.IsPathRooted(data) ? Path.Combine(data, "ledger")
        : variable("HOME") is { Length: > 0 } home ? Path.Combine(home, ".local", "share", "ledger")
        : throw new ConfigurationException("LEDGER_HOME", "neither it nor HOME is set: say where the data folder is.");

    private string? Database()
    {
        if (Get("LEDGER_DB") is not { } text) return null;
        var form = "a connection string such as Host=localhost;Database=ledger;Username=ledger;Password=…, or postgres://user@host/database";
        try
        {
            return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "postgres" or "postgresql"
                ? FromUri(uri)
                : new NpgsqlConnectionStringBuilder(text) is { Host.Length: > 0 } parsed ? parsed.ConnectionString : throw new ConfigurationException("LEDGER_DB", $"it names no host; expected {form}.");
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException)
        {
            throw new ConfigurationException("LEDGER_DB", $"not {form}.");
        }
    }

    private static string FromUri(Uri uri)
    {
        var user = uri.UserInfo.Split(':', 2);
        return new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host,
            Port = uri.Port > 0 ? uri.Port : 5432,
            Username = user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null,
            Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
            Database = uri.AbsolutePath.Trim('/') is { Length: > 0 } name ? Uri.UnescapeDataString(name) : "ledger",
        }.ConnectionString;
    }

    private IPAddress? Bind() =>
        Get("LEDGER_BIND") is not { } text ? null
        : IPAddress.TryParse(text, out var address) ? address
        : throw new ConfigurationException("LEDGER_BIND", $"'{Names.Printable(text)}' is no IP address such as 127.0.0.1 or 0.0.0.0.");

    private string? Token()
    {
        if (Get("LEDGER_TOKEN")?.Trim() is not { Length: > 0 } token) return null;
        return token.Length is >= 20 and <= 200 && token.All(c => c is > ' ' and <= '~')
            ? token
            : throw new ConfigurationException("LEDGER_TOKEN", "a token has 20 to 200 printable characters and no spaces.");
    }

    private Uri? Url(string name) =>
        Get(name) is not { } text ? null
        : Uri.TryCreate(text.Trim(), UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0 && url.Query.Length == 0 && url.AbsolutePath == "/"
            ? url
            : throw new ConfigurationException(name, $"'{Names.Printable(text)}' is no address such as http://127.0.0.1:7171.");

    private Uri? ProviderUrl(string name)
    {
        if (Get(name) is not { } text) return null;
        if (!Uri.TryCreate(text.Trim(), UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.UserInfo.Length > 0 || url.Query.Length > 0)
            throw new ConfigurationException(name, $"'{Names.Printable(text)}' is no address such as https://management-api.x.ai.");
        return url.Scheme == Uri.UriSchemeHttps || url.IsLoopback
            ? url
            : throw new ConfigurationException(name, "http is for this machine only: the management key would travel in the clear.");
    }

    private TimeSpan? Duration(string name, TimeSpan min, TimeSpan max) =>
        Get(name) is not { } text ? null
        : Durations.TryParse(text.Trim(), out var duration) && duration >= min && duration <= max
            ? duration
            : throw new ConfigurationException(name, $"'{Names.Printable(text)}' is no length of time from {Durations.ToText(min)} to {Durations.ToText(max)}, such as 30s, 5m or 1h.");

    private Secret? XaiKey()
    {
        foreach (var name in new[] { "XAI_MANAGEMENT_KEY", "XAI_MANAGEMENT_API_KEY" })
        {
            if (Get(name) is { } key) return Pasted(name, key);
            if (Get(name + "_FILE") is { } path) return Pasted(name + "_FILE", ReadKey(name + "_FILE", path));
        }
        return null;
    }

    private static string ReadKey(string name, string path)
    {
        try
        {
            return new FileInfo(path).Length <= 16 * 1024 ? File.ReadAllText(path) : throw new ConfigurationException(name, $"{path} is larger than any key.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(name, $"{path} can't be read.");
        }
    }

    private static Secret Pasted(string name, string text)
    {
        try
        {
            return Secret.FromPaste(text);
        }
        catch (ProviderException e)
        {
            throw new ConfigurationException(name, e.Detail);
        }
    }
}

/// <summary>Lengths of time as people write them: <c>30s</c>, <c>5m</c>, <c>24h</c>, <c>7d</c>, <c>2w</c>.</summary>
internal static class Durations
{
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        if (text is not { Length: >= 2 and <= 10 }) return false;
        var unit = text[^1] switch { 's' => 1L, 'm' => 60L, 'h' => 3600L, 'd' => 86400L, 'w' => 7 * 86400L, _ => 0L };
        if (unit == 0 || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > 3660 * 86400L / unit) return false;
        duration = TimeSpan.FromSeconds(count * unit);
        return true;
    }

    public static string ToText(TimeSpan duration)
    {
        var seconds = (long)duration.TotalSeconds;
        return seconds switch
        {
            0 => "0s",
            _ when seconds % 86400 == 0 => $"{seconds / 86400}d",
            _ when seconds % 3600 == 0 => $"{seconds / 3600}h",
            _ when seconds % 60 == 0 => $"{seconds / 60}m",
            _ => $"{seconds}s",
        };
    }
}
