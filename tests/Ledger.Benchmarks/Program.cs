using System.Globalization;
using Ledger.Benchmarks;

// dotnet run -c Release --project tests/Ledger.Benchmarks -- views [days] | appends
var what = args is [var first, ..] ? first : "views";
var days = args is [_, var d, ..] ? int.Parse(d, CultureInfo.InvariantCulture) : 90;
if (what == "views")
{
    ViewsBenchmark.SetDays(days);
    await ViewsBenchmark.Run(days, Console.Out);
}
if (what == "appends")
{
    var results = await AppendsBenchmark.Run(Console.WriteLine);
    Console.WriteLine(BenchResult.Header);
    foreach (var result in results)
        Console.WriteLine(result);
    return results.All(r => r.Holds) ? 0 : 1;
}
return 0;
