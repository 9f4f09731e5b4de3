using Ledger.Demo;

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine("""
        ledger demo [--once] [--home DIR]

        Plays the case this program comes from on a simulated xAI team and a PostgreSQL of its own, then leaves the service up until
        Ctrl-C. Nothing of your real books is touched: the demo has its own folder and its own port.

          --once      end with the story; the exit code says whether its figures equal the simulator's true record
          --home DIR  where the demo's folder is made (default: LEDGER_HOME, or the data folder of your desktop)
        """);
    return 0;
}
var options = DemoOptions.Parse(args);
if (options is null)
{
    Console.Error.WriteLine("ledger demo: takes --once and --home DIR; `ledger demo --help` says more.");
    return 64;
}
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};
using var terminated = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, c =>
{
    c.Cancel = true;
    stop.Cancel();
});
try
{
    await using var stage = await Stage.Set(options, stop.Token);
    var told = await new Story(stage).Tell(stop.Token);
    if (!options.Once && told)
    {
        Console.WriteLine();
        Console.WriteLine($"The service stays up at {stage.Url} until Ctrl-C. In another terminal:");
        Console.WriteLine($"  export LEDGER_URL={stage.Url} LEDGER_HOME={stage.Home}");
        Console.WriteLine("  ./ledger report --by agent,model     ./mission list     ./ledger explain mission trentuna/token-monitor#3");
        await Task.Delay(Timeout.Infinite, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
    return told ? 0 : 70;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}
catch (StageException e)
{
    Console.Error.WriteLine($"ledger demo: {e.Message}");
    return 69;
}
