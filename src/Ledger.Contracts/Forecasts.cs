using Ledger.Forecasts;
using Ledger.Money;

namespace Ledger.Contracts;

/// <summary>Prepaid credit left, how fast it burns, and when it runs out; accounts whose credit is not known are left out. <c>GET /api/v1/runway</c>.</summary>
/// <param name="Runways">By account.</param>
/// <param name="AsOf">Where the answer stands.</param>
/// <param name="Data">How far its figures can be relied on.</param>
public sealed record RunwayList(IReadOnlyList<Runway> Runways, AsOfSummary AsOf, DataSummary Data);

/// <summary>What a scope will have spent at the end of the period it is in: <c>GET /api/v1/forecast</c>.</summary>
/// <param name="Scope">By ids.</param>
/// <param name="ScopeName">By the names people use.</param>
/// <param name="Period">The period.</param>
/// <param name="Window">The window it is in.</param>
/// <param name="Zone">IANA name of the time zone it is cut in.</param>
/// <param name="Spent">So far; null: not known.</param>
/// <param name="Forecast">A range with its method, or why there is none.</param>
/// <param name="AsOf">Where the answer stands.</param>
/// <param name="Data">How far its figures can be relied on.</param>
public sealed record ScopeForecast(string Scope, string ScopeName, string Period, Interval Window, string Zone, Usd? Spent, Forecast Forecast, AsOfSummary AsOf, DataSummary Data);
