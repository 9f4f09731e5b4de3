using System.Runtime.InteropServices;
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
/// <param name="Said">What.</param>
/// <param name="Answered">When the reading was answered.</param>
public readonly record struct LineFact(long Position, Observed Said, DateTimeOffset Answered)
{
    public Usd Total => Said.Total;

    public Interval Evidence => Said.Evidence;
}

/// <summary>A line with what was said of it. Who carries it follows from the facts and from who owned what when, and from nothing else.</summary>
public sealed class SpendLine(long id, LineKey name)
{
    public long Id { get; } = id;

    public LineKey Name { get; } = name;

    public List<LineFact> Facts { get; } = new(1);

    public Usd Total => Facts.Count == 0 ? Usd.Zero : Facts[^1].Total;

    public DateTimeOffset? MissingSince { get; set; }

    /// <summary>Who carries what, in the order of their parties; those of nothing are left out.</summary>
    public IReadOnlyList<Holding> Parts(AttributionContext context, KeyHour? neighbours = null)
    {
        var book = new LineBook();
        Observe(book, 0, context, neighbours);
        return Held(book);
    }

    /// <summary>Tells a book what was said from the given fact on.</summary>
    public void Observe(LineBook book, int from, AttributionContext context, KeyHour? neighbours)
    {
        var ownership = context.Ownership(Name.Account, Name.Key);
        foreach (var fact in CollectionsMarshal.AsSpan(Facts)[from..]) Observe(book, fact, ownership, context, neighbours);
    }

    /// <summary>Who carries what after each fact.</summary>
    public IEnumerable<(LineFact Fact, IReadOnlyList<Holding> Parts)> History(AttributionContext context)
    {
        var ownership = context.Ownership(Name.Account, Name.Key);
        var book = new LineBook();
        foreach (var fact in Facts)
        {
            Observe(book, fact, ownership, context, null);
            yield return (fact, Held(book));
        }
    }

    /// <summary>Which missions can have spent how much of it.</summary>
    public IReadOnlyList<Claim> Claims(AttributionContext context, KeyHour? neighbours = null) =>
        neighbours?.ClaimsOf(Name, context) ?? Bounds.Of(Name.Bucket, context.Ownership(Name.Account, Name.Key), context);

    private void Observe(LineBook book, LineFact fact, KeyOwnership ownership, AttributionContext context, KeyHour? neighbours) => book.Observe(fact.Said, (amount, when) =>
    {
        if (neighbours?.WholeOf(Name, when) is { } party) return [new(party, Method.Whole, amount)];
        var parts = Attributor.Attribute(amount, when, ownership, context);
        neighbours?.Remember(Name, when, parts);
        return parts;
    });

    /// <summary>What a book says of its parties; those of nothing are left out.</summary>
    public static IReadOnlyList<Holding> Held(LineBook book)
    {
        var holdings = book.Holdings();
        return holdings.All(Counts) ? holdings : [.. holdings.Where(Counts)];
    }

    private static bool Counts(Holding holding) => holding.Amount != Usd.Zero || holding.Restated != Usd.Zero;
}

/// <summary>
/// What the lines of one key and hour have in common, so that it is worked out once: who can claim them, and, nearly always, the one
/// party that had all of the evidence, whatever the amount. Good for lines that come one after the other under one context.
/// </summary>
public sealed class KeyHour
{
    private (string Account, string Key, Interval Evidence, Party Party)? whole;
    private (string Account, string Key, Interval Bucket, IReadOnlyList<Claim> Claims)? claimed;

    /// <summary>The party that alone had all of the evidence; null when that is not known.</summary>
    public Party? WholeOf(LineKey name, Interval evidence) =>
        whole is { } known && known.Evidence == evidence && known.Key == name.Key && known.Account == name.Account ? known.Party : null;

    public void Remember(LineKey name, Interval evidence, IReadOnlyList<Part> parts) =>
        whole = parts is [{ Method: Method.Whole } only] ? (name.Account, name.Key, evidence, only.Party) : null;

    public IReadOnlyList<Claim> ClaimsOf(LineKey name, AttributionContext context)
    {
        if (claimed is not { } known || known.Bucket != name.Bucket || known.Key != name.Key || known.Account != name.Account)
            claimed = known = (name.Account, name.Key, name.Bucket, Bounds.Of(name.Bucket, context.Ownership(name.Account, name.Key), context));
        return known.Claims;
    }
}
