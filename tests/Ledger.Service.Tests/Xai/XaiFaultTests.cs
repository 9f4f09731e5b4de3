using System.Diagnostics;
using Ledger.Demo.Simulator;
using Ledger.Service.Xai;
using static Ledger.Service.Tests.Xai.Payload;

namespace Ledger.Service.Tests.Xai;

/// <summary>Every fault the simulator can play, and what the client makes of it.</summary>
public sealed class XaiFaultTests
{
    public static TheoryData<Fault, string?, string, string> Lasting => new()
    {
        { Fault.ServerError, "500", FailureKind.Unreachable, "HTTP 500: The service is currently unavailable" },
        { Fault.ServerError, "502", FailureKind.Unreachable, "HTTP 502" },
        { Fault.ServerError, "503", FailureKind.Unreachable, "HTTP 503" },
        { Fault.TooManyRequests, null, FailureKind.RateLimited, "HTTP 429: Too many requests" },
        { Fault.CutOff, null, FailureKind.Unreachable, "cut off" },
        { Fault.Redirect, "https://evil.example/take?it=1", FailureKind.Unreachable, "redirected to evil.example; redirects are not followed" },
        { Fault.NoContent, null, FailureKind.Unreachable, "HTTP 204 where 200 was expected" },
        { Fault.NotFound, null, FailureKind.NotFound, "HTTP 404: Not found" },
        { Fault.Html, null, FailureKind.Unreachable, "The answer is text/html where JSON was expected" },
        { Fault.HtmlAsJson, null, FailureKind.Unreachable, "looks like HTML" },
        { Fault.ContentType, "text/plain", FailureKind.Unreachable, "text/plain where JSON was expected" },
        { Fault.Truncated, null, FailureKind.Unreachable, "it breaks off" },
        { Fault.Nested, null, FailureKind.Contract, "deeper than 64" },
        { Fault.Body, "", FailureKind.Unreachable, "it is empty" },
        { Fault.Body, """{"code":13,"message":"internal error","details":[]}""", FailureKind.Contract, "no timeSeries in the answer; it says \"internal error\"." },
        { Fault.Body, """{"data":{"timeSeries":[]}}""", FailureKind.Contract, "no timeSeries in the answer." },
        { Fault.Figure, "NaN", FailureKind.Contract, "NaN and Infinity are no numbers" },
        { Fault.Figure, "1e400", FailureKind.Contract, "1e400, which is no plausible amount" },
        { Fault.DuplicateSeries, null, FailureKind.Contract, "repeats a group" },
        { Fault.DuplicatePoint, null, FailureKind.Contract, "for the second time" },
        { Fault.MisalignedBucket, null, FailureKind.Contract, "not the start of a bucket" },
        { Fault.FutureBucket, null, FailureKind.Contract, "lies in the future" },
    };

    [Theory]
    [MemberData(nameof(Lasting))]
    public async Task a_lasting_fault_has_its_kind_and_words(Fault fault, string? argument, string kind, string words)
    {
        await using var scene = await Scene.Set();
        scene.Spend("1", "2026-11-16T10:10:00Z");
        scene.Xai.Faults.Order(fault, XaiCall.Usage, int.MaxValue, argument);
        var e = await Assert.ThrowsAsync<ProviderException>(() => scene.Read("2026-11-16T10:00:00Z"));
        Assert.Equal(kind, e.Kind);
        Assert.Contains(words, e.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Fault.ServerError, "500")]
    [InlineData(Fault.ServerError, "503")]
    [InlineData(Fault.TooManyRequests, null)]
    [InlineData(Fault.TooManyRequests, "garbage")]
    [InlineData(Fault.CutOff, null)]
    public async Task a_passing_fault_is_asked_again(Fault fault, string? argument)
    {
        await using var scene = await Scene.Set();
        scene.Spend("1", "2026-11-16T10:10:00Z");
        scene.Xai.Faults.Order(fault, XaiCall.Usage, 3, argument);
        Assert.Equal("1.00", (await scene.Read("2026-11-16T10:00:00Z", "2026-11-16T11:00:00Z")).Readings[0].Lines.Single().Total.ToString());
        Assert.Equal(4, scene.Xai.Calls(XaiCall.Usage));
    }

    [Theory]
    [InlineData(Fault.Redirect)]
    [InlineData(Fault.Html)]
    [InlineData(Fault.Truncated)]
    [InlineData(Fault.NotFound)]
    public async Task a_fault_that_will_not_pass_is_asked_once(Fault fault)
    {
        await using var scene = await Scene.Set();
        scene.Xai.Faults.Order(fault, XaiCall.Usage);
        await Assert.ThrowsAsync<ProviderException>(() => scene.Read("2026-11-16T10:00:00Z"));
        Assert.Equal(1, scene.Xai.Calls(XaiCall.Usage));
    }

    [Theory]
    [InlineData(XaiCall.Keys, """{"apiKeys":[],"paginationToken":"\ud800"}""", "text that is no text")]
    [InlineData(XaiCall.Keys, """{"code":13,"message":"internal error"}""", "no apiKeys in the answer; it says \"internal error\"")]
    [InlineData(XaiCall.Preview, """{"error":{"message":"try later"}}""", "no coreInvoice in the answer; it says \"try later\"")]
    [InlineData(XaiCall.Preview, "{}", "no coreInvoice in the answer")]
    [InlineData(XaiCall.Prepaid, """{"error":"try later"}""", "no changes in the answer")]
    [InlineData(XaiCall.Limits, """{"result":{}}""", "no spendingLimits in the answer")]
    [InlineData(XaiCall.Validation, "{}", "no scope in the answer")]
    [InlineData(XaiCall.Validation, """{"code":13,"message":"internal error"}""", "no scope in the answer")]
    [InlineData(XaiCall.Keys, """{"apiKeys":[{"name":"nameless"}]}""", "apiKeys[0].apiKeyId is missing")]
    [InlineData(XaiCall.Prepaid, """{"changes":[{"changeOrigin":"PURCHASE","topupStatus":"SUCCEEDED","amount":{"val":"-89999999999"}},{"changeOrigin":"PURCHASE","topupStatus":"SUCCEEDED","amount":{"val":"-89999999999"}}]}""", "add up to more than can be")]
    [InlineData(XaiCall.Preview, """{"coreInvoice":7}""", "coreInvoice is a number")]
    [InlineData(XaiCall.Limits, """{"spendingLimits":{"effectiveSl":{"val":{}}}}""", "spendingLimits.effectiveSl.val is an object")]
    public async Task the_other_answers_are_judged_as_strictly(XaiCall call, string body, string words)
    {
        await using var scene = await Scene.Set();
        scene.Xai.Faults.Order(Fault.Body, call, 1, body);
        var e = await Assert.ThrowsAsync<ProviderException>(() => call == XaiCall.Validation ? scene.Client.Validate() : call == XaiCall.Keys ? scene.Client.Keys(scene.Team.Id) : scene.Client.ReadBalance(scene.Team.Id));
        Assert.Equal(FailureKind.Contract, e.Kind);
        Assert.Contains(words, e.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_long_retry_after_is_told_at_once_and_kept_to()
    {
        await using var scene = await Scene.Set();
        scene.Xai.Faults.Order(Fault.TooManyRequests, XaiCall.Usage, 1, "315360000");
        var e = await Assert.ThrowsAsync<ProviderException>(() => scene.Read("2026-11-16T10:00:00Z"));
        Assert.Equal((FailureKind.RateLimited, TimeSpan.FromHours(1)), (e.Kind, e.RetryAfter));
        Assert.Equal(scene.Now.AddHours(1), e.RetryAt!.Value, TimeSpan.FromSeconds(30));
        var next = await Assert.ThrowsAsync<ProviderException>(() => scene.Client.Validate());
        Assert.Equal(FailureKind.RateLimited, next.Kind);
        Assert.InRange(next.RetryAfter!.Value, TimeSpan.FromMinutes(59), TimeSpan.FromHours(1));
        Assert.Equal(1, scene.Xai.Calls(XaiCall.Any));
    }

    [Fact]
    public async Task a_short_retry_after_is_waited_for()
    {
        await using var scene = await Scene.Set();
        scene.Xai.Faults.Order(Fault.TooManyRequests, XaiCall.Usage, 1, "1");
        var watch = Stopwatch.StartNew();
        await scene.Read("2026-11-16T10:00:00Z");
        Assert.True(watch.Elapsed >= TimeSpan.FromSeconds(0.95), $"It came back after {watch.Elapsed}.");
    }

    [Fact]
    public async Task a_slow_answer_is_waited_for_and_a_too_slow_one_is_not()
    {
        await using var scene = await Scene.Set();
        scene.Spend("1", "2026-11-16T10:10:00Z");
        var hasty = scene.NewClient(scene.Management.Text, options => options with { AttemptMax = TimeSpan.FromMilliseconds(700), AttemptsMax = 2 });
        var range = new Interval(At("2026-11-16T10:00:00Z"), scene.Now);

        scene.Xai.Faults.Order(Fault.Slow, XaiCall.Usage, 1, "50");
        Assert.Single((await hasty.ReadUsage(scene.Team.Id, range)).Readings);
        scene.Xai.Faults.Order(Fault.Slow, XaiCall.Usage, 2, "5000");
        var e = await Assert.ThrowsAsync<ProviderException>(() => hasty.ReadUsage(scene.Team.Id, range));
        Assert.Equal((FailureKind.Unreachable, "No complete answer within 0.7 s."), (e.Kind, e.Detail));
        scene.Xai.Faults.Clear();
        scene.Xai.Faults.Order(Fault.Drip, XaiCall.Usage, 2, "20");
        e = await Assert.ThrowsAsync<ProviderException>(() => hasty.ReadUsage(scene.Team.Id, range));
        Assert.Equal("No complete answer within 0.7 s.", e.Detail);
    }

    [Fact]
    public async Task an_answer_that_stands_still_is_given_up()
    {
        await using var scene = await Scene.Set();
        scene.Spend("1", "2026-11-16T10:10:00Z");
        var hasty = scene.NewClient(scene.Management.Text, options => options with { AttemptMax = TimeSpan.FromMilliseconds(300), AttemptsMax = 2 });
        scene.Xai.Faults.Order(Fault.Stall, XaiCall.Usage, 2, "5000");
        var e = await Assert.ThrowsAsync<ProviderException>(() => hasty.ReadUsage(scene.Team.Id, new(At("2026-11-16T10:00:00Z"), scene.Now)));
        Assert.Equal((FailureKind.Unreachable, "No complete answer within 0.3 s."), (e.Kind, e.Detail));
    }

    [Fact]
    public async Task the_deadline_holds_over_all_attempts()
    {
        await using var scene = await Scene.Set();
        var hasty = scene.NewClient(scene.Management.Text, options => options with { DeadlineMax = TimeSpan.FromMilliseconds(900), AttemptMax = TimeSpan.FromMilliseconds(400), AttemptsMax = 100 });
        scene.Xai.Faults.Order(Fault.Slow, XaiCall.Usage, 100, "5000");
        var watch = Stopwatch.StartNew();
        await Assert.ThrowsAsync<ProviderException>(() => hasty.ReadUsage(scene.Team.Id, new(At("2026-11-16T10:00:00Z"), scene.Now)));
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(0.7), TimeSpan.FromSeconds(20));
    }

    [Theory]
    [InlineData(Fault.Oversized)]
    [InlineData(Fault.GzipBomb)]
    public async Task an_answer_beyond_the_cap_is_refused_before_it_is_all_here(Fault fault)
    {
        await using var scene = await Scene.Set();
        var small = scene.NewClient(scene.Management.Text, options => options with { BytesMax = 2 * 1024 * 1024 });
        scene.Xai.Faults.Order(fault, XaiCall.Usage);
        var e = await Assert.ThrowsAsync<ProviderException>(() => small.ReadUsage(scene.Team.Id, new(At("2026-11-16T10:00:00Z"), scene.Now)));
        Assert.Equal((FailureKind.Contract, "The answer is larger than 2 MB."), (e.Kind, e.Detail));
    }

    [Fact]
    public async Task the_callers_own_cancellation_is_no_fault_of_the_provider()
    {
        await using var scene = await Scene.Set();
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        scene.Xai.Faults.Order(Fault.Slow, XaiCall.Usage, 1, "5000");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scene.Client.ReadUsage(scene.Team.Id, new(At("2026-11-16T10:00:00Z"), scene.Now), ct: patience.Token));
    }

    [Fact]
    public async Task a_provider_that_is_not_there_is_unreachable()
    {
        using var wired = new Wired(new() { BaseAddress = new("http://127.0.0.1:9"), AttemptsMax = 2, BackoffFirst = TimeSpan.FromMilliseconds(1) });
        var e = await Assert.ThrowsAsync<ProviderException>(() => wired.Client("xai-token-0123456789").Validate());
        Assert.Equal((FailureKind.Unreachable, "No connection to 127.0.0.1:9."), (e.Kind, e.Detail));
    }

    [Fact]
    public async Task a_revoked_key_a_missing_right_an_unknown_and_a_foreign_team_are_told_apart()
    {
        await using var scene = await Scene.Set();
        var range = new Interval(At("2026-11-16T10:00:00Z"), scene.Now);
        var other = new SimulatedTeam(scene.Clock, seed: 2);
        scene.Xai.Issue(other);

        Assert.Equal(FailureKind.NotFound, (await Refused(scene.Client, "7c3f0000-0000-4000-8000-000000000000")).Kind);
        Assert.Equal(FailureKind.Permission, (await Refused(scene.Client, other.Id)).Kind);
        Assert.Equal((FailureKind.Invalid, 1), ((await Refused(scene.Client, "default")).Kind, scene.Xai.Calls(XaiCall.Usage) - 2));

        scene.Management.Acls = [XaiRights.ListApiKeys];
        var lacks = await Refused(scene.Client, scene.Team.Id);
        Assert.Equal((FailureKind.Permission, XaiRights.BillingRead), (lacks.Kind, lacks.Needs));
        Assert.Contains(XaiRights.BillingRead, lacks.Detail, StringComparison.Ordinal);

        scene.Management.Acls = [XaiRights.BillingRead];
        var keys = await Assert.ThrowsAsync<ProviderException>(() => scene.Client.Keys(scene.Team.Id));
        Assert.Equal((FailureKind.Permission, XaiRights.ListApiKeys), (keys.Kind, keys.Needs));

        scene.Management.Revoked = true;
        var revoked = await Refused(scene.Client, scene.Team.Id);
        Assert.Equal((FailureKind.Auth, "HTTP 401: The management key has been revoked"), (revoked.Kind, revoked.Detail));

        var inference = scene.NewClient(scene.Vigilio.Text);
        Assert.Equal(FailureKind.WrongKind, (await Assert.ThrowsAsync<ProviderException>(() => inference.Validate())).Kind);

        Task<ProviderException> Refused(XaiClient client, string team) => Assert.ThrowsAsync<ProviderException>(() => client.ReadUsage(team, range));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a%2fb")]
    [InlineData("a\nb")]
    public async Task a_team_that_would_bend_the_path_is_not_asked_for(string team)
    {
        await using var scene = await Scene.Set();
        Assert.Equal(FailureKind.Invalid, (await Assert.ThrowsAsync<ProviderException>(() => scene.Client.ReadBalance(team))).Kind);
        Assert.Equal(0, scene.Xai.Calls(XaiCall.Any));
    }

    [Fact]
    public async Task a_team_id_of_another_shape_is_left_to_the_provider_to_judge()
    {
        await using var scene = await Scene.Set();
        Assert.Equal(FailureKind.NotFound, (await Assert.ThrowsAsync<ProviderException>(() => scene.Client.ReadBalance(" team_01J?x=1#é "))).Kind);
    }
}
