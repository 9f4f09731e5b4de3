using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Ledger.Service.Xai;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Ledger.Service.Tests.Xai;

/// <summary>The way of a request from the client to the wire, on a clock that stands still.</summary>
public sealed class XaiPipelineTests
{
    private const string canary = "xai-token-CANARY0123456789abcdefghijklmnopqrstuvwxyzQ9";
    private const string validation = "auth/management-keys/validation";
    private const string usage = "v1/billing/teams/t/usage";

    private static readonly TimeSpan patience = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider clock = new(Payload.At("2026-11-16T12:00:00Z"));

    [Theory]
    [InlineData("POST", validation)]
    [InlineData("GET", usage)]
    [InlineData("DELETE", "auth/teams/t/api-keys")]
    [InlineData("GET", "auth/teams/t/u/api-keys")]
    [InlineData("GET", "auth/teams//api-keys")]
    [InlineData("GET", "auth/teams/t/api-keys/")]
    [InlineData("GET", "auth/teams/../api-keys")]
    [InlineData("GET", "x/auth/teams/t/api-keys")]
    [InlineData("GET", "/auth/teams/t/api-keys%0A")]
    [InlineData("PUT", "auth/api-keys/1")]
    [InlineData("GET", "//evil.example/auth/management-keys/validation")]
    [InlineData("GET", "../auth/management-keys/validation?x=xai-token-CANARY0123456789abcdefghijklmnopqrstuvwxyzQ9")]
    public async Task what_is_not_on_the_list_throws_before_anything_is_sent(string method, string path)
    {
        var end = new End(() => Json("{}"));
        using var wired = new Wired(new() { BaseAddress = new("https://proxy.example/xai") }, clock, end);
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => wired.Http(canary).Send(new(new(method), path, Priority.First), default));
        Assert.DoesNotContain("CANARY", e.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, end.Count);
    }

    [Fact]
    public async Task a_base_address_with_a_path_keeps_it_and_the_credential_goes_in_the_header_alone()
    {
        var end = new End(() => Json("{}"));
        using var wired = new Wired(new() { BaseAddress = new("https://proxy.example/xai/") }, clock, end);
        await wired.Http(canary).Send(new(HttpMethod.Get, "auth/teams/t/api-keys?pageSize=1", Priority.First), default);
        Assert.Equal(("https://proxy.example/xai/auth/teams/t/api-keys?pageSize=1", "Bearer " + canary), Assert.Single(end.Requests));
    }

    [Fact]
    public async Task the_named_client_carries_no_credential_and_serves_nobody_else()
    {
        var end = new End(() => Json("{}"));
        using var wired = new Wired(new(), clock, end);
        using var bare = wired.Bare();
        Assert.Null(bare.DefaultRequestHeaders.Authorization);
        await Assert.ThrowsAsync<InvalidOperationException>(() => bare.GetAsync(new Uri(validation, UriKind.Relative)));
        Assert.Equal(0, end.Count);
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
        var options = new XaiOptions { BaseAddress = new(address), AllowPlainHttp = plain };
        var failure = Record.Exception(() => new Wired(options).Dispose());
        if (ok) Assert.Null(failure);
        else Assert.Contains(options.WhyNot()!, Assert.IsType<ArgumentException>(failure).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(422)]
    [InlineData(500)]
    public async Task no_secret_is_in_any_exception_or_log_even_when_the_provider_repeats_it(int status)
    {
        var echo = JsonSerializer.Serialize(new
        {
            code = 16,
            message = $"Bad token {canary}\u202e in 'Bearer {canary}' near sk-ant-REDACTED and xai-" + new string('Z', 80) + new string('x', 500),
        });
        using var log = new LogBook();
        using var wired = new Wired(Hasty, end: new End(() => Json(echo, status)), logs: log);
        var client = wired.Client(canary);
        foreach (var call in (Func<Task>[])[() => client.Validate(), () => client.Keys("t"), () => client.ReadBalance("t"), () => client.ReadUsage("t", new(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow))])
        {
            var all = (await Assert.ThrowsAsync<ProviderException>(call)).ToString();
            Assert.DoesNotContain("CANARY", all, StringComparison.Ordinal);
            Assert.DoesNotContain("sk-ant-api03", all, StringComparison.Ordinal);
            Assert.DoesNotContain('\u202e', all);
            Assert.Contains("Bad token ***", all, StringComparison.Ordinal);
        }
        Assert.All(log.Lines, line => Assert.DoesNotContain("CANARY", line, StringComparison.Ordinal));
        if (status == 500) Assert.NotEmpty(log.Lines);
    }

    [Fact]
    public async Task no_secret_is_in_a_refusal_of_the_answers_content()
    {
        foreach (var body in (string[])[canary, $"{{\"timeSeries\":[{{\"group\":[\"{canary}\"]}}]}}", $"{{\"timeSeries\":\"{canary}\"}}", $"{{\"limitReached\":\"{canary}\"}}"])
        {
            using var wired = new Wired(new(), end: new End(() => Json(body)));
            var e = await Assert.ThrowsAsync<ProviderException>(() => wired.Client(canary).ReadUsage("t", new(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow)));
            Assert.DoesNotContain("CANARY0123456789", e.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(401, """{"code":16,"message":"no such key: old.style.key.42"}""", "HTTP 401: no such key: ***")]
    [InlineData(401, """{"error":{"message":"no such key: old.style.key.42"}}""", "HTTP 401: no such key: ***")]
    [InlineData(200, """{"code":16,"message":"no such key: old.style.key.42"}""", "no scope in the answer; it says \"no such key: ***\"")]
    [InlineData(200, """{"limitReached":"old.style.key.42"}""", "limitReached is \"***\" where")]
    public async Task a_secret_of_no_known_shape_is_taken_out_by_its_value(int status, string body, string words)
    {
        using var wired = new Wired(new(), end: new End(() => Json(body, status)));
        var client = wired.Client("old.style.key.42");
        var call = body.Contains("limit", StringComparison.Ordinal) ? (Task)client.ReadUsage("t", new(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow)) : client.Validate();
        var e = await Assert.ThrowsAsync<ProviderException>(() => call);
        Assert.Contains(words, e.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("old.style", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_redirect_is_not_followed_and_its_target_is_named_without_its_query()
    {
        var end = new End(() => new(HttpStatusCode.TemporaryRedirect) { Headers = { Location = new("https://evil.example/take?key=" + canary) } });
        using var wired = new Wired(new(), clock, end);
        var e = await Assert.ThrowsAsync<ProviderException>(() => wired.Client(canary).Validate());
        Assert.Equal((FailureKind.Unreachable, 307, 1), (e.Kind, e.Status, end.Count));
        Assert.Contains("redirected to evil.example; redirects are not followed", e.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", e.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_endless_answer_is_read_up_to_the_cap_and_no_further()
    {
        using var endless = new Endless();
        using var wired = new Wired(new() { BytesMax = 1024 * 1024 }, clock, new End(() => new(HttpStatusCode.OK) { Content = new StreamContent(endless) { Headers = { ContentType = new("application/json") } } }));
        var e = await Assert.ThrowsAsync<ProviderException>(() => wired.Client(canary).Validate());
        Assert.Equal((FailureKind.Contract, "The answer is larger than 1 MB."), (e.Kind, e.Detail));
        Assert.InRange(endless.BytesRead, 1024 * 1024, 3 * 1024 * 1024);
    }

    [Fact]
    public async Task an_answer_said_to_be_too_long_is_not_read_at_all()
    {
        using var endless = new Endless();
        using var wired = new Wired(new(), clock, new End(() => new(HttpStatusCode.OK) { Content = new StreamContent(endless) { Headers = { ContentType = new("application/json"), ContentLength = 10_000_000_000 } } }));
        Assert.Equal("The answer is larger than 32 MB.", (await Assert.ThrowsAsync<ProviderException>(() => wired.Client(canary).Validate())).Detail);
        Assert.Equal(0, endless.BytesRead);
    }

    [Fact]
    public async Task the_words_of_an_endless_refusal_are_given_up()
    {
        using var endless = new Endless();
        using var wired = new Wired(new(), clock, new End(() => new(HttpStatusCode.Unauthorized) { Content = new StreamContent(endless) { Headers = { ContentType = new("application/json") } } }));
        var e = await Assert.ThrowsAsync<ProviderException>(() => wired.Client(canary).Validate());
        Assert.Equal((FailureKind.Auth, "HTTP 401."), (e.Kind, e.Detail));
        Assert.InRange(endless.BytesRead, 64 * 1024, 512 * 1024);
    }

    [Fact]
    public async Task all_clients_of_a_credential_share_its_pace_and_those_who_are_waited_for_go_first()
    {
        var end = new End(() => Json("{}"));
        using var wired = new Wired(new(), clock, end);
        for (var i = 0; i < 30; i++) await wired.Http(canary).Send(new(HttpMethod.Post, usage, Priority.Background), default);
        var poll = wired.Http(canary).Send(new(HttpMethod.Post, usage, Priority.Background), default);
        var bookmark = wired.Http(canary).Send(new(HttpMethod.Get, validation, Priority.First), default);
        await wired.Http("xai-token-of-somebody-else").Send(new(HttpMethod.Get, validation, Priority.Background), default);
        Assert.Equal(31, end.Count);
        clock.Advance(TimeSpan.FromSeconds(1));
        await bookmark.WaitAsync(patience);
        Assert.Equal((32, false), (end.Count, poll.IsCompleted));
        clock.Advance(TimeSpan.FromSeconds(1));
        await poll.WaitAsync(patience);
    }

    [Fact]
    public async Task waiting_for_the_first_turn_is_not_counted_as_time_the_provider_took()
    {
        var end = new End(() => Json("{}"));
        using var wired = new Wired(new() { Burst = 1, Pace = TimeSpan.FromMinutes(5) }, clock, end);
        await wired.Http(canary).Send(new(HttpMethod.Get, validation, Priority.First), default);
        var second = wired.Http(canary).Send(new(HttpMethod.Get, validation, Priority.First), default);
        clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(clock.GetUtcNow(), (await second.WaitAsync(patience)).Asked);
    }

    [Fact]
    public async Task another_attempt_waits_for_a_turn_of_its_own()
    {
        var end = new End(Answers(() => new(HttpStatusCode.BadGateway), () => Json("{}")));
        using var wired = new Wired(new() { Burst = 1, BackoffFirst = TimeSpan.FromMilliseconds(1), BackoffMax = TimeSpan.FromMilliseconds(1) }, clock, end);
        var asked = wired.Http(canary).Send(new(HttpMethod.Get, validation, Priority.First), default);
        clock.Advance(TimeSpan.FromMilliseconds(500));
        await Task.Delay(50);
        Assert.Equal(1, end.Count);
        clock.Advance(TimeSpan.FromMilliseconds(500));
        await asked.WaitAsync(patience);
        Assert.Equal(2, end.Count);
    }

    [Theory]
    [InlineData("20", 20)]
    [InlineData("Mon, 16 Nov 2026 12:00:20 GMT", 20)]
    [InlineData("0000000007", 7)]
    public async Task retry_after_is_waited_for_and_nobody_else_goes_before_it(string said, int seconds)
    {
        var end = new End(Answers(Refused(HttpStatusCode.TooManyRequests, said), () => Json("{}")));
        using var wired = new Wired(new(), clock, end);
        var asked = wired.Http(canary).Send(new(HttpMethod.Get, validation, Priority.First), default);
        var other = wired.Http(canary).Send(new(HttpMethod.Post, usage, Priority.Background), default);
        clock.Advance(TimeSpan.FromSeconds(seconds - 0.5));
        await Task.Delay(50);
        Assert.Equal(1, end.Count);
        clock.Advance(TimeSpan.FromSeconds(0.5));
        await Task.WhenAll(asked, other).WaitAsync(patience);
        Assert.Equal(3, end.Count);
    }

    [Fact]
    public async Task a_date_is_judged_by_the_providers_own_clock()
    {
        // An hour ahead of ours: by our clock that would be one hour and ten seconds.
        var end = new End(Answers(
            () => new(HttpStatusCode.ServiceUnavailable) { Headers = { { "Retry-After", "Mon, 16 Nov 2026 13:00:10 GMT" }, { "Date", "Mon, 16 Nov 2026 13:00:00 GMT" } } }, () => Json("{}")));
        using var wired = new Wired(new(), clock, end);
        var asked = wired.Http(canary).Send(new(HttpMethod.Get, validation, Priority.First), default);
        clock.Advance(TimeSpan.FromSeconds(10));
        await asked.WaitAsync(patience);
    }

    [Theory]
    [InlineData("61", 61)]
    [InlineData("3600", 3600)]
    [InlineData("3601", 3600)]
    [InlineData("315360000", 3600)]
    [InlineData("Sun, 16 Nov 2036 12:00:00 GMT", 3600)]
    public async Task a_retry_after_beyond_the_deadline_is_told_at_once_and_capped_at_an_hour(string said, int seconds)
    {
        var end = new End(Refused(HttpStatusCode.TooManyRequests, said));
        using var wired = new Wired(new(), clock, end);
        var e = await Assert.ThrowsAsync<ProviderException>(() => wired.Client(canary).Validate());
        Assert.Equal((FailureKind.RateLimited, TimeSpan.FromSeconds(seconds)), (e.Kind, e.RetryAfter));

        clock.Advance(TimeSpan.FromSeconds(0.5));
        var next = await Assert.ThrowsAsync<ProviderException>(() => wired.Client(canary).Validate());
        Assert.Equal((FailureKind.RateLimited, TimeSpan.FromSeconds(seconds - 0.5)), (next.Kind, next.RetryAfter));
        Assert.Equal(1, end.Count);
    }

    [Theory]
    [InlineData("Mon, 16 Nov 2026 11:59:59 GMT")]
    [InlineData("-5")]
    [InlineData("1.5")]
    [InlineData("soon")]
    [InlineData("")]
    public async Task nonsense_in_retry_after_counts_as_nothing_said(string said)
    {
        using var wired = new Wired(Hasty, end: new End(Refused(HttpStatusCode.TooManyRequests, said)));
        Assert.Null((await Assert.ThrowsAsync<ProviderException>(() => wired.Client(canary).Validate())).RetryAfter);
    }

    [Fact]
    public async Task pauses_between_attempts_stay_below_their_ceiling_and_end_with_the_last_attempt()
    {
        var times = new ConcurrentQueue<DateTimeOffset>();
        var end = new End(() =>
        {
            times.Enqueue(clock.GetUtcNow());
            return new(HttpStatusCode.ServiceUnavailable);
        });
        using var wired = new Wired(new() { AttemptsMax = 6, BackoffMax = TimeSpan.FromSeconds(2) }, clock, end);
        var asked = wired.Client(canary).Validate();
        await Passes(asked, TimeSpan.FromMilliseconds(100));
        Assert.Equal("HTTP 503.", (await Assert.ThrowsAsync<ProviderException>(() => asked)).Detail);
        Assert.Equal(6, times.Count);
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, TimeSpan.Zero, TimeSpan.FromSeconds(3)));
    }

    [Fact]
    public async Task when_the_time_is_up_in_a_pause_the_last_failure_is_told()
    {
        var end = new End(() => new(HttpStatusCode.BadGateway));
        using var wired = new Wired(new() { AttemptsMax = 1000, DeadlineMax = TimeSpan.FromSeconds(5), BackoffFirst = TimeSpan.FromSeconds(2) }, clock, end);
        var asked = wired.Client(canary).Validate();
        await Passes(asked, TimeSpan.FromMilliseconds(100));
        var e = await Assert.ThrowsAsync<ProviderException>(() => asked);
        Assert.Equal((FailureKind.Unreachable, "HTTP 502."), (e.Kind, e.Detail));
        Assert.InRange(clock.GetUtcNow() - clock.Start, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(6));
    }

    [Fact]
    public async Task a_provider_that_never_answers_is_given_up_attempt_by_attempt()
    {
        var end = new Silent();
        using var wired = new Wired(new(), clock, end);
        var asked = wired.Client(canary).Validate();
        await Passes(asked, TimeSpan.FromSeconds(1));
        var e = await Assert.ThrowsAsync<ProviderException>(() => asked);
        Assert.Equal((FailureKind.Unreachable, "No complete answer within 60 s."), (e.Kind, e.Detail));
        Assert.InRange(end.Count, 2, 3);
    }

    [Fact]
    public async Task many_credentials_do_not_pile_up()
    {
        using var wired = new Wired(new(), clock, new End(() => Json("{}")));
        for (var i = 0; i < 500; i++)
        {
            await wired.Http($"xai-token-number-{i}").Send(new(HttpMethod.Get, validation, Priority.First), default);
            clock.Advance(TimeSpan.FromSeconds(2));
        }
        Assert.InRange(wired.Pacers, 1, 64);
    }

    private static XaiOptions Hasty => new() { AttemptsMax = 2, BackoffFirst = TimeSpan.FromMilliseconds(1), BackoffMax = TimeSpan.FromMilliseconds(2) };

    /// <summary>Lets time pass until the task is done, and gives its continuations time to run in between.</summary>
    private async Task Passes(Task task, TimeSpan step)
    {
        for (var i = 0; i < 2000 && !task.IsCompleted; i++)
        {
            clock.Advance(step);
            await Task.WhenAny(task, Task.Delay(2));
        }
        Assert.True(task.IsCompleted, "Time passes and nothing happens.");
    }

    private static HttpResponseMessage Json(string json, int status = 200) => new((HttpStatusCode)status) { Content = new StringContent(json, null, "application/json") };

    private static Func<HttpResponseMessage> Refused(HttpStatusCode status, string retryAfter) => () =>
    {
        var refusal = new HttpResponseMessage(status);
        refusal.Headers.TryAddWithoutValidation("Retry-After", retryAfter);
        return refusal;
    };

    private static Func<HttpResponseMessage> Answers(params Func<HttpResponseMessage>[] inOrder)
    {
        var next = 0;
        return () => inOrder[Math.Min(next++, inOrder.Length - 1)]();
    }

    /// <summary>The end of the wire.</summary>
    private sealed class End(Func<HttpResponseMessage> answer) : HttpMessageHandler
    {
        private int count;

        public int Count => Volatile.Read(ref count);

        public ConcurrentQueue<(string Uri, string? Authorization)> Requests { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref count);
            Requests.Enqueue((request.RequestUri!.AbsoluteUri, request.Headers.Authorization?.ToString()));
            return Task.FromResult(answer());
        }
    }

    private sealed class Silent : HttpMessageHandler
    {
        private int count;

        public int Count => Volatile.Read(ref count);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref count);
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException("It never answers.");
        }
    }

    private sealed class LogBook : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose() { }
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
}
