using System.Net;
using System.Text.Json;
using Ledger.Providers.Xai;
using Xunit;

namespace Ledger.Providers.Tests;

public sealed class ProviderHttpTests
{
    private const string canary = "xai-token-CANARY0123456789abcdefghijklmnopqrstuvwxyzQ9";
    private static readonly AllowedCall[] allowed = [new(HttpMethod.Get, "/a/{}/b"), new(HttpMethod.Post, "/a")];

    [Theory]
    [InlineData("POST", "/a/1/b")]
    [InlineData("DELETE", "/a")]
    [InlineData("GET", "/a/1/2/b")]
    [InlineData("GET", "/a//b")]
    [InlineData("GET", "/a/1/b/")]
    [InlineData("GET", "/a/../b")]
    [InlineData("GET", "/x/a/1/b")]
    [InlineData("PUT", "/auth/api-keys/1")]
    public async Task what_is_not_on_the_list_throws_before_anything_is_sent(string method, string path)
    {
        var sent = new Recording();
        using var http = Http("https://provider.example", sent);
        await Assert.ThrowsAsync<InvalidOperationException>(() => http.Send(new(new(method), path), default));
        Assert.Empty(sent.Requests);
    }

    [Fact]
    public async Task a_base_address_with_a_path_keeps_it_and_the_credential_goes_in_the_header_alone()
    {
        var sent = new Recording();
        using var http = Http("https://proxy.example/xai/", sent);
        await http.Send(new(HttpMethod.Get, "/a/1/b", "?x=1"), default);
        var (uri, authorization) = Assert.Single(sent.Requests);
        Assert.Equal(("https://proxy.example/xai/a/1/b?x=1", "Bearer " + canary), (uri, authorization));
    }

    [Theory]
    [InlineData("https://management-api.x.ai", false, true)]
    [InlineData("http://127.0.0.1:8080", false, true)]
    [InlineData("http://localhost:8080", false, true)]
    [InlineData("http://[::1]:8080", false, true)]
    [InlineData("http://proxy.internal", false, false)]
    [InlineData("http://proxy.internal", true, true)]
    [InlineData("http://127.0.0.1.example", false, false)]
    [InlineData("https://user:pass@management-api.x.ai", false, false)]
    [InlineData("https://management-api.x.ai?x=1", false, false)]
    [InlineData("ftp://127.0.0.1", true, false)]
    public void plain_http_is_for_this_machine_or_for_an_operator_who_said_so(string address, bool plain, bool ok)
    {
        var failure = Record.Exception(() => new XaiClient(new() { BaseAddress = new(address), AllowPlainHttp = plain }, Secret.FromPaste(canary)).Dispose());
        if (ok) Assert.Null(failure);
        else Assert.Equal(FailureKind.Invalid, Assert.IsType<ProviderException>(failure).Kind);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(422)]
    [InlineData(500)]
    public async Task no_secret_is_in_any_exception_even_when_the_provider_repeats_it(int status)
    {
        var echo = JsonSerializer.Serialize(new
        {
            code = 16,
            message = $"Bad token {canary}\u202e in 'Bearer {canary}' near sk-ant-REDACTED and xai-" + new string('Z', 80) + new string('x', 500),
        });
        var http = new XaiClient(
            new() { Http = new() { AttemptsMax = 2, BackoffFirst = TimeSpan.FromMilliseconds(1) } }, Secret.FromPaste(canary),
            handler: new Answering(() => new((HttpStatusCode)status) { Content = new StringContent(echo, null, "application/json") }));
        foreach (var call in (Func<Task>[])[() => http.Validate(), () => http.Keys("t"), () => http.ReadBalance("t"), () => http.ReadUsage("t", new(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow))])
        {
            var all = (await Assert.ThrowsAsync<ProviderException>(call)).ToString();
            Assert.DoesNotContain("CANARY", all, StringComparison.Ordinal);
            Assert.DoesNotContain("sk-ant-api03", all, StringComparison.Ordinal);
            Assert.DoesNotContain("ZZZZ", all, StringComparison.Ordinal);
            Assert.DoesNotContain('\u202e', all);
            Assert.Contains("Bad token ***", all, StringComparison.Ordinal);
        }
        http.Dispose();
    }

    [Fact]
    public async Task no_secret_is_in_a_refusal_of_the_answers_content()
    {
        foreach (var body in (string[])[canary, $"{{\"timeSeries\":[{{\"group\":[\"{canary}\"]}}]}}", $"{{\"timeSeries\":\"{canary}\"}}", $"{{\"limitReached\":\"{canary}\"}}"])
        {
            using var client = new XaiClient(new(), Secret.FromPaste(canary), handler: new Answering(() => new(HttpStatusCode.OK) { Content = new StringContent(body, null, "application/json") }));
            var e = await Assert.ThrowsAsync<ProviderException>(() => client.ReadUsage("t", new(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow)));
            Assert.DoesNotContain("CANARY0123456789", e.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, """{"code":16,"message":"no such key: old.style.key.42"}""", "HTTP 401: no such key: ***")]
    [InlineData(HttpStatusCode.OK, """{"scope":"SCOPE_TEAM","acls":"old.style.key.42"}""", "acls is a text")]
    [InlineData(HttpStatusCode.OK, """{"limitReached":"old.style.key.42"}""", "limitReached is \"***\" where")]
    public async Task a_secret_of_no_known_shape_is_taken_out_by_its_value(HttpStatusCode status, string body, string words)
    {
        using var client = new XaiClient(new(), Secret.FromPaste("old.style.key.42"), handler: new Answering(() => new(status) { Content = new StringContent(body, null, "application/json") }));
        var call = body.Contains("limit", StringComparison.Ordinal) ? (Task)client.ReadUsage("t", new(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow)) : client.Validate();
        var e = await Assert.ThrowsAsync<ProviderException>(() => call);
        Assert.Contains(words, e.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("old.style", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void names_that_people_give_to_keys_are_no_secrets() =>
        Assert.Equal("The key xai-vigilio of xai-token-...Q9 is fine.", Redaction.Scrub("The key xai-vigilio of xai-token-...Q9 is fine."));

    [Fact]
    public void a_secret_prints_as_stars_and_cannot_be_serialised()
    {
        var secret = Secret.FromPaste(canary);
        Assert.Equal("***", $"{secret}");
        Assert.Equal("…yzQ9", secret.Redacted);
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(new { secret }));
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Deserialize<Secret>("\"x\""));
    }

    [Theory]
    [InlineData("xai-token-abc", false)]
    [InlineData("  xai-token-abc\r\n", true)]
    [InlineData("\u00a0xai-token-abc\u200b", true)]
    [InlineData("\ufeffxai-token-abc", true)]
    public void whitespace_around_a_pasted_key_is_removed_and_told(string pasted, bool trimmed)
    {
        var secret = Secret.FromPaste(pasted);
        Assert.Equal(("xai-token-abc", trimmed), (secret.Reveal(), secret.WasTrimmed));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" \n ")]
    [InlineData("xai-token abc")]
    [InlineData("xai-token\r\nX-Evil: 1")]
    [InlineData("xai-tökén")]
    public void a_key_that_no_header_can_carry_is_refused_without_repeating_it(string? pasted)
    {
        var e = Assert.Throws<ProviderException>(() => Secret.FromPaste(pasted));
        Assert.Equal(FailureKind.Invalid, e.Kind);
        Assert.DoesNotContain("xai-t", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_endless_answer_is_read_up_to_the_cap_and_no_further()
    {
        using var endless = new Endless();
        using var client = new XaiClient(
            new() { Http = new() { BytesMax = 1024 * 1024 } }, Secret.FromPaste(canary),
            handler: new Answering(() => new(HttpStatusCode.OK) { Content = new StreamContent(endless) { Headers = { ContentType = new("application/json") } } }));
        var e = await Assert.ThrowsAsync<ProviderException>(() => client.Validate());
        Assert.Equal((FailureKind.Contract, "The answer is larger than 1 MB."), (e.Kind, e.Detail));
        Assert.InRange(endless.BytesRead, 1024 * 1024, 3 * 1024 * 1024);
    }

    [Fact]
    public async Task an_answer_said_to_be_too_long_is_not_read_at_all()
    {
        using var endless = new Endless();
        using var client = new XaiClient(
            new(), Secret.FromPaste(canary),
            handler: new Answering(() => new(HttpStatusCode.OK) { Content = new StreamContent(endless) { Headers = { ContentType = new("application/json"), ContentLength = 10_000_000_000 } } }));
        Assert.Equal("The answer is larger than 32 MB.", (await Assert.ThrowsAsync<ProviderException>(() => client.Validate())).Detail);
        Assert.Equal(0, endless.BytesRead);
    }

    [Fact]
    public async Task a_client_keeps_its_pace_over_all_calls()
    {
        var clock = ManualClock.At("2026-11-16T12:00:00Z");
        var sent = new Recording();
        using var http = new ProviderHttp(new("https://provider.example"), false, Secret.FromPaste(canary), allowed, new(), clock, Random.Shared, sent);
        for (var i = 0; i < 30; i++) await http.Send(new(HttpMethod.Post, "/a"), default);
        var poll = http.Send(new(HttpMethod.Post, "/a"), default);
        var bookmark = http.Send(new(HttpMethod.Get, "/a/1/b", Priority: Priority.First), default);
        Assert.Equal(30, sent.Requests.Count);
        clock.Advance(TimeSpan.FromSeconds(1));
        await bookmark.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal((31, false), (sent.Requests.Count, poll.IsCompleted));
        clock.Advance(TimeSpan.FromSeconds(1));
        await poll.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task pauses_between_attempts_grow_and_are_random_below_their_ceiling()
    {
        var clock = ManualClock.At("2026-11-16T12:00:00Z");
        var waits = new List<TimeSpan>();
        var sent = new Answering(() => new(HttpStatusCode.ServiceUnavailable));
        using var http = new ProviderHttp(
            new("https://provider.example"), false, Secret.FromPaste(canary), allowed, new() { AttemptsMax = 5, DeadlineMax = TimeSpan.FromHours(1) }, clock, new Highest(), sent);
        var asked = http.Send(new(HttpMethod.Post, "/a"), default);
        for (var seen = 1; !asked.IsCompleted;)
        {
            var begun = clock.GetUtcNow();
            while (sent.Count == seen && !asked.IsCompleted)
            {
                clock.Advance(TimeSpan.FromMilliseconds(100));
                for (var i = 0; i < 20 && sent.Count == seen && !asked.IsCompleted; i++) await Task.Delay(1);
            }
            if (sent.Count > seen) waits.Add(clock.GetUtcNow() - begun);
            seen = sent.Count;
        }
        await Assert.ThrowsAsync<ProviderException>(() => asked);
        Assert.Equal([0.5, 1, 2, 4], waits.Select(wait => wait.TotalSeconds));
    }

    [Fact]
    public async Task the_diagnosis_of_a_healthy_account_is_good_throughout()
    {
        await using var scene = await Scene.Set();
        var diagnosis = await scene.Client.Diagnose(scene.Team.Id.ToUpperInvariant());
        Assert.True(diagnosis.Ok);
        Assert.Equal(scene.Team.Id, diagnosis.Team);
        Assert.Equal(["key.text", "key.valid", "clock", "team", "rights.billing", "rights.keys", "usage", "balance"], diagnosis.Checks.Select(check => check.Name));
        Assert.DoesNotContain(diagnosis.Checks, check => check.Warning);
    }

    [Fact]
    public async Task the_diagnosis_names_what_is_wrong_and_what_to_do()
    {
        await using var scene = await Scene.Set();
        var key = scene.Management;

        Assert.Contains("Management Keys", (await Failing(scene.NewClient(scene.Vigilio.Text), "key.valid")).Fix, StringComparison.Ordinal);
        Assert.Contains("looks like an API key for inference", (await Failing(scene.NewClient(scene.Vigilio.Text), "key.valid")).Detail, StringComparison.Ordinal);
        Assert.Contains("revoked, expired or mistyped", (await Failing(scene.NewClient("xai-token-nobody-ever-issued"), "key.valid")).Fix, StringComparison.Ordinal);
        Assert.Contains("belongs to team", (await Failing(scene.Client, "team", "some-other-team")).Detail, StringComparison.Ordinal);

        key.Acls = [XaiRights.ListApiKeys];
        Assert.Contains("team-token:endpoint:BillingRead", (await Failing(scene.Client, "rights.billing")).Fix, StringComparison.Ordinal);
        Assert.Contains("team-token:endpoint:BillingRead", (await Failing(scene.Client, "usage")).Fix, StringComparison.Ordinal);

        key.Acls = [XaiRights.BillingRead, "team-token:endpoint:UpdateApiKey"];
        scene.Xai.Faults.ClockAhead = TimeSpan.FromMinutes(7);
        var warned = await scene.NewClient($" {key.Text}\n").Diagnose();
        Assert.True(warned.Ok);
        Assert.Equal(["key.text", "clock", "rights.keys", "rights.surplus"], warned.Checks.Where(check => check.Warning).Select(check => check.Name));
        Assert.Contains("420 s", warned.Checks.Single(check => check.Name == "clock").Detail, StringComparison.Ordinal);
        Assert.Contains("team-token:endpoint:ListApiKeys", warned.Checks.Single(check => check.Name == "rights.keys").Detail, StringComparison.Ordinal);
        Assert.Contains("UpdateApiKey", warned.Checks.Single(check => check.Name == "rights.surplus").Detail, StringComparison.Ordinal);

        key.OfOrganization = true;
        Assert.Contains("organization", (await Failing(scene.Client, "team")).Detail, StringComparison.Ordinal);
        Assert.True((await scene.Client.Diagnose(scene.Team.Id)).Ok);

        key.Revoked = true;
        Assert.Contains("revoked", (await Failing(scene.Client, "key.valid")).Detail, StringComparison.Ordinal);

        static async Task<XaiCheck> Failing(XaiClient client, string name, string? team = null)
        {
            var diagnosis = await client.Diagnose(team);
            Assert.False(diagnosis.Ok);
            return diagnosis.Checks.Single(check => check.Name == name && !check.Ok);
        }
    }

    private static ProviderHttp Http(string address, HttpMessageHandler handler) =>
        new(new(address), false, Secret.FromPaste(canary), allowed, new(), TimeProvider.System, Random.Shared, handler);

    private sealed class Recording : HttpMessageHandler
    {
        public List<(string Uri, string? Authorization)> Requests { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests.Add((request.RequestUri!.AbsoluteUri, request.Headers.Authorization?.ToString()));
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("{}", null, "application/json") });
        }
    }

    private sealed class Answering(Func<HttpResponseMessage> answer) : HttpMessageHandler
    {
        private int count;

        public int Count => Volatile.Read(ref count);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref count);
            return Task.FromResult(answer());
        }
    }

    private sealed class Endless : Stream
    {
        public long BytesRead { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => BytesRead; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            buffer.AsSpan(offset, count).Fill((byte)' ');
            BytesRead += count;
            return count;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    private sealed class Highest : Random
    {
        public override double NextDouble() => 1;
    }
}
