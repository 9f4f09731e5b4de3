using System.Net;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Ledger.Service.Settings;

/// <summary>Everything an operator can choose, checked.</summary>
/// <remarks>A flag wins over the environment, that over the file, and that over the default. An empty variable counts as not set.</remarks>
public sealed record LedgerOptions
{
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

    private IConfiguration Given { get; init; } = new ConfigurationBuilder().Build();

    /// <summary>The data folder: keys, the token file, the mails when there is no mail server, the embedded database's data.</summary>
    public required string Home { get; init; }

    /// <summary>An Npgsql connection string; null: the embedded cluster.</summary>
    public string? Database { get; init; }

    /// <summary>Where clients look.</summary>
    /// <value>The default is <c>http://127.0.0.1:7171</c>.</value>
    public Uri Url { get; init; } = new("http://127.0.0.1:7171");

    /// <summary>Where to listen when it is not the loopback address in <see cref="Url"/>; said explicitly or not at all.</summary>
    public IPAddress? Bind { get; init; }

    /// <summary>More host names that requests may carry, besides that of <see cref="Url"/> and the loopback names.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>The admin token when it is given from outside; null: one is made and kept in <see cref="TokenFile"/>.</summary>
    public Secret? Token { get; init; }

    /// <summary>Time between two polls of an account, 1 second to 1 day.</summary>
    /// <value>The default is 5 minutes.</value>
    public TimeSpan PollEvery { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A reading that a bookmark asked for counts as taken at the bookmark when it is answered this soon; at most 5 minutes.</summary>
    /// <value>The default is 10 seconds.</value>
    public TimeSpan BookmarkReach { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many days back connecting an account reads.</summary>
    /// <value>The default is 90.</value>
    public int BackfillDays { get; init; } = 90;

    /// <summary>Where xAI's management interface is asked, and how much that may cost.</summary>
    public Xai.XaiOptions Xai { get; init; } = new();

    /// <summary>Connects the account <c>xai</c> at start; null: accounts are connected by command.</summary>
    public Secret? XaiKey { get; init; }

    /// <summary>The xAI team, where the key may read several.</summary>
    public string? XaiTeam { get; init; }

    /// <summary>Where messages go.</summary>
    public Channels.ChannelOptions Channels { get; init; } = new() { MailFolder = "mail" };

    /// <summary>This is the only service on its database: what another node left is taken up at once. The demo and tests say so.</summary>
    public bool IsSolo { get; init; }

    /// <summary>Who is told, and when.</summary>
    public PeopleOptions People { get; init; } = new();

    /// <summary>How the log on standard error is written.</summary>
    /// <value>The default is <see cref="LogFormat.Text"/>.</value>
    public LogFormat LogFormat { get; init; }

    /// <summary>What is pushed to a collector.</summary>
    /// <value>The default is nothing.</value>
    public TelemetryOptions Telemetry { get; init; } = new();

    /// <summary>Accepts a database without fsync. For throw-away databases only; no setting turns it on.</summary>
    public bool AllowUnsafeDatabase { get; init; }

    /// <summary>Requests one caller may make at once, and per second after that.</summary>
    /// <value>The default is 200.</value>
    public int RequestsPerSecondMax { get; init; } = 200;

    /// <summary>Where the admin token is kept when none is given.</summary>
    public string TokenFile => Path.Combine(Home, "token");

    /// <summary>Reads and checks what was given.</summary>
    /// <exception cref="ConfigurationException">The first setting that can't work, by its name.</exception>
    public static LedgerOptions Read(IReadOnlyList<string> args, Func<string, string?> variable)
    {
        var flagged = ReadFlags(args);
        var file = ConfigurationFile.Find(flagged.GetValueOrDefault("LEDGER_CONFIG") ?? NullIfEmpty(variable("LEDGER_CONFIG")), variable);
        var builder = new ConfigurationBuilder();
        if (file is not null) builder.Add(file);
        var given = builder.Add(new Variables(variable)).AddInMemoryCollection(flagged).Build();
        string? Get(string name) => given[name];

        var (url, bind) = Addresses(Get);
        var home = Path.GetFullPath(Get("LEDGER_HOME") ?? DefaultHome(variable));
        return new()
        {
            Given = given,
            Home = home,
            Database = DatabaseOf(Get("LEDGER_DB")),
            Url = url,
            Bind = bind,
            AllowedHosts = Get("LEDGER_ALLOWED_HOSTS")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
            Token = TokenOf(Get("LEDGER_TOKEN")),
            PollEvery = Duration(Get, "LEDGER_POLL_EVERY", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)) ?? TimeSpan.FromMinutes(5),
            BookmarkReach = Duration(Get, "LEDGER_BOOKMARK_REACH", TimeSpan.Zero, TimeSpan.FromMinutes(5)) ?? TimeSpan.FromSeconds(10),
            Xai = ProviderUrl(Get, "XAI_MANAGEMENT_URL") is { } address ? new() { BaseAddress = address } : new(),
            XaiKey = XaiKeyOf(Get),
            XaiTeam = Get("XAI_TEAM_ID")?.Trim(),
            People = PeopleOptions.Read(Get),
            Channels = Ledger.Service.Channels.ChannelOptions.Read(Get, home),
            IsSolo = Get("LEDGER_SOLO") == "1",
            LogFormat = LogFormatOf(Get("LEDGER_LOG_FORMAT")),
            Telemetry = TelemetryOptions.Read(Get),
        };
    }

    /// <summary>A setting's text, for the parts of the service that check their own; null when it is not set.</summary>
    public string? Get(string name) => Given[name];

    /// <summary>Not the record's own: that would write the connection string with its password.</summary>
    public override string ToString() => $"{Url} with {Home}";

    // The framework's own command line takes unknown flags and forgets one without a value; here both end the program.
    private static Dictionary<string, string?> ReadFlags(IReadOnlyList<string> args)
    {
        var given = new Dictionary<string, string?>(StringComparer.Ordinal);
        for (var i = 0; i < args.Count; i++)
        {
            var equals = args[i].IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? args[i] : args[i][..equals];
            if (!flags.TryGetValue(name, out var setting))
                throw new ConfigurationException(Names.Printable(name), $"no such flag; there are {string.Join(", ", flags.Keys)}.");
            var value = equals >= 0 ? args[i][(equals + 1)..] : i + 1 < args.Count ? args[++i] : "";
            given[setting] = value.Length > 0 ? value : throw new ConfigurationException(name, "a value is missing.");
        }
        return given;
    }

    private static string? NullIfEmpty(string? text) => text is { Length: > 0 } ? text : null;

    private static string DefaultHome(Func<string, string?> variable) =>
        variable("XDG_DATA_HOME") is { Length: > 0 } data && Path.IsPathRooted(data) ? Path.Combine(data, "ledger")
        : variable("HOME") is { Length: > 0 } home ? Path.Combine(home, ".local", "share", "ledger")
        : throw new ConfigurationException("LEDGER_HOME", "neither it nor HOME is set: say where the data folder is.");

    private static (Uri Url, IPAddress? Bind) Addresses(Func<string, string?> get)
    {
        var url = new Uri("http://127.0.0.1:7171");
        if (get("LEDGER_URL") is { } text
            && !(Uri.TryCreate(text.Trim(), UriKind.Absolute, out url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0 && url.Query.Length == 0 && url.AbsolutePath == "/"))
            throw new ConfigurationException("LEDGER_URL", $"'{Names.Printable(text)}' is no address such as http://127.0.0.1:7171.");
        IPAddress? bind = null;
        if (get("LEDGER_BIND") is { } address && !IPAddress.TryParse(address, out bind))
            throw new ConfigurationException("LEDGER_BIND", $"'{Names.Printable(address)}' is no IP address such as 127.0.0.1 or 0.0.0.0.");
        if (bind is null && !url.IsLoopback)
            throw new ConfigurationException("LEDGER_URL", $"{url.Host} is not this machine's loopback address. To be reached from elsewhere say LEDGER_BIND=0.0.0.0 (or --bind), behind something that speaks TLS.");
        if (bind is null && url.Scheme != Uri.UriSchemeHttp)
            throw new ConfigurationException("LEDGER_URL", "the service itself speaks http; put something that speaks TLS before it and say LEDGER_BIND.");
        return (url, bind);
    }

    private static string? DatabaseOf(string? text)
    {
        if (text is null) return null;
        const string form = "a connection string such as Host=localhost;Database=ledger;Username=ledger;Password=…, or postgres://user@host/database";
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

    private static Secret? TokenOf(string? text) =>
        text?.Trim() is not { Length: > 0 } token ? null
        : token.Length is >= 20 and <= 200 && token.All(c => c is > ' ' and <= '~') ? Secret.FromPaste(token)
        : throw new ConfigurationException("LEDGER_TOKEN", "a token has 20 to 200 printable characters and no spaces.");

    private static LogFormat LogFormatOf(string? text) => text?.Trim().ToLowerInvariant() switch
    {
        null or "text" => LogFormat.Text,
        "json" => LogFormat.Json,
        _ => throw new ConfigurationException("LEDGER_LOG_FORMAT", $"'{Names.Printable(text)}' is neither text nor json."),
    };

    private static TimeSpan? Duration(Func<string, string?> get, string name, TimeSpan min, TimeSpan max) =>
        get(name) is not { } text ? null
        : Durations.TryParse(text.Trim(), out var duration) && duration >= min && duration <= max ? duration
        : throw new ConfigurationException(name, $"'{Names.Printable(text)}' is no length of time from {Durations.ToText(min)} to {Durations.ToText(max)}, such as 30s, 5m or 1h.");

    private static Uri? ProviderUrl(Func<string, string?> get, string name)
    {
        if (get(name) is not { } text) return null;
        if (!Uri.TryCreate(text.Trim(), UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.UserInfo.Length > 0 || url.Query.Length > 0)
            throw new ConfigurationException(name, $"'{Names.Printable(text)}' is no address such as https://management-api.x.ai.");
        return url.Scheme == Uri.UriSchemeHttps || url.IsLoopback
            ? url
            : throw new ConfigurationException(name, "http is for this machine only: the management key would travel in the clear.");
    }

    private static Secret? XaiKeyOf(Func<string, string?> get)
    {
        foreach (var name in new[] { "XAI_MANAGEMENT_KEY", "XAI_MANAGEMENT_API_KEY" })
        {
            if (get(name) is { } key) return Pasted(name, key);
            if (get(name + "_FILE") is { } path) return Pasted(name + "_FILE", KeyIn(name + "_FILE", path));
        }
        return null;
    }

    private static string KeyIn(string name, string path)
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

    private static Secret Pasted(string name, string text) =>
        Secret.WhyNot(text) is { } why ? throw new ConfigurationException(name, why) : Secret.FromPaste(text);

    /// <summary>The environment, or what a test says it is. An empty variable counts as not set.</summary>
    private sealed class Variables(Func<string, string?> variable) : ConfigurationProvider, IConfigurationSource
    {
        public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

        public override bool TryGet(string key, out string? value) => (value = NullIfEmpty(variable(key))) is not null;
    }
}
