using System.Text.Json.Serialization;
using Ledger.Money;

namespace Ledger.Contracts;

/// <summary>
/// Asks the guard and, unless it denies or does not know, keeps money free for a while: agents that ask at once don't get the same dollars
/// twice. <c>POST /api/v1/guard</c>.
/// </summary>
/// <param name="Agent">Who asks; null: no agent.</param>
/// <param name="Budget">Only this budget; null: all that apply.</param>
/// <param name="Reserve">How much to keep free.</param>
/// <param name="ForSeconds">How long; 30 minutes when it is not given, 24 hours at most.</param>
/// <param name="MaxAgeSeconds">Older data is too old; null: as the other reads see it.</param>
public sealed record TakeHold(string? Agent, string? Budget, Amount? Reserve, long? ForSeconds, long? MaxAgeSeconds);

/// <summary>May an agent go on? Advice from the books, not a block at the provider: <c>GET /api/v1/guard</c>.</summary>
/// <param name="Schema">Version of this document.</param>
/// <param name="Scope">Who or what was asked about.</param>
/// <param name="Budget">The budget the decision hangs on; null: none, or the credit itself.</param>
/// <param name="Decision"><c>allow</c>, <c>warn</c>, <c>deny</c>, <c>unknown</c>.</param>
/// <param name="Remaining">The least that any limit leaves: each period of each budget that applies, and the prepaid credit; holds taken off. Null: not known, or no limit.</param>
/// <param name="Threshold">The threshold that is passed.</param>
/// <param name="RunsOutAt">When budget or credit is used up at this pace.</param>
/// <param name="AsOf">How far the data reaches.</param>
/// <param name="LagSeconds">How long ago that is.</param>
/// <param name="Reason">One sentence.</param>
/// <param name="ExitCode">Of the command line.</param>
/// <param name="Hold">What was taken; null: nothing was asked for, or nothing given.</param>
public sealed record GuardSummary(
    string Schema, string Scope, string? Budget, string Decision, Remaining? Remaining, string? Threshold, DateTimeOffset? RunsOutAt, DateTimeOffset? AsOf, long? LagSeconds, string Reason, int ExitCode,
    HoldSummary? Hold);

/// <summary>What is left.</summary>
/// <param name="Amount">Left by what is known.</param>
/// <param name="Currency"><c>USD</c>.</param>
/// <param name="Low">At least so much, with unseen and shared spend at their worst.</param>
/// <param name="High">At most so much.</param>
/// <param name="Of">What leaves the least: <c>budget</c> or <c>credit</c>.</param>
/// <param name="Name">The budget's name, or the account whose prepaid credit it is.</param>
/// <param name="Period">The budget's period; null: it is credit.</param>
public sealed record Remaining(Usd Amount, string Currency, Usd? Low, Usd? High, string Of, string Name, string? Period);

/// <summary>A hold.</summary>
/// <param name="Id">Id.</param>
/// <param name="Agent">Whose; null: nobody's in particular.</param>
/// <param name="Amount">What was asked for.</param>
/// <param name="Left">What is still kept free of it.</param>
/// <param name="Until">When it is free again.</param>
/// <param name="At">When it was taken.</param>
/// <param name="By">Name of the token.</param>
public sealed record HoldSummary(
    string Id, string? Agent, Usd Amount, Usd Left, DateTimeOffset Until, DateTimeOffset At, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? By);

/// <summary>What a command about one hold answers.</summary>
public sealed record HoldAnswer(HoldSummary Hold);

/// <summary>The holds that still keep money free, the latest first: <c>GET /api/v1/holds</c>.</summary>
/// <param name="Holds">Each with how much is left of it.</param>
/// <param name="AsOf">Where the answer stands.</param>
public sealed record HoldList(IReadOnlyList<HoldSummary> Holds, AsOfSummary AsOf);
