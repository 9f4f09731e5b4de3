using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Ledger.Delivery.Webhooks;

namespace Ledger.Delivery.Tests;

/// <summary>Webhooks against a real receiver.</summary>
public sealed class WebhookTests
{
    private const string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string older = "an older secret in plain words";
    private static readonly string[] here = ["localhost"];
    private readonly HandClock clock = new(Scene.Noon);

    [Fact]
    public async Task what_is_posted_can_be_checked_by_anybody_who_knows_the_secret()
    {
        await using var sink = await Sink.Start();
        var parcel = Parcel("""{"schema":"1.0", "event_message":"80 % \u00fc", "n": 1.50}""");
        using var channel = Channel(sink, secret, older);
        Assert.Equal(Outcome.Delivered.Yes, await channel.Send(parcel, CancellationToken.None));
        var (headers, body) = Assert.Single(sink.Got);
        Assert.Equal("application/json", headers["content-type"]);
        Assert.Equal(Scene.Noon.ToUnixTimeSeconds().ToString(), headers["webhook-timestamp"]);
        Assert.Equal($"msg_{parcel.Id:N}", headers["webhook-id"]);
        Assert.Equal("1.50", JsonNode.Parse(body)!["n"]!.ToJsonString());
        // As https://www.standardwebhooks.com tells it, with nothing of ours.
        string Signed(byte[] key)
        {
            using var hmac = new HMACSHA256(key);
            return "v1," + Convert.ToBase64String(hmac.ComputeHash([.. Encoding.UTF8.GetBytes(headers["webhook-id"] + "." + headers["webhook-timestamp"] + "."), .. body]));
        }
        Assert.Equal([Signed(Convert.FromBase64String(secret["whsec_".Length..])), Signed(Encoding.UTF8.GetBytes(older))], headers["webhook-signature"].Split(' '));
    }

    [Fact]
    public void the_specifications_own_example_comes_out() => Assert.Equal(
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        Signature.Of([new(secret)], "msg_p5jXN8AQM9LWM0D4loKWxJek", DateTimeOffset.FromUnixTimeSeconds(1614265330), """{"test": 2432232314}"""u8));

    [Theory]
    [InlineData("short")]
    [InlineData("whsec_not base64 at all")]
    [InlineData("whsec_c2hvcnQ=")]
    public void a_poor_secret_is_refused(string poor)
    {
        Assert.NotNull(Signature.WhyNot(poor));
        Assert.Null(Signature.WhyNot(secret));
        Assert.Null(Signature.WhyNot(older));
    }

    [Theory]
    [InlineData(200, "delivered")]
    [InlineData(204, "delivered")]
    [InlineData(301, "refused")]
    [InlineData(302, "refused")]
    [InlineData(400, "refused")]
    [InlineData(401, "refused")]
    [InlineData(404, "refused")]
    [InlineData(408, "down")]
    [InlineData(410, "gone")]
    [InlineData(429, "down")]
    [InlineData(500, "later")]
    [InlineData(503, "down")]
    public async Task an_answer_means_what_it_means(int status, string expected)
    {
        await using var sink = await Sink.Start();
        sink.Answer = http =>
        {
            http.Response.StatusCode = status;
            http.Response.Headers.Location = "/elsewhere";
            return Task.CompletedTask;
        };
        using var channel = Channel(sink);
        var outcome = await channel.Send(Parcel(), CancellationToken.None);
        Assert.Equal(expected, outcome switch
        {
            Outcome.Delivered => "delivered",
            Outcome.Refused { Gone: true } => "gone",
            Outcome.Refused => "refused",
            Outcome.Later { Down: true } => "down",
            Outcome.Later => "later",
            _ => "unknown",
        });
        // A redirect is an answer, not an errand.
        Assert.Single(sink.Got);
        Assert.DoesNotContain("canary", outcome.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("Mon, 16 Nov 2026 12:00:30 GMT", 30)]
    [InlineData("99999999", 3600)]
    [InlineData("-5", null)]
    [InlineData("soon", null)]
    public async Task the_receiver_says_how_long_to_wait_within_reason(string header, int? seconds)
    {
        await using var sink = await Sink.Start();
        sink.Answer = http =>
        {
            http.Response.StatusCode = 429;
            http.Response.Headers.RetryAfter = header;
            return Task.CompletedTask;
        };
        using var channel = Channel(sink);
        var later = Assert.IsType<Outcome.Later>(await channel.Send(Parcel(), CancellationToken.None));
        Assert.Equal(seconds, (int?)later.Wait?.TotalSeconds);
    }

    [Fact]
    public async Task a_name_that_leads_to_this_machine_is_not_followed()
    {
        await using var sink = await Sink.Start();
        // The name itself says nothing; what it resolves to does. localhost stands for any such name.
        var url = new Uri(sink.Url.Reveal());
        using var client = new HttpClient(new SocketsHttpHandler { ConnectCallback = new AddressGuard([]).Connect });
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(url));
        Assert.IsType<BlockedTargetException>(refused.InnerException);
        using var channel = new WebhookChannel(new() { Url = sink.Url }, new(["elsewhere"]), clock);
        var later = Assert.IsType<Outcome.Later>(await channel.Send(Parcel(), CancellationToken.None));
        Assert.True(later.Down);
        Assert.Empty(sink.Got);
    }

    [Fact]
    public async Task a_proxy_of_the_environment_is_not_asked()
    {
        await using var sink = await Sink.Start();
        Environment.SetEnvironmentVariable("http_proxy", "http://127.0.0.1:9");
        try
        {
            using var channel = Channel(sink);
            Assert.Equal(Outcome.Delivered.Yes, await channel.Send(Parcel(), CancellationToken.None));
        }
        finally
        {
            Environment.SetEnvironmentVariable("http_proxy", null);
        }
    }

    [Fact]
    public async Task a_slow_receiver_costs_five_seconds_and_the_outcome_is_unknown()
    {
        await using var sink = await Sink.Start();
        sink.Answer = http => Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        using var channel = Channel(sink);
        var began = Environment.TickCount64;
        Assert.IsType<Outcome.Unknown>(await channel.Send(Parcel(), CancellationToken.None));
        Assert.InRange(Environment.TickCount64 - began, 4_500, 8_000);
    }

    [Fact]
    public async Task a_huge_answer_is_not_read()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        long written = 0;
        var serving = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            var stream = client.GetStream();
            _ = await stream.ReadAsync(new byte[8192]);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 536870912\r\n\r\n"u8.ToArray());
            var block = new byte[64 * 1024];
            while (written < 512L * 1024 * 1024)
            {
                await stream.WriteAsync(block);
                written += block.Length;
            }
        });
        using var channel = new WebhookChannel(new() { Url = new($"http://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}/") }, new(here), clock);
        Assert.Equal(Outcome.Delivered.Yes, await channel.Send(Parcel(), CancellationToken.None));
        // The connection is closed on it, with what the buffers of both sides hold.
        await Assert.ThrowsAsync<IOException>(() => serving.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.InRange(written, 0, 32 * 1024 * 1024);
    }

    [Fact]
    public async Task nobody_there_is_surely_not_delivered()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var channel = new WebhookChannel(new() { Url = new($"http://localhost:{port}/canary-path") }, new(here), clock);
        var later = Assert.IsType<Outcome.Later>(await channel.Send(Parcel(), CancellationToken.None));
        Assert.True(later.Down);
        Assert.DoesNotContain("canary", later.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task copies_after_a_cut_carry_the_same_id()
    {
        await using var sink = await Sink.Start();
        sink.Answer = http =>
        {
            if (sink.Got.Count < 3) http.Abort();
            return Task.CompletedTask;
        };
        await using var scene = await Scene.Set();
        var id = (await scene.Send(new WebhookMessageBody("a-1", "alert", Scene.Payload(), Scene.Noon)))[0];
        using var channel = Channel(sink);
        var loop = scene.Loop(channel);
        for (var i = 0; i < 4; i++)
        {
            await Scene.Run(loop);
            scene.Clock.Advance(TimeSpan.FromMinutes(15));
        }
        Assert.Equal(MessageState.Delivered, (await scene.Kept(id)).State);
        Assert.Equal(3, sink.Got.Count);
        Assert.Single(sink.Got.Select(g => g.Headers["webhook-id"]).Distinct());
    }

    [Fact]
    public async Task slack_gets_text_and_blocks()
    {
        await using var sink = await Sink.Start();
        using var channel = new SlackChannel(sink.Url, new(here), clock);
        var body = new SlackMessageBody("a-1", "alert", "[WARN 80%] vigilio: $24.10 of $30.00 <!channel>", Scene.Payload("""[{"type":"header"}]"""), Scene.Noon);
        Assert.Equal(Outcome.Delivered.Yes, await channel.Send(new(Guid.NewGuid(), "alert", MessageJson.Write(body), []), CancellationToken.None));
        await channel.Send(new(Guid.NewGuid(), "alert", MessageJson.Write(body with { Blocks = null }), []), CancellationToken.None);
        var posts = sink.Got.Select(g => JsonNode.Parse(g.Body)!).ToArray();
        Assert.Equal(body.Text, (string?)posts[0]["text"]);
        Assert.Equal("header", (string?)posts[0]["blocks"]![0]!["type"]);
        Assert.False(posts[1].AsObject().ContainsKey("blocks"));
        Assert.False(channel.Rules.CopiesAreTold);
        Assert.DoesNotContain("canary", channel.Info.ToString(), StringComparison.Ordinal);
    }

    private WebhookChannel Channel(Sink sink, params string[] secrets) => new(new() { Url = sink.Url, Secrets = [.. secrets.Select(s => new Hidden(s))] }, new(here), clock);

    private static Parcel Parcel(string payload = """{"event":"x"}""") =>
        new(Guid.NewGuid(), "alert", MessageJson.Write(new WebhookMessageBody("a-1", "alert", Scene.Payload(payload), Scene.Noon)), []);
}
