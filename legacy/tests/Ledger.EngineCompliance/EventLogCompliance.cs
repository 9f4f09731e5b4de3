using System.Text;
using System.Text.Json;
using Ledger.Testing;
using Xunit;
using static Ledger.EngineCompliance.Given;

namespace Ledger.EngineCompliance;

/// <summary>What every engine's event log promises.</summary>
public abstract class EventLogCompliance(IEngineFixture engine) : IAsyncLifetime
{
    private static readonly CancellationToken ct = CancellationToken.None;
    private IEngineUnderTest store = null!;

    protected IEventLog Log => store.Log;

    protected IEngineUnderTest Store => store;

    public async ValueTask InitializeAsync() => store = await engine.Create();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await store.DisposeAsync();
    }

    [Fact]
    public async Task an_empty_log_is_at_position_0_with_a_chain_of_zeros()
    {
        var head = await Log.Head(ct);
        Assert.Equal(0, head.Position);
        Assert.Equal(new byte[32], head.Chain.ToArray());
        Assert.Empty(await Log.ReadAll(0, 10, ct));
        Assert.Equal(0, await Log.PositionBefore(DateTimeOffset.UtcNow, ct));
    }

    [Fact]
    public async Task what_went_in_comes_out_in_order()
    {
        var at = Noon.AddTicks(1234567);
        var result = await Log.Append(Append(
            Stream("a", 0, Event("1", """{"b":2,"a":[1,{"z":null,"y":true}],"text":"ü€😀\n"}""", at), Event("2")),
            Stream("b", 0, Event("3"))), ct);
        Assert.Equal(new AppendResult.Written(1, 3), result);

        var all = await Log.ReadAll(0, 10, ct);
        Assert.Equal([1L, 2L, 3L], all.Select(e => e.Position));
        Assert.Equal(["a", "a", "b"], all.Select(e => e.Stream));
        Assert.Equal([1L, 2L, 1L], all.Select(e => e.Version));
        Assert.All(all, e => Assert.Equal("tested.v1", e.Type));
        Assert.Equal(Ids.DerivedFrom("1", "test"), all[0].Id);
        // To the microsecond: the tenth of one is cut.
        Assert.Equal(Noon.AddTicks(1234560), all[0].At);
        Assert.Equal(TimeSpan.Zero, all[0].At.Offset);
        using var data = JsonDocument.Parse(all[0].Data);
        Assert.Equal("ü€😀\n", data.RootElement.GetProperty("text").GetString());
        Assert.Equal(JsonValueKind.Null, data.RootElement.GetProperty("a")[1].GetProperty("z").ValueKind);
        Assert.Equal(3, (await Log.Head(ct)).Position);
    }

    [Fact]
    public async Task reads_are_bounded_and_go_on_where_they_stopped()
    {
        await Log.Append(Append(Stream("a", 0, [.. Enumerable.Range(0, 25).Select(i => Event($"e{i}"))])), ct);
        var seen = new List<long>();
        long after = 0;
        while (await Log.ReadAll(after, 10, ct) is { Count: > 0 } page)
        {
            Assert.True(page.Count <= 10);
            seen.AddRange(page.Select(e => e.Position));
            after = page[^1].Position;
        }
        Assert.Equal(Enumerable.Range(1, 25).Select(i => (long)i), seen);
        Assert.Equal([24L, 25L], (await Log.ReadStream("a", 23, 10, ct)).Select(e => e.Version));
        Assert.Equal([1L, 2L], (await Log.ReadStream("a", 0, 2, ct)).Select(e => e.Version));
        Assert.Empty(await Log.ReadStream("nobody", 0, 10, ct));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Log.ReadAll(0, 0, ct));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Log.ReadAll(0, 1_000_000, ct));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Log.ReadStream("a", 0, -1, ct));
    }

    [Fact]
    public async Task a_stream_that_moved_refuses_and_tells_where_it_is()
    {
        await Log.Append(One("a", "1", expected: 0), ct);
        Assert.Equal(new AppendResult.StreamMoved("a", 1), await Log.Append(One("a", "2", expected: 0), ct));
        Assert.Equal(new AppendResult.StreamMoved("a", 1), await Log.Append(One("a", "2", expected: 7), ct));
        Assert.Equal(new AppendResult.StreamMoved("new", 0), await Log.Append(One("new", "2", expected: 1), ct));
        Assert.Equal(new AppendResult.Written(2, 2), await Log.Append(One("a", "2", expected: 1), ct));
    }

    [Fact]
    public async Task an_append_to_several_streams_is_all_or_nothing()
    {
        await Log.Append(One("b", "0"), ct);
        var result = await Log.Append(Append(Stream("a", 0, Event("1")), Stream("b", 0, Event("2"))), ct);
        Assert.Equal(new AppendResult.StreamMoved("b", 1), result);
        Assert.Empty(await Log.ReadStream("a", 0, 10, ct));
        Assert.Equal(1, (await Log.Head(ct)).Position);
    }

    [Fact]
    public async Task a_version_can_be_asserted_without_writing()
    {
        await Log.Append(One("a", "1"), ct);
        Assert.Equal(new AppendResult.Written(2, 2), await Log.Append(Append(Stream("a", 1), Stream("b", 0, Event("2"))), ct));
        Assert.Equal(new AppendResult.StreamMoved("a", 1), await Log.Append(Append(Stream("a", 0), Stream("b", 1, Event("3"))), ct));
        Assert.Equal(new AppendResult.Written(2, 2), await Log.Append(Append(Stream("a", 1)), ct));
    }

    [Fact]
    public async Task of_100_appends_at_once_with_one_expected_version_exactly_one_wins_and_no_position_is_burnt()
    {
        var other = await store.AnotherLog();
        var results = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => (i % 2 == 0 ? Log : other).Append(One("a", $"race-{i}", expected: 0), ct)));
        Assert.Single(results.OfType<AppendResult.Written>());
        Assert.Equal(99, results.Count(r => r is AppendResult.StreamMoved { ActualVersion: 1 }));
        Assert.Equal(new AppendResult.Written(2, 2), await Log.Append(One("b", "after"), ct));
    }

    [Fact]
    public async Task the_same_key_again_writes_nothing_and_gives_the_first_answer()
    {
        var request = One("a", "1") with { Idempotency = Key("k", answer: """{"mission":"m-1"}""") };
        Assert.Equal(new AppendResult.Written(1, 1), await Log.Append(request, ct));
        await Log.Append(One("b", "2"), ct);
        var again = One("a", "something else") with { Idempotency = Key("k", answer: "another") };
        Assert.Equal(new AppendResult.AlreadyThere(1, """{"mission":"m-1"}"""), await Log.Append(again, ct));
        Assert.Equal(2, (await Log.Head(ct)).Position);
    }

    [Fact]
    public async Task a_page_of_large_events_is_shorter_but_never_empty_and_nothing_is_left_out()
    {
        for (var i = 0; i < 12; i++)
            await Log.Append(Append(Stream("large", StreamAppend.AnyVersion, Event($"{i}", Large(900_000, i)))), ct);
        var seen = new List<long>();
        while (await Log.ReadAll(seen.LastOrDefault(), 1_000, ct) is { Count: > 0 } page)
        {
            Assert.True(page.Count < 12, "twelve events of a megabyte were one page");
            seen.AddRange(page.Select(e => e.Position));
        }
        Assert.Equal(Enumerable.Range(1, 12).Select(i => (long)i), seen);

        // Not compressible, so that it is stored as large as it is.
        static string Large(int bytes, int seed)
        {
            var text = new byte[bytes * 3 / 4];
            new Random(seed).NextBytes(text);
            return $$"""{"filling":"{{Convert.ToBase64String(text).Replace('+', 'a').Replace('/', 'b')}}"}""";
        }
    }

    [Fact]
    public async Task a_key_and_a_streams_version_can_be_looked_up()
    {
        var request = One("a", "1") with { Idempotency = Key("k", answer: "first") };
        Assert.Null(await Log.FindKey("k", ct));
        Assert.Equal(0, await Log.StreamVersion("a", ct));
        await Log.Append(request, ct);
        await Log.Append(One("a", "2"), ct);
        var kept = await Log.FindKey("k", ct);
        Assert.Equal(("first", 1L), (kept?.Answer, kept?.Last));
        Assert.True(kept!.BodyHash.Span.SequenceEqual(request.Idempotency.BodyHash.Span));
        Assert.Equal(2, await Log.StreamVersion("a", ct));
    }

    [Fact]
    public async Task a_key_without_an_answer_is_kept_too()
    {
        await Log.Append(One("a", "1") with { Idempotency = Key("k") }, ct);
        Assert.Equal(new AppendResult.AlreadyThere(1, null), await Log.Append(One("a", "1") with { Idempotency = Key("k") }, ct));
    }

    [Fact]
    public async Task the_same_key_with_another_body_is_refused()
    {
        await Log.Append(One("a", "1") with { Idempotency = Key("k", "one body") }, ct);
        Assert.IsType<AppendResult.KeyReused>(await Log.Append(One("a", "2") with { Idempotency = Key("k", "another body") }, ct));
        Assert.Equal(1, (await Log.Head(ct)).Position);
    }

    [Fact]
    public async Task a_key_that_lost_may_be_used_again()
    {
        await Log.Append(One("a", "1"), ct);
        Assert.IsType<AppendResult.StreamMoved>(await Log.Append(One("a", "2", expected: 0) with { Idempotency = Key("k") }, ct));
        Assert.Equal(new AppendResult.Written(2, 2), await Log.Append(One("a", "2", expected: 1) with { Idempotency = Key("k") }, ct));
    }

    [Fact]
    public async Task one_key_sent_50_times_at_once_writes_once()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Log.Append(One("a", "1") with { Idempotency = Key("k", answer: "x") }, ct)));
        Assert.Single(results.OfType<AppendResult.Written>());
        Assert.Equal(49, results.Count(r => r is AppendResult.AlreadyThere { Last: 1, Answer: "x" }));
        Assert.Single(await Log.ReadAll(0, 10, ct));
    }

    [Fact]
    public async Task a_replay_among_new_appends_is_still_a_replay_and_not_a_stream_that_moved()
    {
        await Log.Append(One("a", "1", expected: 0) with { Idempotency = Key("k") }, ct);
        for (var round = 0; round < 20; round++)
        {
            var fresh = Enumerable.Range(0, 5).Select(i => Log.Append(One($"s{i}", $"{round}-{i}", expected: round), ct)).ToList();
            var byKey = Log.Append(One("a", "1", expected: 0) with { Idempotency = Key("k") }, ct);
            var byIds = Log.Append(One("a", "1", expected: 0), ct);
            fresh.AddRange(Enumerable.Range(5, 5).Select(i => Log.Append(One($"s{i}", $"{round}-{i}", expected: round), ct)));
            Assert.Equal(new AppendResult.AlreadyThere(1, null), await byKey);
            Assert.Equal(new AppendResult.AlreadyThere(1, null), await byIds);
            Assert.All(await Task.WhenAll(fresh), r => Assert.IsType<AppendResult.Written>(r));
        }
        Assert.Equal(201, (await Log.Head(ct)).Position);
    }

    [Fact]
    public async Task what_another_process_wrote_counts_though_this_one_remembers_otherwise()
    {
        var other = await store.AnotherLog();
        await Log.Append(One("a", "1", expected: 0), ct);
        await Log.Append(One("a", "2", expected: 1), ct);
        Assert.Equal(new AppendResult.Written(3, 3), await other.Append(One("a", "3", expected: 2), ct));
        Assert.Equal(new AppendResult.StreamMoved("a", 3), await Log.Append(One("a", "4", expected: 2), ct));
        Assert.Equal(new AppendResult.Written(4, 4), await other.Append(One("a", "5", expected: 3), ct));
        Assert.Equal(new AppendResult.Written(5, 5), await Log.Append(One("a", "6"), ct));
        Assert.Equal([1L, 2L, 3L, 4L, 5L], (await Log.ReadStream("a", 0, 10, ct)).Select(e => e.Version));
    }

    [Fact]
    public async Task the_same_events_again_write_nothing()
    {
        var request = Append(Stream("a", StreamAppend.AnyVersion, Event("1", """{"x":1,"y":"2"}"""), Event("2")));
        Assert.Equal(new AppendResult.Written(1, 2), await Log.Append(request, ct));
        // Another spelling and another time of the same content; and the version it expected is long gone.
        var again = Append(Stream("a", 0, Event("1", """{ "y":"2", "x":1 }""", Noon.AddHours(1)), Event("2")));
        Assert.Equal(new AppendResult.AlreadyThere(2, null), await Log.Append(again, ct));
        Assert.Equal(2, (await Log.Head(ct)).Position);
    }

    [Fact]
    public async Task the_same_events_twice_at_once_are_written_once()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Log.Append(One("a", "1"), ct)));
        Assert.Single(results.OfType<AppendResult.Written>());
        Assert.Equal(19, results.OfType<AppendResult.AlreadyThere>().Count());
    }

    [Theory]
    [InlineData("a", """{"n":2}""", "tested.v1")]
    [InlineData("b", """{"n":1}""", "tested.v1")]
    [InlineData("a", """{"n":1}""", "tested.v2")]
    public async Task the_same_id_with_other_content_throws_and_writes_nothing(string stream, string data, string type)
    {
        await Log.Append(One("a", "1"), ct);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Log.Append(Append(Stream(stream, -1, Event("1", data, type: type))), ct));
        Assert.Equal(1, (await Log.Head(ct)).Position);
    }

    [Fact]
    public async Task an_append_of_which_only_some_events_are_there_throws_and_writes_nothing()
    {
        await Log.Append(One("a", "1"), ct);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Log.Append(Append(Stream("a", -1, Event("1"), Event("2"))), ct));
        Assert.Equal(1, (await Log.Head(ct)).Position);
    }

    [Fact]
    public async Task one_bad_append_fails_alone()
    {
        await Log.Append(One("a", "taken"), ct);
        var appends = Enumerable.Range(0, 60).Select(i => i switch
        {
            13 => Log.Append(Append(Stream("a", -1, Event("taken", """{"n":"other"}"""))), ct),
            17 => Log.Append(Append(Stream("bad", -1, Event("nul", "{\"x\":\"a\\u0000b\"}"))), ct),
            _ => Log.Append(One($"s{i}", $"good-{i}"), ct),
        }).ToArray();
        await Task.WhenAll(appends.Select(a => a.ContinueWith(_ => { }, TaskScheduler.Default)));
        Assert.IsType<InvalidOperationException>(appends[13].Exception!.InnerException);
        Assert.IsType<ArgumentException>(appends[17].Exception!.InnerException);
        Assert.Equal(58, appends.Count(a => a.Status == TaskStatus.RanToCompletion && a.Result is AppendResult.Written));
        Assert.Equal(59, (await Log.Head(ct)).Position);
    }

    public static TheoryData<string, string> BadData => new()
    {
        { "not JSON", "{" },
        { "an array", "[1]" },
        { "two values", "{} {}" },
        { "empty", "" },
        { "NUL", "{\"a\":\"\\u0000\"}" },
        { "NUL in a key", "{\"\\u0000\":1}" },
        { "a lone high surrogate", "{\"a\":\"\\ud800\"}" },
        { "a lone low surrogate", "{\"a\":\"x\\udc00\"}" },
        { "a key twice", "{\"a\":1,\"b\":2,\"a\":1}" },
        { "a key twice in another spelling", "{\"a\":1,\"\\u0061\":1}" },
        { "an absurd exponent", "{\"a\":1e131000}" },
        { "NaN", "{\"a\":NaN}" },
        { "too deep", string.Concat(Enumerable.Repeat("{\"a\":", 100)) + "1" + new string('}', 100) },
        { "a comment", "{\"a\":1/**/}" },
        { "a trailing comma", "{\"a\":1,}" },
    };

    [Theory]
    [MemberData(nameof(BadData))]
    public async Task bad_data_is_refused_before_it_is_written(string what, string data)
    {
        var refusal = await Assert.ThrowsAnyAsync<ArgumentException>(() => Log.Append(Append(Stream("a", -1, Event(what, data))), ct));
        Assert.NotEmpty(refusal.Message);
        Assert.Equal(0, (await Log.Head(ct)).Position);
    }

    [Fact]
    public async Task bytes_that_are_not_utf8_are_refused()
    {
        byte[] broken = [.. "{\"a\":\""u8, 0xC3, 0x28, .. "\"}"u8];
        var e = new NewEvent(Ids.DerivedFrom("x", "y"), "tested.v1", broken, Noon);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Log.Append(Append(Stream("a", -1, e)), ct));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nul\0")]
    [InlineData("lone surrogate")]
    public async Task bad_names_are_refused(string name)
    {
        // An attribute can't carry one.
        if (name == "lone surrogate")
            name = $"a{(char)0xD800}";
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Log.Append(One(name, "1"), ct));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Log.Append(Append(Stream("a", -1, Event("1", type: name))), ct));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Log.Append(One("a", "1") with { Idempotency = Key(name) }, ct));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Log.Append(One(new string('x', 201), "1"), ct));
    }

    [Fact]
    public async Task what_breaks_a_bound_is_refused()
    {
        var big = Event("1", $$"""{"a":"{{new string('x', 1024 * 1024)}}"}""");
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Log.Append(Append(Stream("a", -1, big)), ct));
        var many = Enumerable.Range(0, 1001).Select(i => Event($"{i}")).ToArray();
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Log.Append(Append(Stream("a", -1, many)), ct));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Log.Append(Append(Stream("a", -1, Event("1"), Event("1"))), ct));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Log.Append(Append(Stream("a", -1, Event("1")), Stream("a", -1, Event("2"))), ct));
        var answer = One("a", "1") with { Idempotency = Key("k", answer: new string('x', 65 * 1024)) };
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Log.Append(answer, ct));
        Assert.Equal(0, (await Log.Head(ct)).Position);
    }

    [Fact]
    public async Task an_event_just_under_the_bound_and_a_full_batch_go_in()
    {
        var big = Event("big", $$"""{"a":"{{new string('x', 1024 * 1024 - 20)}}"}""");
        Assert.Equal(new AppendResult.Written(1, 1), await Log.Append(Append(Stream("a", -1, big)), ct));
        var many = Enumerable.Range(0, 1000).Select(i => Event($"{i}")).ToArray();
        Assert.Equal(new AppendResult.Written(2, 1001), await Log.Append(Append(Stream("b", 0, many)), ct));
        Assert.Equal(Enumerable.Range(1, 1000).Select(i => (long)i), (await Log.ReadStream("b", 0, 1000, ct)).Select(e => e.Version));
    }

    [Fact]
    public async Task a_follower_sees_every_position_once_in_order_while_many_write_and_nothing_seen_vanishes()
    {
        const int writers = 8, each = 60;
        var other = await store.AnotherLog();
        var seen = new List<Recorded>();
        using var stop = new CancellationTokenSource();
        var follower = Task.Run(async () =>
        {
            while (seen.Count < writers * each)
            {
                stop.Token.ThrowIfCancellationRequested();
                var after = seen.Count == 0 ? 0 : seen[^1].Position;
                seen.AddRange(await other.ReadAll(after, 17, ct));
            }
        }, ct);
        await Task.WhenAll(Enumerable.Range(0, writers).Select(w => Task.Run(async () =>
        {
            var random = new Random(w);
            for (var i = 0; i < each; i++)
            {
                // Some lose on purpose: a loser burns no position.
                if (random.Next(5) == 0)
                    Assert.IsType<AppendResult.StreamMoved>(await Log.Append(One($"s{w}", $"lost-{w}-{i}", expected: 999), ct));
                Assert.IsType<AppendResult.Written>(await (w % 2 == 0 ? Log : other).Append(One($"s{w}", $"{w}-{i}", expected: i), ct));
            }
        }, ct)));
        stop.CancelAfter(TimeSpan.FromSeconds(20));
        await follower;
        Assert.Equal(Enumerable.Range(1, writers * each).Select(i => (long)i), seen.Select(e => e.Position));
        var again = await Log.ReadAll(0, writers * each, ct);
        Assert.Equal(seen.Select(e => (e.Position, e.Id, e.Stream, e.Version)), again.Select(e => (e.Position, e.Id, e.Stream, e.Version)));
        foreach (var stream in again.GroupBy(e => e.Stream))
            Assert.Equal(Enumerable.Range(1, each).Select(i => (long)i), stream.Select(e => e.Version));
    }

    [Fact]
    public Task any_interleaving_of_appends_gives_what_a_plain_model_gives() => Seeds.Run(5, async random =>
    {
        await using var fresh = await engine.Create();
        var versions = new Dictionary<string, long>();
        var keys = new Dictionary<string, (string Body, long Last)>();
        long position = 0;
        for (var step = 0; step < 80; step++)
        {
            var stream = $"s{random.Next(4)}";
            var version = versions.GetValueOrDefault(stream);
            var expected = random.Next(4) switch { 0 => StreamAppend.AnyVersion, 1 => version + 1, _ => version };
            var events = Enumerable.Range(0, random.Next(0, 4)).Select(i => Event($"{step}-{i}")).ToArray();
            var key = random.Next(3) == 0 ? $"k{random.Next(10)}" : null;
            var body = $"b{random.Next(2)}";
            var request = Append(Stream(stream, expected, events)) with { Idempotency = key is null ? null : Key(key, body) };
            var result = await fresh.Log.Append(request, ct);
            if (key is not null && keys.TryGetValue(key, out var before))
            {
                Assert.Equal(before.Body == body ? new AppendResult.AlreadyThere(before.Last, null) : new AppendResult.KeyReused(), result);
                continue;
            }
            if (expected != StreamAppend.AnyVersion && expected != version)
            {
                Assert.Equal(new AppendResult.StreamMoved(stream, version), result);
                continue;
            }
            Assert.Equal(new AppendResult.Written(events.Length == 0 ? position : position + 1, position + events.Length), result);
            position += events.Length;
            versions[stream] = version + events.Length;
            if (key is not null)
                keys[key] = (body, position);
        }
        Assert.Equal(position, (await fresh.Log.Head(ct)).Position);
    });

    [Fact]
    public async Task the_chain_depends_on_everything_before()
    {
        await using var one = await engine.Create();
        await using var two = await engine.Create();
        foreach (var (s, first) in new[] { (one, "1"), (two, "2") })
        {
            await s.Log.Append(Append(Stream("a", 0, Event("e", $$"""{"n":{{first}}}"""))), ct);
            await s.Log.Append(One("b", "same"), ct);
        }
        var (a, b) = (await one.Log.Head(ct), await two.Log.Head(ct));
        Assert.Equal(a.Position, b.Position);
        Assert.NotEqual(Convert.ToHexString(a.Chain.Span), Convert.ToHexString(b.Chain.Span));
    }

    [Fact]
    public async Task the_position_before_a_time_is_found_though_times_need_not_rise()
    {
        const int count = 2600;
        var random = new Random(7);
        var times = Enumerable.Range(0, count).Select(i => Noon.AddSeconds(i + random.Next(-50, 50))).ToArray();
        for (var from = 0; from < count; from += 650)
            await Log.Append(Append(Stream("a", -1, [.. Enumerable.Range(from, 650).Select(i => Event($"{i}", at: times[i]))])), ct);
        foreach (var probe in new[] { -100, 0, 10, 500, 1023, 1024, 1025, 2047, 2049, 2500, 2700 })
        {
            var time = Noon.AddSeconds(probe);
            var wanted = Array.FindLastIndex(times, t => t < time) + 1;
            Assert.Equal(wanted, await Log.PositionBefore(time, ct));
        }
    }

    [Fact]
    public async Task waiting_for_growth_ends_soon_after_an_append_in_this_or_another_process()
    {
        foreach (var writer in new[] { Log, await store.AnotherLog() })
        {
            var head = await Log.Head(ct);
            var waiting = Log.WaitForGrowth(head.Position, TimeSpan.FromSeconds(30), ct);
            await Task.Delay(50, ct);
            Assert.False(waiting.IsCompleted);
            await writer.Append(One("a", $"{writer.GetHashCode()}"), ct);
            await waiting.WaitAsync(TimeSpan.FromSeconds(5), ct);
        }
        await Log.WaitForGrowth(0, TimeSpan.FromSeconds(30), ct).WaitAsync(TimeSpan.FromSeconds(5), ct);
        await Log.WaitForGrowth(1000, TimeSpan.FromMilliseconds(100), ct).WaitAsync(TimeSpan.FromSeconds(5), ct);
    }

    [Fact]
    public async Task a_stale_fence_writes_nothing()
    {
        var old = (await store.Leases.Take("poll:x", "node-1", TimeSpan.FromSeconds(30), ct))!;
        Assert.IsType<AppendResult.Written>(await Log.Append(One("a", "1") with { Fence = old }, ct));
        await store.Leases.Release(old, ct);
        Assert.IsType<AppendResult.Fenced>(await Log.Append(One("a", "2") with { Fence = old }, ct));
        var young = (await store.Leases.Take("poll:x", "node-2", TimeSpan.FromSeconds(30), ct))!;
        Assert.IsType<AppendResult.Fenced>(await Log.Append(One("a", "2") with { Fence = old }, ct));
        Assert.Equal(new AppendResult.Written(2, 2), await Log.Append(One("a", "2") with { Fence = young }, ct));
        Assert.IsType<AppendResult.Fenced>(await Log.Append(One("a", "3") with { Fence = new Fence("nobody", 1) }, ct));
        Assert.Equal(2, (await Log.Head(ct)).Position);
    }

    [Fact]
    public async Task a_fence_whose_lease_ran_out_writes_nothing()
    {
        var fence = (await store.Leases.Take("poll:x", "node-1", TimeSpan.FromMilliseconds(50), ct))!;
        await Task.Delay(120, ct);
        Assert.IsType<AppendResult.Fenced>(await Log.Append(One("a", "1") with { Fence = fence }, ct));
    }

    [Fact]
    public async Task a_caller_who_gave_up_before_gets_nothing_written()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Log.Append(One("a", "1"), gone.Token));
        Assert.Equal(0, (await Log.Head(ct)).Position);
    }

    [Fact]
    public async Task numbers_and_texts_of_every_kind_survive()
    {
        const string data = """{"big":123456789012345678901234567890,"small":0.000000000000000001,"neg":-5,"e":1.50e1,"zero":-0,"t":"\"\\\/\b\f\n\r\t\u001f\u007f\u00e9\ud83d\ude00","":{}}""";
        await Log.Append(Append(Stream("a", 0, Event("1", data))), ct);
        using var stored = JsonDocument.Parse((await Log.ReadAll(0, 1, ct))[0].Data);
        var root = stored.RootElement;
        Assert.Equal("123456789012345678901234567890", root.GetProperty("big").GetRawText());
        Assert.Equal(-5, root.GetProperty("neg").GetInt32());
        Assert.Equal(15m, root.GetProperty("e").GetDecimal());
        Assert.Equal("\"\\/\b\f\n\r\t\u001f\u007fé😀", root.GetProperty("t").GetString());
        Assert.Equal(JsonValueKind.Object, root.GetProperty("").ValueKind);
        Assert.True(Encoding.UTF8.GetByteCount(root.GetRawText()) > 50);
    }
}
