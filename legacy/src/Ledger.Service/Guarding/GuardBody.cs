using System.Text.Json.Serialization;
using Ledger.Guard;
using Ledger.Money;

namespace Ledger.Service.Guarding;

/// <summary>The guard's answer as scripts know it.</summary>
/// <param name="Schema">Of this document.</param>
/// <param name="Scope">Who or what was asked about.</param>
/// <param name="Budget">The budget it hangs on; null: none, or the credit itself.</param>
/// <param name="Decision"><c>allow</c>, <c>warn</c>, <c>deny</c>, <c>unknown</c>.</param>
/// <param name="Remaining">Left, holds taken off; null: not known, or no limit.</param>
/// <param name="Threshold">The threshold that is passed.</param>
/// <param name="RunsOutAt">When budget or credit is used up at this pace.</param>
/// <param name="AsOf">How far the data reaches.</param>
/// <param name="LagSeconds">How long ago that is.</param>
/// <param name="Reason">One sentence.</param>
/// <param name="ExitCode">Of the command line.</param>
/// <param name="Hold">What was taken; null: nothing was asked for, or nothing given.</param>
internal sealed record GuardBody(
    string Schema, string Scope, string? Budget, string Decision, RemainingBody? Remaining, string? Threshold, DateTimeOffset? RunsOutAt, DateTimeOffset? AsOf, long? LagSeconds, string Reason, int ExitCode,
    HoldBody? Hold)
{
    public static GuardBody Of(Question question, Known known, GuardAnswer answer, HoldTaken? hold) => new(
        "1.0", question.Agent is { } agent ? $"agent:{agent}" : question.Budget?.Scope.ToString() ?? "all", answer.Budget?.Budget.Name ?? question.Budget?.Name, answer.Decision.ToString().ToLowerInvariant(),
        answer.Remaining is { } left ? new(left, "USD", answer.Low, answer.High) : null, answer.Threshold?.ToString(), answer.RunsOutAt, known.Reach.Through, known.Reach.LagSeconds, answer.Reason,
        answer.Decision switch { GuardDecision.Allow or GuardDecision.Warn => 0, GuardDecision.Deny => 1, _ => 69 }, hold is null ? null : HoldBody.Of(new(hold, hold.Amount)));
}

internal sealed record RemainingBody(Usd Amount, string Currency, Usd? Low, Usd? High);

/// <summary>A hold.</summary>
/// <param name="Id">Id.</param>
/// <param name="Agent">Whose; null: nobody's in particular.</param>
/// <param name="Amount">What was asked for.</param>
/// <param name="Left">What is still kept free of it.</param>
/// <param name="Until">When it is free again.</param>
/// <param name="At">When it was taken.</param>
/// <param name="By">Name of the token.</param>
internal sealed record HoldBody(string Id, string? Agent, Usd Amount, Usd Left, DateTimeOffset Until, DateTimeOffset At, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? By)
{
    public static HoldBody Of(HeldMoney held) => new(held.Hold.Hold, held.Hold.Agent, held.Hold.Amount, held.Left, held.Hold.Until, held.Hold.At, held.Hold.By);
}
