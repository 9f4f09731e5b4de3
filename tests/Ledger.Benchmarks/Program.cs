using Ledger.Benchmarks;
using Ledger.Service.Tests.Support;

// Each benchmark prints its figures, each beside a limit that was measured in the same run where there is one.
var benchmarks = new Dictionary<string, (string What, Func<TestDatabases, Task> Run)>(StringComparer.Ordinal)
{
    ["append"] = ("a reading's append beside bare Marten", AppendBenchmark.Run),
    ["crossing"] = ("from the commit of a crossing snapshot to the mail in the outbox", CrossingBenchmark.Run),
    ["delivery"] = ("from a crossing to a mail server, and webhooks a second", DeliveryBenchmark.Run),
    ["start"] = ("how soon the service answers, and how much memory it holds", StartBenchmark.Run),
    ["client"] = ("what a command takes, as a native program", ClientBenchmark.Run),
    ["edges"] = ("what fine buckets cost: requests, and time of a poll", EdgesBenchmark.Run),
    ["guard"] = ("the guard in the service with 1,000 budgets", GuardBenchmark.Run),
    ["missions"] = ("many missions of one agent in one running hour", MissionsBenchmark.Run),
    ["spend"] = ("the money views; LEDGER_SPEED_DAYS is the days of history (90: a million facts)", SpendBenchmark.Run),
};

if (args.Length == 0 || args.Any(a => !benchmarks.ContainsKey(a)))
{
    foreach (var (name, (what, _)) in benchmarks) Console.Error.WriteLine($"{name,-10}{what}");
    return 64;
}
await using var databases = new TestDatabases();
foreach (var name in args)
{
    Figures.Say($"== {benchmarks[name].What}");
    await benchmarks[name].Run(databases);
}
return 0;
