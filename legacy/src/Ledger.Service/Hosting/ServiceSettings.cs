using System.Net;
using Ledger.Delivery;
using Ledger.Providers;
using Ledger.Providers.Xai;

namespace Ledger.Service.Hosting;

/// <summary>Everything an operator can choose, checked.</summary>
internal sealed record ServiceSettings
{
    /// <summary>The data folder: key file, token file, the embedded database's data.</summary>
    public required string Home { get; init; }

    /// <summary>An Npgsql connection string; null: the embedded cluster.</summary>
    public string? Database { get; init; }

    /// <summary>Where clients look.</summary>
    public Uri Url { get; init; } = new("http://127.0.0.1:7171");

    /// <summary>Where to listen when it is not the loopback address in <see cref="Url"/>; said explicitly or not at all.</summary>
    public IPAddress? Bind { get; init; }

    /// <summary>More host names that requests may carry, besides that of <see cref="Url"/> and the loopback names.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>The admin token when it is given from outside; else one is made and kept in the token file.</summary>
    public string? Token { get; init; }

    /// <summary>Time between two polls of an account.</summary>
    public TimeSpan PollEvery { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A reading that a bookmark asked for counts as taken at the bookmark when it is answered this soon.</summary>
    public TimeSpan BookmarkReach { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How far back connecting reads.</summary>
    public int BackfillDays { get; init; } = 90;

    /// <summary>Base address of xAI's management interface.</summary>
    public Uri XaiUrl { get; init; } = new("https://management-api.x.ai");

    /// <summary>Connects at start as <c>xai</c>.</summary>
    public Secret? XaiKey { get; init; }

    /// <summary>The team, where the key does not say.</summary>
    public string? XaiTeam { get; init; }

    /// <summary>Where messages go; null: mail to files in the data folder, and nothing else.</summary>
    public DeliveryOptions? Delivery { get; init; }

    /// <summary>Who is told, and when.</summary>
    public PeopleSettings People { get; init; } = new();

    /// <summary>Accepts a database without fsync. For throw-away databases only.</summary>
    public bool AllowUnsafeDatabase { get; init; }

    /// <summary>Requests one caller may make at once, and per second after that.</summary>
    public int RequestsPerSecondMax { get; init; } = 200;

    /// <summary>Bounds and pace towards xAI.</summary>
    public ProviderHttpOptions XaiHttp { get; init; } = new();

    public XaiOptions Xai => new() { BaseAddress = XaiUrl, Http = XaiHttp };

    public string TokenFile => Path.Combine(Home, "token");

    public string KeyFile => Path.Combine(Home, "credential.key");
}
