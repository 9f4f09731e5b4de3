using Ledger.Benchmarks;

var results = await AppendsBenchmark.Run(Console.WriteLine);
Console.WriteLine(BenchResult.Header);
foreach (var result in results)
    Console.WriteLine(result);
return results.All(r => r.Holds) ? 0 : 1;
