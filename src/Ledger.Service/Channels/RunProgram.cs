using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Wolverine;
using Wolverine.Attributes;

namespace Ledger.Service.Channels;

/// <summary>One payload for the operator's own program, which reads it as it is.</summary>
[MessageIdentity("run-program.v1")]
public sealed record RunProgram(
    Guid Id, string Notification, string Class, JsonElement Payload, [property: JsonConverter(typeof(InstantJsonConverter))] DateTimeOffset At) : INotification
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MessageOrder? Order { get; init; }
}

/// <summary>Runs it: JSON on its input, no shell, no arguments, a clean environment, little time.</summary>
public static class RunProgramHandler
{
    internal static readonly TimeSpan AttemptMax = TimeSpan.FromSeconds(10);
    private const int temporary = 75;
    private const int outputBytesMax = 64 * 1024;
    private const int columnsMax = 100;

    public static Task Handle(RunProgram message, Envelope envelope, ChannelOptions options, ChannelHealth health, CancellationToken ct) =>
        health.Attempt(ChannelNames.Exec, message, envelope, () => options.Exec is { } path
            ? Run(path, message, AttemptMax, ct)
            : throw new DeliveryRefused("no exec is configured: set LEDGER_ALERT_EXEC, then retry"));

    /// <summary>Why a file can't be the program; null when it can.</summary>
    public static string? WhyNot(string path)
    {
        if (!Path.IsPathRooted(path)) return "it is no absolute path";
        if (!File.Exists(path)) return "there is no such file";
        // What a link leads to is what runs.
        var mode = File.GetUnixFileMode(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
        if ((mode & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) == 0) return "it is not executable";
        return (mode & UnixFileMode.OtherWrite) != 0 ? "everybody may write to it" : null;
    }

    internal static async Task Run(string path, RunProgram message, TimeSpan attemptMax, CancellationToken ct)
    {
        if (WhyNot(path) is { } why) throw new DeliveryFailed($"{path} can't be run: {why}") { IsChannelDown = true };
        using var process = new Process { StartInfo = Prepared(path, message) };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            throw new DeliveryFailed(Reason.Of($"{path} can't be run: {e.Message}")) { IsChannelDown = true };
        }
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(attemptMax);
        var errors = Read(process.StandardError.BaseStream, bound.Token);
        var output = Read(process.StandardOutput.BaseStream, bound.Token);
        try
        {
            await Write(process, message.Payload.GetRawText(), bound.Token);
            await process.WaitForExitAsync(bound.Token);
        }
        catch (OperationCanceledException)
        {
            Kill(process);
            throw new DeliveryFailed(ct.IsCancellationRequested ? "the service stopped while it ran" : string.Create(CultureInfo.InvariantCulture, $"it ran longer than {attemptMax.TotalSeconds:0} s and was killed")) { IsUnknown = true };
        }
        // Children that live on may hold the pipes; their words are not waited for.
        await Task.WhenAny(Task.WhenAll(errors, output), Task.Delay(TimeSpan.FromMilliseconds(200), CancellationToken.None));
        var said = errors.IsCompletedSuccessfully && errors.Result.Length > 0 ? $": {errors.Result}" : "";
        switch (process.ExitCode)
        {
            case 0:
                return;
            case temporary:
                throw new DeliveryFailed(Reason.Of($"it ended with {temporary}{said}"));
            case var code:
                throw new DeliveryRefused(Reason.Of($"it ended with {code}{said}"));
        }
    }

    private static ProcessStartInfo Prepared(string path, RunProgram message)
    {
        var start = new ProcessStartInfo(path)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        // What this service knows (passwords, keys) is none of the program's business.
        start.Environment.Clear();
        foreach (var name in new[] { "PATH", "HOME", "LANG" })
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value) start.Environment[name] = value;
        start.Environment["LEDGER_EVENT"] = EventOf(message);
        start.Environment["LEDGER_NOTIFICATION"] = Line(message.Notification);
        return start;
    }

    private static string EventOf(RunProgram message) =>
        message.Payload.ValueKind == JsonValueKind.Object && message.Payload.TryGetProperty("event", out var name) && name.ValueKind == JsonValueKind.String
            ? Line(name.GetString()!)
            : message.Class;

    private static string Line(string text) => SafeText.Fit(SafeText.Of(text).Trim(), columnsMax);

    private static async Task Write(Process process, string json, CancellationToken ct)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(json), ct);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It does not care to read. Its exit code tells.
        }
    }

    /// <summary>Reads to the end, so that nobody blocks, and keeps the beginning.</summary>
    private static async Task<string> Read(Stream stream, CancellationToken ct)
    {
        var (kept, buffer) = (new MemoryStream(), new byte[4096]);
        try
        {
            while (await stream.ReadAsync(buffer, ct) is > 0 and var count)
                if (kept.Length < outputBytesMax) kept.Write(buffer, 0, count);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Whatever it said until then.
        }
        return Encoding.UTF8.GetString(kept.GetBuffer(), 0, (int)kept.Length);
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // Ended by itself meanwhile.
        }
    }
}
