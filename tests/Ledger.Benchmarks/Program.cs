using System.Globalization;
using Ledger.Benchmarks;

// dotnet run -c Release --project tests/Ledger.Benchmarks -- views [days]
var what = args is [var first, ..] ? first : "views";
var days = args is [_, var d, ..] ? int.Parse(d, CultureInfo.InvariantCulture) : 90;
if (what == "views")
{
    ViewsBenchmark.SetDays(days);
    await ViewsBenchmark.Run(days, Console.Out);
}
return 0;
