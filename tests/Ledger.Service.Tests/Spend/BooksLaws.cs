using Ledger.Service.Tests.Support;
using Ledger.Spend;
using Ledger.Tests.Laws;

namespace Ledger.Service.Tests.Spend;

/// <summary>Random worlds through Marten and the real tables, against the reference.</summary>
public sealed class BooksLaws(TestDatabases databases)
{
    private static readonly DateTimeOffset from = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset until = new(2026, 12, 31, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public Task live_views_equal_the_reference_whatever_the_pages() => Seeds.Run(4, async random =>
    {
        await using var books = await SpendBooks.Create(databases, eventsPerPage: random.Next(1, 8));
        var world = new World(random).Begin();
        for (var i = 0; i < 150; i++) world.Step();
        world.Finish();
        await books.AppendAndFollow(world.Log);
        await AssertEqualsReference(books, [.. world.Log.Select(l => l.Event)]);
        await books.AssertVerified();
    });

    internal static async Task AssertEqualsReference(SpendBooks books, ILedgerEvent[] log)
    {
        var reference = ReferenceBooks.Of(log);
        var parts = new Dictionary<RefLine, Dictionary<(string, string, Method), (long, long)>>();
        await using (var command = books.Db.CreateCommand("""
            select l.account, l.key, l.model, l.unit, l.dimensions, l.start, l.seconds, p.mission, p.agent, p.method, p.amount, p.restated
            from spend_v1.part p join spend_v1.line l on l.id = p.line_id
            """))
        await using (var reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync())
            {
                var line = new RefLine(
                    reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), (Accounts.DimensionSet)reader.GetInt16(4),
                    reader.GetFieldValue<DateTimeOffset>(5), reader.GetInt32(6));
                if (!parts.TryGetValue(line, out var list)) parts[line] = list = [];
                list[(reader.GetString(7), reader.GetString(8), (Method)reader.GetInt16(9))] = (reader.GetInt64(10), reader.GetInt64(11));
            }
        foreach (var (line, expected) in reference.Parts)
            Assert.Equal(expected.OrderBy(p => p.Key), parts.GetValueOrDefault(line, []).OrderBy(p => p.Key));
        Assert.Equal(reference.Parts.Values.Sum(p => p.Count), parts.Values.Sum(p => p.Count));

        var bounds = new Dictionary<string, (long, long)>();
        await using var query = books.Db.CreateCommand("select mission, sum(low)::bigint, sum(high)::bigint from spend_v1.claim group by mission having sum(low) <> 0 or sum(high) <> 0");
        await using var rows = await query.ExecuteReaderAsync();
        while (await rows.ReadAsync())
            bounds[rows.GetString(0)] = (rows.GetInt64(1), rows.GetInt64(2));
        Assert.Equal(reference.Bounds.Where(b => b.Value != (0, 0)).OrderBy(b => b.Key, StringComparer.Ordinal), bounds.OrderBy(b => b.Key, StringComparer.Ordinal));
    }
}
