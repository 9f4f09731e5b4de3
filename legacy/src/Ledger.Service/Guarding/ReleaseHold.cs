using Ledger.Guard;
using Ledger.Service.Http;
using Ledger.Service.Writing;

namespace Ledger.Service.Guarding;

/// <summary>Gives a hold back before its end.</summary>
internal sealed record ReleaseHold;

internal sealed record HoldAnswer(HoldBody Hold, long? Position);

internal static class ReleaseHoldEndpoint
{
    public static Task<Answer> Post(string id, ReleaseHold request, Command command, Journal journal, Registry registry, HoldLedger holdings, TimeProvider clock, CancellationToken ct) => journal.Write(command, async ct =>
    {
        _ = request;
        var now = clock.GetUtcNow().ToMicroseconds();
        var version = await journal.VersionOf(HoldsBook.StreamName, ct);
        var hold = await registry.AskCurrent(d => d.Holds.GetValueOrDefault(id.Trim()), ct);
        var events = HoldRules.Release(hold, id, now, command.By).Events();
        var all = await holdings.Open(registry.Ask(d => d.Holds.Values.ToArray()), now, ct);
        var held = all.FirstOrDefault(h => h.Hold.Hold == hold!.Hold);
        return new Plan(new HoldAnswer(HoldBody.Of(held.Hold is null ? new(hold!, Money.Usd.Zero) : held), null)).Append(HoldsBook.StreamName, version, events);
    }, ct);
}
