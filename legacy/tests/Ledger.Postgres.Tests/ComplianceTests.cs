using Ledger.EngineCompliance;
using Xunit;

namespace Ledger.Postgres.Tests;

public sealed class PostgresEventLogTests(PostgresEngine engine) : EventLogCompliance(engine), IClassFixture<PostgresEngine>;

public sealed class PostgresOutboxTests(PostgresEngine engine) : OutboxCompliance(engine), IClassFixture<PostgresEngine>;

public sealed class PostgresLeasesTests(PostgresEngine engine) : LeasesCompliance(engine), IClassFixture<PostgresEngine>;
