using System.Globalization;
using Ledger.Cli.Http;
using Ledger.Cli.Output;

namespace Ledger.Cli.Commands;

/// <summary>The service of a data folder that runs in the background: starts it, knows it again, stops it.</summary>
internal sealed class DetachedService(Call call)
{
    private const long LogBytesMax = 16 * 1024 * 1024;
    private const int LinesOfEnd = 20;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly TimeSpan startPatience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan stopPatience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan lookEvery = TimeSpan.FromMilliseconds(200);

    private enum There
    {
        Nobody,
        Somebody,
        Ready,
    }

    private string Home => call.Settings.Home;
    private string Url => call.Settings.UrlText;
    private string Log => LogsCommand.FileIn(Home);
    private string PidFile => Path.Combine(Home, "ledger.pid");

    public int Start(string dll, IReadOnlyList<string> args, IReadOnlyDictionary<string, string?> variables)
    {
        if (Running() is { } running)
        {
            if (Look() != There.Ready) return Await(new(running, () => Running() == running ? null : 0), LogLength());
            return Say("running", running, $"Ledger is up already at {Url} (process {running}).");
        }
        // Behind a proxy, what answers at the address says nothing of the port here.
        if (call.Settings.Url.IsLoopback && Look() != There.Nobody)
            throw Refusal.Of(Exit.Config, "start.taken", $"LEDGER_URL: something else listens on that port already ({Url}). If it is a service that was started in another way, it needs no second one; else choose another port with --url.", "LEDGER_URL", Url);
        try
        {
            Directory.CreateDirectory(Home, OwnerOnly | UnixFileMode.UserExecute);
            if (LogLength() > LogBytesMax) File.Move(Log, Log + ".1", overwrite: true);
            using (new FileStream(Log, new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite, UnixCreateMode = OwnerOnly }))
                if (Running() is null) File.Delete(PidFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refusal.Of(Exit.Config, "start.home", $"LEDGER_HOME: the data folder {Home} can't be written by this user; choose another with --home.", "LEDGER_HOME", Home);
        }
        var before = LogLength();
        // Folder and address are said even where they are the usual ones: by them `ledger down` knows its service in the list of processes.
        return Await(call.Around.Launch(new(dll, [.. args, "--home", Home, "--url", Url], variables, Log, PidFile)), before);
    }

    public int Stop()
    {
        if (Running() is not { } id)
        {
            if (File.Exists(PidFile)) File.Delete(PidFile);
            if (Look() != There.Nobody)
                throw Refusal.Of(Exit.Unavailable, "stop.elsewhere", $"What answers at {Url} was not started by `ledger up --detach` with the data folder {Home}. Stop it where it was started: Ctrl-C in its terminal, `systemctl stop ledger`, `docker compose stop`.", "LEDGER_URL", Url);
            return Say("down", null, $"Nothing runs at {Url}.");
        }
        call.Around.Terminate(id);
        if (!Until(stopPatience, "stopping", LogLength(), () => Running() != id))
            throw Refusal.Of(Exit.Unavailable, "stop.slow", $"Process {id} was told to stop and has not gone after {Show.Duration(stopPatience)}. `ledger logs{Flags}` may say why; `kill -9 {id}` ends it, and loses nothing that was acknowledged.");
        File.Delete(PidFile);
        return Say("stopped", id, $"Ledger is stopped (process {id}).");
    }

    private int Await(Launched launched, long logFrom)
    {
        int? ended = null;
        var isReady = false;
        var isOver = Until(startPatience, "starting", logFrom, () => (ended = launched.ExitCode()) is not null || (isReady = Look() == There.Ready));
        if (isReady)
        {
            Say("started", launched.Id, $"Ledger is up at {Url} (process {launched.Id}).");
            if (call.Printer.Json || call.Printer.Quiet) return Exit.Ok;
            call.Printer.Line(HasAccounts() ? $"Next:  ledger status{Flags}" : $"Next:  ledger account add xai --label prod --key-stdin{Flags} < key.txt");
            call.Printer.Line($"Log:   ledger logs -f{Flags}");
            call.Printer.Line($"Stop:  ledger down{Flags}");
            return Exit.Ok;
        }
        if (!isOver)
            throw Refusal.Of(Exit.Unavailable, "start.slow", $"The service runs (process {launched.Id}) but was not ready at {Url} within {Show.Duration(startPatience)}; it goes on. See `ledger logs{Flags}` and `ledger doctor{Flags}`; `ledger down{Flags}` stops it.");
        if (ReadId() == launched.Id) File.Delete(PidFile);
        foreach (var line in LogsCommand.Tail(Log, LinesOfEnd, logFrom).Lines) call.Around.Err.WriteLine(SafeText.Of(line));
        var code = ended is null or 0 ? Exit.Unavailable : ended.Value;
        throw Refusal.Of(code, "start.ended", $"The service ended before it was ready{(ended is 0 ? "" : $" (exit code {ended})")}; it said what is above. The whole log is {Log}.");
    }

    /// <summary>Waits, and tells on a terminal for how long and what the log says.</summary>
    private bool Until(TimeSpan patience, string what, long logFrom, Func<bool> isDone)
    {
        var (began, waited, shown) = (call.Around.Clock.GetTimestamp(), TimeSpan.Zero, false);
        try
        {
            while (!isDone())
            {
                var passed = call.Around.Clock.GetElapsedTime(began);
                if (waited >= patience || passed >= patience) return false;
                if (call.Around.ErrIsTerminal && !call.Printer.Quiet)
                {
                    var said = LogsCommand.Tail(Log, 1, logFrom).Lines is [var last] ? last : "";
                    call.Around.Err.Write($"\r\e[K{what}, {passed.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s  {SafeText.Fit(SafeText.Of(said), 60)}");
                    shown = true;
                }
                call.Around.Pause(lookEvery);
                waited += lookEvery;
            }
            return true;
        }
        finally
        {
            if (shown) call.Around.Err.Write("\r\e[K");
        }
    }

    /// <summary>The process in the pid file, if it still is the service of this data folder.</summary>
    private int? Running() =>
        ReadId() is { } id && call.Around.CommandOf(id) is { } command && command.Contains("Ledger.Service.dll ", StringComparison.Ordinal) && (command + " ").Contains($" --home {Home} ", StringComparison.Ordinal) ? id : null;

    private int? ReadId()
    {
        try
        {
            return int.TryParse(File.ReadAllText(PidFile).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 1 ? id : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refusal.Of(Exit.Config, "start.home", $"LEDGER_HOME: {PidFile} can't be read by this user.", "LEDGER_HOME", Home);
        }
    }

    private There Look()
    {
        try
        {
            using var wire = Wire.Send(call.Settings.Url, "GET", call.Settings.Url.AbsolutePath.TrimEnd('/') + "/health/ready", [], [("Accept", "*/*")], Patience.Glance);
            return wire.Status == 200 ? There.Ready : There.Somebody;
        }
        catch (WireException e)
        {
            return e.IsNobodyThere ? There.Nobody : There.Somebody;
        }
    }

    private bool HasAccounts()
    {
        try
        {
            return call.Client.Get("/status", money: false).Items("accounts").Count > 0;
        }
        catch (Refusal)
        {
            return false;
        }
    }

    private long LogLength() => new FileInfo(Log) is { Exists: true } log ? log.Length : 0;

    /// <summary>What the next commands need to be told, because this one was.</summary>
    private string Flags => (call.Has("home") ? " --home " + Quoted(Home) : "") + (call.Has("url") ? " --url " + Quoted(Url) : "");

    private static string Quoted(string word) => word.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_' or ':') ? word : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    private int Say(string state, int? id, string text)
    {
        if (!call.Printer.Json)
        {
            call.Printer.Line(text);
            return Exit.Ok;
        }
        call.Printer.PrintJson(default, json =>
        {
            json.WriteString("state", state);
            json.WriteString("url", Url);
            if (id is { } process) json.WriteNumber("process", process);
            else json.WriteNull("process");
            json.WriteString("log", Log);
        });
        return Exit.Ok;
    }
}
