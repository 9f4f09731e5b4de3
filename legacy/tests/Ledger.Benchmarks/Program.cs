using System.Globalization;
using Ledger.Benchmarks;

// dotnet run -c Release --project tests/Ledger.Benchmarks -- appends | deliveries | views [days] | watch | latency [crossings]
var what = args is [var first, ..] ? first : "all";
var holds = true;
if (what is "appends" or "all")
{
    var results = await AppendsBenchmark.Run(Console.WriteLine);
    Console.WriteLine(BenchResult.Header);
    foreach (var result in results)
        Console.WriteLine(result);
    holds &= results.All(r => r.Holds);
}
if (what is "deliveries" or "all")
{
    var results = await DeliveriesBenchmark.Run(Console.WriteLine);
    Console.WriteLine(BenchResult.Header);
    foreach (var result in results)
        Console.WriteLine(result);
    holds &= results.All(r => r.Holds);
}
if (what is "views" or "all")
    holds &= await ViewsBenchmark.Run(args is [_, var days, ..] ? int.Parse(days, CultureInfo.InvariantCulture) : 90, Console.Out);
if (what is "watch" or "all")
    holds &= await WatchBenchmark.Run(Console.Out);
if (what is "latency" or "all")
    holds &= await LatencyBenchmark.Run(args is ["latency", var rounds, ..] ? int.Parse(rounds, CultureInfo.InvariantCulture) : 100, Console.Out);
return holds ? 0 : 1;
