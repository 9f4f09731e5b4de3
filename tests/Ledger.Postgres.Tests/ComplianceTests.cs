using Ledger.EngineCompliance;
using Xunit;

namespace Ledger.Postgres.Tests;

public sealed class PostgresEventLogTests(PostgresEngine engine) : EventLogCompliance(engine), IClassFixture<PostgresEngine>;
