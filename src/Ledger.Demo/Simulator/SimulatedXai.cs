using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Money;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ledger.Demo.Simulator;

/// <summary>
/// A server on this machine's loopback that speaks xAI's management API for simulated teams, with faults to order. It never asks
/// anybody else.
/// </summary>
public sealed class SimulatedXai : IAsyncDisposable
{
    private const string billingRead = "team-token:endpoint:BillingRead";
    private const string listApiKeys = "team-token:endpoint:ListApiKeys";

    private readonly Lock gate = new();
    private readonly TimeProvider clock;
    private readonly List<ManagementKey> managementKeys = [];
    private readonly Dictionary<XaiCall, int> calls = [];
    private readonly WebApplication app;

    private SimulatedXai(TimeProvider clock, int port, bool control)
    {
        this.clock = clock;
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = "Ledger.Simulator" });
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 1024 * 1024;
            // Slow answers are on order here.
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        app = builder.Build();
        Map("GET", "/auth/management-keys/validation", XaiCall.Validation, () => null, (_, key, _) => Task.FromResult(XaiWire.Validation(key)));
        Map("GET", "/auth/teams/{team}/api-keys", XaiCall.Keys, () => listApiKeys, (context, key, _) => Task.FromResult(Keys(context, key)));
        Map("POST", "/v1/billing/teams/{team}/usage", XaiCall.Usage, () => billingRead, Usage);
        Map("GET", "/v1/billing/teams/{team}/postpaid/invoice/preview", XaiCall.Preview, () => billingRead, (_, key, _) => Task.FromResult(XaiWire.Preview(key.Team, Now)));
        Map("GET", "/v1/billing/teams/{team}/prepaid/balance", XaiCall.Prepaid, () => billingRead, (_, key, _) => Task.FromResult(Prepaid(key)));
        Map("GET", "/v1/billing/teams/{team}/postpaid/spending-limits", XaiCall.Limits, () => LimitsRight, (_, key, _) => Task.FromResult(XaiWire.Limits(key.Team)));
        if (control) MapControl();
    }

    /// <summary>The right that spending limits ask for; change it to take only that one away.</summary>
    public string LimitsRight { get; set; } = billingRead;

    /// <summary>Where it listens: set <c>XAI_MANAGEMENT_URL</c> to it.</summary>
    public Uri BaseAddress => new(app.Urls.Single());

    /// <summary>Faults to order.</summary>
    public SimulatedFaults Faults { get; } = new();

    private DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>Starts a server.</summary>
    /// <param name="clock">Says what "now" is.</param>
    /// <param name="port">0: any free one.</param>
    /// <param name="control">Whether faults and spends can be ordered over HTTP too, below <c>/_sim</c>.</param>
    /// <param name="ct">Cancels the start.</param>
    public static async Task<SimulatedXai> Start(TimeProvider clock, int port = 0, bool control = false, CancellationToken ct = default)
    {
        var server = new SimulatedXai(clock, port, control);
        await server.app.StartAsync(ct);
        return server;
    }

    /// <summary>A management key of a team; without rights named it gets those that reading needs.</summary>
    public ManagementKey Issue(SimulatedTeam team, string name = "ledger-reader", params IReadOnlyList<string> acls)
    {
        lock (gate)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"xai-token-Simulated{managementKeys.Count:D4}OnlyWorksOnThisMachine{team.Id.Replace("-", "", StringComparison.Ordinal)}Q{managementKeys.Count % 10}");
            var key = new ManagementKey(text, team, name, acls.Count > 0 ? acls : [billingRead, listApiKeys]);
            managementKeys.Add(key);
            return key;
        }
    }

    /// <summary>How often a call was made, refused ones included.</summary>
    public int Calls(XaiCall call)
    {
        lock (gate) return call == XaiCall.Any ? calls.Values.Sum() : calls.GetValueOrDefault(call);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private void Map(string method, string path, XaiCall call, Func<string?> right, Func<HttpContext, ManagementKey, FaultOrder?, Task<byte[]>> make)
    {
        app.MapMethods(path, [method], Serve);

        async Task Serve(HttpContext context) => await Answer(context, call, right(), make);
    }

    private async Task Answer(HttpContext context, XaiCall call, string? right, Func<HttpContext, ManagementKey, FaultOrder?, Task<byte[]>> make)
    {
        lock (gate) calls[call] = calls.GetValueOrDefault(call) + 1;
        context.Response.Headers.Date = (Now + Faults.ClockAhead).ToString("R", CultureInfo.InvariantCulture);
        var fault = Faults.Next(call, context.Request.RouteValues["team"] as string);
        if (fault is not null && await Instead(context, fault)) return;
        byte[] body;
        try
        {
            var key = Authorize(context, right);
            body = await make(context, key, fault);
        }
        catch (XaiRefusal refusal)
        {
            context.Response.StatusCode = refusal.Status;
            await Write(context, XaiWire.Error(refusal.Code, refusal.Message), null);
            return;
        }
        await Write(context, body, fault);
    }

    private ManagementKey Authorize(HttpContext context, string? right)
    {
        var header = context.Request.Headers.Authorization.ToString();
        ManagementKey? key;
        lock (gate) key = managementKeys.Find(issued => header == $"Bearer {issued.Text}");
        if (key is null) throw new XaiRefusal(401, 16, "Invalid bearer token: this is not a management key");
        if (key.Revoked) throw new XaiRefusal(401, 16, "The management key has been revoked");
        if (context.Request.RouteValues["team"] is string team)
        {
            if (team == "default") throw new XaiRefusal(400, 3, "Invalid uuid");
            bool known;
            lock (gate) known = managementKeys.Exists(issued => issued.Team.Id == team);
            if (!known) throw new XaiRefusal(404, 5, "Team not found");
            if (team != key.Team.Id) throw new XaiRefusal(403, 7, "The key belongs to another team");
        }
        if (right is not null && !key.Acls.Contains(right, StringComparer.Ordinal)) throw new XaiRefusal(403, 7, $"Permission denied: {right} is required");
        return key;
    }

    private byte[] Keys(HttpContext context, ManagementKey key)
    {
        var size = int.TryParse(context.Request.Query["pageSize"], NumberStyles.None, CultureInfo.InvariantCulture, out var asked) && asked > 0 ? asked : int.MaxValue - 1_000_000;
        var token = context.Request.Query["paginationToken"].ToString();
        var skip = 0;
        if (token.Length > 0 && (!token.StartsWith("n3xt ", StringComparison.Ordinal) || !int.TryParse(token.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out skip)))
            throw new XaiRefusal(400, 3, "Invalid argument: paginationToken");
        return XaiWire.Keys(key.Team, Math.Min(size, KeysPageMax), skip, Now);
    }

    /// <summary>Keys on one page at most, whatever is asked for.</summary>
    public int KeysPageMax { get; set; } = 100;

    private async Task<byte[]> Usage(HttpContext context, ManagementKey key, FaultOrder? fault)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return XaiWire.Usage(key.Team, UsageQuery.Read(body.ToArray(), Faults), Faults, fault, Now);
    }

    private byte[] Prepaid(ManagementKey key) =>
        Faults.NeverPrepaid ? throw new XaiRefusal(404, 5, "No prepaid balance") : XaiWire.Prepaid(key.Team, Now);

    // Faults that need no true answer.
    private static async Task<bool> Instead(HttpContext context, FaultOrder fault)
    {
        var response = context.Response;
        switch (fault.Fault)
        {
            case Fault.TooManyRequests:
                response.StatusCode = 429;
                if (fault.Argument is { } wait) response.Headers.RetryAfter = wait;
                await Write(context, XaiWire.Error(8, "Too many requests, slow down"), null);
                return true;
            case Fault.ServerError:
                response.StatusCode = int.Parse(fault.Argument ?? "503", CultureInfo.InvariantCulture);
                await Write(context, XaiWire.Error(14, "The service is currently unavailable"), null);
                return true;
            case Fault.Redirect:
                response.StatusCode = 302;
                response.Headers.Location = fault.Argument ?? "http://127.0.0.1:9/elsewhere";
                return true;
            case Fault.InvalidArgument:
                response.StatusCode = 400;
                await Write(context, XaiWire.Error(3, fault.Argument ?? "Invalid argument"), null);
                return true;
            case Fault.NotFound:
                response.StatusCode = 404;
                await Write(context, XaiWire.Error(5, "Not found"), null);
                return true;
            case Fault.NoContent:
                response.StatusCode = 204;
                return true;
            case Fault.Slow:
                await Task.Delay(Milliseconds(fault), context.RequestAborted);
                return false;
            case Fault.Html or Fault.HtmlAsJson:
                response.ContentType = fault.Fault == Fault.Html ? "text/html" : "application/json";
                await response.WriteAsync("<!doctype html><title>Maintenance</title>", context.RequestAborted);
                return true;
            case Fault.Oversized:
                response.ContentType = "application/json";
                for (var i = 0; i < 40; i++) await response.Body.WriteAsync(Megabyte(), context.RequestAborted);
                return true;
            case Fault.GzipBomb:
                response.ContentType = "application/json";
                response.Headers.ContentEncoding = "gzip";
                context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
                await using (var zip = new GZipStream(response.Body, CompressionLevel.Fastest))
                {
                    for (var i = 0; i < 40; i++) await zip.WriteAsync(Megabyte(), context.RequestAborted);
                }
                return true;
            case Fault.Nested:
                await Write(context, Encoding.ASCII.GetBytes(new string('[', 10_000) + new string(']', 10_000)), null);
                return true;
            case Fault.Body:
                await Write(context, Encoding.UTF8.GetBytes(fault.Argument ?? ""), null);
                return true;
            default:
                return false;
        }
    }

    private static async Task Write(HttpContext context, byte[] body, FaultOrder? fault)
    {
        var response = context.Response;
        response.ContentType = fault?.Fault == Fault.ContentType ? fault.Argument ?? "text/plain" : "application/json";
        if (fault?.Fault == Fault.Truncated) body = body[..(body.Length / 2)];
        response.ContentLength = body.Length;
        switch (fault?.Fault)
        {
            case Fault.CutOff:
                await response.Body.WriteAsync(body.AsMemory(0, body.Length / 2), context.RequestAborted);
                await response.Body.FlushAsync(context.RequestAborted);
                context.Abort();
                break;
            case Fault.Stall:
                await response.Body.WriteAsync(body.AsMemory(0, body.Length / 2), context.RequestAborted);
                await response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(Milliseconds(fault), context.RequestAborted);
                await response.Body.WriteAsync(body.AsMemory(body.Length / 2), context.RequestAborted);
                break;
            case Fault.Drip:
                for (var i = 0; i < body.Length; i++)
                {
                    await response.Body.WriteAsync(body.AsMemory(i, 1), context.RequestAborted);
                    await response.Body.FlushAsync(context.RequestAborted);
                    await Task.Delay(Milliseconds(fault), context.RequestAborted);
                }
                break;
            default:
                await response.Body.WriteAsync(body, context.RequestAborted);
                break;
        }
    }

    private static byte[] Megabyte()
    {
        var spaces = new byte[1024 * 1024];
        spaces.AsSpan().Fill((byte)' ');
        return spaces;
    }

    private static int Milliseconds(FaultOrder fault) => int.Parse(fault.Argument ?? "1000", CultureInfo.InvariantCulture);

    private void MapControl()
    {
        var words = new JsonSerializerOptions(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };
        app.MapPost("/_sim/faults", async context =>
        {
            if (await context.Request.ReadFromJsonAsync<FaultOrder>(words, context.RequestAborted) is { } order) Faults.Order(order);
        });
        app.MapDelete("/_sim/faults", context =>
        {
            Faults.Clear();
            return Task.CompletedTask;
        });
        app.MapPost("/_sim/spend", async context =>
        {
            if (await context.Request.ReadFromJsonAsync<OrderedSpend>(words, context.RequestAborted) is not { } spend) return;
            SimulatedTeam? team;
            lock (gate) team = managementKeys.Select(key => key.Team).FirstOrDefault(each => each.Keys.Any(key => key.Id == spend.Key || key.Name == spend.Key));
            if (team is null)
            {
                context.Response.StatusCode = 404;
                return;
            }
            var id = team.Keys.First(key => key.Id == spend.Key || key.Name == spend.Key).Id;
            team.Spend(spend.Agent, id, spend.Model ?? Prices.Reasoning, spend.Unit ?? Prices.Prompt, spend.Amount, spend.At);
        });
    }

    private sealed record OrderedSpend(string Agent, string Key, string? Model, string? Unit, Usd Amount, DateTimeOffset? At);
}
