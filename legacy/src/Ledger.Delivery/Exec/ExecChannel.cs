using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Ledger.Delivery.Exec;

/// <summary>The operator's own program: JSON on its input, no shell, no arguments, a clean environment, little time.</summary>
internal sealed class ExecChannel(string path, TimeSpan? attemptMax = null) : IChannel
{
    private const int temporary = 75;
    private const int outputBytesMax = 64 * 1024;
    private const int eventLengthMax = 100;

    public string Kind => MessageKinds.Exec;

    public ChannelRules Rules { get; } = new() { ClaimMax = 50, AttemptMax = attemptMax ?? TimeSpan.FromSeconds(10) };

    public ChannelInfo Info { get; } = new("exec", true, path, null);

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

    public async Task<Outcome> Send(Parcel parcel, CancellationToken ct)
    {
        var body = MessageJson.Read<ExecMessageBody>(parcel.Body.Span);
        if (WhyNot(path) is { } why) return new Outcome.Later($"{path} can't be run: {why}", Down: true);
        using var process = new Process { StartInfo = Prepared(body) };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            return new Outcome.Later(OneLine.Reason($"{path} can't be run: {e.Message}"), Down: true);
        }
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(Rules.AttemptMax);
        var errors = Read(process.StandardError.BaseStream, bound.Token);
        var output = Read(process.StandardOutput.BaseStream, bound.Token);
        try
        {
            await Write(process, body.Payload.GetRawText(), bound.Token);
            await process.WaitForExitAsync(bound.Token);
        }
        catch (OperationCanceledException)
        {
            Kill(process);
            return new Outcome.Unknown(ct.IsCancellationRequested ? "the service stopped while it ran" : $"it ran longer than {Spoken.Of(Rules.AttemptMax)} and was killed");
        }
        // Children that live on may hold the pipes; their words are not waited for.
        await Task.WhenAny(Task.WhenAll(errors, output), Task.Delay(TimeSpan.FromMilliseconds(200), CancellationToken.None));
        var said = errors.IsCompletedSuccessfully && errors.Result.Length > 0 ? $": {errors.Result}" : "";
        return process.ExitCode switch
        {
            0 => Outcome.Delivered.Yes,
            temporary => new Outcome.Later(OneLine.Reason($"it ended with {temporary}{said}")),
            var code => new Outcome.Refused(OneLine.Reason($"it ended with {code}{said}")),
        };
    }

    private ProcessStartInfo Prepared(ExecMessageBody body)
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
        start.Environment["LEDGER_EVENT"] = EventOf(body);
        start.Environment["LEDGER_NOTIFICATION"] = OneLine.Of(body.Notification, eventLengthMax);
        return start;
    }

    private static string EventOf(ExecMessageBody body) =>
        body.Payload.ValueKind == JsonValueKind.Object && body.Payload.TryGetProperty("event", out var name) && name.ValueKind == JsonValueKind.String
            ? OneLine.Of(name.GetString()!, eventLengthMax)
            : body.Class;

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
