using Ledger.Accounts;
using Ledger.Keys;
using Ledger.Money;
using Ledger.Spend;

namespace Ledger.Service.Spend;

/// <summary>A line's name. An empty text is what billing does not name.</summary>
public readonly record struct LineKey(string Account, string Key, string Model, string Unit, DimensionSet Dimensions, DateTimeOffset Start, int Seconds)
{
    public Interval Bucket => new(Start, Start.AddSeconds(Seconds));

    public static LineKey Of(string account, SnapshotLine line, DimensionSet dimensions) =>
        new(account, line.Key ?? "", line.Model ?? "", line.Unit ?? "", line.Dimensions ?? dimensions, line.Start, line.Seconds);

    public static LineKey Of(string account, LineName line, DimensionSet dimensions) =>
        new(account, line.Key ?? "", line.Model ?? "", line.Unit ?? "", line.Dimensions ?? dimensions, line.Start, line.Seconds);
}

/// <summary>What the provider said of a line, once.</summary>
/// <param name="Position">Where in the log.</param>
/// <param name="Total">The total it gave.</param>
/// <param name="Evidence">When a rise can have happened.</param>
/// <param name="Answered">When the reading was answered.</param>
public readonly record struct LineFact(long Position, Usd Total, Interval Evidence, DateTimeOffset Answered);

/// <summary>Between which amounts a mission's part of a line must lie.</summary>
public readonly record struct LineClaim(string Mission, Usd Low, Usd High);

/// <summary>A line with what was said of it. Who carries it follows from the facts and from who owned what when, and from nothing else.</summary>
public sealed class SpendLine(long id, LineKey name)
{
    public long Id { get; } = id;

    public LineKey Name { get; } = name;

    public List<LineFact> Facts { get; } = new(1);

    public Usd Total => Facts.Count == 0 ? Usd.Zero : Facts[^1].Total;

    public DateTimeOffset? MissingSince { get; set; }

    /// <summary>Who carries what, in the order of their parties; those of nothing are left out.</summary>
    public IReadOnlyList<Holding> Parts(AttributionContext context)
    {
        var ownership = context.Ownership(Name.Account, Name.Key);
        var book = new LineBook();
        foreach (var fact in Facts) Observe(book, fact, ownership, context);
        return Held(book);
    }

    /// <summary>Who carries what after each fact.</summary>
    public IEnumerable<(LineFact Fact, IReadOnlyList<Holding> Parts)> History(AttributionContext context)
    {
        var ownership = context.Ownership(Name.Account, Name.Key);
        var book = new LineBook();
        foreach (var fact in Facts)
        {
            Observe(book, fact, ownership, context);
            yield return (fact, Held(book));
        }
    }

    /// <summary>Which missions can have spent how much of it.</summary>
    public IReadOnlyList<LineClaim> Claims(AttributionContext context)
    {
        var claims = Bounds.Of(Name.Bucket, context.Ownership(Name.Account, Name.Key), context);
        if (claims.Count == 0 || Total == Usd.Zero) return [];
        return [.. claims.Select(c => new LineClaim(c.Mission, c.Low(Total), c.High(Total))).Where(c => c.Low != Usd.Zero || c.High != Usd.Zero)];
    }

    private static void Observe(LineBook book, LineFact fact, KeyOwnership ownership, AttributionContext context) =>
        book.Observe(fact.Total, fact.Evidence, (amount, when) => Attributor.Attribute(amount, when, ownership, context));

    private static IReadOnlyList<Holding> Held(LineBook book) => [.. book.Holdings().Where(h => h.Amount != Usd.Zero || h.Restated != Usd.Zero)];
}
