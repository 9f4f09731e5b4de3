using Ledger.EngineCompliance;
using Ledger.Testing;

namespace Ledger.Postgres.Tests;

/// <summary>The default engine for the compliance suites: a database of its own for every test.</summary>
public sealed class PostgresEngine : IEngineFixture
{
    public async Task<IEngineUnderTest> Create()
    {
        var database = await TestDatabase.Create();
        return new Store(database, await database.OpenLog());
    }

    private sealed class Store(TestDatabase database, PostgresEventLog log) : IEngineUnderTest
    {
        private readonly List<PostgresEventLog> others = [];

        public IEventLog Log => log;

        public IOutbox Outbox { get; } = new PostgresOutbox(database.Database);

        public ILeases Leases { get; } = new PostgresLeases(database.Database);

        public async Task<IEventLog> AnotherLog()
        {
            others.Add(await database.OpenLog());
            return others[^1];
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var other in others)
                await other.DisposeAsync();
            await log.DisposeAsync();
            await database.DisposeAsync();
        }
    }
}
