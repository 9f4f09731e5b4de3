using FluentValidation;
using Ledger.Contracts;
using Ledger.Service.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Wolverine.Http;

namespace Ledger.Service.Operations;

public sealed class RebuildValidator : AbstractValidator<Rebuild>
{
    public RebuildValidator() => RuleFor(r => r.View).OneOf("spend");
}

public static class RebuildViewsEndpoint
{
    /// <summary>A repeat computes the same once more, so no answer is kept.</summary>
    [WolverinePost("/api/v1/rebuild"), Authorize(Policy = Scopes.Admin), NotReplayed, ProducesResponseType<Rebuilt>(200)]
    public static LongAnswer Post(Rebuild request, RebuildViews views) => new(async (progress, ct) =>
    {
        try
        {
            var result = await views.Run(swap: true, new Told<(long Done, long Of)>(p => progress(new("rebuild", p.Done, p.Of))), ct);
            return new Rebuilt([new(request.View ?? "spend", result.Position, result.Rows, result.Equal, result.FirstDifference, Math.Round(result.Elapsed.TotalSeconds, 3))]);
        }
        catch (RebuildBusyException e)
        {
            throw new Refused("log.busy", e.Message) { RetryAfter = TimeSpan.FromSeconds(5) };
        }
    });
}
