using Ledger.Agents;
using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Tests;

public sealed class Journals
{
    [Fact]
    public async Task an_answer_too_long_to_keep_is_given_whole_once_and_cut_on_a_replay()
    {
        await using var host = await TestHost.Start();
        var journal = (Journal)host.Host.Services.GetService(typeof(Journal))!;
        var command = new Command("long", new byte[32], "test");
        Task<Answer> Write() => journal.Write(command, _ => Task.FromResult(Adding("ba", new { id = "ba", notes = Enumerable.Repeat(new string('x', 100), 2_000) })), CancellationToken.None);

        var first = await Write();
        var again = await Write();
        Assert.Equal((false, 2_000), (first.Replayed, first.Body["notes"]!.AsArray().Count));
        Assert.Null(first.Body["more"]);
        Assert.Equal((true, 50, "ba", true), (again.Replayed, again.Body["notes"]!.AsArray().Count, (string?)again.Body["id"], (bool)again.Body["more"]!));
        Assert.Equal(1, await host.Head());
    }

    [Fact]
    public async Task long_items_are_cut_until_the_rest_fits_and_one_long_text_is_not_kept()
    {
        await using var host = await TestHost.Start();
        var journal = (Journal)host.Host.Services.GetService(typeof(Journal))!;
        foreach (var (key, answer, members) in new (string, object, string)[]
        {
            ("items", new { id = "ba", notes = Enumerable.Repeat(new string('x', 5_000), 50) }, "id notes more"),
            ("text", new { id = "ba", note = new string('x', 100_000) }, "more"),
        })
        {
            var command = new Command(key, new byte[32], "test");
            await journal.Write(command, _ => Task.FromResult(Adding(key, answer)), CancellationToken.None);
            var again = await journal.Write(command, _ => Task.FromResult(Adding(key, answer)), CancellationToken.None);
            Assert.Equal(members, string.Join(' ', again.Body.Select(m => m.Key)));
        }
    }

    [Fact]
    public async Task what_only_the_log_refuses_has_a_stable_code()
    {
        await using var host = await TestHost.Start();
        var journal = (Journal)host.Host.Services.GetService(typeof(Journal))!;
        var refused = await Assert.ThrowsAsync<Refused>(() =>
            journal.Write(new("k", new byte[32], "test"), _ => Task.FromResult(Adding(new('a', 300), new { })), CancellationToken.None));
        Assert.Equal("request.invalid", refused.Why.Code);
        Assert.Equal(0, await host.Head());
    }

    private static Plan Adding(string id, object answer) =>
        new Plan(answer).Append(Agent.StreamOf(id), 0, Agent.Add(null, "ba", IdleRule.Shares, DateTimeOffset.UnixEpoch, "test").Events());
}
