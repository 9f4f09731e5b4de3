using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Ledger.Service.Channels;
using Wolverine;

namespace Ledger.Service.Tests.Channels;

/// <summary>Webhooks against a real receiver.</summary>
public sealed class WebhookTests
{
    private const string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string older = "an older secret in plain words";
    private static readonly string[] here = ["localhost"];

    [Fact]
    public async Task what_is_posted_can_be_checked_by_anybody_who_knows_the_secret()
    {
        await using var sink = await Sink.Start();
        var message = Given.Webhook("""{"schema":"1.0", "event_message":"80 % \u00fc", "n": 1.50}""");
        using var given = Posting(sink.Url, secret, older);
        await given.Handle(message);
        var (headers, body) = Assert.Single(sink.Got);
        Assert.Equal("application/json", headers["content-type"]);
        Assert.Equal(Given.Noon.ToUnixTimeSeconds().ToString(), headers["webhook-timestamp"]);
        Assert.Equal($"msg_{message.Id:N}", headers["webhook-id"]);
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
        Signature.Of([new Secret(secret)], "msg_p5jXN8AQM9LWM0D4loKWxJek", DateTimeOffset.FromUnixTimeSeconds(1614265330), """{"test": 2432232314}"""u8));

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
        using var given = Posting(sink.Url);
        var outcome = await Record.ExceptionAsync(() => given.Handle(Given.Webhook()));
        Assert.Equal(expected, outcome switch
        {
            null => "delivered",
            DeliveryRefused { IsGone: true } => "gone",
            DeliveryRefused => "refused",
            DeliveryFailed { IsUnknown: true } => "unknown",
            DeliveryFailed { IsChannelDown: true } => "down",
            _ => "later",
        });
        // A redirect is an answer, not an errand.
        Assert.Single(sink.Got);
        Assert.DoesNotContain("canary", $"{outcome}", StringComparison.Ordinal);
        // Who takes nothing any more is not asked again.
        if (expected != "gone") return;
        await given.IsRefused(Given.Webhook());
        Assert.Single(sink.Got);
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
        using var given = Posting(sink.Url);
        Assert.Equal(seconds, (int?)(await given.Fails(Given.Webhook())).Wait?.TotalSeconds);
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
        using var given = new Given(new() { MailFolder = "/nowhere", Webhook = new() { Url = sink.Url }, AllowPrivate = ["elsewhere"] });
        Assert.True((await given.Fails(Given.Webhook())).IsChannelDown);
        Assert.Empty(sink.Got);
    }

    [Fact]
    public async Task a_proxy_of_the_environment_is_not_asked()
    {
        await using var sink = await Sink.Start();
        Environment.SetEnvironmentVariable("http_proxy", "http://127.0.0.1:9");
        try
        {
            using var given = Posting(sink.Url);
            await given.Handle(Given.Webhook());
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
        using var given = Posting(sink.Url);
        var began = Environment.TickCount64;
        Assert.True((await given.Fails(Given.Webhook())).IsUnknown);
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
        using var given = Posting(new Secret($"http://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}/"));
        await given.Handle(Given.Webhook());
        // The connection is closed on it, with what the buffers of both sides hold.
        await Assert.ThrowsAsync<IOException>(() => serving.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.InRange(written, 0, 32 * 1024 * 1024);
    }

    [Fact]
    public async Task nobody_there_is_surely_not_delivered()
    {
        using var given = Posting(new Secret($"http://localhost:{Given.FreePort()}/canary-path"));
        var failed = await given.Fails(Given.Webhook());
        Assert.Equal((true, false), (failed.IsChannelDown, failed.IsUnknown));
        Assert.DoesNotContain("canary", failed.ToString(), StringComparison.Ordinal);
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
        using var given = Posting(sink.Url);
        var (message, envelope) = (Given.Webhook(), new Envelope());
        for (envelope.Attempts = 1; envelope.Attempts < 3; envelope.Attempts++)
            Assert.True((await given.Fails(message, envelope)).IsUnknown);
        await given.Handle(message, envelope);
        Assert.Equal(3, sink.Got.Count);
        Assert.Single(sink.Got.Select(g => g.Headers["webhook-id"]).Distinct());
    }

    [Fact]
    public async Task slack_gets_text_and_blocks()
    {
        await using var sink = await Sink.Start();
        using var given = new Given(new() { MailFolder = "/nowhere", SlackUrl = sink.Url, AllowPrivate = here });
        var message = new SendSlack(Guid.NewGuid(), "a-1", "alert", "▲ Agent vigilio at 80 % of its month: $24.10 of $30.00 <!channel>", Given.Json("""[{"type":"header"}]"""), Given.Noon);
        await given.Handle(message);
        await given.Handle(message with { Blocks = null });
        var posts = sink.Got.Select(g => JsonNode.Parse(g.Body)!).ToArray();
        Assert.Equal(message.Text, (string?)posts[0]["text"]);
        Assert.Equal("header", (string?)posts[0]["blocks"]![0]!["type"]);
        Assert.False(posts[1].AsObject().ContainsKey("blocks"));
        Assert.DoesNotContain("canary", string.Join(' ', given.Health.Channels) + given.Options, StringComparison.Ordinal);
    }

    [Fact]
    public async Task nothing_of_the_address_is_logged_or_traced()
    {
        await using var sink = await Sink.Start();
        var seen = new System.Collections.Concurrent.ConcurrentQueue<string>();
        using var listener = new System.Diagnostics.ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref System.Diagnostics.ActivityCreationOptions<System.Diagnostics.ActivityContext> _) => System.Diagnostics.ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = a => seen.Enqueue(string.Join(' ', a.TagObjects)),
        };
        System.Diagnostics.ActivitySource.AddActivityListener(listener);
        using var given = Posting(sink.Url);
        await given.Handle(Given.Webhook());
        Assert.False(sink.Got[0].Headers.ContainsKey("traceparent"));
        Assert.DoesNotContain(seen, s => s.Contains("url.full", StringComparison.Ordinal) && s.Contains("canary", StringComparison.Ordinal));
    }

    private static Given Posting(Secret url, params string[] secrets) =>
        new(new() { MailFolder = "/nowhere", Webhook = new() { Url = url, Secrets = [.. secrets.Select(s => new Secret(s))] }, AllowPrivate = here });
}
