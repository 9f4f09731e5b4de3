using Ledger.Delivery.Exec;

namespace Ledger.Delivery.Tests;

/// <summary>The operator's own program.</summary>
public sealed class ExecTests : IDisposable
{
    private const UnixFileMode runnable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly string folder = Directory.CreateTempSubdirectory("ledger-exec-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task it_reads_json_and_knows_nothing_else()
    {
        Environment.SetEnvironmentVariable("SMTP_PASSWORD", "canary-in-the-environment");
        var program = Write($"cat > {folder}/in; env > {folder}/env; echo $# > {folder}/args");
        Assert.Equal(Outcome.Delivered.Yes, await Send(new(program), """{"event":"budget.threshold_crossed\nX=1","message":"`touch pwned` $(id)"}"""));
        Environment.SetEnvironmentVariable("SMTP_PASSWORD", null);
        Assert.Equal("`touch pwned` $(id)", (string?)System.Text.Json.Nodes.JsonNode.Parse(await File.ReadAllTextAsync($"{folder}/in"))!["message"]);
        Assert.Equal("0\n", await File.ReadAllTextAsync($"{folder}/args"));
        var names = (await File.ReadAllLinesAsync($"{folder}/env")).Select(l => l.Split('=')[0]);
        string[] allowed = ["PATH", "HOME", "LANG", "LEDGER_EVENT", "LEDGER_NOTIFICATION", "PWD", "SHLVL", "OLDPWD", "_"];
        Assert.All(names, n => Assert.Contains(n, allowed));
        var environment = await File.ReadAllTextAsync($"{folder}/env");
        Assert.Contains("LEDGER_EVENT=budget.threshold_crossed X=1\n", environment, StringComparison.Ordinal);
        Assert.Contains("LEDGER_NOTIFICATION=a-1\n", environment, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exit 0", "delivered")]
    [InlineData("exit 75", "later")]
    [InlineData("echo nope >&2; exit 1", "refused")]
    [InlineData("kill -9 $$", "refused")]
    [InlineData("exec 0<&-; exit 0", "delivered")]
    public async Task its_exit_code_is_its_answer(string script, string expected)
    {
        var outcome = await Send(new(Write(script)), $$"""{"event":"x","filler":"{{new string('x', 200_000)}}"}""");
        Assert.Equal(expected, outcome switch { Outcome.Delivered => "delivered", Outcome.Later { Down: false } => "later", Outcome.Refused => "refused", _ => outcome.ToString() });
    }

    [Fact]
    public async Task it_is_killed_with_its_children_when_it_takes_too_long()
    {
        var program = Write($"(sleep 3; touch {folder}/alive) & sleep 60");
        Assert.IsType<Outcome.Unknown>(await Send(new(program, TimeSpan.FromSeconds(1))));
        await Task.Delay(3_000);
        Assert.False(File.Exists($"{folder}/alive"));
    }

    [Fact]
    public async Task it_may_talk_as_much_as_it_likes_and_leave_somebody_behind()
    {
        var began = Environment.TickCount64;
        Assert.Equal(Outcome.Delivered.Yes, await Send(new(Write("head -c 50000000 /dev/zero; sleep 20 & exit 0"))));
        Assert.InRange(Environment.TickCount64 - began, 0, 8_000);
        Assert.True(Assert.IsType<Outcome.Refused>(await Send(new(Write("head -c 5000000 /dev/zero | tr '\\0' x >&2; exit 3")))).Reason.Length <= 300);
    }

    [Fact]
    public void a_file_that_cannot_be_it_is_refused()
    {
        var program = Write("exit 0");
        Assert.Null(ExecChannel.WhyNot(program));
        Assert.NotNull(ExecChannel.WhyNot("relative/path"));
        Assert.NotNull(ExecChannel.WhyNot(Path.Combine(folder, "missing")));
        File.SetUnixFileMode(program, runnable | UnixFileMode.OtherWrite);
        Assert.Equal("everybody may write to it", ExecChannel.WhyNot(program));
        File.CreateSymbolicLink(Path.Combine(folder, "link"), program);
        Assert.Equal("everybody may write to it", ExecChannel.WhyNot(Path.Combine(folder, "link")));
        File.SetUnixFileMode(program, UnixFileMode.UserRead);
        Assert.Equal("it is not executable", ExecChannel.WhyNot(program));
    }

    [Fact]
    public async Task a_program_that_became_unfit_keeps_the_message()
    {
        var program = Write("exit 0");
        File.SetUnixFileMode(program, UnixFileMode.UserRead);
        Assert.True(Assert.IsType<Outcome.Later>(await Send(new(program))).Down);
        File.SetUnixFileMode(program, runnable);
        await File.WriteAllTextAsync(program, "no program at all");
        Assert.True(Assert.IsType<Outcome.Later>(await Send(new(program))).Down);
    }

    private string Write(string script)
    {
        var path = Path.Combine(folder, "hook");
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, runnable);
        return path;
    }

    private static Task<Outcome> Send(ExecChannel channel, string payload = """{"event":"x"}""") =>
        channel.Send(new(Guid.NewGuid(), "alert", MessageJson.Write(new ExecMessageBody("a-1", "alert", Scene.Payload(payload), Scene.Noon)), []), CancellationToken.None);
}
