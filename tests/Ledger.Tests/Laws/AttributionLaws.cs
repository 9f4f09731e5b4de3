using CsCheck;
using Ledger.Accounts;
using Ledger.Spend;

namespace Ledger.Tests.Laws;

/// <summary>The laws over random worlds, and the real attribution against a plain second one.</summary>
public sealed class AttributionLaws
{
    [Fact]
    public void every_line_is_shared_as_the_reference_shares_it_to_the_tick() => World.Seeds.Sample(seed =>
    {
        var world = new World(new Random(seed)).Begin();
        for (var i = 0; i < 120; i++) world.Step();
        world.Finish();
        world.AssertBill();
        var log = world.Log.Select(l => l.Event).ToArray();
        var reference = ReferenceBooks.Of(log);
        Assert.NotEmpty(reference.Parts);

        var bounds = new Dictionary<string, (long Low, long High)>();
        var directory = new AttributionContext();
        foreach (var happened in log) directory.Apply(happened);
        foreach (var (line, book) in Books(log, directory))
        {
            var parts = book.Holdings().Where(h => (h.Amount.Ticks, h.Restated.Ticks) != (0, 0))
                .ToDictionary(h => (h.Party.Mission ?? "", h.Party.Agent ?? "", h.Method), h => (h.Amount.Ticks, h.Restated.Ticks));
            Assert.Equal(reference.Parts[line].OrderBy(p => p.Key), parts.OrderBy(p => p.Key));
            Assert.Equal(reference.Totals[line], parts.Values.Sum(p => p.Item1));
            Assert.All(parts.Values, p => Assert.True(Math.Sign(p.Item1) is 0 || (Math.Sign(p.Item1) == Math.Sign(book.Total.Ticks) && Math.Abs(p.Item1) <= Math.Abs(book.Total.Ticks))));

            var bucket = new Interval(line.Start, line.Start.AddSeconds(line.Seconds));
            var claims = Bounds.Of(bucket, directory.Ownership(line.Account, line.Key), directory);
            foreach (var claim in claims)
            {
                var (low, high) = bounds.GetValueOrDefault(claim.Mission);
                bounds[claim.Mission] = (low + claim.Low(book.Total).Ticks, high + claim.High(book.Total).Ticks);
            }
            foreach (var mission in parts.GroupBy(p => p.Key.Item1).Where(g => g.Key.Length > 0))
            {
                var claim = Assert.Single(claims, c => c.Mission == mission.Key);
                Assert.InRange(mission.Sum(p => p.Value.Item1), claim.Low(book.Total).Ticks, claim.High(book.Total).Ticks);
            }
        }
        Assert.Equal(reference.Bounds.OrderBy(b => b.Key, StringComparer.Ordinal), bounds.OrderBy(b => b.Key, StringComparer.Ordinal));
    }, iter: 150);

    [Fact]
    public void an_edit_moves_money_but_never_the_bill() => World.Seeds.Sample(seed =>
    {
        var world = new World(new Random(seed)).Begin();
        for (var i = 0; i < 80; i++) world.Step();
        var log = world.Log.Select(l => l.Event).ToArray();
        var before = ReferenceBooks.Of(log.Where(e => e is UsageSnapshotTaken));
        var after = ReferenceBooks.Of(log);
        Assert.Equal(before.Totals.Values.Sum(), after.Parts.Values.SelectMany(p => p.Values).Sum(p => p.Amount));
    }, iter: 60);

    private static Dictionary<RefLine, LineBook> Books(ILedgerEvent[] log, AttributionContext directory)
    {
        var books = new Dictionary<RefLine, LineBook>();
        var said = new Dictionary<RefLine, List<Observed>>();
        foreach (var snapshot in log.OfType<UsageSnapshotTaken>())
        {
            // What moves is what was there before the reading.
            var before = said.ToDictionary(s => s.Key, s => s.Value.ToArray());
            foreach (var line in snapshot.Lines)
            {
                var name = new RefLine(snapshot.Account, line.Key ?? "", line.Model ?? "", line.Unit ?? "", line.Dimensions ?? snapshot.Dimensions, line.Start, line.Seconds);
                var ownership = directory.Ownership(snapshot.Account, line.Key);
                var previous = line.Retaken ? null : snapshot.Previous.FirstOrDefault(p => p.Start <= line.Bucket.Start && line.Bucket.End <= p.End);
                var evidence = Evidence.Of(line.Bucket, previous?.Asked, TimeSpan.FromSeconds(snapshot.SettlementLagSeconds), snapshot.Answered);
                var moved = line.Closed ? Rise.Of(before.GetValueOrDefault(name, []), line.Total)
                    : [.. (line.MovedFrom ?? []).Where(m => m.Key == line.Key).SelectMany(m => Rise.Of(before[name with { Model = m.Model ?? "", Unit = m.Unit ?? "", Dimensions = m.Dimensions ?? snapshot.Dimensions }], m.Amount))];
                if (!books.TryGetValue(name, out var book)) (books[name], said[name]) = (book = new(), []);
                Assert.Equal(line.Replaces ?? Ledger.Money.Usd.Zero, book.Total);
                var observed = new Observed(line.Total, evidence, line.Total > Ledger.Money.Usd.Zero ? moved : null, line.Closed);
                said[name].Add(observed);
                book.Observe(observed, (amount, when) => Attributor.Attribute(amount, when, ownership, directory));
            }
        }
        return books;
    }
}
