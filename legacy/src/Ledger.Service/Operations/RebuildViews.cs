using FluentValidation;
using Ledger.Service.Http;
using Ledger.Views;

namespace Ledger.Service.Operations;

/// <summary>Computes the views anew from position 0, compares, and swaps the new ones in.</summary>
internal sealed record RebuildViews(string? View);

internal sealed class RebuildViewsValidator : AbstractValidator<RebuildViews>
{
    public RebuildViewsValidator() => RuleFor(r => r.View).OneOf("spend");
}

internal sealed record Rebuilt(IReadOnlyList<RebuiltView> Views);

internal sealed record RebuiltView(string Name, long Position, long Rows, bool Equal, string? FirstDifference, double Seconds);

internal static class RebuildViewsEndpoint
{
    public static LongAnswer Post(RebuildViews request, Command command, Books books) => new(async (progress, ct) =>
    {
        _ = (request, command);
        try
        {
            var result = await books.Rebuild(swap: true, new Told<(long Done, long Of)>(p => progress(new("rebuild", p.Done, p.Of))), ct);
            return new Rebuilt([new("spend", result.Position, result.Rows, result.Equal, result.FirstDifference, Math.Round(result.Elapsed.TotalSeconds, 3))]);
        }
        catch (RebuildBusyException e)
        {
            throw new Refused("log.busy", e.Message) { RetryAfter = TimeSpan.FromSeconds(5) };
        }
    });
}
